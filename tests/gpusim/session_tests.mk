# SPDX-License-Identifier: Apache-2.0
# What the tests of sessions need beside acts: programs with a driver of the tests' own, which has the name of the real one
# and lies in a folder of its own.  Part of the root makefile; tests/tests.mk links and runs the suites.

session_out := $(BUILD)/tests/gpusim
echo_so     := $(session_out)/echo/libcuda.so.1

# Sanitizers do not follow a thread from stack to stack.
session_suites   := $(session_out)/lives $(if $(SANITIZE),,$(session_out)/stacks)
session_programs := $(session_out)/echo_user
session_env       = MEMVIZ_TEST_ECHO_USER=$(abspath $(session_out))/echo_user

$(echo_so): tests/gpusim/echo.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $(mv_cppflags) -Itests $(mv_cflags) $(CFLAGS) $(LDFLAGS) -Wl,-soname,$(@F) -o $@ $<

$(session_out)/echo_user: $(session_out)/echo_user.o $(echo_so) $(session_out)/libcudart-e409450e.so.11.0
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--disable-new-dtags -Wl,-rpath,'$$ORIGIN/echo:$$ORIGIN' \
		-Wl,--allow-shlib-undefined
