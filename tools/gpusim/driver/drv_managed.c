/* SPDX-License-Identifier: Apache-2.0 */
/* Advice on managed memory, which is kept and answered and has no effect: managed memory always lies with the host
 * here, and is never charged to a card.  */
#include "gpusim/api/cuda_memory.h"
#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_stream.h"

enum { ADVICE_READ_MOSTLY = 1, HOST_BIT = 31 };

/* The managed block that [PTR, PTR + SIZE) lies in, or NULL.  Called with the lock held.  */
static struct mv_block *find(CUdeviceptr ptr, size_t size)
{
	struct mv_block *block = mv_block_find(ptr);

	if (!block || block->kind != MV_BLOCK_MANAGED || !size || size > block->base + block->size - ptr)
		return NULL;
	return block;
}

/* CU_DEVICE_CPU or a card, or CU_DEVICE_INVALID.  */
static CUdevice device_of(const CUmemLocation *location)
{
	if (location->type >= CU_MEM_LOCATION_TYPE_HOST && location->type <= CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT)
		return CU_DEVICE_CPU;
	if (location->type == CU_MEM_LOCATION_TYPE_DEVICE && !mv_start_check_device(location->id))
		return location->id;
	return CU_DEVICE_INVALID;
}

static CUmemLocation location_of(CUdevice device)
{
	if (device == CU_DEVICE_CPU)
		return (CUmemLocation){ CU_MEM_LOCATION_TYPE_HOST, 0 };
	return (CUmemLocation){ CU_MEM_LOCATION_TYPE_DEVICE, device };
}

static CUresult advise(struct mv_block *block, CUmem_advise advice, CUdevice device)
{
	uint32_t bit = 1u << (device == CU_DEVICE_CPU ? HOST_BIT : device);

	switch (advice) {
	case CU_MEM_ADVISE_SET_READ_MOSTLY:
		block->advice |= ADVICE_READ_MOSTLY;
		return CUDA_SUCCESS;
	case CU_MEM_ADVISE_UNSET_READ_MOSTLY:
		block->advice &= ~(uint32_t)ADVICE_READ_MOSTLY;
		return CUDA_SUCCESS;
	case CU_MEM_ADVISE_SET_PREFERRED_LOCATION:
		block->preferred = device;
		return CUDA_SUCCESS;
	case CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION:
		block->preferred = CU_DEVICE_INVALID;
		return CUDA_SUCCESS;
	case CU_MEM_ADVISE_SET_ACCESSED_BY:
		block->accessed_by |= bit;
		return CUDA_SUCCESS;
	case CU_MEM_ADVISE_UNSET_ACCESSED_BY:
		block->accessed_by &= ~bit;
		return CUDA_SUCCESS;
	}
	return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemAdvise_v2(CUdeviceptr ptr, size_t size, CUmem_advise advice, CUmemLocation location)
{
	CUdevice device = device_of(&location);
	struct mv_block *block;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	/* The place does not matter to read-mostly, nor to taking a preference back.  */
	if (device == CU_DEVICE_INVALID && advice != CU_MEM_ADVISE_SET_READ_MOSTLY &&
	    advice != CU_MEM_ADVISE_UNSET_READ_MOSTLY && advice != CU_MEM_ADVISE_UNSET_PREFERRED_LOCATION)
		return CUDA_ERROR_INVALID_DEVICE;
	if (device == CU_DEVICE_INVALID)
		device = CU_DEVICE_CPU;
	mv_card_lock();
	block = find(ptr, size);
	err = block ? advise(block, advice, device) : CUDA_ERROR_INVALID_VALUE;
	mv_card_unlock();
	return err;
}

CUresult cuMemAdvise(CUdeviceptr ptr, size_t size, CUmem_advise advice, CUdevice device)
{
	return cuMemAdvise_v2(ptr, size, advice, location_of(device));
}

CUresult cuMemPrefetchAsync_v2(CUdeviceptr ptr, size_t size, CUmemLocation location, unsigned int flags,
			       CUstream handle)
{
	CUdevice device = device_of(&location);
	struct mv_block *block;
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	if (flags)
		return CUDA_ERROR_INVALID_VALUE;
	if (device == CU_DEVICE_INVALID)
		return CUDA_ERROR_INVALID_DEVICE;
	mv_card_lock();
	block = find(ptr, size);
	if (block)
		block->prefetched = device;
	mv_card_unlock();
	return block ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemPrefetchAsync(CUdeviceptr ptr, size_t size, CUdevice device, CUstream stream)
{
	return cuMemPrefetchAsync_v2(ptr, size, location_of(device), 0, stream);
}

/* ---- questions ---- */

static void list_accessors(const struct mv_block *block, int *devices, size_t room)
{
	size_t n = 0;

	for (int card = 0; card < MV_FACTS_CARD_MAX && n < room; card++) {
		if (block->accessed_by & 1u << card)
			devices[n++] = card;
	}
	if ((block->accessed_by & 1u << HOST_BIT) && n < room)
		devices[n++] = CU_DEVICE_CPU;
	while (n < room)
		devices[n++] = CU_DEVICE_INVALID;
}

static CUresult answer(const struct mv_block *block, CUmem_range_attribute attribute, int *data, size_t room)
{
	if (attribute == CU_MEM_RANGE_ATTRIBUTE_ACCESSED_BY)
		list_accessors(block, data, room);
	else if (attribute == CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY)
		*data = (block->advice & ADVICE_READ_MOSTLY) != 0;
	else if (attribute == CU_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION)
		*data = block->preferred;
	else if (attribute == CU_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION)
		*data = block->prefetched;
	else
		return CUDA_ERROR_NOT_SUPPORTED;
	return CUDA_SUCCESS;
}

CUresult cuMemRangeGetAttribute(void *data, size_t data_size, CUmem_range_attribute attribute, CUdeviceptr ptr,
				size_t size)
{
	const struct mv_block *block;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!data || !data_size || data_size % sizeof(int))
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	block = find(ptr, size);
	err = block ? answer(block, attribute, data, data_size / sizeof(int)) : CUDA_ERROR_INVALID_VALUE;
	mv_card_unlock();
	return err;
}

CUresult cuMemRangeGetAttributes(void **data, size_t *data_sizes, CUmem_range_attribute *attributes, size_t count,
				 CUdeviceptr ptr, size_t size)
{
	CUresult err = CUDA_SUCCESS;

	if (!data || !data_sizes || !attributes || !count)
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count && !err; i++)
		err = cuMemRangeGetAttribute(data[i], data_sizes[i], attributes[i], ptr, size);
	return err;
}
