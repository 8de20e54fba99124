/* SPDX-License-Identifier: Apache-2.0 */
/* Launches: checked, captured, and otherwise forgotten, since kernels do nothing.  Host functions do run.  */
#include "gpusim/driver/drv_attribute.h"
#include "gpusim/driver/drv_capture.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_function.h"
#include "gpusim/driver/drv_graph.h"

enum { ATTRIBUTE_COOPERATIVE = 2, MAX_BLOCK_XY = 1024, MAX_BLOCK_Z = 64, WARP = 32 };

/* ---- checks ---- */

static bool are_extents_valid(const struct mv_launch *launch)
{
	const unsigned int *grid = launch->grid, *block = launch->block;
	unsigned int max_yz = (unsigned int)mv_attribute(MV_ATTRIBUTE_MAX_GRID_Y, 0);

	for (int i = 0; i < 3; i++) {
		if (!grid[i] || !block[i])
			return false;
	}
	if (grid[0] > (unsigned int)mv_attribute(MV_ATTRIBUTE_MAX_GRID_X, 0) || grid[1] > max_yz || grid[2] > max_yz)
		return false;
	if (block[0] > MAX_BLOCK_XY || block[1] > MAX_BLOCK_XY || block[2] > MAX_BLOCK_Z)
		return false;
	return block[0] * block[1] * block[2] <= (unsigned int)mv_attribute(MV_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 0);
}

static bool fits_at_once(const struct mv_launch *launch)
{
	const unsigned int *grid = launch->grid, *block = launch->block;
	int per_sm = mv_function_occupancy((int)(block[0] * block[1] * block[2]), launch->shared_bytes);

	return (uint64_t)grid[0] * grid[1] * grid[2] <= (uint64_t)per_sm * (uint64_t)mv_attribute(MV_ATTRIBUTE_SM_COUNT, 0);
}

CUresult mv_function_check_launch(const struct mv_launch *launch)
{
	CUfunction function = mv_function_get(launch->function);

	if (!function)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!are_extents_valid(launch) || launch->shared_bytes > (unsigned int)mv_function_shared_limit(function))
		return CUDA_ERROR_INVALID_VALUE;
	if (launch->is_cooperative && !fits_at_once(launch))
		return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
	return CUDA_SUCCESS;
}

/* ---- launches ---- */

static CUresult capture(CUstream stream, const struct mv_launch *launch, void **parameters, void **extra)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_KERNEL };

	params.kernel = (CUDA_KERNEL_NODE_PARAMS){
		.func = launch->function,
		.gridDimX = launch->grid[0], .gridDimY = launch->grid[1], .gridDimZ = launch->grid[2],
		.blockDimX = launch->block[0], .blockDimY = launch->block[1], .blockDimZ = launch->block[2],
		.sharedMemBytes = launch->shared_bytes, .kernelParams = parameters, .extra = extra,
	};
	return mv_capture_add(stream, &params);
}

/* What a context takes when it is first made use of.  */
static CUresult charge_once(CUcontext context)
{
	uint64_t charge = mv_facts()->launch_bytes;
	CUresult err = CUDA_SUCCESS;

	if (!charge)
		return err;
	mv_card_lock();
	if (!context->is_launch_charged && !mv_card_charge(context->card, charge))
		err = CUDA_ERROR_OUT_OF_MEMORY;
	else if (!context->is_launch_charged)
		context->charged_bytes += charge;
	context->is_launch_charged |= !err;
	mv_card_unlock();
	return err;
}

static CUresult launch_in(CUstream handle, const struct mv_launch *launch, void **parameters, void **extra)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (!err)
		err = mv_function_check_launch(launch);
	if (!err && stream && mv_capture_is_active(stream))
		err = capture(stream, launch, parameters, extra);
	else if (!err)
		err = charge_once(context);
	return err;
}

CUresult cuLaunchKernel(CUfunction function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
			unsigned int block_x, unsigned int block_y, unsigned int block_z, unsigned int shared_bytes,
			CUstream stream, void **parameters, void **extra)
{
	struct mv_launch launch = { function, { grid_x, grid_y, grid_z }, { block_x, block_y, block_z }, shared_bytes,
				    false };

	return launch_in(stream, &launch, parameters, extra);
}

CUresult cuLaunchCooperativeKernel(CUfunction function, unsigned int grid_x, unsigned int grid_y, unsigned int grid_z,
				   unsigned int block_x, unsigned int block_y, unsigned int block_z,
				   unsigned int shared_bytes, CUstream stream, void **parameters)
{
	struct mv_launch launch = { function, { grid_x, grid_y, grid_z }, { block_x, block_y, block_z }, shared_bytes,
				    true };

	return launch_in(stream, &launch, parameters, NULL);
}

CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function, void **parameters, void **extra)
{
	struct mv_launch launch = { .function = function };

	if (!config || (config->numAttrs && !config->attrs))
		return CUDA_ERROR_INVALID_VALUE;
	launch.grid[0] = config->gridDimX;
	launch.grid[1] = config->gridDimY;
	launch.grid[2] = config->gridDimZ;
	launch.block[0] = config->blockDimX;
	launch.block[1] = config->blockDimY;
	launch.block[2] = config->blockDimZ;
	launch.shared_bytes = config->sharedMemBytes;
	for (unsigned int i = 0; i < config->numAttrs; i++) {
		if (config->attrs[i].id == ATTRIBUTE_COOPERATIVE)
			launch.is_cooperative = config->attrs[i].value.cooperative != 0;
	}
	return launch_in(config->hStream, &launch, parameters, extra);
}

/* The stream hides in a structure, so this twin can't be generated.  */
CUresult cuLaunchKernelEx_ptsz(const CUlaunchConfig *config, CUfunction function, void **parameters, void **extra)
{
	CUlaunchConfig own;

	if (!config)
		return CUDA_ERROR_INVALID_VALUE;
	own = *config;
	own.hStream = mv_stream_own(config->hStream);
	return cuLaunchKernelEx(&own, function, parameters, extra);
}

/* ---- host functions ---- */

CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void *data)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_HOST };
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	if (!function)
		return CUDA_ERROR_INVALID_VALUE;
	if (stream && mv_capture_is_active(stream)) {
		params.host = (CUDA_HOST_NODE_PARAMS){ function, data };
		return mv_capture_add(stream, &params);
	}
	function(data);
	return CUDA_SUCCESS;
}

CUresult cuStreamAddCallback(CUstream handle, CUstreamCallback callback, void *data, unsigned int flags)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	if (!callback || flags)
		return CUDA_ERROR_INVALID_VALUE;
	if (stream && mv_capture_is_active(stream))
		return mv_capture_fail(stream, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
	callback(handle, CUDA_SUCCESS, data);
	return CUDA_SUCCESS;
}
