/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, cards, attributes, and how functions are looked up.  */
#include "gpusim/conformance.h"

#include <stdio.h>
#include <string.h>

/* Attributes that the card decides, and those that any card of today has in common.  */
static const struct attribute {
	CUdevice_attribute number;
	const char *name;
} of_card[] = {
	{16, "MULTIPROCESSOR_COUNT"},
	{32, "ECC_ENABLED"},
	{37, "GLOBAL_MEMORY_BUS_WIDTH"},
	{38, "L2_CACHE_SIZE"},
	{75, "COMPUTE_CAPABILITY_MAJOR"},
	{76, "COMPUTE_CAPABILITY_MINOR"},
	{88, "PAGEABLE_MEMORY_ACCESS"},
	{100, "PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES"},
	{107, "GENERIC_COMPRESSION_SUPPORTED"},
	{110, "GPU_DIRECT_RDMA_WITH_CUDA_VMM_SUPPORTED"},
	{113, "READ_ONLY_HOST_REGISTER_SUPPORTED"},
	{116, "GPU_DIRECT_RDMA_SUPPORTED"},
	{124, "DMA_BUF_SUPPORTED"},
	{128, "HANDLE_TYPE_FABRIC_SUPPORTED"},
	{130, "NUMA_CONFIG"},
	{132, "MULTICAST_SUPPORTED"},
	{133, "MPS_ENABLED"},
	{141, "HOST_NUMA_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED"},
	{142, "HOST_NUMA_MEMORY_POOLS_SUPPORTED"},
	{144, "HOST_MEMORY_POOLS_SUPPORTED"},
	{145, "HOST_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED"},
}, of_all[] = {
	{1, "MAX_THREADS_PER_BLOCK"},
	{10, "WARP_SIZE"},
	{11, "MAX_PITCH"},
	{14, "TEXTURE_ALIGNMENT"},
	{18, "INTEGRATED"},
	{19, "CAN_MAP_HOST_MEMORY"},
	{20, "COMPUTE_MODE"},
	{30, "SURFACE_ALIGNMENT"},
	{41, "UNIFIED_ADDRESSING"},
	{51, "TEXTURE_PITCH_ALIGNMENT"},
	{83, "MANAGED_MEMORY"},
	{89, "CONCURRENT_MANAGED_ACCESS"},
	{91, "CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM"},
	{99, "HOST_REGISTER_SUPPORTED"},
	{101, "DIRECT_MANAGED_MEM_ACCESS_FROM_HOST"},
	{102, "VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED"},
	{103, "HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED"},
	{104, "HANDLE_TYPE_WIN32_HANDLE_SUPPORTED"},
	{115, "MEMORY_POOLS_SUPPORTED"},
	{125, "IPC_EVENT_SUPPORTED"},
};

static void tell_attributes(const struct attribute *attributes, size_t count, void (*tell)(const char *, long long))
{
	for (size_t i = 0; i < count; i++) {
		int value = -1;

		cu.cuDeviceGetAttribute(&value, attributes[i].number, 0);
		tell(attributes[i].name, value);
	}
}

static void tell_handle_types(void)
{
	int types = 0;

	TRY(cuDeviceGetAttribute, &types, 119, 0);
	conformance_tell("MEMPOOL_SUPPORTED_HANDLE_TYPES has a file descriptor",
			 types & CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR);
}

static void tell_card(void)
{
	size_t bytes = 0;
	int count = 0;

	TRY(cuDeviceGetCount, &count);
	conformance_tell_here("cards", count);
	TRY(cuDeviceTotalMem_v2, &bytes, 0);
	conformance_tell_here("total", (long long)bytes);
	tell_attributes(of_card, sizeof of_card / sizeof *of_card, conformance_tell_here);
	tell_attributes(of_all, sizeof of_all / sizeof *of_all, conformance_tell);
	tell_handle_types();
}

/* ---- granularity ---- */

static void tell_granularity(void)
{
	const CUmemAllocationProp on_card = {.type = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {1, 0}};
	size_t minimum = 0, recommended = 0;

	TRY(cuMemGetAllocationGranularity, &minimum, &on_card, CU_MEM_ALLOC_GRANULARITY_MINIMUM);
	conformance_tell("smallest granularity", (long long)minimum);
	TRY(cuMemGetAllocationGranularity, &recommended, &on_card, CU_MEM_ALLOC_GRANULARITY_RECOMMENDED);
	conformance_tell("recommended granularity", (long long)recommended);
	conformance_tell("recommended is a multiple of smallest", minimum && recommended % minimum == 0);
	TRY(cuMemGetAllocationGranularity, &minimum, NULL, CU_MEM_ALLOC_GRANULARITY_MINIMUM);
}

/* ---- look-ups ---- */

static void tell_look_ups(void)
{
	CUdriverProcAddressQueryResult status = -1;
	void *function = NULL, *own = NULL;
	int version = 0;

	cu.cuDriverGetVersion(&version);
	TRY(cuGetProcAddress_v2, "cuMemAllocAsync", &function, 11010, CU_GET_PROC_ADDRESS_DEFAULT, &status);
	conformance_tell("found", function != NULL);
	conformance_tell("status", status);
	TRY(cuGetProcAddress_v2, "cuMemAllocAsync", &function, 11020, CU_GET_PROC_ADDRESS_DEFAULT, &status);
	conformance_tell("found", function != NULL);
	conformance_tell("status", status);
	TRY(cuGetProcAddress_v2, "cuMemAllocAsync", &own, 11020, CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM, &status);
	conformance_tell("the thread's own form is another function", own && own != function);
	TRY(cuGetProcAddress_v2, "cuMemAlloc", &function, 3020, CU_GET_PROC_ADDRESS_DEFAULT, NULL);
	TRY(cuGetProcAddress_v2, "cuMemAlloc", &own, 3020, CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM, NULL);
	conformance_tell("the thread's own form is another function", own && own != function);
	TRY(cuGetProcAddress_v2, "cuMemAlloc", &own, 2000, CU_GET_PROC_ADDRESS_DEFAULT, NULL);
	conformance_tell("the first form is another function", own && own != function);
	TRY(cuGetProcAddress_v2, "cuNoSuchThing", &function, 12000, CU_GET_PROC_ADDRESS_DEFAULT, &status);
	conformance_tell("found", function != NULL);
	conformance_tell("status", status);
	TRY(cuGetProcAddress_v2, "cuInit", &function, version + 1000, CU_GET_PROC_ADDRESS_DEFAULT, &status);
	TRY(cuGetProcAddress_v2, NULL, &function, 12000, CU_GET_PROC_ADDRESS_DEFAULT, &status);
}

static void tell_names(void)
{
	const char *name = "";

	TRY(cuGetErrorName, CUDA_ERROR_OUT_OF_MEMORY, &name);
	conformance_tell("it is CUDA_ERROR_OUT_OF_MEMORY", name && !strcmp(name, "CUDA_ERROR_OUT_OF_MEMORY"));
	TRY(cuGetErrorName, 12345, &name);
	conformance_tell("there is a name", name != NULL);
	TRY(cuGetErrorName, CUDA_SUCCESS, NULL);
}

void conformance_versions(void)
{
	int version = 0;

	TRY(cuDriverGetVersion, &version);
	conformance_tell_here("version", version);
	TRY(cuInit, 0);
	TRY(cuInit, 0);
	tell_card();
	tell_granularity();
	tell_look_ups();
	tell_names();
}
