# SPDX-License-Identifier: Apache-2.0
# A long run under the recorder.  Part of the root makefile.
#
# SOAK_SECONDS, SOAK_EVENTS, SOAK_THREADS, SOAK_RING	how long, how much, by how many, into how large a ring

SOAK_SECONDS ?= 1800
SOAK_EVENTS  ?= 200000000
SOAK_THREADS ?= 4
SOAK_RING    ?= 64MiB

soak_out      := $(test_out)/soak
soak_programs := $(soak_out)/churn $(soak_out)/audit

$(soak_out)/churn: $(soak_out)/churn.o $(BUILD)/gpusim/libcuda.so.1
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lpthread -ldl

$(soak_out)/audit: $(soak_out)/audit.o $(suite_lib)
	$(call say,LINK,$@)
	$(Q)$(test_link)

.PHONY: soak check-soak
soak: $(soak_programs) $(BUILD)/libmemviz.so gpusim ## half an hour and 200,000,000 events under the recorder (SOAK_…)
	$(Q)$(PYTHON) -B tests/soak/soak.py $(BUILD) $(SOAK_SECONDS) $(SOAK_EVENTS) $(SOAK_THREADS) $(SOAK_RING)

# The ring is small, so that it is overwritten some times.
check-soak: ## the same in some seconds
	$(Q)$(MAKE) --no-print-directory soak SOAK_SECONDS=20 SOAK_EVENTS=6000000 SOAK_RING=4MiB
