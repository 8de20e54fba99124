# SPDX-License-Identifier: Apache-2.0
# Tests and figures of lib/stack and lib/python.  Part of the root makefile.
#
# The rooms are linked into a shared object here that exports everything: in it lie, as in the recorder, the frames that
# a capture leaves out, and around it the programs whose frames it is to show.
#
# UNWIND	where libunwind is; by default what tools/libunwind.sh has built
# PYTHONS	interpreters that the Python tests are run with, one after the other
# SANITIZE	address,undefined or thread

PYTHONS ?= $(PYTHON)

stack_out    := $(BUILD)/tests/stack
stack_so     := $(stack_out)/lib/libmvstack.so
stack_probe  := $(stack_out)/lib/probe.so
stack_src    := $(sort $(wildcard lib/stack/*.c lib/python/*.c)) lib/base/elf.c lib/base/sys.c lib/base/text.c lib/base/walk.c
stack_objs   := $(patsubst %.c,$(stack_out)/%.o,$(stack_src))
stack_suites := $(patsubst tests/unit/%.c,$(stack_out)/%,$(filter-out %_plugin.c,$(wildcard tests/unit/stack_*.c tests/unit/python_*.c)))
stack_plugin := $(addprefix $(stack_out)/lib/plugin_,1.so 2.so 3.so)
stack_flags  := $(mv_cppflags) -Itests $(mv_cflags) $(filter-out -fvisibility=hidden,$(mv_recflags))
stack_link   := -Wl,-rpath,'$$ORIGIN/lib' -Wl,-rpath,'$$ORIGIN' -L$(stack_out)/lib -lmvstack -lpthread

$(stack_out)/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(stack_flags) -I$(UNWIND)/include $(CFLAGS) -MMD -MP -c -o $@ $<

# libunwind gives a thread's table back by a destructor of the last round, when ThreadSanitizer has taken leave of the
# thread already and falls over the lock.  There, and only there, tables are not given back: in place of the functions
# for keys stand two that do nothing.
stack_unwind := $(stack_out)/lib/libunwind.a
$(stack_unwind): tools/libunwind.sh
	$(if $(UNWIND),,$(error libunwind is not there: tools/libunwind.sh has said why))
	$(Q)mkdir -p $(@D)
	$(Q)objcopy $(if $(findstring thread,$(SANITIZE)),--redefine-sym mv_door_pthread_key_create=getppid \
		--redefine-sym mv_door_pthread_setspecific=getuid) $(UNWIND)/lib/libunwind.a $@

$(stack_so): $(stack_objs) $(stack_unwind)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared $(san_flags) $(CFLAGS) $(LDFLAGS) -o $@ $(stack_objs) $(stack_unwind) \
		-Wl,--exclude-libs,ALL -Wl,-Bsymbolic $(if $(SANITIZE),,-Wl,-z$(comma)defs) -Wl,-z,nodelete

$(stack_probe): $(stack_out)/tests/python/probe.o $(stack_so)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(san_flags) $(CFLAGS) $(LDFLAGS) -o $@ $< $(stack_link)

$(stack_out)/lib/oracle.so: $(stack_out)/tests/torch/oracle.o $(stack_so)
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(CFLAGS) $(LDFLAGS) -o $@ $< $(stack_link)

# All have a frame that is set up by one instruction of the same length; that of the third is as large as the first's.
$(stack_out)/lib/plugin_1.so $(stack_out)/lib/plugin_3.so: plugin_room := 512
$(stack_out)/lib/plugin_2.so: plugin_room := 1024
$(stack_plugin): tests/unit/stack_plugin.c tests/unit/stack_plugin.h
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $(mv_cppflags) -Itests -O2 -DPLUGIN_ROOM=$(plugin_room) -o $@ $<

$(stack_out)/stack_shapes.o: tests/unit/stack_shapes.cc
	$(call say,CXX,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CXX) $(mv_cppflags) -Itests $(san_flags) $(CXXFLAGS) -O2 -g -Wall -Wextra -MMD -MP -c -o $@ $<

$(stack_out)/stack_native: $(stack_out)/stack_shapes.o
$(stack_out)/stack_native: stack_more := $(stack_out)/stack_shapes.o -lstdc++
$(stack_out)/stack_embed: stack_more := -rdynamic

$(stack_suites): $(stack_out)/%: tests/unit/%.c $(stack_so) $(stack_plugin)
	$(call say,LD,$@)
	$(Q)$(CC) $(mv_cppflags) -Itests $(mv_cflags) $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< \
		-DPLUGIN_1='"$(abspath $(stack_out))/lib/plugin_1.so"' \
		-DPLUGIN_2='"$(abspath $(stack_out))/lib/plugin_2.so"' \
		-DPLUGIN_3='"$(abspath $(stack_out))/lib/plugin_3.so"' $(stack_more) $(stack_link) -lcunit -ldl

$(stack_out)/bench: tests/bench/stack.c $(stack_so)
	$(call say,LD,$@)
	$(Q)$(CC) $(mv_cppflags) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $< $(stack_link)

# The rooms allocate nothing that could leak, but interpreters do.  A sanitizer's runtime must come first in a program
# that was not built with it.
stack_env     := ASAN_OPTIONS=detect_leaks=0
stack_preload := $(if $(findstring address,$(SANITIZE)),LD_PRELOAD=$$($(CC) -print-file-name=libasan.so))

.PHONY: check-stack check-stack-unit check-stack-python check-pythons bench-stack
check-stack: check-stack-unit $(if $(findstring thread,$(SANITIZE)),,check-stack-python) ## test the capture of stacks

check-stack-unit: $(stack_suites)
	$(Q)$(stack_env) tests/suites.sh stack $(stack_suites)

check-stack-python: $(stack_probe)
	$(Q)for python in $(PYTHONS); do \
		$(stack_env) $(stack_preload) MEMVIZ_PROBE=$(abspath $(stack_probe)) $$python -B tests/python/test_stack.py || exit 1; \
	done

# How many stacks each test of frames compares, at least, and how many interpreters end with threads running.
CAPTURES ?= 10000
ENDS     ?= 60
check-pythons: $(stack_probe) ## test the capture of stacks with every Python that can be had (tools/pythons.sh)
	$(Q)tools/setup.sh build pythons
	$(Q)MEMVIZ_PROBE=$(abspath $(stack_probe)) MEMVIZ_CAPTURES=$(CAPTURES) MEMVIZ_ENDS=$(ENDS) \
		MEMVIZ_PACKAGES=$$(tools/pythons.sh --packages) tests/python/all.sh $$(tools/pythons.sh)

bench-stack: $(stack_out)/bench $(stack_probe) ## what a capture costs
	$(Q)$(stack_out)/bench
	$(Q)MEMVIZ_PROBE=$(abspath $(stack_probe)) $(PYTHON) -B tests/bench/stack.py
