# SPDX-License-Identifier: Apache-2.0
# The viewer: the program memviz, its tests, its fuzzer.
#
# The program lies in $(BUILD)/bin as it will in PREFIX/bin: what it starts, it finds from there.

view_obj  := $(call objs_of,$(both_src) $(view_src))
view_libs := -l:libzstd.a -ldw -lelf -lz -l:libjansson.a -l:libstdc++.a -lm

all: $(BUILD)/bin/memviz

$(BUILD)/bin/memviz: $(view_obj)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(view_libs)

# ---- tests -----------------------------------------------------------------------------------------------
#
# A suite links everything of the viewer but main, and the recorder's store, which forges what is read.

view_suites := recording recover replay bands report symbols
view_suite_obj := $(filter-out $(BUILD)/memviz/cmd/main.o,$(view_obj)) \
	$(call objs_of,$(call room_src,lib/store tests/support))

$(BUILD)/tests/%.o: tests/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) -Itests $(mv_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/view_%: $(BUILD)/tests/unit/%.o $(view_suite_obj)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(view_libs) -lcunit

$(BUILD)/tests/forge: $(BUILD)/tests/cli/forge.o $(view_suite_obj)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(view_libs)

.PHONY: check-viewer
check-viewer: $(BUILD)/bin/memviz $(view_suites:%=$(BUILD)/tests/unit/view_%) ## test the viewer
	$(Q)for suite in $(view_suites); do $(BUILD)/tests/unit/view_$$suite || exit 1; done
