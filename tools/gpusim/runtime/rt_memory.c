/* SPDX-License-Identifier: Apache-2.0 */
/* Device and host memory, what pointers point to, and memory shared with others.  */
#include "gpusim/api/rt_memory.h"

#include <stdbool.h>
#include <string.h>

#include "gpusim/runtime/rt_state.h"

enum { ALL_ELEMENTS = 4 };	/* element size that any pitch suits */

static CUdeviceptr device_ptr(const void *ptr)
{
	return (uintptr_t)ptr;
}

/* ---- device memory ---- */

cudaError_t cudaMemGetInfo(size_t *free, size_t *total)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemGetInfo(free, total));
}

/* Nothing is asked of the driver for nothing: the pointer is NULL then.  */
cudaError_t cudaMalloc(void **ptr, size_t size)
{
	cudaError_t err = mv_rt_begin();

	if (!err && !ptr)
		err = cudaErrorInvalidValue;
	if (err)
		return mv_rt_end(err);
	*ptr = NULL;
	return mv_rt_end(size ? mv_rt_driver()->cuMemAlloc((CUdeviceptr *)ptr, size) : 0);
}

cudaError_t cudaMallocPitch(void **ptr, size_t *pitch, size_t width, size_t height)
{
	cudaError_t err = mv_rt_begin();

	if (!err && (!ptr || !pitch))
		err = cudaErrorInvalidValue;
	if (err)
		return mv_rt_end(err);
	if (!width || !height) {
		*ptr = NULL;
		*pitch = 0;
		return cudaSuccess;
	}
	return mv_rt_end(mv_rt_driver()->cuMemAllocPitch((CUdeviceptr *)ptr, pitch, width, height, ALL_ELEMENTS));
}

cudaError_t cudaMalloc3D(struct cudaPitchedPtr *pitched, struct cudaExtent extent)
{
	size_t rows;
	cudaError_t err;

	if (!pitched || __builtin_mul_overflow(extent.height, extent.depth, &rows))
		return mv_rt_end(cudaErrorInvalidValue);
	pitched->xsize = extent.width;
	pitched->ysize = extent.height;
	err = cudaMallocPitch(&pitched->ptr, &pitched->pitch, extent.width, rows);
	return err;
}

cudaError_t cudaMallocManaged(void **ptr, size_t size, unsigned int flags)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemAllocManaged((CUdeviceptr *)ptr, size, flags));
}

cudaError_t cudaFree(void *ptr)
{
	cudaError_t err = mv_rt_begin();

	if (err || !ptr)
		return mv_rt_end(err);
	return mv_rt_end(mv_rt_driver()->cuMemFree(device_ptr(ptr)));
}

/* ---- host memory ---- */

cudaError_t cudaHostAlloc(void **ptr, size_t size, unsigned int flags)
{
	cudaError_t err = mv_rt_begin();

	if (!err && !ptr)
		err = cudaErrorInvalidValue;
	if (err)
		return mv_rt_end(err);
	*ptr = NULL;
	return mv_rt_end(size ? mv_rt_driver()->cuMemHostAlloc(ptr, size, flags) : 0);
}

cudaError_t cudaMallocHost(void **ptr, size_t size)
{
	return cudaHostAlloc(ptr, size, cudaHostAllocDefault);
}

cudaError_t cudaFreeHost(void *ptr)
{
	cudaError_t err = mv_rt_begin();

	if (err || !ptr)
		return mv_rt_end(err);
	return mv_rt_end(mv_rt_driver()->cuMemFreeHost(ptr));
}

cudaError_t cudaHostRegister(void *ptr, size_t size, unsigned int flags)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemHostRegister(ptr, size, flags));
}

cudaError_t cudaHostUnregister(void *ptr)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemHostUnregister(ptr));
}

cudaError_t cudaHostGetDevicePointer(void **pointer, void *ptr, unsigned int flags)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemHostGetDevicePointer((CUdeviceptr *)pointer, ptr, flags));
}

cudaError_t cudaHostGetFlags(unsigned int *flags, void *ptr)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemHostGetFlags(flags, ptr));
}

/* ---- what a pointer points to ---- */

struct answers {
	unsigned int memory_type;
	int device;
	uint64_t device_pointer, host_pointer;
	bool is_managed;
};

static cudaError_t ask(const void *ptr, struct answers *answers)
{
	CUpointer_attribute attributes[] = { CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
					     CU_POINTER_ATTRIBUTE_DEVICE_POINTER, CU_POINTER_ATTRIBUTE_HOST_POINTER,
					     CU_POINTER_ATTRIBUTE_IS_MANAGED };
	void *data[] = { &answers->memory_type, &answers->device, &answers->device_pointer, &answers->host_pointer,
			 &answers->is_managed };

	return mv_rt_driver()->cuPointerGetAttributes(sizeof(data) / sizeof(*data), attributes, data, device_ptr(ptr));
}

static enum cudaMemoryType type_of(const struct answers *answers)
{
	if (!answers->memory_type)
		return cudaMemoryTypeUnregistered;
	if (answers->is_managed)
		return cudaMemoryTypeManaged;
	return answers->memory_type == CU_MEMORYTYPE_HOST ? cudaMemoryTypeHost : cudaMemoryTypeDevice;
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *attributes, const void *ptr)
{
	struct answers answers = { .memory_type = 0 };
	cudaError_t err = mv_rt_begin();

	if (!err && !attributes)
		err = cudaErrorInvalidValue;
	if (!err)
		err = ask(ptr, &answers);
	if (err)
		return mv_rt_end(err);
	memset(attributes, 0, sizeof(*attributes));
	attributes->type = type_of(&answers);
	attributes->device = answers.device;
	attributes->devicePointer = (void *)answers.device_pointer;
	attributes->hostPointer = (void *)answers.host_pointer;
	if (attributes->type == cudaMemoryTypeUnregistered)
		attributes->hostPointer = (void *)(uintptr_t)ptr;
	return cudaSuccess;
}

/* ---- advice on managed memory ---- */

static CUmemLocation driver_location(struct cudaMemLocation location)
{
	return (CUmemLocation){ (int)location.type, location.id };
}

static cudaError_t advise(const void *ptr, size_t size, enum cudaMemoryAdvise advice, CUmemLocation location)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemAdvise(device_ptr(ptr), size, (CUmem_advise)advice, location));
}

static cudaError_t prefetch(const void *ptr, size_t size, CUmemLocation location, unsigned int flags,
			    cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err :
			 mv_rt_driver()->cuMemPrefetchAsync(device_ptr(ptr), size, location, flags, stream));
}

#if MV_CUDART_MAJOR >= 13
cudaError_t cudaMemAdvise(const void *ptr, size_t size, enum cudaMemoryAdvise advice, struct cudaMemLocation location)
{
	return advise(ptr, size, advice, driver_location(location));
}

cudaError_t cudaMemPrefetchAsync(const void *ptr, size_t size, struct cudaMemLocation location, unsigned int flags,
				 cudaStream_t stream)
{
	return prefetch(ptr, size, driver_location(location), flags, stream);
}
#else
/* The host is device -1 here.  */
static CUmemLocation location_of(int device)
{
	return (CUmemLocation){ device == CU_DEVICE_CPU ? CU_MEM_LOCATION_TYPE_HOST : CU_MEM_LOCATION_TYPE_DEVICE,
				device == CU_DEVICE_CPU ? 0 : device };
}

cudaError_t cudaMemAdvise(const void *ptr, size_t size, enum cudaMemoryAdvise advice, int device)
{
	return advise(ptr, size, advice, location_of(device));
}

cudaError_t cudaMemAdvise_v2(const void *ptr, size_t size, enum cudaMemoryAdvise advice,
			     struct cudaMemLocation location)
{
	return advise(ptr, size, advice, driver_location(location));
}

cudaError_t cudaMemPrefetchAsync(const void *ptr, size_t size, int device, cudaStream_t stream)
{
	return prefetch(ptr, size, location_of(device), 0, stream);
}

cudaError_t cudaMemPrefetchAsync_v2(const void *ptr, size_t size, struct cudaMemLocation location, unsigned int flags,
				    cudaStream_t stream)
{
	return prefetch(ptr, size, driver_location(location), flags, stream);
}
#endif

cudaError_t cudaMemRangeGetAttribute(void *data, size_t data_size, enum cudaMemRangeAttribute attribute,
				     const void *ptr, size_t size)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err :
			 mv_rt_driver()->cuMemRangeGetAttribute(data, data_size, (CUmem_range_attribute)attribute,
								device_ptr(ptr), size));
}

cudaError_t cudaMemRangeGetAttributes(void **data, size_t *data_sizes, enum cudaMemRangeAttribute *attributes,
				      size_t count, const void *ptr, size_t size)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err :
			 mv_rt_driver()->cuMemRangeGetAttributes(data, data_sizes, (CUmem_range_attribute *)attributes,
								 count, device_ptr(ptr), size));
}

/* ---- between processes, and with other programming interfaces ---- */

cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t *handle, void *ptr)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuIpcGetMemHandle(handle, device_ptr(ptr)));
}

cudaError_t cudaIpcOpenMemHandle(void **ptr, cudaIpcMemHandle_t handle, unsigned int flags)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuIpcOpenMemHandle((CUdeviceptr *)ptr, handle, flags));
}

cudaError_t cudaIpcCloseMemHandle(void *ptr)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuIpcCloseMemHandle(device_ptr(ptr)));
}

cudaError_t cudaIpcGetEventHandle(cudaIpcEventHandle_t *handle, cudaEvent_t event)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuIpcGetEventHandle(handle, event));
}

cudaError_t cudaIpcOpenEventHandle(cudaEvent_t *event, cudaIpcEventHandle_t handle)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuIpcOpenEventHandle(event, handle));
}

/* The runtime's descriptions are the driver's under another name.  */
cudaError_t cudaImportExternalMemory(cudaExternalMemory_t *memory,
				     const struct cudaExternalMemoryHandleDesc *description)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuImportExternalMemory(memory, (const void *)description));
}

cudaError_t cudaExternalMemoryGetMappedBuffer(void **ptr, cudaExternalMemory_t memory,
					      const struct cudaExternalMemoryBufferDesc *description)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuExternalMemoryGetMappedBuffer((CUdeviceptr *)ptr, memory,
										     (const void *)description));
}

cudaError_t cudaDestroyExternalMemory(cudaExternalMemory_t memory)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDestroyExternalMemory(memory));
}
