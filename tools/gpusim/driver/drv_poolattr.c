/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of pools, and who may use what they hand out.  */
#include "gpusim/api/cuda_pool.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_pool.h"
#include "gpusim/driver/drv_start.h"

/* The 64-bit attribute's place in POOL, or NULL for those that are ints or don't exist.  */
static uint64_t *size_of(CUmemoryPool pool, CUmemPool_attribute attribute)
{
	switch (attribute) {
	case CU_MEMPOOL_ATTR_RELEASE_THRESHOLD:
		return &pool->release_threshold;
	case CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT:
		return &pool->reserved_bytes;
	case CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH:
		return &pool->reserved_high_bytes;
	case CU_MEMPOOL_ATTR_USED_MEM_CURRENT:
		return &pool->used_bytes;
	case CU_MEMPOOL_ATTR_USED_MEM_HIGH:
		return &pool->used_high_bytes;
	}
	return NULL;
}

static int *switch_of(CUmemoryPool pool, CUmemPool_attribute attribute)
{
	if (attribute < CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES ||
	    attribute > CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES)
		return NULL;
	return &pool->reuse[attribute - CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES];
}

CUresult cuMemPoolGetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute, void *value)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	pool = mv_pool_get(pool);
	if (!pool || !value)
		err = CUDA_ERROR_INVALID_VALUE;
	else if (switch_of(pool, attribute))
		*(int *)value = *switch_of(pool, attribute);
	else if (size_of(pool, attribute))
		*(uint64_t *)value = *size_of(pool, attribute);
	else
		err = CUDA_ERROR_INVALID_VALUE;
	mv_card_unlock();
	return err;
}

/* High-water marks can only be reset, which sets them to what is current; current values can't be set.  */
static CUresult set_size(CUmemoryPool pool, CUmemPool_attribute attribute, uint64_t value)
{
	if (attribute == CU_MEMPOOL_ATTR_RELEASE_THRESHOLD)
		pool->release_threshold = value;
	else if (attribute == CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH && !value)
		pool->reserved_high_bytes = pool->reserved_bytes;
	else if (attribute == CU_MEMPOOL_ATTR_USED_MEM_HIGH && !value)
		pool->used_high_bytes = pool->used_bytes;
	else
		return CUDA_ERROR_INVALID_VALUE;
	return CUDA_SUCCESS;
}

CUresult cuMemPoolSetAttribute(CUmemoryPool pool, CUmemPool_attribute attribute, void *value)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	pool = mv_pool_get(pool);
	if (!pool || !value)
		err = CUDA_ERROR_INVALID_VALUE;
	else if (switch_of(pool, attribute))
		*switch_of(pool, attribute) = *(int *)value != 0;
	else
		err = set_size(pool, attribute, *(uint64_t *)value);
	mv_card_unlock();
	return err;
}

/* A card can't be denied its own pool.  */
static CUresult set_access(CUmemoryPool pool, const CUmemAccessDesc *access)
{
	CUdevice card = access->location.id;
	CUresult err = mv_start_check_device(card);

	if (err || access->location.type != CU_MEM_LOCATION_TYPE_DEVICE)
		return CUDA_ERROR_INVALID_VALUE;
	if (access->flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE)
		pool->access |= 1u << card;
	else if (access->flags == CU_MEM_ACCESS_FLAGS_PROT_NONE && card != pool->card)
		pool->access &= ~(1u << card);
	else
		return CUDA_ERROR_INVALID_VALUE;
	return CUDA_SUCCESS;
}

CUresult cuMemPoolSetAccess(CUmemoryPool pool, const CUmemAccessDesc *access, size_t count)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	pool = mv_pool_get(pool);
	if (!pool || (!access && count))
		err = CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count && !err; i++)
		err = set_access(pool, &access[i]);
	mv_card_unlock();
	return err;
}

CUresult cuMemPoolGetAccess(CUmemAccess_flags *flags, CUmemoryPool pool, CUmemLocation *location)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	pool = mv_pool_get(pool);
	if (!pool || !flags || !location || location->type != CU_MEM_LOCATION_TYPE_DEVICE ||
	    mv_start_check_device(location->id))
		err = CUDA_ERROR_INVALID_VALUE;
	else
		*flags = pool->access & 1u << location->id ? CU_MEM_ACCESS_FLAGS_PROT_READWRITE :
							     CU_MEM_ACCESS_FLAGS_PROT_NONE;
	mv_card_unlock();
	return err;
}
