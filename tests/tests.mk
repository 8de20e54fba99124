# SPDX-License-Identifier: Apache-2.0
# The tests: suites of CUnit, programs under the recorder on the simulated GPU, the viewer end to end, PyTorch, sanitizers,
# the fuzzer.  The page's, the demo's and the stacks' own are in tests/web/web.mk, tools/demo/demo.mk and tests/stack.mk.

test_out := $(BUILD)/tests

# Every room but the one with main and those that need what only a recorder has; and what forges recordings.
suite_lib := $(test_out)/rooms.a
suite_obj := $(filter-out %/cmd/main.o,$(view_obj)) $(call objs_of,$(call room_src,lib/store tests/support) \
	lib/session/settings.c lib/session/process.c lib/torch/turn.c)

$(test_out)/%.o: tests/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) -Itests -Itools $(mv_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(suite_lib): $(suite_obj)
	$(call say,AR,$@)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

test_link = $(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(suite_lib) $(view_libs)

# ---- suites ----------------------------------------------------------------------------------------------

unit_suites  := $(filter-out $(addprefix $(test_out)/unit/,stack_% python_% demo_%), \
	$(patsubst tests/unit/%.c,$(test_out)/unit/%,$(sort $(wildcard tests/unit/*.c))))
suites       := $(unit_suites) $(test_out)/fault/store $(addprefix $(test_out)/crash/,kill step)
test_helpers := $(addprefix $(test_out)/,forge blocks scenes)

$(suites): $(test_out)/%: $(test_out)/%.o $(suite_lib)
	$(call say,LINK,$@)
	$(Q)$(test_link) -lcunit -lpthread

# What hooks do, without the assembly that calls them and the driver that they ask.
$(test_out)/unit/families $(test_out)/unit/changes: $(patsubst %,$(BUILD)/lib/cuda/%.o,array change context graph hooks memory owners physical pooled shared)

# Stands in for base/sys.c, so it is linked first.
$(test_out)/fault/store: $(test_out)/fault/sys.o

$(test_out)/forge: $(test_out)/cli/forge.o
$(test_out)/blocks: $(test_out)/torch/blocks.o
$(test_out)/scenes: $(test_out)/web/scenes.o
$(test_helpers): $(suite_lib)
	$(call say,LINK,$@)
	$(Q)$(test_link)

.PRECIOUS: $(test_out)/%.o

.PHONY: check-unit
check-unit: $(suites) ## test the rooms by themselves; kill -9; failing system calls
	$(Q)TSAN_OPTIONS=suppressions=$(abspath tests/tsan.supp) tests/suites.sh unit $(suites)

# The short form is part of check-unit.
CRASH_ENDS ?= 1000

.PHONY: crash
crash: $(test_out)/crash/kill $(test_out)/crash/step ## end a recording process at CRASH_ENDS random instants, and at every store
	$(Q)MEMVIZ_TEST_KILLS=$(CRASH_ENDS) tests/suites.sh crash $^

# What runs other programs under the recorder is left out where the recorder needs a sanitizer's library before it.
cli_tests := $(if $(SANITIZE),$(filter-out run run_% annotations snapshot_process install pack,$(patsubst tests/cli/%.sh,%,$(wildcard tests/cli/*.sh))))

.PHONY: check-cli
check-cli: $(BUILD)/bin/memviz $(test_out)/forge $(BUILD)/libmemviz.so gpusim ## test the viewer end to end
	$(Q)tests/cli/run.sh $(BUILD) $(cli_tests)

# ---- under the recorder, on the simulated GPU ------------------------------------------------------------

renamed_so := $(test_out)/gpusim/libcudart-e409450e.so.11.0
acts_obj := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/gpusim/acts*.c)))

# The same program twice, as the loader binds it: each function at its first call, or all at the start.
$(test_out)/gpusim/acts: acts_binding := lazy
$(test_out)/gpusim/acts_bound: acts_binding := now
$(test_out)/gpusim/acts $(test_out)/gpusim/acts_bound: $(acts_obj) $(BUILD)/gpusim/libcuda.so.1 $(renamed_so) $(test_out)/gpusim/loading.so
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $(acts_obj) $(BUILD)/gpusim/libcuda.so.1 -Wl,-z,$(acts_binding) \
		-Wl,--no-as-needed $(renamed_so) -Wl,-rpath,'$$ORIGIN' -lpthread -ldl -lm

$(test_out)/gpusim/plugin.so: tests/gpusim/plugin.c $(BUILD)/gpusim/libcuda.so.1
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $(mv_cppflags) -Itools $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(test_out)/gpusim/runtime_user: $(test_out)/gpusim/runtime_user.o $(BUILD)/gpusim/libcudart.so.13
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(test_out)/gpusim/loading.so: tests/gpusim/loading.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(renamed_so): tests/gpusim/renamed.c $(BUILD)/gpusim/libcuda.so.1
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $(mv_cppflags) -Itools $(mv_cflags) $(CFLAGS) $(LDFLAGS) -Wl,-soname,$(@F) -o $@ $^ -ldl

$(test_out)/gpusim/reload: $(test_out)/gpusim/reload.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ldl

recorder_suites   := $(addprefix $(test_out)/gpusim/,recorder kinds processes guest ways entry lookups begin samples ends equation) $(session_suites)
recorder_programs := $(recorder_suites) $(addprefix $(test_out)/gpusim/,acts acts_bound reload runtime_user plugin.so) $(session_programs) \
	$(entry_programs)

$(recorder_suites) $(test_out)/gpusim/vendor: $(test_out)/gpusim/%: $(test_out)/gpusim/%.o $(test_out)/gpusim/run.o $(suite_lib)
	$(call say,LINK,$@)
	$(Q)$(test_link) -lcunit -lpthread

san_library := $(if $(findstring thread,$(SANITIZE)),tsan,asan)
recorder_env = MEMVIZ_TEST_SO=$(abspath $(BUILD))/libmemviz.so MEMVIZ_TEST_GPUSIM=$(abspath $(BUILD))/gpusim \
	MEMVIZ_TEST_ACTS=$(abspath $(test_out))/gpusim/acts MEMVIZ_TEST_RELOAD=$(abspath $(test_out))/gpusim/reload \
	MEMVIZ_TEST_BOUND_ACTS=$(abspath $(test_out))/gpusim/acts_bound MEMVIZ_TEST_PLUGIN=$(abspath $(test_out))/gpusim/plugin.so \
	MEMVIZ_TEST_RUNTIME_USER=$(abspath $(test_out))/gpusim/runtime_user \
	MEMVIZ_TEST_INTERPOSER=$(abspath $(scopes_out))/libinterposer.so MEMVIZ_TEST_ONWALK=$(abspath $(scopes_out))/libonwalk.so \
	$(entry_env) $(session_env) ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=suppressions=$(abspath tests/tsan.supp) \
	$(if $(SANITIZE),MEMVIZ_TEST_PRELOAD=$(shell $(CC) -print-file-name=lib$(san_library).so))

.PHONY: check-recorder
check-recorder: $(recorder_programs) $(BUILD)/libmemviz.so gpusim ## test the recorder on the simulated GPU
	$(Q)$(recorder_env) tests/suites.sh recorder $(recorder_suites)

# ---- fuzzing ---------------------------------------------------------------------------------------------
#
# libFuzzer comes with clang.  Seeds are forged, so that they are always of today's format.

FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60
fuzz_targets := $(addprefix $(BUILD)/fuzz/,recording cache rulebook)
fuzz_src     := $(both_src) $(call room_src,memviz/read memviz/analyze memviz/symbol) memviz/export/packed.c
fuzz_obj     := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(fuzz_src))
fuzz_flags   := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

$(BUILD)/fuzz/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(mv_cppflags) -std=gnu11 $(fuzz_flags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(fuzz_targets): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(fuzz_obj)
	$(call say,LINK,$@)
	$(Q)$(FUZZ_CC) $(fuzz_flags) -fsanitize=fuzzer -o $@ $^ $(view_libs)

.PHONY: fuzz
fuzz: $(fuzz_targets) $(test_out)/forge ## feed damaged recordings, caches of names and rules to the viewer for FUZZ_SECONDS each
	$(Q)mkdir -p $(fuzz_targets:%=%.seeds) $(fuzz_targets:%=%.corpus)
	$(Q)for seed in tiny chunks named held; do rm -f $(BUILD)/fuzz/recording.seeds/$$seed; \
		$(test_out)/forge $$seed $(BUILD)/fuzz/recording.seeds/$$seed || exit 1; done
	$(Q)$(test_out)/forge cache $(BUILD)/fuzz/cache.seeds/cache
	$(Q)printf '# mine\nother stack=*a.py:b name=c phase=forward size>=1MiB life<=2s\n' > $(BUILD)/fuzz/rulebook.seeds/rules
	$(Q)for target in $(fuzz_targets); do \
		$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096 -max_len=65536 -print_final_stats=1 \
			-artifact_prefix=$(BUILD)/fuzz/ $$target.corpus $$target.seeds || exit 1; done

# ---- all of them -----------------------------------------------------------------------------------------
#
# Programs are built side by side, tests run one after the other: some of them watch the clock.

checks := check-unit check-recorder check-guest check-gpusim check-cli check-stack check-demo check-web check-soak lint

.PHONY: test-programs
test-programs: all $(suites) $(test_helpers) $(simulation_programs) $(recorder_programs) \
	$(if $(SANITIZE),,$(guest_programs) $(demo_suites)) $(stack_suites) $(stack_probe)

# $(call one_after_the_other,TARGETS): all of them, even if one fails.
one_after_the_other = $(MAKE) --no-print-directory -j$(JOBS) test-programs && $(MAKE) --no-print-directory -j1 -k $(1)

.PHONY: check
check: ## set up what is missing; run all tests that need no PyTorch
	$(Q)tools/setup.sh build check web mpi
	$(Q)$(call one_after_the_other,$(checks))

torch_helpers := $(test_out)/blocks $(test_out)/witness.so $(stack_out)/lib/oracle.so

.PHONY: check-torch
check-torch: ## set up what is missing; run the tests with PyTorch on the simulated GPU
	$(Q)tools/setup.sh build check torch mpi
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all $(torch_helpers)
	$(Q)$(MAKE) --no-print-directory -j1 -k check-torch-recorder check-carry

.PHONY: check-torch-recorder
check-torch-recorder: $(torch_helpers) all
	$(Q)PYTHON="$(PYTHON)" tests/torch/recorder.sh $(BUILD)

$(test_out)/witness.so: tests/torch/truth/witness.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) $(filter-out $(san_flags),$(mv_cflags)) $(CFLAGS) -fPIC -shared -o $@ $<

# What is measured, all cases without it, and with which release of PyTorch.
CASES ?=
TORCH ?=

.PHONY: truth
truth: $(test_out)/blocks $(test_out)/witness.so all ## train CASES="..." (all), with TORCH=VERSION: how true are the bands?
	$(Q)tools/setup.sh build check torch
	$(Q)torch=$$(PYTHON="$(PYTHON)" tools/torch.sh --trainers $(TORCH)) && \
		$(PYTHON) -B tests/torch/truth/measure.py --build $(BUILD) --python $$torch $(CASES)

.PHONY: lint
lint: $(BUILD)/libmemviz.so $(BUILD)/gen/page_files.h ## check layers, owners, names, exports; warnings are errors
	$(Q)tests/lint/lint.sh $(BUILD)

# ---- sanitizers ------------------------------------------------------------------------------------------

.PHONY: asan tsan
asan: ## run the tests in C with AddressSanitizer and UndefinedBehaviorSanitizer
	$(Q)tools/setup.sh build check
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/asan SANITIZE=address,undefined sanitized

tsan: ## run the tests in C with ThreadSanitizer
	$(Q)tools/setup.sh build check
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan SANITIZE=thread sanitized

.PHONY: sanitized
sanitized:
	$(Q)$(call one_after_the_other,check-unit check-recorder check-cli check-stack)
