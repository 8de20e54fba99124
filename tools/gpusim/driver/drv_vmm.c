/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_vmm.h"

#include <search.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_share.h"
#include "gpusim/driver/drv_start.h"

enum { HOST_PAGE_BYTES = 4096 };

static uint64_t g_last_id;	/* guarded by mv_card_lock */

/* ---- reserved ranges ---- */

struct range {
	CUdeviceptr base;
	size_t size;
};

static void *g_ranges;		/* tree of struct range, by address; guarded by mv_card_lock */

static int compare(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	if (a->base + a->size <= b->base)
		return -1;
	return b->base + b->size <= a->base;
}

static struct range *find_range(CUdeviceptr ptr)
{
	struct range key = { ptr, 1 };
	struct range **found = tfind(&key, &g_ranges, compare);

	return found ? *found : NULL;
}

bool mv_vmm_find_range(CUdeviceptr ptr, CUdeviceptr *base, size_t *size)
{
	const struct range *range = ptr ? find_range(ptr) : NULL;

	if (!range)
		return false;
	if (base)
		*base = range->base;
	if (size)
		*size = range->size;
	return true;
}

/* Address space of SIZE bytes at a multiple of ALIGNMENT, or 0.  HINT is taken if nothing is there.  */
static CUdeviceptr map_range(size_t size, size_t alignment, CUdeviceptr hint)
{
	CUdeviceptr mapped, base;
	void *address = mmap((void *)hint, size + alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0);

	if (address == MAP_FAILED)
		return 0;
	mapped = (uintptr_t)address;
	base = mv_card_round(mapped, alignment);
	if (base > mapped)
		munmap(address, base - mapped);
	munmap((void *)(base + size), mapped + alignment - base);
	return base;
}

CUresult cuMemAddressReserve(CUdeviceptr *ptr, size_t size, size_t alignment, CUdeviceptr hint,
			     unsigned long long flags)
{
	CUresult err = mv_start_check();
	struct range *range;

	if (err)
		return err;
	if (!ptr || !size || size % HOST_PAGE_BYTES || (alignment & (alignment - 1)) || hint % HOST_PAGE_BYTES || flags)
		return CUDA_ERROR_INVALID_VALUE;
	if (alignment < MV_FACTS_PAGE_BYTES)
		alignment = MV_FACTS_PAGE_BYTES;
	range = malloc(sizeof(*range));
	if (!range)
		return CUDA_ERROR_OUT_OF_MEMORY;
	*range = (struct range){ map_range(size, alignment, hint & ~(alignment - 1)), size };
	mv_card_lock();
	if (!range->base || !tsearch(range, &g_ranges, compare))
		err = CUDA_ERROR_OUT_OF_MEMORY;
	mv_card_unlock();
	if (err)
		free(range);
	else
		*ptr = range->base;
	return err;
}

CUresult cuMemAddressFree(CUdeviceptr ptr, size_t size)
{
	CUresult err = mv_start_check();
	struct range *range;

	if (err)
		return err;
	mv_card_lock();
	range = find_range(ptr);
	if (!range || range->base != ptr || range->size != size || mv_block_is_in(ptr, size)) {
		err = CUDA_ERROR_INVALID_VALUE;
	} else {
		tdelete(range, &g_ranges, compare);
		munmap((void *)ptr, size);
		free(range);
	}
	mv_card_unlock();
	return err;
}

/* ---- physical memory ---- */

struct mv_physical *mv_vmm_get(CUmemGenericAllocationHandle handle)
{
	return mv_handle_get((void *)handle, MV_HANDLE_PHYSICAL);
}

struct mv_physical *mv_vmm_new(size_t size, const CUmemAllocationProp *properties)
{
	struct mv_physical *physical = mv_handle_new(MV_HANDLE_PHYSICAL);

	if (!physical)
		return NULL;
	physical->properties = *properties;
	physical->size = size;
	physical->references = 1;
	physical->fd = -1;
	mv_card_lock();
	physical->id = ++g_last_id;
	mv_card_unlock();
	return physical;
}

void mv_vmm_settle(struct mv_physical *physical)
{
	if (physical->references || physical->mappings)
		return;
	mv_card_refund(physical->properties.location.id, physical->charged_bytes);
	if (physical->fd >= 0)
		close(physical->fd);
	mv_handle_free(physical);
}

static bool is_on_card(const CUmemAllocationProp *properties)
{
	return properties->location.type == CU_MEM_LOCATION_TYPE_DEVICE;
}

static CUresult check_properties(const CUmemAllocationProp *properties)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!properties || properties->type != CU_MEM_ALLOCATION_TYPE_PINNED ||
	    properties->location.type < CU_MEM_LOCATION_TYPE_DEVICE ||
	    properties->location.type > CU_MEM_LOCATION_TYPE_HOST_NUMA ||
	    (properties->location.type == CU_MEM_LOCATION_TYPE_HOST && properties->requestedHandleTypes))
		return CUDA_ERROR_INVALID_VALUE;
	if (properties->requestedHandleTypes & ~CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)
		return CUDA_ERROR_NOT_SUPPORTED;
	return is_on_card(properties) ? mv_start_check_device(properties->location.id) : CUDA_SUCCESS;
}

CUresult cuMemGetAllocationGranularity(size_t *granularity, const CUmemAllocationProp *properties,
				       CUmemAllocationGranularity_flags option)
{
	CUresult err = check_properties(properties);

	if (err)
		return err;
	if (!granularity || (option != CU_MEM_ALLOC_GRANULARITY_MINIMUM && option != CU_MEM_ALLOC_GRANULARITY_RECOMMENDED))
		return CUDA_ERROR_INVALID_VALUE;
	*granularity = MV_FACTS_PAGE_BYTES;
	return CUDA_SUCCESS;
}

static CUresult create(struct mv_physical *physical)
{
	bool is_charged;

	if (mv_card_is_backed()) {
		physical->fd = mv_share_new_file(MV_SHARE_PHYSICAL, physical->properties.location.id, physical->id,
						 physical->size);
		if (physical->fd < 0)
			return CUDA_ERROR_OUT_OF_MEMORY;
	}
	if (!is_on_card(&physical->properties))
		return CUDA_SUCCESS;
	mv_card_lock();
	is_charged = mv_card_charge(physical->properties.location.id, physical->size);
	mv_card_unlock();
	if (is_charged)
		physical->charged_bytes = physical->size;
	return is_charged ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuMemCreate(CUmemGenericAllocationHandle *handle, size_t size, const CUmemAllocationProp *properties,
		     unsigned long long flags)
{
	CUresult err = check_properties(properties);
	struct mv_physical *physical;

	if (err)
		return err;
	if (!handle || !size || size % MV_FACTS_PAGE_BYTES || flags)
		return CUDA_ERROR_INVALID_VALUE;
	physical = mv_vmm_new(size, properties);
	if (!physical)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (!is_on_card(properties))
		physical->properties.location.id = 0;
	err = create(physical);
	if (err) {
		mv_card_lock();
		physical->references = 0;
		mv_vmm_settle(physical);
		mv_card_unlock();
		return err;
	}
	*handle = (uintptr_t)physical;
	return CUDA_SUCCESS;
}

CUresult cuMemRelease(CUmemGenericAllocationHandle handle)
{
	struct mv_physical *physical;
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	physical = mv_vmm_get(handle);
	if (physical && physical->references) {
		physical->references--;
		mv_vmm_settle(physical);
	} else {
		err = CUDA_ERROR_INVALID_VALUE;
	}
	mv_card_unlock();
	return err;
}

CUresult cuMemRetainAllocationHandle(CUmemGenericAllocationHandle *handle, void *ptr)
{
	struct mv_block *block;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!handle)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	block = mv_block_find((uintptr_t)ptr);
	if (block && block->kind == MV_BLOCK_MAPPED) {
		((struct mv_physical *)block->owner)->references++;
		*handle = (uintptr_t)block->owner;
	} else {
		err = CUDA_ERROR_INVALID_VALUE;
	}
	mv_card_unlock();
	return err;
}

CUresult cuMemGetAllocationPropertiesFromHandle(CUmemAllocationProp *properties, CUmemGenericAllocationHandle handle)
{
	struct mv_physical *physical = mv_vmm_get(handle);
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!properties || !physical)
		return CUDA_ERROR_INVALID_VALUE;
	*properties = physical->properties;
	return CUDA_SUCCESS;
}
