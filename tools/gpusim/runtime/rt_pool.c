/* SPDX-License-Identifier: Apache-2.0 */
/* Stream-ordered memory.  The runtime's descriptions are the driver's under another name.  */
#include "gpusim/api/rt_memory.h"
#include "gpusim/runtime/rt_state.h"

_Static_assert(sizeof(struct cudaMemPoolProps) == sizeof(CUmemPoolProps), "the same");
_Static_assert(sizeof(struct cudaMemAccessDesc) == sizeof(CUmemAccessDesc), "the same");

cudaError_t cudaMallocAsync(void **ptr, size_t size, cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();

	if (!err && !ptr)
		err = cudaErrorInvalidValue;
	if (err)
		return mv_rt_end(err);
	*ptr = NULL;
	return mv_rt_end(size ? mv_rt_driver()->cuMemAllocAsync((CUdeviceptr *)ptr, size, stream) : 0);
}

cudaError_t cudaMallocFromPoolAsync(void **ptr, size_t size, cudaMemPool_t pool, cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();

	if (!err && !ptr)
		err = cudaErrorInvalidValue;
	if (err)
		return mv_rt_end(err);
	*ptr = NULL;
	return mv_rt_end(size ? mv_rt_driver()->cuMemAllocFromPoolAsync((CUdeviceptr *)ptr, size, pool, stream) : 0);
}

cudaError_t cudaFreeAsync(void *ptr, cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemFreeAsync((uintptr_t)ptr, stream));
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int device)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGetDefaultMemPool(pool, device));
}

cudaError_t cudaDeviceGetMemPool(cudaMemPool_t *pool, int device)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGetMemPool(pool, device));
}

cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t pool)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceSetMemPool(device, pool));
}

cudaError_t cudaMemPoolCreate(cudaMemPool_t *pool, const struct cudaMemPoolProps *properties)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolCreate(pool, (const CUmemPoolProps *)properties));
}

cudaError_t cudaMemPoolDestroy(cudaMemPool_t pool)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolDestroy(pool));
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t keep)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolTrimTo(pool, keep));
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, enum cudaMemPoolAttr attribute, void *value)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolSetAttribute(pool, (CUmemPool_attribute)attribute, value));
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, enum cudaMemPoolAttr attribute, void *value)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolGetAttribute(pool, (CUmemPool_attribute)attribute, value));
}

cudaError_t cudaMemPoolSetAccess(cudaMemPool_t pool, const struct cudaMemAccessDesc *access, size_t count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolSetAccess(pool, (const CUmemAccessDesc *)access, count));
}

cudaError_t cudaMemPoolGetAccess(enum cudaMemAccessFlags *flags, cudaMemPool_t pool, struct cudaMemLocation *location)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolGetAccess((CUmemAccess_flags *)flags, pool,
									 (CUmemLocation *)location));
}

cudaError_t cudaMemPoolExportToShareableHandle(void *handle, cudaMemPool_t pool, enum cudaMemAllocationHandleType type,
					       unsigned int flags)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolExportToShareableHandle(
					     handle, pool, (CUmemAllocationHandleType)type, flags));
}

cudaError_t cudaMemPoolImportFromShareableHandle(cudaMemPool_t *pool, void *handle,
						 enum cudaMemAllocationHandleType type, unsigned int flags)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolImportFromShareableHandle(
					     pool, handle, (CUmemAllocationHandleType)type, flags));
}

cudaError_t cudaMemPoolExportPointer(struct cudaMemPoolPtrExportData *data, void *ptr)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolExportPointer((CUmemPoolPtrExportData *)data,
									     (uintptr_t)ptr));
}

cudaError_t cudaMemPoolImportPointer(void **ptr, cudaMemPool_t pool, struct cudaMemPoolPtrExportData *data)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemPoolImportPointer((CUdeviceptr *)ptr, pool,
									     (CUmemPoolPtrExportData *)data));
}
