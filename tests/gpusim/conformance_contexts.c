/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: what one costs, what goes with it and what stays.  */
#include "gpusim/conformance.h"

#include <dlfcn.h>
#include <string.h>

#include "gpusim/api/nvml.h"

/* ---- what NVML says, which needs no context ---- */

static void *management(const char *name)
{
	static void *library;

	if (!library)
		library = dlopen("libnvidia-ml.so.1", RTLD_NOW);
	return library ? dlsym(library, name) : NULL;
}

static nvmlDevice_t find_card(void)
{
	__typeof__(nvmlInit_v2) *init = management("nvmlInit_v2");
	__typeof__(nvmlDeviceGetHandleByPciBusId_v2) *find = management("nvmlDeviceGetHandleByPciBusId_v2");
	nvmlDevice_t card = NULL;
	char id[64];

	if (!init || !find || init() || cu.cuDeviceGetPCIBusId(id, sizeof id, 0) || find(id, &card))
		return NULL;
	return card;
}

/* Used bytes of the card, or -1.  */
static long long used_bytes(void)
{
	static nvmlDevice_t card;
	__typeof__(nvmlDeviceGetMemoryInfo) *ask = management("nvmlDeviceGetMemoryInfo");
	nvmlMemory_t memory;

	if (!card)
		card = find_card();
	return card && ask && !ask(card, &memory) ? (long long)memory.used : -1;
}

/* ---- the primary context ---- */

static void tell_state(void)
{
	unsigned int flags = 0;
	int is_active = -1;

	TRY(cuDevicePrimaryCtxGetState, 0, &flags, &is_active);
	conformance_tell("flags", flags);
	conformance_tell("active", is_active);
}

static CUcontext try_retaining(void)
{
	long long before = used_bytes(), free_bytes;
	CUcontext context = NULL, again = NULL, current = NULL;
	CUdevice device = -1;

	tell_state();
	TRY(cuDevicePrimaryCtxRelease_v2, 0);
	TRY(cuDevicePrimaryCtxRetain, &context, 0);
	conformance_tell_here("bytes of the card that a context takes, NVML", used_bytes() - before);
	tell_state();
	TRY(cuDevicePrimaryCtxRetain, &again, 0);
	conformance_tell("it is the same", again == context);
	TRY(cuCtxGetCurrent, &current);
	conformance_tell("it is current", current == context);
	TRY(cuCtxSetCurrent, context);
	TRY(cuCtxGetCurrent, &current);
	conformance_tell("it is current", current == context);
	TRY(cuCtxGetDevice, &device);
	conformance_tell("device", device);
	free_bytes = conformance_free_bytes();
	TRY(cuCtxSynchronize);
	conformance_tell_here("free", free_bytes);
	return context;
}

/* A context that is released for the last time is reset: its memory is free again.  */
static void try_releasing(CUcontext context)
{
	CUdeviceptr ptr = 0, pooled = 0;
	CUcontext again = NULL, current = NULL;
	long long before = conformance_free_bytes();

	TRY(cuMemAlloc_v2, &ptr, 64 * MIB);
	TRY(cuDevicePrimaryCtxRelease_v2, 0);
	tell_state();
	TRY(cuMemFree_v2, 0);
	TRY(cuDevicePrimaryCtxRelease_v2, 0);
	tell_state();
	TRY(cuDevicePrimaryCtxRelease_v2, 0);
	TRY(cuCtxGetCurrent, &current);
	conformance_tell("it is current", current == context);
	TRY(cuCtxGetDevice, &(CUdevice){0});
	TRY(cuMemAlloc_v2, &pooled, MIB);
	TRY(cuCtxSynchronize);
	TRY(cuDevicePrimaryCtxRetain, &again, 0);
	conformance_tell("it is the same", again == context);
	TRY(cuCtxSynchronize);
	TRY(cuCtxSetCurrent, again);
	conformance_tell("bytes that did not come back", before - conformance_free_bytes());
	TRY(cuMemFree_v2, ptr);
}

/* ---- contexts of the program's own ---- */

static void try_making(void)
{
	CUcontext primary = NULL, made = NULL, current = NULL;
	CUdeviceptr ptr = 0, pooled = 0;
	long long before;
	uint64_t used = 0;
	CUmemoryPool pool = NULL;

	cu.cuCtxGetCurrent(&primary);
	cu.cuDeviceGetDefaultMemPool(&pool, 0);
	before = conformance_free_bytes();
	TRY(cuCtxCreate_v2, &made, 0, 0);
	conformance_tell_here("bytes of the card that another context takes", before - conformance_free_bytes());
	TRY(cuCtxGetCurrent, &current);
	conformance_tell("it is current", current == made);
	TRY(cuMemAlloc_v2, &ptr, 64 * MIB);
	TRY(cuMemAllocAsync, &pooled, 64 * MIB, NULL);
	TRY(cuCtxSynchronize);
	TRY(cuCtxDestroy_v2, made);
	TRY(cuCtxGetCurrent, &current);
	conformance_tell("the primary one is current again", current == primary);
	cu.cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &used);
	conformance_tell("used of the pool", (long long)used);
	TRY(cuMemFree_v2, ptr);
	TRY(cuMemFreeAsync, pooled, NULL);
	TRY(cuCtxCreate_v2, &made, 0, 99);
	TRY(cuCtxCreate_v2, NULL, 0, 0);
	TRY(cuCtxSetCurrent, NULL);
	TRY(cuMemAlloc_v2, &ptr, MIB);
	TRY(cuCtxSetCurrent, primary);
}

void conformance_contexts(void)
{
	CUcontext context;

	TRY(cuInit, 0);
	context = try_retaining();
	try_releasing(context);
	try_making();
}
