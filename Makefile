# SPDX-License-Identifier: Apache-2.0
# memviz: records every GPU memory allocation of a training run; shows what filled the card.
#
# Everything is built below $(BUILD).  CC, CFLAGS, LDFLAGS, PREFIX and DESTDIR are yours to set and are never
# overwritten; V=1 shows the commands.

BUILD   ?= build
PREFIX  ?= /usr/local
CFLAGS  ?= -O2 -g
PYTHON  ?= python3
VERSION := 0.1.0
JOBS    ?= $(shell nproc 2>/dev/null || echo 1)

comma := ,
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# SANITIZE=address,undefined or SANITIZE=thread, set by the targets asan and tsan.
SANITIZE   ?=
san_flags  := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
# It does not understand fences, and warns of each; those here only order what is atomic anyway.
san_flags  += $(if $(findstring thread,$(SANITIZE)),-Wno-tsan)
mv_warn    := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wshadow -Wpointer-arith $(if $(WERROR),-Werror)
mv_cppflags := -D_GNU_SOURCE -DMV_VERSION='"$(VERSION)"' -Iinclude -Ilib -Imemviz -I$(BUILD)/gen
mv_cflags  := -std=gnu11 $(mv_warn) $(san_flags) -fno-strict-aliasing
# The recorder lives in somebody else's process: position independent, nothing exported but by the map, no lazy
# thread-local storage, unwindable at every instruction, because exceptions pass through the hooks.
mv_recflags := -fPIC -fvisibility=hidden -ftls-model=initial-exec -fasynchronous-unwind-tables -fexceptions

.PHONY: all
all: $(BUILD)/libmemviz.so $(BUILD)/bin/memviz gpusim ## build the recorder, the viewer and the simulated GPU

.PHONY: help
help: ## list what make can do
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: clean
clean: ## remove what was built
	$(Q)rm -rf $(BUILD)

# ---- rooms -----------------------------------------------------------------------------------------------

room_src = $(sort $(foreach r,$(1),$(wildcard $(r)/*.c)))
objs_of  = $(patsubst %.S,$(BUILD)/%.o,$(patsubst %.c,$(BUILD)/%.o,$(1)))

both_src := $(call room_src,lib/base lib/format)
rec_src  := $(call room_src,lib/python lib/stack lib/store lib/cuda lib/torch lib/session)
rec_asm  := $(wildcard lib/cuda/thunk_$(shell $(CC) -dumpmachine 2>/dev/null | cut -d- -f1).S)
view_src := $(call room_src,memviz/read memviz/symbol memviz/analyze memviz/export memviz/import memviz/tui memviz/cmd)

$(BUILD)/lib/%.o: lib/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) $(mv_cflags) $(mv_recflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/early/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) $(filter-out $(san_flags),$(mv_cflags)) $(mv_recflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/lib/%.o: lib/%.S
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) $(mv_recflags) -MMD -MP -c -o $@ $<

$(BUILD)/memviz/%.o: memviz/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) $(mv_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

# ---- recorder --------------------------------------------------------------------------------------------

# A static, position-independent libunwind of our own making: the distributions' libunwind.so would replace the
# program's C++ unwinder.  See tools/libunwind.sh.
ifeq ($(origin UNWIND),undefined)
UNWIND = $(eval UNWIND := $$(shell CC="$(CC)" tools/libunwind.sh))$(UNWIND)
endif

# A sanitizer's library looks up symbols, through our dlsym, before it can be called itself: what that passes through is
# without it in the recorder.
rec_early := $(if $(SANITIZE),lib/cuda/lookup.c lib/cuda/late.c lib/cuda/hooks.c lib/cuda/driver.c lib/cuda/runtimes.c lib/cuda/seen.c lib/base/elf.c lib/base/walk.c lib/base/text.c)
rec_unwind := $(if $(findstring thread,$(SANITIZE)),$(BUILD)/tests/stack/lib/libunwind.a)
rec_objs  := $(call objs_of,$(filter-out $(rec_early),$(both_src) $(rec_src)) $(rec_asm)) $(rec_early:%.c=$(BUILD)/early/%.o)
$(BUILD)/lib/stack/%.o: mv_cppflags += -I$(UNWIND)/include

$(BUILD)/gen/exports.map: lib/exports.sh $(wildcard lib/cuda/*.def lib/torch/*.c lib/session/*.c)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)lib/exports.sh > $@

# zstd's own contexts would be allocated; ours are not, so that this is never called, and the program's malloc not needed.
rec_refused := $(if $(SANITIZE),,$(foreach f,malloc calloc,-Wl$(comma)--defsym=$(f)=mv_door_malloc) -Wl$(comma)--defsym=free=mv_door_free)

$(BUILD)/libmemviz.so: $(rec_objs) $(BUILD)/gen/exports.map tools/libunwind.sh $(rec_unwind)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(san_flags) $(CFLAGS) $(LDFLAGS) -o $@ $(rec_objs) \
		-Wl,-soname,libmemviz.so -Wl,--version-script=$(BUILD)/gen/exports.map -Wl,-Bsymbolic \
		$(if $(SANITIZE),,-Wl,-z$(comma)defs) -Wl,-z,nodelete -Wl,-z,noexecstack -Wl,--exclude-libs,ALL -Wl,--gc-sections \
		$(rec_refused) 		-nodefaultlibs $(or $(rec_unwind),$(UNWIND)/lib/libunwind.a) -l:libzstd.a -lc -l:libgcc.a

# ---- installation ----------------------------------------------------------------------------------------
#
# memviz finds the recorder and the simulated GPU from where it lies itself: in ../lib/memviz.

lib_dir := $(DESTDIR)$(PREFIX)/lib/memviz
man_dir := $(DESTDIR)$(PREFIX)/share/man/man1

# $(call put,MODE,FILES,FOLDER): copied beside its place and renamed when complete.  A program that runs keeps the library
# that it has mapped, and one that starts meanwhile finds the old or the new one.
put = install -d $(3) && for file in $(2); do name=$${file\#\#*/}; \
	install -m $(1) $$file $(3)/.$$name.new && mv -f $(3)/.$$name.new $(3)/$$name || exit 1; done

.PHONY: install uninstall
install: all ## install below PREFIX (/usr/local), inside of DESTDIR
	$(Q)$(call put,755,$(BUILD)/bin/memviz,$(DESTDIR)$(PREFIX)/bin)
	$(Q)$(call put,755,$(BUILD)/libmemviz.so,$(lib_dir))
	$(Q)$(call put,644,$(gpusim_libs) $(gpusim_out)/preload,$(lib_dir)/gpusim)
	$(Q)$(call put,644,$(wildcard include/memviz/*.h),$(DESTDIR)$(PREFIX)/include/memviz)
	$(Q)$(call put,644,$(wildcard memviz/man/*.1),$(man_dir))

uninstall: ## remove what install has put there
	$(Q)rm -rf $(lib_dir) $(DESTDIR)$(PREFIX)/include/memviz $(DESTDIR)$(PREFIX)/bin/memviz \
		$(addprefix $(man_dir)/,$(notdir $(wildcard memviz/man/*.1)))

include memviz/viewer.mk memviz/export/export.mk tools/gpusim/gpusim.mk tools/demo/demo.mk
include tests/stack.mk tests/gpusim/gpusim_tests.mk tests/gpusim/entry.mk tests/gpusim/session_tests.mk tests/web/web.mk tests/tests.mk tests/gpusim/guest_tests.mk tests/bench/bench.mk tests/soak/soak.mk

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
