/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_pool.h"

#include <string.h>

#include "gpusim/api/cuda_pool.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_start.h"

static CUmemoryPool g_pools[MV_FACTS_CARD_MAX];	/* by card; guarded by mv_card_lock */
static int g_has_slack[MV_FACTS_CARD_MAX];		/* something was freed since the last synchronization; atomic */

CUmemoryPool mv_pool_get(CUmemoryPool pool)
{
	pool = mv_handle_get(pool, MV_HANDLE_POOL);
	return pool && !pool->is_destroyed ? pool : NULL;
}

/* ---- what a pool holds ---- */

static bool grow(CUmemoryPool pool, uint64_t needed)
{
	uint64_t added = mv_card_round(needed - pool->reserved_bytes, MV_POOL_CHUNK_BYTES);

	if (!mv_card_charge(pool->card, added)) {
		added = mv_card_round(needed - pool->reserved_bytes, MV_FACTS_PAGE_BYTES);
		if (!mv_card_charge(pool->card, added))
			return false;
	}
	pool->reserved_bytes += added;
	if (pool->reserved_bytes > pool->reserved_high_bytes)
		pool->reserved_high_bytes = pool->reserved_bytes;
	return true;
}

static void trim(CUmemoryPool pool, uint64_t keep)
{
	uint64_t wanted = pool->used_bytes > keep ? pool->used_bytes : keep;

	if (wanted < UINT64_MAX - MV_POOL_CHUNK_BYTES)
		wanted = mv_card_round(wanted, MV_POOL_CHUNK_BYTES);
	if (wanted >= pool->reserved_bytes)
		return;
	mv_card_refund(pool->card, pool->reserved_bytes - wanted);
	pool->reserved_bytes = wanted;
}

CUdeviceptr mv_pool_take(CUmemoryPool pool, uint64_t size)
{
	uint64_t rounded = mv_card_round(size, MV_CARD_UNIT_BYTES), used = pool->used_bytes + rounded;
	CUdeviceptr ptr;

	if (size > mv_facts()->memory_bytes || (pool->max_bytes && used > pool->max_bytes))
		return 0;
	ptr = mv_card_take_pooled(pool->card, size);
	if (!ptr)
		return 0;
	if (used > pool->reserved_bytes && !grow(pool, used)) {
		mv_card_give_pooled(pool->card, ptr, size);
		return 0;
	}
	pool->used_bytes = used;
	if (used > pool->used_high_bytes)
		pool->used_high_bytes = used;
	return ptr;
}

static void bury(CUmemoryPool pool)
{
	CUmemoryPool *link = &g_pools[pool->card];

	trim(pool, 0);
	while (*link != pool)
		link = &(*link)->next;
	*link = pool->next;
	mv_handle_free(pool);
}

void mv_pool_give(CUmemoryPool pool, CUdeviceptr ptr, uint64_t size)
{
	pool->used_bytes -= mv_card_round(size, MV_CARD_UNIT_BYTES);
	mv_card_give_pooled(pool->card, ptr, size);
	__atomic_store_n(&g_has_slack[pool->card], 1, __ATOMIC_RELEASE);
	if (pool->is_destroyed && !pool->used_bytes)
		bury(pool);
}

void mv_pool_synchronize(CUdevice card)
{
	if (!__atomic_exchange_n(&g_has_slack[card], 0, __ATOMIC_ACQ_REL))
		return;
	mv_card_lock();
	for (CUmemoryPool pool = g_pools[card]; pool; pool = pool->next)
		trim(pool, pool->release_threshold);
	mv_card_unlock();
}

/* ---- pools of a card ---- */

static CUmemoryPool make(CUdevice card)
{
	CUmemoryPool pool = mv_handle_new(MV_HANDLE_POOL);

	if (!pool)
		return NULL;
	pool->card = card;
	pool->access = 1u << card;
	for (int i = 0; i < 3; i++)
		pool->reuse[i] = 1;
	pool->next = g_pools[card];
	g_pools[card] = pool;
	return pool;
}

static CUmemoryPool default_pool(CUdevice ordinal)
{
	struct mv_card *card = mv_card(ordinal);

	if (!card->default_pool)
		card->default_pool = make(ordinal);
	if (card->default_pool)
		card->default_pool->is_default = true;
	return card->default_pool;
}

CUmemoryPool mv_pool_current(CUdevice ordinal)
{
	struct mv_card *card = mv_card(ordinal);

	return card->current_pool ? card->current_pool : default_pool(ordinal);
}

static void destroy(CUmemoryPool pool)
{
	struct mv_card *card = mv_card(pool->card);

	if (card->current_pool == pool)
		card->current_pool = NULL;
	pool->is_destroyed = true;
	if (!pool->used_bytes)
		bury(pool);
}

void mv_pool_reset(CUdevice card)
{
	mv_card(card)->default_pool = NULL;
	for (CUmemoryPool pool = g_pools[card], next; pool; pool = next) {
		next = pool->next;
		destroy(pool);
	}
}

/* ---- the driver API ---- */

CUresult cuMemPoolCreate(CUmemoryPool *pool, const CUmemPoolProps *properties)
{
	const int handle_types = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
	CUmemoryPool made;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!pool || !properties || properties->allocType != CU_MEM_ALLOCATION_TYPE_PINNED ||
	    properties->location.type == CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT ||
	    (properties->location.type == CU_MEM_LOCATION_TYPE_HOST && properties->handleTypes))
		return CUDA_ERROR_INVALID_VALUE;
	if (properties->location.type != CU_MEM_LOCATION_TYPE_DEVICE || (properties->handleTypes & ~handle_types))
		return CUDA_ERROR_NOT_SUPPORTED;
	err = mv_start_check_device(properties->location.id);
	if (err)
		return err;
	mv_card_lock();
	made = make(properties->location.id);
	if (made) {
		made->max_bytes = properties->maxSize;
		made->handle_types = properties->handleTypes;
		*pool = made;
	}
	mv_card_unlock();
	return made ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuMemPoolDestroy(CUmemoryPool pool)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	pool = mv_pool_get(pool);
	if (!pool || pool->is_default)
		err = CUDA_ERROR_INVALID_VALUE;
	else
		destroy(pool);
	mv_card_unlock();
	return err;
}

CUresult cuMemPoolTrimTo(CUmemoryPool pool, size_t keep)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	pool = mv_pool_get(pool);
	if (pool)
		trim(pool, keep);
	mv_card_unlock();
	return pool ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuDeviceGetDefaultMemPool(CUmemoryPool *pool, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!pool)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	*pool = default_pool(device);
	mv_card_unlock();
	return *pool ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuDeviceGetMemPool(CUmemoryPool *pool, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!pool)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	*pool = mv_pool_current(device);
	mv_card_unlock();
	return *pool ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuDeviceSetMemPool(CUdevice device, CUmemoryPool pool)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	mv_card_lock();
	pool = mv_pool_get(pool);
	if (!pool || pool->is_imported || pool->card != device)
		err = CUDA_ERROR_INVALID_VALUE;
	else
		mv_card(device)->current_pool = pool->is_default ? NULL : pool;
	mv_card_unlock();
	return err;
}

/* Pools of host memory are not simulated.  */
static CUresult check_location(const CUmemLocation *location, CUmemAllocationType type)
{
	if (!location)
		return CUDA_ERROR_INVALID_VALUE;
	if (location->type != CU_MEM_LOCATION_TYPE_DEVICE || type != CU_MEM_ALLOCATION_TYPE_PINNED)
		return CUDA_ERROR_NOT_SUPPORTED;
	return CUDA_SUCCESS;
}

CUresult cuMemGetDefaultMemPool(CUmemoryPool *pool, CUmemLocation *location, CUmemAllocationType type)
{
	CUresult err = check_location(location, type);

	return err ? err : cuDeviceGetDefaultMemPool(pool, location->id);
}

CUresult cuMemGetMemPool(CUmemoryPool *pool, CUmemLocation *location, CUmemAllocationType type)
{
	CUresult err = check_location(location, type);

	return err ? err : cuDeviceGetMemPool(pool, location->id);
}

CUresult cuMemSetMemPool(CUmemLocation *location, CUmemAllocationType type, CUmemoryPool pool)
{
	CUresult err = check_location(location, type);

	return err ? err : cuDeviceSetMemPool(location->id, pool);
}
