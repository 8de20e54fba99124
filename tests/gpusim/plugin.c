/* SPDX-License-Identifier: Apache-2.0 */
/* A library that a program loads while it runs, with links of its own to the driver.  */
#include <stdint.h>

#include "gpusim/api/cuda_memory.h"
#include "gpusim/api/cuda_pool.h"

int plugin_allocate(void **address, size_t size);

int plugin_allocate(void **address, size_t size)
{
	CUdeviceptr out = 0;
	CUresult result = cuMemAlloc_v2(&out, size);

	*address = (void *)(uintptr_t)out;
	return result;
}

int plugin_map(uint64_t address, size_t size, uint64_t handle);

int plugin_map(uint64_t address, size_t size, uint64_t handle)
{
	return cuMemMap(address, size, 0, handle, 0);
}
