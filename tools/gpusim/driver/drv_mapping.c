/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings of physical memory in reserved ranges, and who may use them.  */
#include <sys/mman.h>

#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_vmm.h"

/* Called with the lock held.  */
static CUresult map(CUdeviceptr ptr, size_t size, struct mv_physical *physical)
{
	struct mv_block block = { .kind = MV_BLOCK_MAPPED, .base = ptr, .size = size, .owner = physical };
	CUdeviceptr range;
	size_t range_size;

	if (!physical || size > physical->size || !mv_vmm_find_range(ptr, &range, &range_size) ||
	    size > range + range_size - ptr)
		return CUDA_ERROR_INVALID_VALUE;
	block.card = physical->properties.location.id;
	if (!mv_block_add(&block))
		return CUDA_ERROR_INVALID_VALUE;
	physical->mappings++;
	if (physical->fd >= 0)
		mmap((void *)ptr, size, PROT_NONE, MAP_SHARED | MAP_FIXED, physical->fd, 0);
	return CUDA_SUCCESS;
}

/* CUDA has an offset here that must be zero.  */
CUresult cuMemMap(CUdeviceptr ptr, size_t size, size_t offset, CUmemGenericAllocationHandle handle,
		  unsigned long long flags)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!ptr || !size || ptr % MV_FACTS_PAGE_BYTES || size % MV_FACTS_PAGE_BYTES || offset || flags)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	err = map(ptr, size, mv_vmm_get(handle));
	mv_card_unlock();
	return err;
}

/* True if [PTR, PTR + SIZE) is made of mappings, from the beginning of the first to the end of the last if IS_WHOLE.
 * Called with the lock held.  */
static bool is_mapped(CUdeviceptr ptr, size_t size, bool is_whole)
{
	CUdeviceptr end = ptr + size;

	while (ptr < end) {
		const struct mv_block *block = mv_block_find(ptr);

		if (!block || block->kind != MV_BLOCK_MAPPED || (is_whole && block->base != ptr))
			return false;
		ptr = block->base + block->size;
	}
	return !is_whole || ptr == end;
}

static void unmap(struct mv_block *block)
{
	struct mv_physical *physical = block->owner;

	if (physical->fd >= 0)
		mmap((void *)block->base, block->size, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	physical->mappings--;
	mv_vmm_settle(physical);
	mv_block_remove(block);
}

CUresult cuMemUnmap(CUdeviceptr ptr, size_t size)
{
	CUdeviceptr end = ptr + size;
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	if (!ptr || !size || end < ptr || !is_mapped(ptr, size, true))
		err = CUDA_ERROR_INVALID_VALUE;
	while (!err && ptr < end) {
		struct mv_block *block = mv_block_find(ptr);

		ptr += block->size;
		unmap(block);
	}
	mv_card_unlock();
	return err;
}

/* ---- access ---- */

/* The bit in accessed_by that stands for LOCATION; 0 if there is no such place.  */
static uint32_t bit_of(const CUmemLocation *location)
{
	if (location->type == CU_MEM_LOCATION_TYPE_DEVICE)
		return mv_start_check_device(location->id) ? 0 : 1u << location->id;
	if (location->type >= CU_MEM_LOCATION_TYPE_HOST && location->type <= CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT)
		return 1u << 31;
	return 0;
}

static CUresult check_access(const CUmemAccessDesc *access, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!bit_of(&access[i].location) || (access[i].flags != CU_MEM_ACCESS_FLAGS_PROT_NONE &&
						     access[i].flags != CU_MEM_ACCESS_FLAGS_PROT_READ &&
						     access[i].flags != CU_MEM_ACCESS_FLAGS_PROT_READWRITE))
			return CUDA_ERROR_INVALID_VALUE;
	}
	return CUDA_SUCCESS;
}

static void set_access(struct mv_block *block, const CUmemAccessDesc *access)
{
	uint32_t bit = bit_of(&access->location);

	block->accessed_by &= ~bit;
	block->written_by &= ~bit;
	if (access->flags != CU_MEM_ACCESS_FLAGS_PROT_NONE)
		block->accessed_by |= bit;
	if (access->flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE)
		block->written_by |= bit;
	if (mv_card_is_backed())
		mprotect((void *)block->base, block->size, block->accessed_by ? PROT_READ | PROT_WRITE : PROT_NONE);
}

CUresult cuMemSetAccess(CUdeviceptr ptr, size_t size, const CUmemAccessDesc *access, size_t count)
{
	CUdeviceptr end = ptr + size;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!ptr || !size || end < ptr || !access || !count)
		return CUDA_ERROR_INVALID_VALUE;
	err = check_access(access, count);
	if (err)
		return err;
	mv_card_lock();
	if (!is_mapped(ptr, size, false))
		err = CUDA_ERROR_INVALID_VALUE;
	while (!err && ptr < end) {
		struct mv_block *block = mv_block_find(ptr);

		for (size_t i = 0; i < count; i++)
			set_access(block, &access[i]);
		ptr = block->base + block->size;
	}
	mv_card_unlock();
	return err;
}

static CUmemAccess_flags access_of(const struct mv_block *block, uint32_t bit)
{
	if (block->written_by & bit)
		return CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
	return block->accessed_by & bit ? CU_MEM_ACCESS_FLAGS_PROT_READ : CU_MEM_ACCESS_FLAGS_PROT_NONE;
}

CUresult cuMemGetAccess(unsigned long long *flags, const CUmemLocation *location, CUdeviceptr ptr)
{
	struct mv_block *block;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!flags || !location || !bit_of(location))
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	block = mv_block_find(ptr);
	if (block && block->kind == MV_BLOCK_MAPPED)
		*flags = (unsigned long long)access_of(block, bit_of(location));
	else
		err = CUDA_ERROR_INVALID_VALUE;
	mv_card_unlock();
	return err;
}
