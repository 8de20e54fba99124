# SPDX-License-Identifier: Apache-2.0
# The viewer: the program memviz, its tests, its fuzzer.

view_obj  := $(call objs_of,$(both_src) $(view_src))
view_libs := -l:libzstd.a -ldw -lelf -lz -l:libjansson.a -l:libstdc++.a -lm

all: $(BUILD)/memviz/memviz

$(BUILD)/memviz/memviz: $(view_obj)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(view_libs)
