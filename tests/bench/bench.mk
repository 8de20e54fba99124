# SPDX-License-Identifier: Apache-2.0
# What the recorder and the viewer cost: one line for each figure on stdout, "name value unit" (tests/bench/bench.py says
# what they are).  Part of the root makefile.
#
# BENCH_TORCH	0: without PyTorch

BENCH_TORCH ?= 1

bench_out      := $(test_out)/bench
bench_readers  := $(addprefix $(bench_out)/,contents names snapshots)
bench_programs := $(bench_readers) $(bench_out)/pairs $(bench_out)/spawn $(bench_out)/libpool.so

$(bench_out)/pool.o: mv_cflags += -fPIC

$(bench_readers): $(bench_out)/%: $(bench_out)/%.o $(suite_lib)
	$(call say,LINK,$@)
	$(Q)$(test_link)

# Its calls of the driver reach the recorder's hooks as any program's do.
$(bench_out)/pairs: $(bench_out)/pairs.o $(bench_out)/pool.o $(BUILD)/gpusim/libcuda.so.1
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lpthread -ldl

$(bench_out)/spawn: $(bench_out)/spawn.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^

$(bench_out)/libpool.so: $(bench_out)/pool.o
	$(call say,LD,$@)
	$(Q)$(CC) -shared $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ldl

.PHONY: bench bench-programs
bench: ## set up what is missing; print what the recorder costs, a line for each figure (BENCH_TORCH=0: no PyTorch)
	$(Q)tools/setup.sh build check $(if $(filter 0,$(BENCH_TORCH)),,torch) >&2
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all bench-programs >&2
	$(Q)torch=$(if $(filter 0,$(BENCH_TORCH)),,$$(PYTHON="$(PYTHON)" tools/torch.sh)) && \
		$(PYTHON) -B tests/bench/bench.py $(BUILD) $$torch

bench-programs: $(bench_programs) $(test_out)/forge $(test_out)/soak/churn $(test_out)/soak/audit
