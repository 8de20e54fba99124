# SPDX-License-Identifier: Apache-2.0
# Programs, drivers and other preloaded libraries that the recorder has to get along with.  Part of the root makefile.

guest_out  := $(test_out)/gpusim
guest_link  = $(CC) $(filter-out $(san_flags),$(mv_cflags)) $(CFLAGS) $(LDFLAGS) -o $@
guest_flags = $(mv_cppflags) -Itests -Itools $(filter-out $(san_flags),$(mv_cflags)) -fPIC $(CFLAGS) -MMD -MP

# ---- a driver that does odd things -----------------------------------------------------------------------

odd_driver := $(guest_out)/on_odd/libcuda.so.1
odd_acts   := $(guest_out)/on_odd/acts

$(guest_out)/on_odd/%.o: tests/gpusim/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(guest_flags) -fexceptions -c -o $@ $<

$(guest_out)/on_odd/%.o: tests/gpusim/%.cc
	$(call say,CXX,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(mv_cppflags) -Itests $(CXXFLAGS) -O2 -g -Wall -Wextra $(if $(WERROR),-Werror) -MMD -MP -c -o $@ $<

$(odd_driver): $(addprefix $(guest_out)/on_odd/,odd_driver.o odd_any.o)
	$(call say,LD,$@)
	$(Q)$(guest_link) -shared -Wl,-soname,$(@F) -Wl,-Bsymbolic $^

$(odd_acts): $(addprefix $(guest_out)/on_odd/,odd_acts.o odd_kinds.o odd_throws.o odd_tally.o odd_totals.o odd_cancels.o) $(odd_driver)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ -lpthread -ldl

# The three bytes behind the version say how the table is written: not at all.
$(guest_out)/on_odd/libodd_table.so: $(guest_out)/on_odd/odd_table.o
	$(call say,LD,$@)
	$(Q)$(guest_link) -shared -Wl,--eh-frame-hdr $^
	$(Q)at=$$(readelf -SW $@ | sed -n 's/.*\.eh_frame_hdr *PROGBITS *[0-9a-f]* \([0-9a-f]*\) .*/\1/p') && \
		printf '\377\377\377' | dd of=$@ bs=1 seek=$$((0x$$at + 1)) conv=notrunc status=none

# The same programs built with AddressSanitizer, as a library of its own and within the program.
$(guest_out)/on_odd/asan/%.o: tests/gpusim/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(guest_flags) -fexceptions -fsanitize=address -c -o $@ $<

$(guest_out)/on_odd/asan/%.o: tests/gpusim/%.cc
	$(call say,CXX,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(mv_cppflags) -Itests $(CXXFLAGS) -O2 -g -fsanitize=address -MMD -MP -c -o $@ $<

odd_asan     := $(guest_out)/on_odd/acts_asan $(guest_out)/on_odd/acts_asan_static
odd_asan_obj := $(addprefix $(guest_out)/on_odd/asan/,odd_acts.o odd_kinds.o odd_throws.o odd_tally.o odd_totals.o odd_cancels.o)

$(odd_asan): $(odd_asan_obj) $(odd_driver)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(LDFLAGS) -fsanitize=address $(if $(filter %_static,$@),-static-libasan) -o $@ $^ -lpthread -ldl

# ---- libraries that look up names ------------------------------------------------------------------------

scopes_out     := $(guest_out)/scopes
scopes_levels  := O0 O2
scopes_linked  := $(scopes_levels:%=$(scopes_out)/libscopes_%.so)
scopes_plugins := $(scopes_levels:%=$(scopes_out)/libscopes_plugin_%.so)

$(scopes_out)/libscopes_plugin_%.so: tests/gpusim/scopes_plugin.c $(scopes_out)/libscopes_hidden.so $(BUILD)/gpusim/libcuda.so.1
	$(call say,LD,$@)
	$(Q)$(guest_link) -shared $(guest_flags) -MF $@.d -$* -Wl,-soname,$(@F) $^ -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN/near'

$(scopes_out)/near/libscopes_near.so: tests/gpusim/scopes_hidden.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(guest_link) -shared $(guest_flags) -MF $@.d $^

$(scopes_out)/libscopes_%.so: tests/gpusim/scopes.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(guest_link) -shared $(guest_flags) -MF $@.d -$* -Wl,-soname,$(@F) $^

$(scopes_out)/libscopes_hidden.so: tests/gpusim/scopes_hidden.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(guest_link) -shared $(guest_flags) -MF $@.d -Wl,-soname,$(@F) $^

$(scopes_out)/libinterposer.so: tests/gpusim/interposer.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(guest_link) -shared $(guest_flags) -MF $@.d -O2 $^ -ldl

$(scopes_out)/scopes_user: tests/gpusim/scopes_user.c $(scopes_linked) $(BUILD)/gpusim/libcuda.so.1
	$(call say,LINK,$@)
	$(Q)$(guest_link) $(guest_flags) -MF $@.d -Wl,--no-as-needed $^ -Wl,-rpath,'$$ORIGIN' -lpthread -ldl

$(scopes_out)/dlerrors: tests/gpusim/dlerrors.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(guest_link) $(guest_flags) -MF $@.d $^ -ldl

$(scopes_out)/libonwalk.so: tests/gpusim/onwalk.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(guest_link) -shared $(guest_flags) -MF $@.d $^ -ldl

check-recorder: $(scopes_out)/libinterposer.so $(scopes_out)/libonwalk.so

scopes_programs := $(scopes_out)/dlerrors $(scopes_out)/near/libscopes_near.so $(scopes_out)/scopes_user $(scopes_plugins) $(scopes_out)/libinterposer.so

# No builtins: what it defines is not to be made of itself.
$(scopes_out)/libtally.so: tests/gpusim/tally.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(guest_link) -shared $(guest_flags) -MF $@.d -fno-builtin $^ -ldl

# ---- all of them -----------------------------------------------------------------------------------------

guest_suites   := $(addprefix $(guest_out)/,odd company footprint manners totals crowd)
guest_programs := $(guest_suites) $(odd_acts) $(odd_asan) $(guest_out)/on_odd/libodd_table.so $(scopes_programs) \
	$(scopes_out)/libtally.so

$(guest_suites): $(guest_out)/%: $(guest_out)/%.o $(guest_out)/run.o $(suite_lib)
	$(call say,LINK,$@)
	$(Q)$(test_link) -lcunit -lpthread

guest_env = $(recorder_env) MEMVIZ_TEST_ODD=$(abspath $(guest_out))/on_odd MEMVIZ_TEST_SCOPES=$(abspath $(scopes_out)) \
	MEMVIZ_TEST_ASAN=$(shell $(CC) -print-file-name=libasan.so)

.PHONY: check-guest
check-guest: $(guest_programs) $(recorder_programs) $(BUILD)/libmemviz.so gpusim ## test the recorder beside odd drivers and other libraries
	$(Q)$(guest_env) tests/suites.sh guest $(guest_suites)

# ---- another processor -----------------------------------------------------------------------------------

.PHONY: emulated-programs
emulated-programs: $(odd_acts) $(guest_out)/on_odd/libodd_table.so $(test_out)/gpusim/acts

.PHONY: check-aarch64
check-aarch64: $(BUILD)/bin/memviz ## compile the recorder for aarch64, and run it on an emulated processor
	$(Q)tools/setup.sh build check aarch64
	$(Q)tests/gpusim/aarch64.sh $(BUILD) || [ $$? = 77 ]
