/* SPDX-License-Identifier: Apache-2.0 */
/* A library that a program loads while it runs, with links of its own to the driver.  */
#include <stdint.h>

#include "gpusim/api/cuda_memory.h"

int plugin_allocate(void **address, size_t size);

int plugin_allocate(void **address, size_t size)
{
	CUdeviceptr out = 0;
	CUresult result = cuMemAlloc_v2(&out, size);

	*address = (void *)(uintptr_t)out;
	return result;
}
