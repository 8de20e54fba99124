# SPDX-License-Identifier: Apache-2.0
# The ways in which programs come by the driver's functions.  Part of the root makefile.

entry_out := $(BUILD)/tests/gpusim
drivers   := $(BUILD)/tests/drivers

# Drivers that have less than the simulation's own, or have it otherwise: $(call entry_driver,NAME,VERSION,HIDDEN,NODE).
# What came after VERSION is not there, nor is HIDDEN; NODE is the version of the symbols.
define entry_driver
entry_drivers += $(drivers)/$(1)/libcuda.so.1

$(drivers)/$(1)/names: tests/gpusim/older.awk $(gpusim_dir)/names/entries $(gpusim_dir)/names/libcuda
	$$(call say,GEN,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(AWK) -v version=$(2) -v hidden=$(3) -f $$^ >$$@.new && mv $$@.new $$@

$(drivers)/$(1)/map: $(gpusim_dir)/gen/map.awk $(drivers)/$(1)/names
	$$(call say,GEN,$$@)
	$$(Q)$$(AWK) -v node=$(4) -f $$^ >$$@.new && mv $$@.new $$@

$(drivers)/$(1)/libcuda.so.1: $(drivers)/$(1)/map $(entry_driver_obj)
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$(gpusim_cflags) $$(CFLAGS) $$(gpusim_ldflags) -Wl,-soname,libcuda.so.1 \
		-Wl,--version-script=$(drivers)/$(1)/map $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) -lpthread -ldl
endef

entry_driver_obj := $(call gpusim_objects,driver/*.c) $(gpusim_common) \
	$(addprefix $(gpusim_obj)/gen/,entries.o twins-libcuda.o stubs-libcuda.so.1.o)

$(eval $(call entry_driver,both,99990,-,-))
$(eval $(call entry_driver,four,11080,cuGetProcAddress_v2,-))
$(eval $(call entry_driver,none,11020,cuGetProcAddress,-))
$(eval $(call entry_driver,versions,99990,-,CUDA))

# One source, loaded by itself and linked with the driver.  Addresses of functions come from the table that the loader
# fills in, as in a library.
finder_rooms := $(entry_out)/verdict.o $(addprefix $(BUILD)/lib/base/,elf.o sys.o text.o walk.o)
finders      := $(entry_out)/finder $(entry_out)/finder_linked

$(entry_out)/finder_linked.o: tests/gpusim/finder.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) -Itests -Itools -DFINDER_LINKED -fPIC $(mv_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(entry_out)/finder: $(entry_out)/finder.o $(finder_rooms)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ldl

$(entry_out)/finder_linked: $(entry_out)/finder_linked.o $(finder_rooms) $(BUILD)/gpusim/libcuda.so.1
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ -Wl,--no-as-needed $^ -ldl

# ---- look-ups that are hard to get right -----------------------------------------------------------------
#
# Beside the strange driver lies a neighbour under names that the recorder leaves alone, and under one that it does not.

strange    := $(drivers)/strange
neighbours := $(addprefix $(strange)/,libneighbour.so libnvidia-neighbour.so.1 libcudadebugger.so.1 libcupti.so.12 \
	libToolsInjection64.so libcuda-neighbour.so)
plain      := $(filter-out $(san_flags),$(mv_cflags))

$(strange)/libcuda.so.1: tests/gpusim/strange.c tests/gpusim/strange.h
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC -fvisibility=hidden $(mv_cppflags) -Itests $(plain) $(CFLAGS) $(LDFLAGS) \
		-Wl,-soname,$(@F) -Wl,-Bsymbolic -o $@ $< -lpthread -ldl

$(neighbours) $(strange)/libneighbour_slow.so: tests/gpusim/neighbour.c tests/gpusim/neighbour.h
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $(mv_cppflags) -Itests $(plain) $(CFLAGS) $(if $(findstring slow,$@),-O0,-O2) $(LDFLAGS) \
		-Wl,-soname,$(@F) -o $@ $< -ldl

$(entry_out)/asker: $(entry_out)/asker.o $(finder_rooms)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lpthread -ldl

entry_env = MEMVIZ_TEST_DRIVERS=$(abspath $(drivers)) MEMVIZ_TEST_NAMES=$(abspath $(gpusim_dir))/names \
	MEMVIZ_TEST_FINDER=$(abspath $(entry_out))/finder MEMVIZ_TEST_FINDER_LINKED=$(abspath $(entry_out))/finder_linked \
	MEMVIZ_TEST_FINDER_PY=$(abspath tests/gpusim/finder.py) MEMVIZ_TEST_PYTHON=$(PYTHON) MEMVIZ_TEST_ASKER=$(abspath $(entry_out))/asker

entry_programs := $(finders) $(entry_drivers) $(entry_out)/asker $(strange)/libcuda.so.1 $(neighbours) \
	$(strange)/libneighbour_slow.so

# ---- NVIDIA's own libraries ------------------------------------------------------------------------------

nvidia_out      := $(BUILD)/tests/nvidia
spy_obj         := $(addprefix $(BUILD)/tests/spy/,spy.o verdict.o elf.o sys.o text.o walk.o)
vendor_programs := $(addprefix $(entry_out)/,vendor caller libspy.so)

$(BUILD)/tests/spy/%.o: mv_spy = $(CC) $(mv_cppflags) -Itests -fPIC -fvisibility=hidden $(mv_cflags) $(CFLAGS)
$(BUILD)/tests/spy/%.o: tests/gpusim/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(mv_spy) -MMD -MP -c -o $@ $<

$(BUILD)/tests/spy/%.o: lib/base/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(mv_spy) -MMD -MP -c -o $@ $<

$(entry_out)/libspy.so: $(spy_obj)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-Bsymbolic -Wl,-z$(comma)defs -o $@ $^ -ldl

$(entry_out)/caller: $(entry_out)/caller.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ldl

# The runtimes that are there to link with, each into a program of its own.
.PHONY: static-callers
static-callers:
	$(Q)for package in $(nvidia_out)/*; do \
		archive=$$(find -L $$package/lib $$package/nvidia -name libcudart_static.a 2>/dev/null | head -n 1); \
		rm -f $(entry_out)/caller_$${package##*/}; \
		[ -z "$$archive" ] || $(CC) -DCALLER_STATIC $(mv_cflags) $(CFLAGS) $(LDFLAGS) \
			-o $(entry_out)/caller_$${package##*/} tests/gpusim/caller.c $$archive -lrt -lpthread -ldl || exit 1; \
	done

.PHONY: check-entry
check-entry: ## test how NVIDIA's own runtimes look up functions (downloads them once)
	$(Q)tools/setup.sh build check torch
	$(Q)PYTHON="$(PYTHON)" tools/nvidia.sh $(nvidia_out)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all static-callers $(entry_drivers) $(vendor_programs)
	$(Q)$(recorder_env) MEMVIZ_TEST_NVIDIA=$(abspath $(nvidia_out)) MEMVIZ_TEST_CALLERS=$(abspath $(entry_out)) \
		MEMVIZ_TEST_SPY=$(abspath $(entry_out))/libspy.so tests/suites.sh entry $(entry_out)/vendor
