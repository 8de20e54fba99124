# SPDX-License-Identifier: Apache-2.0
# The demo trainer: $(BUILD)/demo/train, a program that a simulated GPU can run.  It is linked with the runtime that
# stands in for NVIDIA's, but finds it like any program: by LD_LIBRARY_PATH, or in the system.

demo_out  := $(BUILD)/demo
demo_obj  := $(patsubst tools/demo/%.c,$(BUILD)/tools/demo/%.o,$(sort $(wildcard tools/demo/*.c)))
demo_libs := $(addprefix $(BUILD)/gpusim/,libcudart.so.13 libcuda.so.1)
demo_suites := $(patsubst tests/unit/%.c,$(demo_out)/%,$(sort $(wildcard tests/unit/demo_*.c)))

# The recording is to show each function that asked for memory, by the name that it has in the source: nothing is
# inlined but what says so.
demo_whole_gcc   := -fno-inline-functions -fno-inline-functions-called-once -fno-inline-small-functions -fno-ipa-sra \
	-fno-ipa-cp -fno-partial-inlining
demo_whole_clang := -finline-hint-functions
demo_cflags = $(mv_cflags) -fno-optimize-sibling-calls -fno-omit-frame-pointer \
	$(demo_whole_$(if $(findstring clang,$(shell $(CC) --version)),clang,gcc))
demo_link   = $(CC) $(demo_cflags) $(CFLAGS) $(LDFLAGS)

$(BUILD)/tools/demo/%.o: tools/demo/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(mv_cppflags) -Itools $(demo_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(demo_out)/train: $(demo_obj) $(demo_libs)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(demo_link) -o $@ $(demo_obj) $(BUILD)/gpusim/libcudart.so.13 -lm -lpthread

# A suite links everything but main, and stands in for the recorder itself; hence -rdynamic.
$(demo_suites): $(demo_out)/%: tests/unit/%.c $(filter-out %/train.o,$(demo_obj)) $(demo_out)/train
	$(call say,LD,$@)
	$(Q)$(demo_link) $(mv_cppflags) -Itools -Itests -DDEMO_TRAIN='"$(abspath $(demo_out))/train"' -MMD -MP -MF $@.d \
		-o $@ $(filter %.c %.o,$^) -rdynamic $(BUILD)/gpusim/libcudart.so.13 -lcunit -lm -lpthread

# TORCH=1: PyTorch in place of our own trainer, on a larger card, for its memory is address space only.
.PHONY: demo demo-train demo-torch
demo: ## set up what is missing; train until memory runs out, and show it (TORCH=1: with PyTorch)
	$(Q)tools/setup.sh build $(if $(TORCH),torch)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all $(demo_out)/train
	$(Q)$(MAKE) --no-print-directory demo-$(if $(TORCH),torch,train)

demo-train:
	$(Q)BACKING=host tools/demo/demo.sh $(BUILD) 256MiB $(demo_out)/train

demo-torch:
	$(Q)python=$$(PYTHON="$(PYTHON)" tools/torch.sh) && tools/demo/demo.sh $(BUILD) 24GiB $$python tools/demo/train.py

.PHONY: check-demo
check-demo: $(demo_suites) ## test the demo trainer
	$(Q)LD_LIBRARY_PATH=$(abspath $(BUILD))/gpusim GPUSIM_BACKING=host GPUSIM_FORCE=1 tests/suites.sh demo $(demo_suites)
