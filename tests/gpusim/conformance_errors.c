/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes: before there is a driver, before there is a context, and for what can't be.  */
#include "gpusim/conformance.h"

static void try_before_start(void)
{
	CUdeviceptr ptr = 0;
	CUcontext context = NULL;
	size_t free_bytes, total;
	int value = 0;

	TRY(cuInit, 1);
	TRY(cuDriverGetVersion, &value);
	TRY(cuDriverGetVersion, NULL);
	TRY(cuDeviceGetCount, &value);
	TRY(cuDeviceGet, &value, 0);
	TRY(cuDeviceGetAttribute, &value, 1, 0);
	TRY(cuDevicePrimaryCtxRetain, &context, 0);
	TRY(cuCtxGetCurrent, &context);
	TRY(cuCtxSetCurrent, NULL);
	TRY(cuMemGetInfo_v2, &free_bytes, &total);
	TRY(cuMemAlloc_v2, &ptr, MIB);
	TRY(cuMemFree_v2, 0);
	TRY(cuMemAllocAsync, &ptr, MIB, NULL);
	TRY(cuMemAddressReserve, &ptr, 2 * MIB, 0, 0, 0);
	TRY(cuCtxSynchronize);
}

static void try_without_context(void)
{
	CUdeviceptr ptr = 0;
	CUcontext context = (CUcontext)1;
	CUdevice device = 0;
	size_t free_bytes, total;
	void *host = NULL;

	TRY(cuCtxGetCurrent, &context);
	conformance_tell("there is a context", context != NULL);
	TRY(cuCtxGetDevice, &device);
	TRY(cuCtxPopCurrent_v2, &context);
	TRY(cuCtxSetCurrent, NULL);
	TRY(cuCtxSynchronize);
	TRY(cuMemGetInfo_v2, &free_bytes, &total);
	TRY(cuMemAlloc_v2, &ptr, MIB);
	TRY(cuMemFree_v2, 0);
	TRY(cuMemAllocManaged, &ptr, MIB, CU_MEM_ATTACH_GLOBAL);
	TRY(cuMemHostAlloc, &host, MIB, 0);
	TRY(cuMemAllocAsync, &ptr, MIB, NULL);
	TRY(cuMemFreeAsync, 0, NULL);
	TRY(cuMemAddressReserve, &ptr, 2 * MIB, 0, 0, 0);
	TRY(cuMemAddressFree, ptr, 2 * MIB);
}

static void try_wrong_cards(void)
{
	CUcontext context = NULL;
	CUmemoryPool pool = NULL;
	CUdevice device = 0;
	size_t bytes = 0;
	int value = 0, count = 0;

	cu.cuDeviceGetCount(&count);
	TRY(cuDeviceGet, &device, -1);
	TRY(cuDeviceGet, &device, count);
	TRY(cuDeviceGet, NULL, 0);
	TRY(cuDeviceGetCount, NULL);
	TRY(cuDeviceTotalMem_v2, &bytes, count);
	TRY(cuDeviceTotalMem_v2, NULL, 0);
	TRY(cuDeviceGetAttribute, &value, 1, count);
	TRY(cuDeviceGetAttribute, &value, 0, 0);
	TRY(cuDeviceGetAttribute, NULL, 1, 0);
	TRY(cuDevicePrimaryCtxRetain, &context, count);
	TRY(cuDevicePrimaryCtxRetain, NULL, 0);
	TRY(cuDevicePrimaryCtxRelease_v2, count);
	TRY(cuDeviceGetDefaultMemPool, &pool, count);
	TRY(cuDeviceGetDefaultMemPool, NULL, 0);
	TRY(cuDeviceGraphMemTrim, count);
}

/* ---- with a context ---- */

static void try_impossible_sizes(void)
{
	CUdeviceptr ptr = 0;
	size_t total = 0, pitch = 0;

	cu.cuDeviceTotalMem_v2(&total, 0);
	TRY(cuMemAlloc_v2, &ptr, 0);
	TRY(cuMemAlloc_v2, &ptr, total + 1024 * MIB);
	TRY(cuMemAlloc_v2, &ptr, (size_t)1 << 60);
	TRY(cuMemAlloc_v2, &ptr, SIZE_MAX);
	TRY(cuMemAlloc_v2, NULL, MIB);
	TRY(cuMemAllocPitch_v2, &ptr, &pitch, 0, 4, 4);
	TRY(cuMemAllocPitch_v2, &ptr, &pitch, 64, 0, 4);
	TRY(cuMemAllocPitch_v2, &ptr, &pitch, 64, 4, 3);
	TRY(cuMemAllocPitch_v2, &ptr, &pitch, 64, (size_t)1 << 60, 4);
	TRY(cuMemAllocPitch_v2, &ptr, NULL, 64, 4, 4);
	TRY(cuMemAllocManaged, &ptr, 0, CU_MEM_ATTACH_GLOBAL);
	TRY(cuMemAllocManaged, &ptr, MIB, 0);
	TRY(cuMemAllocManaged, &ptr, MIB, CU_MEM_ATTACH_SINGLE);
	TRY(cuMemAllocManaged, NULL, MIB, CU_MEM_ATTACH_GLOBAL);
	TRY(cuMemAllocAsync, &ptr, 0, NULL);
	TRY(cuMemAllocAsync, &ptr, total + 1024 * MIB, NULL);
	TRY(cuMemAllocAsync, NULL, MIB, NULL);
}

static void try_wrong_frees(void)
{
	CUdeviceptr ptr = 0, other = 0;

	TRY(cuMemFree_v2, 0);
	TRY(cuMemFree_v2, 12345);
	TRY(cuMemFreeAsync, 0, NULL);
	TRY(cuMemAlloc_v2, &ptr, 4 * MIB);
	TRY(cuMemAlloc_v2, &other, 4 * MIB);
	TRY(cuMemFree_v2, ptr + 512);
	TRY(cuMemFree_v2, ptr + 2 * MIB);
	TRY(cuMemFree_v2, ptr);
	TRY(cuMemFree_v2, ptr);
	TRY(cuMemFreeHost, (void *)(uintptr_t)other);
	TRY(cuMemFree_v2, other);
	TRY(cuMemAllocManaged, &ptr, 4 * MIB, CU_MEM_ATTACH_GLOBAL);
	TRY(cuMemFree_v2, ptr + 4096);
	TRY(cuMemFree_v2, ptr);
	TRY(cuMemFree_v2, ptr);
}

static void try_wrong_questions(void)
{
	CUdeviceptr ptr = 0, base = 0;
	size_t size = 0, free_bytes = 0;
	uint64_t data = 0;

	TRY(cuMemGetInfo_v2, &free_bytes, NULL);
	TRY(cuMemAlloc_v2, &ptr, 4 * MIB);
	TRY(cuMemGetAddressRange_v2, NULL, NULL, ptr);
	TRY(cuMemGetAddressRange_v2, &base, NULL, ptr);
	TRY(cuMemGetAddressRange_v2, NULL, &size, ptr);
	TRY(cuMemFree_v2, ptr);
	TRY(cuMemGetAddressRange_v2, &base, &size, ptr);
	TRY(cuMemGetAddressRange_v2, &base, &size, 0);
	TRY(cuPointerGetAttribute, &data, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, ptr);
	TRY(cuPointerGetAttribute, &data, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, (CUdeviceptr)(uintptr_t)&data);
	TRY(cuPointerGetAttribute, NULL, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, ptr);
}

void conformance_errors(void)
{
	try_before_start();
	TRY(cuInit, 0);
	try_without_context();
	try_wrong_cards();
	if (!conformance_open_card())
		return;
	try_impossible_sizes();
	try_wrong_frees();
	try_wrong_questions();
}
