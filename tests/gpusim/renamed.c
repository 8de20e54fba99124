/* SPDX-License-Identifier: Apache-2.0 */
/* A library that a package has brought along under a name of its own, libcudart-e409450e.so.11.0: with a function of the
 * runtime's; and with a constructor that uses the card, if the program's environment says ACTS_EARLY.  */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_memory.h"

int cudaMalloc(void **address, size_t size);

int cudaMalloc(void **address, size_t size)
{
	CUdeviceptr out = 0;
	CUresult result = cuMemAlloc_v2(&out, size);

	*address = (void *)(uintptr_t)out;
	return result;
}

/* As a runtime does it: everything is looked up once, and kept.  */
__attribute__((constructor)) static void use_card(void)
{
	CUresult (*allocate)(CUdeviceptr *, size_t);
	CUcontext context;
	CUdeviceptr address;

	if (!getenv("ACTS_EARLY"))
		return;
	allocate = (CUresult(*)(CUdeviceptr *, size_t))dlsym(dlopen("libcuda.so.1", RTLD_NOW), "cuMemAlloc_v2");
	if (cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context) || !allocate ||
	    allocate(&address, 3 << 20))
		exit(98);
}
