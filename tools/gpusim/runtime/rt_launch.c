/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/api/rt_launch.h"

#include <string.h>

#include "gpusim/runtime/rt_register.h"
#include "gpusim/runtime/rt_state.h"

/* ---- the arguments of <<< >>> ---- */

enum { NESTED = 16 };	/* launches within the arguments of launches */

static __thread struct {
	dim3 grid, block;
	size_t shared_bytes;
	struct CUstream_st *stream;
} t_pushed[NESTED];
static __thread unsigned int t_pushed_count;

unsigned int __cudaPushCallConfiguration(dim3 grid, dim3 block, size_t shared_bytes, struct CUstream_st *stream)
{
	if (t_pushed_count == NESTED)
		return 1;
	t_pushed[t_pushed_count].grid = grid;
	t_pushed[t_pushed_count].block = block;
	t_pushed[t_pushed_count].shared_bytes = shared_bytes;
	t_pushed[t_pushed_count].stream = stream;
	t_pushed_count++;
	return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, size_t *shared_bytes, void *stream)
{
	if (!t_pushed_count)
		return mv_rt_end(cudaErrorMissingConfiguration);
	t_pushed_count--;
	*grid = t_pushed[t_pushed_count].grid;
	*block = t_pushed[t_pushed_count].block;
	*shared_bytes = t_pushed[t_pushed_count].shared_bytes;
	*(struct CUstream_st **)stream = t_pushed[t_pushed_count].stream;
	return cudaSuccess;
}

/* ---- launches ---- */

/* What is wrong with the shape of a launch has a code of its own here.  */
static cudaError_t end_launch(CUresult err)
{
	return mv_rt_end(err == CUDA_ERROR_INVALID_VALUE ? cudaErrorInvalidConfiguration : err);
}

static cudaError_t begin_launch(const void *host, CUfunction *function)
{
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_find_function(host, function);
	return mv_rt_end(err);
}

cudaError_t cudaLaunchKernel(const void *host, dim3 grid, dim3 block, void **arguments, size_t shared_bytes,
			     cudaStream_t stream)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	if (err)
		return err;
	return end_launch(mv_rt_driver()->cuLaunchKernel(function, grid.x, grid.y, grid.z, block.x, block.y, block.z,
							 (unsigned int)shared_bytes, stream, arguments, NULL));
}

cudaError_t cudaLaunchCooperativeKernel(const void *host, dim3 grid, dim3 block, void **arguments, size_t shared_bytes,
					cudaStream_t stream)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	if (err)
		return err;
	return end_launch(mv_rt_driver()->cuLaunchCooperativeKernel(function, grid.x, grid.y, grid.z, block.x, block.y,
								    block.z, (unsigned int)shared_bytes, stream,
								    arguments));
}

static CUlaunchConfig driver_config(const cudaLaunchConfig_t *config)
{
	return (CUlaunchConfig){
		.gridDimX = config->gridDim.x, .gridDimY = config->gridDim.y, .gridDimZ = config->gridDim.z,
		.blockDimX = config->blockDim.x, .blockDimY = config->blockDim.y, .blockDimZ = config->blockDim.z,
		.sharedMemBytes = (unsigned int)config->dynamicSmemBytes, .hStream = config->stream,
		.attrs = config->attrs, .numAttrs = config->numAttrs,
	};
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *config, const void *host, void **arguments)
{
	CUlaunchConfig driver;
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	if (err)
		return err;
	if (!config)
		return mv_rt_end(cudaErrorInvalidValue);
	driver = driver_config(config);
	return end_launch(mv_rt_driver()->cuLaunchKernelEx(&driver, function, arguments, NULL));
}

/* Code from newer compilers asks for the kernel once and then launches that.  */
cudaError_t __cudaGetKernel(cudaKernel_t *kernel, const void *host)
{
	return cudaGetKernel(kernel, host);
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void **arguments, size_t shared_bytes,
			       cudaStream_t stream)
{
	return cudaLaunchKernel(kernel, grid, block, arguments, shared_bytes, stream);
}

/* ---- what kernels are like ---- */

cudaError_t cudaGetFuncBySymbol(cudaFunction_t *function, const void *host)
{
	if (!function)
		return mv_rt_end(cudaErrorInvalidValue);
	return begin_launch(host, function);
}

cudaError_t cudaGetKernel(cudaKernel_t *kernel, const void *host)
{
	return cudaGetFuncBySymbol((cudaFunction_t *)kernel, host);
}

cudaError_t cudaFuncGetName(const char **name, const void *host)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	return err ? err : mv_rt_end(mv_rt_driver()->cuFuncGetName(name, function));
}

/* Fields of cudaFuncAttributes and the driver's attribute behind each.  */
#define FIELD(attribute, field, is_size) { attribute, is_size, offsetof(struct cudaFuncAttributes, field) }
static const struct {
	CUfunction_attribute attribute;
	int is_size;		/* a size_t, not an int */
	size_t offset;
} g_fields[] = {
	FIELD(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, sharedSizeBytes, 1),
	FIELD(CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES, constSizeBytes, 1),
	FIELD(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES, localSizeBytes, 1),
	FIELD(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, maxThreadsPerBlock, 0),
	FIELD(CU_FUNC_ATTRIBUTE_NUM_REGS, numRegs, 0),
	FIELD(CU_FUNC_ATTRIBUTE_PTX_VERSION, ptxVersion, 0),
	FIELD(CU_FUNC_ATTRIBUTE_BINARY_VERSION, binaryVersion, 0),
	FIELD(CU_FUNC_ATTRIBUTE_CACHE_MODE_CA, cacheModeCA, 0),
	FIELD(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, maxDynamicSharedSizeBytes, 0),
	FIELD(CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, preferredShmemCarveout, 0),
	FIELD(CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET, clusterDimMustBeSet, 0),
	FIELD(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH, requiredClusterWidth, 0),
	FIELD(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT, requiredClusterHeight, 0),
	FIELD(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH, requiredClusterDepth, 0),
	FIELD(CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE, clusterSchedulingPolicyPreference, 0),
	FIELD(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, nonPortableClusterSizeAllowed, 0),
};

cudaError_t cudaFuncGetAttributes(struct cudaFuncAttributes *attributes, const void *host)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	if (!err && !attributes)
		err = mv_rt_end(cudaErrorInvalidValue);
	if (err)
		return err;
	memset(attributes, 0, sizeof(*attributes));
	for (size_t i = 0; i < sizeof(g_fields) / sizeof(*g_fields) && !err; i++) {
		char *field = (char *)attributes + g_fields[i].offset;
		int value = 0;

		err = mv_rt_driver()->cuFuncGetAttribute(&value, g_fields[i].attribute, function);
		if (g_fields[i].is_size)
			*(size_t *)(void *)field = (size_t)value;
		else
			*(int *)(void *)field = value;
	}
	return mv_rt_end(err);
}

cudaError_t cudaFuncSetAttribute(const void *host, enum cudaFuncAttribute attribute, int value)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	return err ? err : mv_rt_end(mv_rt_driver()->cuFuncSetAttribute(function, (CUfunction_attribute)attribute, value));
}

cudaError_t cudaKernelSetAttributeForDevice(cudaKernel_t kernel, enum cudaFuncAttribute attribute, int value,
					    int device)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuKernelSetAttribute((CUfunction_attribute)attribute, value, kernel,
									   device));
}

cudaError_t cudaFuncSetCacheConfig(const void *host, enum cudaFuncCache config)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	return err ? err : mv_rt_end(mv_rt_driver()->cuFuncSetCacheConfig(function, (CUfunc_cache)config));
}

cudaError_t cudaFuncSetSharedMemConfig(const void *host, enum cudaSharedMemConfig config)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	return err ? err : mv_rt_end(mv_rt_driver()->cuFuncSetSharedMemConfig(function, (CUsharedconfig)config));
}

/* ---- occupancy ---- */

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *host, int block_size,
								   size_t shared_bytes, unsigned int flags)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	return err ? err : mv_rt_end(mv_rt_driver()->cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
				     blocks, function, block_size, shared_bytes, flags));
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, const void *host, int block_size,
							  size_t shared_bytes)
{
	return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, host, block_size, shared_bytes, 0);
}

cudaError_t cudaOccupancyAvailableDynamicSMemPerBlock(size_t *shared_bytes, const void *host, int blocks,
						      int block_size)
{
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	return err ? err : mv_rt_end(mv_rt_driver()->cuOccupancyAvailableDynamicSMemPerBlock(shared_bytes, function,
											     blocks, block_size));
}

cudaError_t cudaOccupancyMaxPotentialClusterSize(int *size, const void *host, const cudaLaunchConfig_t *config)
{
	CUlaunchConfig driver;
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	if (err)
		return err;
	if (!config)
		return mv_rt_end(cudaErrorInvalidValue);
	driver = driver_config(config);
	return mv_rt_end(mv_rt_driver()->cuOccupancyMaxPotentialClusterSize(size, function, &driver));
}

cudaError_t cudaOccupancyMaxActiveClusters(int *clusters, const void *host, const cudaLaunchConfig_t *config)
{
	CUlaunchConfig driver;
	CUfunction function;
	cudaError_t err = begin_launch(host, &function);

	if (err)
		return err;
	if (!config)
		return mv_rt_end(cudaErrorInvalidValue);
	driver = driver_config(config);
	return mv_rt_end(mv_rt_driver()->cuOccupancyMaxActiveClusters(clusters, function, &driver));
}
