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

view_suites := recording copy recover replay bands report symbols
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

$(BUILD)/tests/blocks: $(BUILD)/tests/torch/blocks.o $(view_suite_obj)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(view_libs)

.PRECIOUS: $(BUILD)/tests/%.o

.PHONY: check-viewer
check-viewer: $(BUILD)/bin/memviz $(BUILD)/tests/forge $(view_suites:%=$(BUILD)/tests/unit/view_%) ## test the viewer
	$(Q)for suite in $(view_suites); do $(BUILD)/tests/unit/view_$$suite || exit 1; done
	$(Q)tests/cli/run.sh $(BUILD)

# Real PyTorch on the simulated GPU: TORCH_PYTHON is a Python that can import a torch made for CUDA.
TORCH_PYTHON ?= $(PYTHON)

.PHONY: check-bands
check-bands: $(BUILD)/bin/memviz $(BUILD)/tests/blocks $(BUILD)/libmemviz.so ## hold bands against what training scripts know
	$(Q)tests/torch/bands.sh $(BUILD) $(TORCH_PYTHON)

# ---- fuzzing ---------------------------------------------------------------------------------------------
#
# libFuzzer comes with clang.  Seeds are forged, so that they are always of today's format.

FUZZ_CC      ?= clang
FUZZ_SECONDS ?= 60
fuzz_src     := tests/fuzz/recording.c $(both_src) $(call room_src,memviz/read memviz/analyze memviz/symbol)
fuzz_obj     := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(fuzz_src))
fuzz_flags   := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

$(BUILD)/fuzz/%.o: %.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(mv_cppflags) -std=gnu11 $(fuzz_flags) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/recording: $(fuzz_obj)
	$(call say,LINK,$@)
	$(Q)$(FUZZ_CC) $(fuzz_flags) -fsanitize=fuzzer -o $@ $^ $(view_libs)

.PHONY: fuzz
fuzz: $(BUILD)/fuzz/recording $(BUILD)/tests/forge ## feed the reader damaged files for FUZZ_SECONDS
	$(Q)mkdir -p $(BUILD)/fuzz/seeds $(BUILD)/fuzz/corpus
	$(Q)for seed in tiny chunks; do $(BUILD)/tests/forge $$seed $(BUILD)/fuzz/seeds/$$seed; done
	$(Q)$(BUILD)/fuzz/recording -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=4096 -max_len=65536 \
		-print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus $(BUILD)/fuzz/seeds
