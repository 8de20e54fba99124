# SPDX-License-Identifier: Apache-2.0
# The simulated GPU's own tests: against what CUDA's headers declare, against what a driver is known to answer, and what
# the simulation promises beside that.  Part of the root makefile.
#
# CUDA_HOME	a toolkit, for its headers; what needs one is skipped where there is none
#
# On a machine with a card, what its driver answers becomes the new golden file:
# make build/tests/gpusim/conformance && tests/gpusim/conformance.sh build --real >tests/gpusim/conformance.golden

simulation_out      := $(BUILD)/tests/gpusim
conformance_obj     := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/gpusim/conformance*.c)))
simulation_obj      := $(simulation_out)/child.o $(addprefix $(BUILD)/tools/gpusim/common/,facts.o knob.o notice.o)
simulation_programs := $(addprefix $(simulation_out)/,conformance simulation accounts runtime_12 runtime_13)
simulation_env       = MEMVIZ_TEST_GPUSIM=$(abspath $(BUILD))/gpusim \
	MEMVIZ_TEST_RUNTIME=$(abspath $(simulation_out))/runtime

$(simulation_out)/conformance: $(conformance_obj)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ldl

$(simulation_out)/simulation $(simulation_out)/accounts: $(simulation_out)/%: $(simulation_out)/%.o $(simulation_obj)
	$(call say,LINK,$@)
	$(Q)$(CC) $(mv_cflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcunit -lpthread -ldl

$(simulation_out)/runtime_%: tests/gpusim/runtime.c $(BUILD)/gpusim/libcudart.so.%
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) -Itools -Itests -DMV_CUDART_MAJOR=$* $(mv_cflags) $(CFLAGS) $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $^

.PHONY: check-gpusim
check-gpusim: gpusim $(simulation_programs) ## test the simulated GPU
	$(Q)status=0; \
	tests/gpusim/abi.sh $(BUILD)/abi || status=1; \
	tests/gpusim/table.sh $(BUILD)/table || status=1; \
	tests/gpusim/conformance.sh $(BUILD) || status=1; \
	$(simulation_env) tests/suites.sh simulation $(simulation_out)/simulation $(simulation_out)/accounts || status=1; \
	exit $$status
