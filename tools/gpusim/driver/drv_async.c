/* SPDX-License-Identifier: Apache-2.0 */
/* Stream-ordered allocation.  In a captured stream it becomes an allocation or free node of the graph.  */
#include "gpusim/api/cuda_pool.h"
#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_capture.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_graphmem.h"
#include "gpusim/driver/drv_memory.h"
#include "gpusim/driver/drv_pool.h"

/* POOL NULL: CARD's current one.  What comes out of a pool belongs to no context.  Called with the lock held.  */
static CUresult allocate(CUdeviceptr *ptr, size_t size, CUmemoryPool pool, CUdevice card)
{
	struct mv_block block = { .kind = MV_BLOCK_POOLED, .size = size };

	if (!pool)
		pool = mv_pool_current(card);
	if (!pool)
		return CUDA_ERROR_OUT_OF_MEMORY;
	block.owner = pool;
	block.card = pool->card;
	block.base = mv_pool_take(pool, size);
	if (!block.base)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (!mv_block_add(&block)) {
		mv_pool_give(pool, block.base, size);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	*ptr = block.base;
	return CUDA_SUCCESS;
}

static CUresult capture_allocation(CUdeviceptr *ptr, size_t size, CUdevice card, CUstream stream)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_MEM_ALLOC };
	CUresult err;

	params.alloc.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
	params.alloc.poolProps.location = (CUmemLocation){ CU_MEM_LOCATION_TYPE_DEVICE, card };
	params.alloc.bytesize = size;
	err = mv_capture_add(stream, &params);
	if (!err)
		*ptr = params.alloc.dptr;
	return err;
}

static CUresult allocate_in(CUdeviceptr *ptr, size_t size, CUmemoryPool pool, CUstream handle)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	if (!ptr || !size)
		return CUDA_ERROR_INVALID_VALUE;
	if (stream && mv_capture_is_active(stream))
		return capture_allocation(ptr, size, pool ? pool->card : context->card, stream);
	mv_card_lock();
	err = allocate(ptr, size, pool, context->card);
	mv_card_unlock();
	return err;
}

CUresult cuMemAllocAsync(CUdeviceptr *ptr, size_t size, CUstream stream)
{
	return allocate_in(ptr, size, NULL, stream);
}

CUresult cuMemAllocFromPoolAsync(CUdeviceptr *ptr, size_t size, CUmemoryPool pool, CUstream stream)
{
	pool = mv_pool_get(pool);
	if (!pool || pool->is_imported)
		return CUDA_ERROR_INVALID_VALUE;
	return allocate_in(ptr, size, pool, stream);
}

static CUresult capture_free(CUdeviceptr ptr, CUstream stream)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_MEM_FREE, .free = ptr };

	return mv_capture_add(stream, &params);
}

/* Graph memory may be freed by the program too, while the graph's launch has it live.  Called with the lock held.  */
static CUresult release(CUdeviceptr ptr)
{
	const unsigned int kinds = MV_BLOCK_BIT(MV_BLOCK_POOLED) | MV_BLOCK_BIT(MV_BLOCK_GRAPH) |
				   MV_BLOCK_BIT(MV_BLOCK_DEVICE) | MV_BLOCK_BIT(MV_BLOCK_IPC);
	struct mv_block *block = mv_block_find_base(ptr, kinds);

	if (!block || (block->kind == MV_BLOCK_GRAPH && !mv_graphmem_is_live(block)))
		return CUDA_ERROR_INVALID_VALUE;
	mv_memory_free_block(block);
	return CUDA_SUCCESS;
}

CUresult cuMemFreeAsync(CUdeviceptr ptr, CUstream handle)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	if (!ptr)
		return CUDA_ERROR_INVALID_VALUE;
	if (stream && mv_capture_is_active(stream))
		return capture_free(ptr, stream);
	mv_card_lock();
	err = release(ptr);
	mv_card_unlock();
	return err;
}
