/* SPDX-License-Identifier: Apache-2.0 */
/* Occupancy by threads, blocks and shared memory; registers are not looked at.  */
#include "gpusim/driver/drv_attribute.h"
#include "gpusim/driver/drv_function.h"
#include "gpusim/driver/drv_start.h"

enum { WARP_THREADS = 32, RESERVED_SHARED = 1024, PORTABLE_CLUSTER = 8 };

int mv_function_occupancy(int block_size, size_t shared_bytes)
{
	int warps = (block_size + WARP_THREADS - 1) / WARP_THREADS;
	int by_threads = mv_attribute(MV_ATTRIBUTE_THREADS_PER_SM, 0) / (warps * WARP_THREADS);
	int by_blocks = mv_attribute(MV_ATTRIBUTE_BLOCKS_PER_SM, 0);
	size_t by_shared = (size_t)mv_attribute(MV_ATTRIBUTE_SHARED_PER_SM, 0) / (shared_bytes + RESERVED_SHARED);
	int blocks = by_threads < by_blocks ? by_threads : by_blocks;

	return by_shared < (size_t)blocks ? (int)by_shared : blocks;
}

static CUresult check(CUfunction function, int block_size)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!mv_function_get(function))
		return CUDA_ERROR_INVALID_HANDLE;
	if (block_size < 1)
		return CUDA_ERROR_INVALID_VALUE;
	return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, CUfunction function, int block_size,
							      size_t shared_bytes, unsigned int flags)
{
	CUresult err = check(function, block_size);

	if (err)
		return err;
	if (!blocks || flags > 1)
		return CUDA_ERROR_INVALID_VALUE;
	*blocks = 0;
	if (block_size <= mv_attribute(MV_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 0))
		*blocks = mv_function_occupancy(block_size, shared_bytes);
	return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, CUfunction function, int block_size,
						     size_t shared_bytes)
{
	return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, block_size, shared_bytes, 0);
}

CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(int *grid_size, int *block_size, CUfunction function,
						   CUoccupancyB2DSize shared_for, size_t shared_bytes, int limit,
						   unsigned int flags)
{
	int most = mv_attribute(MV_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 0), best_threads = 0;
	CUresult err = check(function, 1);

	if (err)
		return err;
	if (!grid_size || !block_size || flags > 1)
		return CUDA_ERROR_INVALID_VALUE;
	if (limit > 0 && limit < most)
		most = limit;
	/* From the largest block down: among equally good ones the largest is taken.  */
	for (int size = most; size > 0; size -= (size - 1) % WARP_THREADS + 1) {
		size_t shared = shared_for ? shared_for(size) : shared_bytes;
		int blocks = mv_function_occupancy(size, shared);

		if (blocks * size <= best_threads)
			continue;
		best_threads = blocks * size;
		*block_size = size;
		*grid_size = blocks * mv_attribute(MV_ATTRIBUTE_SM_COUNT, 0);
	}
	return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxPotentialBlockSize(int *grid_size, int *block_size, CUfunction function,
					  CUoccupancyB2DSize shared_for, size_t shared_bytes, int limit)
{
	return cuOccupancyMaxPotentialBlockSizeWithFlags(grid_size, block_size, function, shared_for, shared_bytes,
							 limit, 0);
}

CUresult cuOccupancyAvailableDynamicSMemPerBlock(size_t *shared_bytes, CUfunction function, int blocks, int block_size)
{
	CUresult err = check(function, block_size);
	size_t share;

	if (err)
		return err;
	if (!shared_bytes || blocks < 1)
		return CUDA_ERROR_INVALID_VALUE;
	share = (size_t)(mv_attribute(MV_ATTRIBUTE_SHARED_PER_SM, 0) / blocks);
	*shared_bytes = share > RESERVED_SHARED ? share - RESERVED_SHARED : 0;
	return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxPotentialClusterSize(int *size, CUfunction function, const CUlaunchConfig *config)
{
	CUresult err = check(function, 1);

	if (err)
		return err;
	if (!size || !config)
		return CUDA_ERROR_INVALID_VALUE;
	*size = mv_attribute(MV_ATTRIBUTE_CLUSTER_LAUNCH, 0) ? PORTABLE_CLUSTER : 1;
	return CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveClusters(int *clusters, CUfunction function, const CUlaunchConfig *config)
{
	CUresult err = check(function, 1);

	if (err)
		return err;
	if (!clusters || !config)
		return CUDA_ERROR_INVALID_VALUE;
	*clusters = mv_attribute(MV_ATTRIBUTE_SM_COUNT, 0) / PORTABLE_CLUSTER;
	return CUDA_SUCCESS;
}
