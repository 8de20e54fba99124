/* SPDX-License-Identifier: Apache-2.0 */
/* Stream-ordered pools: what they reserve, what they keep and when they give it back.  */
#include "gpusim/conformance.h"

#include <stdio.h>

enum { LINE_BYTES = 128 };

static uint64_t get(CUmemoryPool pool, CUmemPool_attribute attribute)
{
	uint64_t value = 0;

	cu.cuMemPoolGetAttribute(pool, attribute, &value);
	return value;
}

static uint64_t reserved(CUmemoryPool pool)
{
	return get(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT);
}

static CUresult set(CUmemoryPool pool, CUmemPool_attribute attribute, uint64_t value)
{
	return cu.cuMemPoolSetAttribute(pool, attribute, &value);
}

/* What POOL holds and how much of it is used, now and at most.  */
static void tell_pool(const char *when, CUmemoryPool pool)
{
	static const struct {
		const char *name;
		CUmemPool_attribute attribute;
	} numbers[] = {
		{"used", CU_MEMPOOL_ATTR_USED_MEM_CURRENT},
		{"used at most", CU_MEMPOOL_ATTR_USED_MEM_HIGH},
		{"reserved", CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT},
		{"reserved at most", CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH},
	};
	char line[LINE_BYTES];

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		snprintf(line, sizeof line, "%s, %s", when, numbers[i].name);
		conformance_tell(line, (long long)get(pool, numbers[i].attribute));
	}
	snprintf(line, sizeof line, "%s, at least what is used is reserved", when);
	conformance_tell(line, reserved(pool) >= get(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
}

/* ---- the default pool ---- */

static CUmemoryPool try_default_pool(void)
{
	CUmemoryPool pool = NULL, again = NULL, current = NULL;

	TRY(cuDeviceGetDefaultMemPool, &pool, 0);
	TRY(cuDeviceGetDefaultMemPool, &again, 0);
	conformance_tell("it is the same", again == pool);
	TRY(cuDeviceGetMemPool, &current, 0);
	conformance_tell("it is current", current == pool);
	conformance_tell("release threshold", (long long)get(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD));
	conformance_tell("reuse: events", (int)get(pool, CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES));
	conformance_tell("reuse: opportunistic", (int)get(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC));
	conformance_tell("reuse: internal", (int)get(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES));
	tell_pool("at first", pool);
	TRY(cuMemPoolDestroy, pool);
	return pool;
}

static void try_access(CUmemoryPool pool)
{
	CUmemLocation here = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
	CUmemAccess_flags flags = -1;

	TRY(cuMemPoolGetAccess, &flags, pool, &here);
	conformance_tell("flags", flags);
}

static void try_attributes(CUmemoryPool pool)
{
	uint64_t one = 1, none = 0;

	TRY(cuMemPoolSetAttribute, pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &none);
	TRY(cuMemPoolSetAttribute, pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, &none);
	TRY(cuMemPoolSetAttribute, pool, CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH, &one);
	TRY(cuMemPoolSetAttribute, pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &one);
	TRY(cuMemPoolSetAttribute, pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT, &none);
	TRY(cuMemPoolSetAttribute, pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT, &none);
	TRY(cuMemPoolSetAttribute, pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, NULL);
	TRY(cuMemPoolSetAttribute, pool, 99, &none);
	TRY(cuMemPoolGetAttribute, pool, 99, &none);
	TRY(cuMemPoolGetAttribute, pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, NULL);
}

static void try_small(CUmemoryPool pool, CUstream stream)
{
	CUdeviceptr first = 0, second = 0;

	TRY(cuMemAllocAsync, &first, 1, stream);
	conformance_tell("address is a multiple of 256", first % 256 == 0);
	tell_pool("one byte", pool);
	TRY(cuMemAllocAsync, &second, 1, stream);
	conformance_tell("from the first to the second", (long long)(second - first));
	tell_pool("two times one byte", pool);
	TRY(cuMemFreeAsync, first, stream);
	TRY(cuMemFreeAsync, second, stream);
	TRY(cuStreamSynchronize, stream);
	tell_pool("freed, synchronized", pool);
}

/* With the threshold that a pool has at first, nothing stays; with a high one, all of it.  */
static void try_threshold(CUmemoryPool pool, CUstream stream)
{
	long long before = conformance_free_bytes();
	uint64_t held;
	CUdeviceptr ptr = 0;

	TRY(cuMemAllocAsync, &ptr, 40 * MIB, stream);
	TRY(cuStreamSynchronize, stream);
	tell_pool("40 MiB", pool);
	conformance_tell("reserved is what is taken of the card",
			 before - conformance_free_bytes() == (long long)reserved(pool));
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuStreamSynchronize, stream);
	tell_pool("40 MiB freed, synchronized", pool);
	conformance_tell("taken of the card", before - conformance_free_bytes());
	conformance_say("threshold of UINT64_MAX", set(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, UINT64_MAX));
	TRY(cuMemAllocAsync, &ptr, 40 * MIB, stream);
	held = reserved(pool);
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuStreamSynchronize, stream);
	conformance_tell("reserved is as much as before", reserved(pool) == held);
	conformance_tell("used", (long long)get(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
	TRY(cuMemAllocAsync, &ptr, 40 * MIB, stream);
	conformance_tell("reserved is as much as before", reserved(pool) == held);
	TRY(cuMemFreeAsync, ptr, stream);
}

static void try_trimming(CUmemoryPool pool, CUstream stream)
{
	CUdeviceptr ptr = 0;

	TRY(cuMemAllocAsync, &ptr, 100 * MIB, stream);
	TRY(cuMemPoolTrimTo, pool, 0);
	conformance_tell("what is used stays", reserved(pool) >= 100 * MIB);
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuStreamSynchronize, stream);
	TRY(cuMemPoolTrimTo, pool, SIZE_MAX);
	conformance_tell("nothing was given back", reserved(pool) >= 100 * MIB);
	TRY(cuMemPoolTrimTo, pool, 50 * MIB);
	conformance_tell("as much as wanted stays", reserved(pool) >= 50 * MIB);
	conformance_tell("reserved", (long long)reserved(pool));
	TRY(cuMemPoolTrimTo, pool, 0);
	conformance_tell("reserved", (long long)reserved(pool));
	conformance_say("threshold of 0", set(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, 0));
}

/* ---- either way ---- */

static void try_mixed_frees(CUmemoryPool pool, CUstream stream)
{
	CUdeviceptr ptr = 0;

	TRY(cuMemAllocAsync, &ptr, MIB, stream);
	TRY(cuStreamSynchronize, stream);
	TRY(cuMemFree_v2, ptr);
	conformance_tell("used", (long long)get(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
	TRY(cuMemAlloc_v2, &ptr, MIB);
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuStreamSynchronize, stream);
	TRY(cuMemFree_v2, ptr);
	TRY(cuMemAllocAsync, &ptr, MIB, stream);
	TRY(cuMemFreeAsync, ptr + 512, stream);
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuStreamSynchronize, stream);
	TRY(cuMemFreeAsync, ptr, stream);
}

static void try_pointer(CUmemoryPool pool, CUstream stream)
{
	CUdeviceptr ptr = 0, base = 0;
	CUmemoryPool of_pointer = NULL;
	CUcontext context = (CUcontext)1;
	size_t size = 0;

	TRY(cuMemAllocAsync, &ptr, MIB, stream);
	TRY(cuStreamSynchronize, stream);
	TRY(cuPointerGetAttribute, &of_pointer, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, ptr);
	conformance_tell("it is the pool", of_pointer == pool);
	TRY(cuPointerGetAttribute, &context, CU_POINTER_ATTRIBUTE_CONTEXT, ptr);
	conformance_tell("it is of a context", context != NULL);
	TRY(cuMemGetAddressRange_v2, &base, &size, ptr + 7);
	conformance_tell("it begins where it was allocated", base == ptr);
	conformance_tell("it is exactly as large", size == MIB);
	TRY(cuMemFreeAsync, ptr, stream);
}

/* ---- pools of the program's own ---- */

static const CUmemPoolProps on_card = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {1, 0}};

static void try_own_pool(CUstream stream)
{
	CUmemoryPool pool = NULL, current = NULL, standard = NULL;
	CUdeviceptr ptr = 0, other = 0;
	long long before;

	cu.cuDeviceGetDefaultMemPool(&standard, 0);
	cu.cuStreamSynchronize(stream);
	cu.cuMemPoolTrimTo(standard, 0);
	before = conformance_free_bytes();
	TRY(cuMemPoolCreate, &pool, &on_card);
	TRY(cuDeviceSetMemPool, 0, pool);
	TRY(cuDeviceGetMemPool, &current, 0);
	conformance_tell("it is current", current == pool);
	TRY(cuMemAllocAsync, &ptr, 8 * MIB, stream);
	conformance_tell("used", (long long)get(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
	TRY(cuMemAllocFromPoolAsync, &other, 8 * MIB, standard, stream);
	conformance_tell("used", (long long)get(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
	TRY(cuMemPoolDestroy, pool);
	TRY(cuDeviceGetMemPool, &current, 0);
	conformance_tell("the default one is current", current == standard);
	conformance_tell("what is used stays", before - conformance_free_bytes() >= (long long)(16 * MIB));
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuMemFreeAsync, other, stream);
	TRY(cuStreamSynchronize, stream);
	conformance_tell("taken of the card", before - conformance_free_bytes());
}

static void try_largest_size(CUstream stream)
{
	CUmemPoolProps small = on_card;
	CUmemoryPool pool = NULL;
	CUdeviceptr ptr = 0;

	small.maxSize = 32 * MIB;
	if (TRY(cuMemPoolCreate, &pool, &small))
		return;
	TRY(cuMemAllocFromPoolAsync, &ptr, 16 * MIB, pool, stream);
	TRY(cuMemAllocFromPoolAsync, &(CUdeviceptr){0}, 64 * MIB, pool, stream);
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuMemPoolDestroy, pool);
}

static void try_wrong_pools(void)
{
	CUmemPoolProps without_type = on_card, on_no_card = on_card, near_the_thread = on_card, of_exported_host = on_card;
	CUmemoryPool pool = NULL;

	without_type.allocType = CU_MEM_ALLOCATION_TYPE_INVALID;
	on_no_card.location.id = 99;
	near_the_thread.location = (CUmemLocation){CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT, 0};
	of_exported_host.location = (CUmemLocation){CU_MEM_LOCATION_TYPE_HOST, 0};
	of_exported_host.handleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
	TRY(cuMemPoolCreate, NULL, &on_card);
	TRY(cuMemPoolCreate, &pool, NULL);
	TRY(cuMemPoolCreate, &pool, &without_type);
	TRY_REFUSED(cuMemPoolCreate, &pool, &on_no_card);
	TRY(cuMemPoolCreate, &pool, &near_the_thread);
	TRY(cuMemPoolCreate, &pool, &of_exported_host);
	TRY(cuMemPoolDestroy, NULL);
	TRY(cuMemPoolTrimTo, NULL, 0);
	TRY(cuDeviceSetMemPool, 0, NULL);
	TRY(cuMemAllocFromPoolAsync, &(CUdeviceptr){0}, MIB, NULL, NULL);
}

void conformance_pools(void)
{
	CUmemoryPool pool;
	CUstream stream = NULL;

	if (!conformance_open_card())
		return;
	TRY(cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
	pool = try_default_pool();
	try_access(pool);
	try_small(pool, stream);
	try_attributes(pool);
	tell_pool("after a reset of the highest", pool);
	try_threshold(pool, stream);
	try_trimming(pool, stream);
	try_mixed_frees(pool, stream);
	try_pointer(pool, stream);
	try_own_pool(stream);
	try_largest_size(stream);
	try_wrong_pools();
}
