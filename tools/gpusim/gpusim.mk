# SPDX-License-Identifier: Apache-2.0
# The simulated GPU: stand-ins for NVIDIA's libraries, in $(BUILD)/gpusim.  Needs no CUDA toolkit; what is generated is
# made from tools/gpusim/names and tools/gpusim/api with awk.

gpusim_dir := tools/gpusim
gpusim_out := $(BUILD)/gpusim
gpusim_gen := $(BUILD)/gen/gpusim
gpusim_obj := $(BUILD)/tools/gpusim
AWK ?= awk

gpusim_cppflags := $(mv_cppflags) -Itools
# Only what the api headers declare is seen from outside; calls from one function of a library to another must not be
# caught by a recorder preloaded in front of it, as with the real ones.  No sanitizers: they are for programs, and some
# that are run on the simulation have none.
gpusim_cflags  := $(filter-out $(san_flags),$(mv_cflags)) -fPIC -fvisibility=hidden
gpusim_ldflags := -shared -Wl,-Bsymbolic -Wl,-z,defs -Wl,--hash-style=gnu

# $(call gpusim_objects,SOURCES,MAJOR): what SOURCES, patterns of files, become; without MAJOR, the same for both.
gpusim_objects = $(patsubst $(gpusim_dir)/%.c,$(gpusim_obj)/$(if $(2),$(2)/)%.o,$(wildcard $(addprefix $(gpusim_dir)/,$(1))))
gpusim_common := $(call gpusim_objects,common/*.c)

.PHONY: gpusim
gpusim: ## build the simulated GPU

$(gpusim_obj)/%.o: $(gpusim_dir)/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(gpusim_cppflags) $(gpusim_cflags) $(CFLAGS) -MMD -MP -c -o $@ $<

$(gpusim_obj)/gen/%.o: $(gpusim_gen)/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(gpusim_cppflags) $(gpusim_cflags) -fno-builtin $(CFLAGS) -MMD -MP -c -o $@ $<

# ---- generated code --------------------------------------------------------------------------------------

gpusim_api_cuda := $(wildcard $(gpusim_dir)/api/cuda_*.h)
gpusim_api_rt   := $(wildcard $(gpusim_dir)/api/rt_*.h)

$(gpusim_gen)/entries.c: $(gpusim_dir)/gen/entries.awk $(gpusim_dir)/names/entries
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(AWK) -f $^ >$@.new && mv $@.new $@

$(gpusim_gen)/twins-libcuda.c: $(gpusim_dir)/gen/twins.awk $(gpusim_dir)/names/libcuda $(gpusim_api_cuda)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(AWK) -v result=CUresult -f $^ >$@.new && mv $@.new $@

# What depends on the runtime's major version is compiled for each: with MV_CUDART_MAJOR, below its number.  The two
# runtimes declare some functions differently, so their headers are read after the preprocessor.
define gpusim_major
$(gpusim_obj)/$(1)/%.o: $(gpusim_dir)/%.c
	$$(call say,CC,$$< ($(1)))
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(gpusim_cppflags) -DMV_CUDART_MAJOR=$(1) $$(gpusim_cflags) $$(CFLAGS) -MMD -MP -c -o $$@ $$<

$(gpusim_obj)/gen/twins-libcudart-$(1).o: $(gpusim_gen)/twins-libcudart-$(1).c
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(gpusim_cppflags) -DMV_CUDART_MAJOR=$(1) $$(gpusim_cflags) $$(CFLAGS) -MMD -MP -c -o $$@ $$<

$(gpusim_gen)/twins-libcudart-$(1).c: $(gpusim_dir)/gen/twins.awk $(gpusim_dir)/names/libcudart $(gpusim_api_rt)
	$$(call say,GEN,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) -E -P $$(gpusim_cppflags) -DMV_CUDART_MAJOR=$(1) $(gpusim_dir)/runtime/rt_all.h >$$@.i
	$$(Q)$$(AWK) -v result=cudaError_t -f $$(wordlist 1,2,$$^) $$@.i >$$@.new && mv $$@.new $$@

$(gpusim_obj)/$(1)/runtime.a: $$(call gpusim_objects,runtime/*.c,$(1))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
endef

$(eval $(call gpusim_major,12))
$(eval $(call gpusim_major,13))

# ---- libraries -------------------------------------------------------------------------------------------

gpusim_libs :=

# $(call gpusim_library,SONAME,NAMES,ERROR,NODE,OBJECTS): a library called SONAME that exports every name in
# names/NAMES; a function that OBJECTS lack returns ERROR.  NODE: version of its symbols, or - for none.
define gpusim_library
gpusim_libs += $(gpusim_out)/$(1)

$(gpusim_gen)/stubs-$(1).c: $(gpusim_dir)/gen/stubs.awk $(gpusim_dir)/names/kinds $(gpusim_dir)/names/$(2)
	$$(call say,GEN,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(AWK) -v library=$(2) -v error=$(3) -f $$^ >$$@.new && mv $$@.new $$@

$(gpusim_gen)/$(1).map: $(gpusim_dir)/gen/map.awk $(gpusim_dir)/names/$(2)
	$$(call say,GEN,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(AWK) -v node=$(4) -f $$^ >$$@.new && mv $$@.new $$@

$(gpusim_out)/$(1): $(gpusim_obj)/gen/stubs-$(1).o $(gpusim_gen)/$(1).map $(gpusim_common) $(5)
	$$(call say,LD,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(gpusim_cflags) $$(CFLAGS) $$(gpusim_ldflags) -Wl,-soname,$(1) \
		-Wl,--version-script=$(gpusim_gen)/$(1).map $$(LDFLAGS) -o $$@ $$(filter-out %.map,$$^) -lpthread -ldl
endef

# $(call gpusim_library_pair,NAME,ERROR,SOURCES): NAME.so.12 and NAME.so.13.
define gpusim_library_pair
$(call gpusim_library,$(1).so.12,$(1),$(2),$(1).so.12,$(call gpusim_objects,$(3),12) $(gpusim_obj)/12/runtime.a)
$(call gpusim_library,$(1).so.13,$(1),$(2),$(1).so.13,$(call gpusim_objects,$(3),13) $(gpusim_obj)/13/runtime.a)
endef

# NVIDIA's libraries carry the runtime's code; so do these.  Those that exist once take the older one, which works with
# drivers for both.
gpusim_rt := $(gpusim_obj)/12/runtime.a

$(eval $(call gpusim_library,libcuda.so.1,libcuda,801,-,$(call gpusim_objects,driver/*.c) \
	$(gpusim_obj)/gen/entries.o $(gpusim_obj)/gen/twins-libcuda.o))
$(eval $(call gpusim_library,libcudart.so.12,libcudart,801,libcudart.so.12,$(call gpusim_objects,runtime/*.c,12) \
	$(gpusim_obj)/gen/twins-libcudart-12.o))
$(eval $(call gpusim_library,libcudart.so.13,libcudart,801,libcudart.so.13,$(call gpusim_objects,runtime/*.c,13) \
	$(gpusim_obj)/gen/twins-libcudart-13.o))
$(eval $(call gpusim_library,libnvidia-ml.so.1,libnvidia-ml,3,-,$(call gpusim_objects,nvml/*.c)))
$(eval $(call gpusim_library_pair,libcublas,15,blas/*.c))
$(eval $(call gpusim_library_pair,libcublasLt,15,blaslt/*.c blas/blas_status.c))
$(eval $(call gpusim_library,libcudnn.so.9,libcudnn,3000,libcudnn.so.9,$(call gpusim_objects,dnn/*.c,12) $(gpusim_rt)))
$(eval $(call gpusim_library,libnccl.so.2,libnccl,5,-,$(call gpusim_objects,nccl/*.c,12) $(gpusim_rt)))
$(eval $(call gpusim_library_pair,libnvrtc,11,nvrtc/*.c))
$(eval $(call gpusim_library_pair,libcupti,27,cupti/*.c))
$(eval $(call gpusim_library,libcusparse.so.12,libcusparse,10,libcusparse.so.12,$(call gpusim_objects,sparse/*.c)))
$(eval $(call gpusim_library,libcusparseLt.so.0,libcusparseLt,10,-,$(call gpusim_objects,sparselt/*.c)))
$(eval $(call gpusim_library,libcusolver.so.11,libcusolver,9,libcusolver.so.11))
$(eval $(call gpusim_library,libcusolver.so.12,libcusolver,9,libcusolver.so.12))
$(eval $(call gpusim_library,libcufft.so.11,libcufft,16,libcufft.so.11))
$(eval $(call gpusim_library,libcufft.so.12,libcufft,16,libcufft.so.12))
$(eval $(call gpusim_library,libcurand.so.10,libcurand,999,libcurand.so.10))
$(eval $(call gpusim_library,libcufile.so.0,libcufile,5007,-))
$(eval $(call gpusim_library,libnvJitLink.so.12,libnvJitLink,6,libnvJitLink.so.12))
$(eval $(call gpusim_library,libnvJitLink.so.13,libnvJitLink,6,libnvJitLink.so.13))
$(eval $(call gpusim_library,libnvToolsExt.so.1,libnvToolsExt,0,libnvToolsExt.so.1))
$(eval $(call gpusim_library,libnvshmem_host.so.3,libnvshmem_host,7,NVSHMEM,$(call gpusim_objects,nvshmem/*.c)))

# What the stand-ins tell each other, beside what NVIDIA's do.
$(gpusim_gen)/libcuda.so.1.map: $(gpusim_dir)/names/own

# What to preload where a program would find the real libraries first, by a path of its own: names of files, in this
# folder and in this order.
$(gpusim_out)/preload: $(gpusim_dir)/gpusim.mk
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' $(notdir $(gpusim_libs)) >$@

gpusim: $(gpusim_libs) $(gpusim_out)/preload

# ---- tests -----------------------------------------------------------------------------------------------

.PHONY: check-carry
check-carry: gpusim ## train with PyTorch on the simulated GPU (downloads PyTorch once)
	$(Q)$(PYTHON) tests/torch/carry_all.py --build $(BUILD)
