/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/acts.h"
#include "memviz/memviz.h"

static void device(void)
{
	CUdeviceptr first, second;

	acts_open_card();
	first = acts_get(3 * MIB);
	second = acts_get(1000);
	MUST(!cuMemFree_v2(first));
	MUST(!cuMemFree_v2(0));
	MUST(second);
}

/* Prints what a row takes times the rows.  */
static void pitch(void)
{
	CUdeviceptr address;
	size_t row;

	acts_open_card();
	MUST(!cuMemAllocPitch_v2(&address, &row, 1000, 16, 4));
	MUST(row >= 1000);
	printf("%zu\n", row * 16);
}

static void host(void)
{
	static char registered[8192];
	void *pinned, *older;

	acts_open_card();
	MUST(!cuMemHostAlloc(&pinned, 2 * MIB, 0));
	MUST(!cuMemAllocHost_v2(&older, MIB));
	MUST(!cuMemHostRegister_v2(registered, sizeof registered, 0));
	MUST(!cuMemHostUnregister(registered));
	MUST(!cuMemFreeHost(older));
}

static void managed(void)
{
	CUdeviceptr address;

	acts_open_card();
	MUST(!cuMemAllocManaged(&address, 5 * MIB, CU_MEM_ATTACH_GLOBAL));
	MUST(!cuMemFree_v2(address));
}

static void pooled(void)
{
	CUdeviceptr first, second;
	CUmemoryPool pool;

	acts_open_card();
	MUST(!cuDeviceGetDefaultMemPool(&pool, 0));
	MUST(!cuMemAllocAsync(&first, MIB, NULL));
	MUST(!cuMemAllocFromPoolAsync(&second, 2 * MIB, pool, NULL));
	MUST(!cuMemFreeAsync(first, NULL));
	MUST(!cuMemFree_v2(second)); /* what came out of a pool may be freed this way */
}

/* ---- memory without an address ---- */

static const CUmemAllocationProp on_card = {.type = 1, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};

/* Released while mapped, as frameworks do: the memory goes with the mapping.  One call takes two mappings away.  */
static void mapped(void)
{
	CUmemGenericAllocationHandle handles[2];
	CUdeviceptr address;
	int i;

	acts_open_card();
	MUST(!cuMemAddressReserve(&address, 8 * MIB, 0, 0, 0));
	for (i = 0; i < 2; i++) {
		MUST(!cuMemCreate(&handles[i], 2 * MIB, &on_card, 0));
		MUST(!cuMemMap(address + (size_t)i * 2 * MIB, 2 * MIB, 0, handles[i], 0));
		MUST(!cuMemRelease(handles[i]));
	}
	MUST(!cuMemUnmap(address, 4 * MIB));
	MUST(!cuMemAddressFree(address, 8 * MIB));
}

/* A second handle keeps what is neither mapped nor held by the first.  */
static void retained(void)
{
	CUmemGenericAllocationHandle handle, again;
	CUdeviceptr address;

	acts_open_card();
	MUST(!cuMemAddressReserve(&address, 2 * MIB, 0, 0, 0));
	MUST(!cuMemCreate(&handle, 2 * MIB, &on_card, 0));
	MUST(!cuMemMap(address, 2 * MIB, 0, handle, 0));
	MUST(!cuMemRetainAllocationHandle(&again, (void *)(uintptr_t)address));
	MUST(!cuMemUnmap(address, 2 * MIB));
	MUST(!cuMemRelease(handle));
	MUST(!cuMemCreate(&handle, 4 * MIB, &on_card, 0));
	MUST(!cuMemRelease(handle));
}

/* ---- errors ---- */

/* The card is full; the program gives some back and goes on.  */
static void out_of_memory_survived(void)
{
	CUdeviceptr first, none = 0;

	acts_open_card();
	first = acts_get(600 * MIB);
	MUST(cuMemAlloc_v2(&none, 900 * MIB) == CUDA_ERROR_OUT_OF_MEMORY);
	MUST(!cuMemFree_v2(first));
	MUST(!cuMemAlloc_v2(&first, 900 * MIB));
}

static void out_of_memory(void)
{
	CUdeviceptr none = 0;

	acts_open_card();
	acts_get(600 * MIB);
	MUST(cuMemAlloc_v2(&none, 900 * MIB) == CUDA_ERROR_OUT_OF_MEMORY);
	exit(7);
}

static void out_of_memory_often(void)
{
	CUdeviceptr none = 0;
	int i;

	acts_open_card();
	for (i = 0; i < 40; i++)
		MUST(cuMemAlloc_v2(&none, (4096 + (size_t)i / 2) * MIB) == CUDA_ERROR_OUT_OF_MEMORY);
}

static void wrong_frees(void)
{
	CUdeviceptr address;

	acts_open_card();
	address = acts_get(MIB);
	MUST(cuMemFree_v2(12345) == CUDA_ERROR_INVALID_VALUE);
	MUST(cuMemFree_v2(address + 512) == CUDA_ERROR_INVALID_VALUE);
	MUST(!cuMemFree_v2(address));
	MUST(cuMemFree_v2(address) == CUDA_ERROR_INVALID_VALUE);
}

static void null_results(void)
{
	acts_open_card();
	MUST(cuMemAlloc_v2(NULL, MIB) == CUDA_ERROR_INVALID_VALUE);
	MUST(cuMemAllocPitch_v2(NULL, NULL, 100, 100, 4) == CUDA_ERROR_INVALID_VALUE);
	MUST(cuMemCreate(NULL, 2 * MIB, NULL, 0) == CUDA_ERROR_INVALID_VALUE);
	MUST(cuMemHostAlloc(NULL, MIB, 0) == CUDA_ERROR_INVALID_VALUE);
	acts_get(MIB);
}

/* Physical memory needs no context: on a thread that has none it lies where it was asked for.  */
static void without_context(void)
{
	CUmemGenericAllocationHandle handle;

	MUST(!cuInit(0));
	MUST(!cuMemCreate(&handle, 2 * MIB, &on_card, 0));
}

/* ---- annotations ---- */

static void annotated(void)
{
	CUdeviceptr segment;
	char *at;

	acts_open_card();
	segment = acts_get(64 * MIB);
	at = (char *)(uintptr_t)segment;
	memviz_block_alloc(at, 4 * MIB, 0, 64 * MIB);
	memviz_tag(at, MEMVIZ_PARAMETER, "fc.weight");
	memviz_phase_push("backward");
	memviz_block_alloc(at + 4 * MIB, 4 * MIB, 0, 64 * MIB);
	memviz_phase_pop();
	memviz_phase_push("optimizer");
	memviz_block_free(at + 4 * MIB);
	memviz_phase_pop();
	memviz_phase_push("evaluation");
	memviz_phase_pop();
	MUST(!memviz_snapshot());
	memviz_block_oom(100 * MIB, 0, 4 * MIB, 64 * MIB);
}

static void get_all_kinds(void)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
	CUmemGenericAllocationHandle physical;
	CUdeviceptr managed;
	void *host;

	acts_get(3 * MIB);
	MUST(!cuMemAllocManaged(&managed, MIB, 1));
	MUST(!cuMemHostAlloc(&host, MIB, 0));
	MUST(!cuMemCreate(&physical, 2 * MIB, &prop, 0));
}

static void resets_the_card(void)
{
	acts_open_card();
	get_all_kinds();
	MUST(!cuDevicePrimaryCtxReset_v2(0));
}

/* Twice: only the last one counts.  */
static void leaves_the_card(void)
{
	acts_open_card();
	acts_open_card();
	get_all_kinds();
	MUST(!cuDevicePrimaryCtxRelease_v2(0));
	acts_get(5 * MIB);
	MUST(!cuDevicePrimaryCtxRelease_v2(0));
}

const struct act acts_memory[] = {
	{"resets_the_card", resets_the_card},
	{"leaves_the_card", leaves_the_card},
	{"device", device},
	{"pitch", pitch},
	{"host", host},
	{"managed", managed},
	{"pooled", pooled},
	{"mapped", mapped},
	{"retained", retained},
	{"out_of_memory", out_of_memory},
	{"out_of_memory_survived", out_of_memory_survived},
	{"out_of_memory_often", out_of_memory_often},
	{"wrong_frees", wrong_frees},
	{"null_results", null_results},
	{"without_context", without_context},
	{"annotated", annotated},
	{NULL, NULL},
};
