# SPDX-License-Identifier: Apache-2.0
# The viewer: the program memviz.  It lies in $(BUILD)/bin as it will in PREFIX/bin: what it starts, it finds from there.

view_obj  := $(call objs_of,$(both_src) $(view_src))
view_libs := -l:libzstd.a -ldw -lelf -llzma -lz -l:libjansson.a -l:libiberty.a -lm

$(BUILD)/bin/memviz: $(view_obj)
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(view_libs)
