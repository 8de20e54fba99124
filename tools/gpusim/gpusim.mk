# SPDX-License-Identifier: Apache-2.0
# The simulated GPU: stand-ins for NVIDIA's libraries, in $(BUILD)/gpusim.  Needs no CUDA toolkit; what is generated is
# made from tools/gpusim/names and tools/gpusim/api with awk.

gpusim_dir := tools/gpusim
gpusim_out := $(BUILD)/gpusim
gpusim_gen := $(BUILD)/gen/gpusim
gpusim_obj := $(BUILD)/tools/gpusim
AWK ?= awk

gpusim_cppflags := $(mv_cppflags) -Itools
# Only what the api headers declare is seen from outside; calls from one function of a library to another must not be
# caught by a recorder preloaded in front of it, as with the real ones.
gpusim_cflags  := $(mv_cflags) -fPIC -fvisibility=hidden
gpusim_ldflags := -shared -Wl,-Bsymbolic -Wl,-z,defs -Wl,--hash-style=gnu

gpusim_common  := $(patsubst %.c,$(gpusim_obj)/%.o,$(patsubst $(gpusim_dir)/%,%,$(wildcard $(gpusim_dir)/common/*.c)))
gpusim_objects  = $(patsubst $(gpusim_dir)/%.c,$(gpusim_obj)/%.o,$(wildcard $(gpusim_dir)/$(1)/*.c))

.PHONY: gpusim
gpusim: ## build the simulated GPU

$(gpusim_obj)/%.o: $(gpusim_dir)/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(gpusim_cppflags) $(gpusim_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(gpusim_obj)/gen/%.o: $(gpusim_gen)/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(gpusim_cppflags) $(gpusim_cflags) -fno-builtin $(CFLAGS) -MMD -MP -c -o $@ $<

# ---- generated code --------------------------------------------------------------------------------------

gpusim_api_cuda := $(wildcard $(gpusim_dir)/api/cuda_*.h)
gpusim_api_rt   := $(wildcard $(gpusim_dir)/api/rt_*.h)

$(gpusim_gen)/entries.c: $(gpusim_dir)/gen/entries.awk $(gpusim_dir)/names/entries
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(AWK) -f $^ >$@.new && mv $@.new $@

$(gpusim_gen)/twins-libcuda.c: $(gpusim_dir)/gen/twins.awk $(gpusim_dir)/names/libcuda $(gpusim_api_cuda)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(AWK) -v result=CUresult -f $^ >$@.new && mv $@.new $@

$(gpusim_gen)/twins-libcudart.c: $(gpusim_dir)/gen/twins.awk $(gpusim_dir)/names/libcudart $(gpusim_api_rt)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(AWK) -v result=cudaError_t -f $^ >$@.new && mv $@.new $@

# ---- libraries -------------------------------------------------------------------------------------------

gpusim_libs :=

# $(call gpusim_library,SONAME,NAMES,ERROR,NODE,OBJECTS): a library called SONAME with a function for every name in
# names/NAMES; those that OBJECTS lack return ERROR.  NODE: version of its symbols, or - for none.
define gpusim_library
gpusim_libs += $(gpusim_out)/$(1)

$(gpusim_gen)/stubs-$(1).c: $(gpusim_dir)/gen/stubs.awk $(gpusim_dir)/names/kinds $(gpusim_dir)/names/$(2)
	$$(call say,GEN,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(AWK) -v library=$(2) -v error=$(3) -f $$^ >$$@.new && mv $$@.new $$@

$(gpusim_out)/$(1): $(gpusim_obj)/gen/stubs-$(1).o $(gpusim_common) $(5)
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)echo '$(patsubst -,,$(4)) { global: *; };' >$(gpusim_gen)/$(1).map
	$$(Q)$$(CC) $$(gpusim_cflags) $$(CFLAGS) $$(gpusim_ldflags) -Wl,-soname,$(1) \
		-Wl,--version-script=$(gpusim_gen)/$(1).map $$(LDFLAGS) -o $$@ $$^ -lpthread -ldl
endef

gpusim_driver := $(call gpusim_objects,driver) $(gpusim_obj)/gen/entries.o $(gpusim_obj)/gen/twins-libcuda.o

$(eval $(call gpusim_library,libcuda.so.1,libcuda,801,-,$(gpusim_driver)))

gpusim: $(gpusim_libs)
