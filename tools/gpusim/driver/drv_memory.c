/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_memory.h"

#include <sys/mman.h>

#include "gpusim/api/cuda_memory.h"
#include "gpusim/driver/drv_array.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_graphmem.h"
#include "gpusim/driver/drv_pool.h"
#include "gpusim/driver/drv_stream.h"

enum { PITCH_BYTES = 512 };	/* as CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT promises, and more */

/* ---- what others need ---- */

static void *map(size_t size, int access)
{
	void *mapped = mmap(NULL, size, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return mapped == MAP_FAILED ? NULL : mapped;
}

void *mv_memory_map_host(size_t size)
{
	return map(size, PROT_READ | PROT_WRITE);
}

void *mv_memory_map_hollow(size_t size)
{
	return map(size, mv_card_is_backed() ? PROT_READ | PROT_WRITE : PROT_NONE);
}

void mv_memory_free_block(struct mv_block *block)
{
	switch (block->kind) {
	case MV_BLOCK_DEVICE:
	case MV_BLOCK_ARRAY:
		mv_card_free(block->card, block->base, block->size);
		break;
	case MV_BLOCK_POOLED:
		mv_pool_give(block->owner, block->base, block->size);
		break;
	case MV_BLOCK_GRAPH:
		mv_graphmem_free(block);
		return;
	case MV_BLOCK_LEGACY:
		munmap((void *)block->base, block->size);
		mv_card_refund(block->card, mv_card_round(block->size, MV_FACTS_PAGE_BYTES));
		break;
	case MV_BLOCK_MANAGED:
	case MV_BLOCK_HOST:
	case MV_BLOCK_IPC:
	case MV_BLOCK_EXTERNAL:
		munmap((void *)block->base, block->size);
		break;
	case MV_BLOCK_REGISTERED:
	case MV_BLOCK_MAPPED:
	case MV_BLOCK_GLOBAL:
		break;
	}
	mv_block_remove(block);
}

static void free_visited(struct mv_block *block, void *data)
{
	(void)data;
	mv_memory_free_block(block);
}

void mv_memory_free_all_of(CUcontext context)
{
	mv_array_destroy_all_of(context);
	mv_block_each_of(context, free_visited, NULL);
}

/* ---- the driver API ---- */

CUresult cuMemGetInfo_v2(size_t *free, size_t *total)
{
	uint64_t capacity = mv_facts()->memory_bytes;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!free || !total)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	*free = mv_card_free_bytes(context->card);
	mv_card_unlock();
	*total = capacity;
	return CUDA_SUCCESS;
}

CUresult cuMemAlloc_v2(CUdeviceptr *ptr, size_t size)
{
	struct mv_block block = { .kind = MV_BLOCK_DEVICE, .size = size };
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!ptr || !size)
		return CUDA_ERROR_INVALID_VALUE;
	err = mv_stream_check_unsafe();
	if (err)
		return err;
	mv_card_lock();
	block.card = context->card;
	block.context = context;
	block.base = mv_card_allocate(context->card, size);
	if (block.base && !mv_block_add(&block)) {
		mv_card_free(context->card, block.base, size);
		block.base = 0;
	}
	mv_card_unlock();
	if (!block.base)
		return CUDA_ERROR_OUT_OF_MEMORY;
	*ptr = block.base;
	return CUDA_SUCCESS;
}

CUresult cuMemAllocPitch_v2(CUdeviceptr *ptr, size_t *pitch, size_t width, size_t height, unsigned int element)
{
	size_t row = mv_card_round(width, PITCH_BYTES), size;
	CUresult err;

	if (!ptr || !pitch || !width || !height || (element != 4 && element != 8 && element != 16))
		return CUDA_ERROR_INVALID_VALUE;
	if (row < width || __builtin_mul_overflow(row, height, &size))
		return CUDA_ERROR_OUT_OF_MEMORY;
	err = cuMemAlloc_v2(ptr, size);
	if (!err)
		*pitch = row;
	return err;
}

/* Memory of a pool may be freed here too: CUDA says so.  */
CUresult cuMemFree_v2(CUdeviceptr ptr)
{
	const unsigned int kinds = MV_BLOCK_BIT(MV_BLOCK_DEVICE) | MV_BLOCK_BIT(MV_BLOCK_MANAGED) |
				   MV_BLOCK_BIT(MV_BLOCK_POOLED) | MV_BLOCK_BIT(MV_BLOCK_GRAPH) |
				   MV_BLOCK_BIT(MV_BLOCK_EXTERNAL) | MV_BLOCK_BIT(MV_BLOCK_LEGACY);
	struct mv_block *block;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err || !ptr)
		return err;
	err = mv_stream_check_unsafe();
	if (err)
		return err;
	mv_card_lock();
	block = mv_block_find_base(ptr, kinds);
	if (block && block->kind == MV_BLOCK_GRAPH && !mv_graphmem_is_live(block))
		block = NULL;
	if (block)
		mv_memory_free_block(block);
	mv_card_unlock();
	return block ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemGetAddressRange_v2(CUdeviceptr *base, size_t *size, CUdeviceptr ptr)
{
	struct mv_block *block;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	mv_card_lock();
	block = mv_block_find(ptr);
	if (block && base)
		*base = block->base;
	if (block && size)
		*size = block->size;
	mv_card_unlock();
	return block ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
