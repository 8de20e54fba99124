/* SPDX-License-Identifier: Apache-2.0 */
/* What a pointer points to.  */
#include "gpusim/api/cuda_memory.h"
#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_pool.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_vmm.h"

enum { ACCESS_READ_WRITE = 3 };

static bool is_host(const struct mv_block *block)
{
	return block->kind == MV_BLOCK_HOST || block->kind == MV_BLOCK_REGISTERED;
}

/* False too for a host pointer that there is not.  BLOCK may be NULL.  */
static bool has_answer(const struct mv_block *block, CUpointer_attribute attribute)
{
	return block && (attribute != CU_POINTER_ATTRIBUTE_HOST_POINTER || is_host(block) ||
			 block->kind == MV_BLOCK_MANAGED);
}

/* What was allocated at once, or, of what is mapped, reserved at once.  */
static struct mv_block range_of(const struct mv_block *block)
{
	struct mv_block range = { .base = block->base, .size = block->size };

	if (block->kind == MV_BLOCK_MAPPED)
		mv_vmm_find_range(block->base, &range.base, &range.size);
	return range;
}

static int handle_types(const struct mv_block *block)
{
	if (block->kind == MV_BLOCK_POOLED)
		return ((CUmemoryPool)block->owner)->handle_types;
	if (block->kind == MV_BLOCK_MAPPED)
		return ((struct mv_physical *)block->owner)->properties.requestedHandleTypes;
	return CU_MEM_HANDLE_TYPE_NONE;
}

/* Attributes that are pointers or 64-bit numbers.  */
static bool answer_long(const struct mv_block *block, CUpointer_attribute attribute, CUdeviceptr ptr, uint64_t *data)
{
	switch (attribute) {
	case CU_POINTER_ATTRIBUTE_CONTEXT:
		*data = (uintptr_t)block->context;
		return true;
	case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
		*data = ptr;
		return true;
	case CU_POINTER_ATTRIBUTE_HOST_POINTER:
		*data = ptr;
		return true;
	case CU_POINTER_ATTRIBUTE_BUFFER_ID:
	case CU_POINTER_ATTRIBUTE_MEMORY_BLOCK_ID:
		*data = block->id;
		return true;
	case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
		*data = range_of(block).base;
		return true;
	case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
		*data = range_of(block).size;
		return true;
	case CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR:
		*data = block->base;
		return true;
	case CU_POINTER_ATTRIBUTE_MAPPING_SIZE:
		*data = block->size;
		return true;
	case CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES:
		*data = (uint64_t)handle_types(block);
		return true;
	case CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE:
		*data = block->kind == MV_BLOCK_POOLED ? (uintptr_t)block->owner : 0;
		return true;
	}
	return false;
}

/* Attributes that are a byte.  */
static bool answer_bool(const struct mv_block *block, CUpointer_attribute attribute, bool *data)
{
	switch (attribute) {
	case CU_POINTER_ATTRIBUTE_SYNC_MEMOPS:
		*data = block->is_sync_memops;
		return true;
	case CU_POINTER_ATTRIBUTE_IS_MANAGED:
		*data = block->kind == MV_BLOCK_MANAGED;
		return true;
	case CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE:
		*data = block->kind == MV_BLOCK_DEVICE;
		return true;
	case CU_POINTER_ATTRIBUTE_MAPPED:
		*data = true;
		return true;
	case CU_POINTER_ATTRIBUTE_IS_GPU_DIRECT_RDMA_CAPABLE:
		*data = false;
		return true;
	}
	return false;
}

/* Attributes that are an int.  */
static bool answer_int(const struct mv_block *block, CUpointer_attribute attribute, int *data)
{
	switch (attribute) {
	case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
		*data = is_host(block) ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
		return true;
	case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
		*data = block->card;
		return true;
	case CU_POINTER_ATTRIBUTE_ACCESS_FLAGS:
		*data = ACCESS_READ_WRITE;
		return true;
	}
	return false;
}

static CUresult answer(const struct mv_block *block, CUpointer_attribute attribute, CUdeviceptr ptr, void *data)
{
	if (attribute == CU_POINTER_ATTRIBUTE_P2P_TOKENS)
		return CUDA_ERROR_NOT_SUPPORTED;
	if (answer_long(block, attribute, ptr, data) || answer_bool(block, attribute, data) ||
	    answer_int(block, attribute, data))
		return CUDA_SUCCESS;
	return CUDA_ERROR_INVALID_VALUE;
}

/* Where nothing is mapped there is still what was reserved.  */
static CUresult answer_reserved(CUpointer_attribute attribute, CUdeviceptr ptr, void *data)
{
	CUdeviceptr base;
	size_t size;

	if (!mv_vmm_find_range(ptr, &base, &size))
		return CUDA_ERROR_INVALID_VALUE;
	switch (attribute) {
	case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
		*(uint64_t *)data = base;
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
		*(uint64_t *)data = size;
		return CUDA_SUCCESS;
	case CU_POINTER_ATTRIBUTE_MAPPED:
		*(bool *)data = false;
		return CUDA_SUCCESS;
	}
	return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuPointerGetAttribute(void *data, CUpointer_attribute attribute, CUdeviceptr ptr)
{
	const struct mv_block *block;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!data)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	block = mv_block_find(ptr);
	err = has_answer(block, attribute) ? answer(block, attribute, ptr, data) : answer_reserved(attribute, ptr, data);
	mv_card_unlock();
	return err;
}

/* What is answered for a pointer that CUDA does not know: zeros, and no card.  */
static void answer_nothing(CUpointer_attribute attribute, void *data)
{
	const struct mv_block nothing = { .kind = MV_BLOCK_MAPPED };
	uint64_t discarded;

	if (answer_bool(&nothing, attribute, data))
		*(bool *)data = false;
	else if (answer_int(&nothing, attribute, data))
		*(int *)data = attribute == CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL ? CU_DEVICE_INVALID : 0;
	else if (attribute != CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES &&
		 answer_long(&nothing, attribute, 0, &discarded))
		*(uint64_t *)data = 0;
}

CUresult cuPointerGetAttributes(unsigned int count, CUpointer_attribute *attributes, void **data, CUdeviceptr ptr)
{
	const struct mv_block *block;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!count || !attributes || !data)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	block = mv_block_find(ptr);
	for (unsigned int i = 0; i < count && !err; i++) {
		if (has_answer(block, attributes[i]))
			err = answer(block, attributes[i], ptr, data[i]);
		else if (block || answer_reserved(attributes[i], ptr, data[i]))
			answer_nothing(attributes[i], data[i]);
	}
	mv_card_unlock();
	return err;
}

CUresult cuPointerSetAttribute(const void *value, CUpointer_attribute attribute, CUdeviceptr ptr)
{
	struct mv_block *block;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!value || attribute != CU_POINTER_ATTRIBUTE_SYNC_MEMOPS)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	block = mv_block_find(ptr);
	if (block)
		block->is_sync_memops = *(const int *)value != 0;
	mv_card_unlock();
	return block ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
