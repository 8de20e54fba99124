/* SPDX-License-Identifier: Apache-2.0 */
/* Copies and fills.  A copy of one row goes to the driver's function for its direction, as a recorder would see it in
 * real life; everything else becomes the driver's three-dimensional copy.  */
#include "gpusim/runtime/rt_copy_params.h"

#include <string.h>

#include "gpusim/api/rt_launch.h"
#include "gpusim/runtime/rt_array.h"
#include "gpusim/runtime/rt_state.h"

static CUdeviceptr device_ptr(const void *ptr)
{
	return (uintptr_t)ptr;
}

static int is_kind(enum cudaMemcpyKind kind)
{
	return kind >= cudaMemcpyHostToHost && kind <= cudaMemcpyDefault;
}

/* ---- one row ---- */

cudaError_t cudaMemcpy(void *to, const void *from, size_t size, enum cudaMemcpyKind kind)
{
	const struct mv_rt_driver *driver = mv_rt_driver();
	cudaError_t err = mv_rt_begin();

	if (!err && !is_kind(kind))
		err = cudaErrorInvalidMemcpyDirection;
	if (err || !size)
		return mv_rt_end(err);
	switch (kind) {
	case cudaMemcpyHostToDevice:
		return mv_rt_end(driver->cuMemcpyHtoD(device_ptr(to), from, size));
	case cudaMemcpyDeviceToHost:
		return mv_rt_end(driver->cuMemcpyDtoH(to, device_ptr(from), size));
	case cudaMemcpyDeviceToDevice:
		return mv_rt_end(driver->cuMemcpyDtoD(device_ptr(to), device_ptr(from), size));
	case cudaMemcpyHostToHost:
		memmove(to, from, size);
		return cudaSuccess;
	case cudaMemcpyDefault:
		break;
	}
	return mv_rt_end(driver->cuMemcpy(device_ptr(to), device_ptr(from), size));
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t size, enum cudaMemcpyKind kind, cudaStream_t stream)
{
	const struct mv_rt_driver *driver = mv_rt_driver();
	cudaError_t err = mv_rt_begin();

	if (!err && !is_kind(kind))
		err = cudaErrorInvalidMemcpyDirection;
	if (err || !size)
		return mv_rt_end(err);
	switch (kind) {
	case cudaMemcpyHostToDevice:
		return mv_rt_end(driver->cuMemcpyHtoDAsync(device_ptr(to), from, size, stream));
	case cudaMemcpyDeviceToHost:
		return mv_rt_end(driver->cuMemcpyDtoHAsync(to, device_ptr(from), size, stream));
	case cudaMemcpyDeviceToDevice:
		return mv_rt_end(driver->cuMemcpyDtoDAsync(device_ptr(to), device_ptr(from), size, stream));
	case cudaMemcpyHostToHost:
	case cudaMemcpyDefault:
		break;
	}
	return mv_rt_end(driver->cuMemcpyAsync(device_ptr(to), device_ptr(from), size, stream));
}

cudaError_t cudaMemcpyPeerAsync(void *to, int to_device, const void *from, int from_device, size_t size,
				cudaStream_t stream)
{
	CUcontext to_context, from_context;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_primary(to_device, &to_context);
	if (!err)
		err = mv_rt_primary(from_device, &from_context);
	return mv_rt_end(err ? err : mv_rt_driver()->cuMemcpyPeerAsync(device_ptr(to), to_context, device_ptr(from),
									from_context, size, stream));
}

cudaError_t cudaMemcpyPeer(void *to, int to_device, const void *from, int from_device, size_t size)
{
	CUcontext to_context, from_context;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_primary(to_device, &to_context);
	if (!err)
		err = mv_rt_primary(from_device, &from_context);
	return mv_rt_end(err ? err : mv_rt_driver()->cuMemcpyPeer(device_ptr(to), to_context, device_ptr(from),
								   from_context, size));
}

/* ---- rows and slices ---- */

/* How many bytes the runtime means by an element in this copy: those of an array that is in it, else one.  */
static size_t element_of(const struct cudaMemcpy3DParms *copy)
{
	if (copy->srcArray)
		return mv_rt_array_element(copy->srcArray);
	return copy->dstArray ? mv_rt_array_element(copy->dstArray) : 1;
}

/* True if KIND says that its end is on the host.  */
static int is_from_host(enum cudaMemcpyKind kind)
{
	return kind == cudaMemcpyHostToDevice || kind == cudaMemcpyHostToHost;
}

static int is_to_host(enum cudaMemcpyKind kind)
{
	return kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyHostToHost;
}

static CUmemorytype type_of(int is_host, enum cudaMemcpyKind kind)
{
	if (kind == cudaMemcpyDefault)
		return CU_MEMORYTYPE_UNIFIED;
	return is_host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
}

static void set_source(CUDA_MEMCPY3D *driver_copy, const struct cudaMemcpy3DParms *copy, size_t element)
{
	driver_copy->srcXInBytes = copy->srcPos.x * (copy->srcArray ? element : 1);
	driver_copy->srcY = copy->srcPos.y;
	driver_copy->srcZ = copy->srcPos.z;
	driver_copy->srcMemoryType = copy->srcArray ? CU_MEMORYTYPE_ARRAY : type_of(is_from_host(copy->kind), copy->kind);
	driver_copy->srcArray = copy->srcArray;
	driver_copy->srcHost = copy->srcPtr.ptr;
	driver_copy->srcDevice = device_ptr(copy->srcPtr.ptr);
	driver_copy->srcPitch = copy->srcPtr.pitch;
	driver_copy->srcHeight = copy->srcPtr.ysize;
}

static void set_target(CUDA_MEMCPY3D *driver_copy, const struct cudaMemcpy3DParms *copy, size_t element)
{
	driver_copy->dstXInBytes = copy->dstPos.x * (copy->dstArray ? element : 1);
	driver_copy->dstY = copy->dstPos.y;
	driver_copy->dstZ = copy->dstPos.z;
	driver_copy->dstMemoryType = copy->dstArray ? CU_MEMORYTYPE_ARRAY : type_of(is_to_host(copy->kind), copy->kind);
	driver_copy->dstArray = copy->dstArray;
	driver_copy->dstHost = copy->dstPtr.ptr;
	driver_copy->dstDevice = device_ptr(copy->dstPtr.ptr);
	driver_copy->dstPitch = copy->dstPtr.pitch;
	driver_copy->dstHeight = copy->dstPtr.ysize;
}

cudaError_t mv_rt_copy_params(const struct cudaMemcpy3DParms *copy, CUDA_MEMCPY3D *driver_copy)
{
	size_t element;

	if (!copy)
		return cudaErrorInvalidValue;
	if (!is_kind(copy->kind))
		return cudaErrorInvalidMemcpyDirection;
	element = element_of(copy);
	if (!element || (!copy->srcArray && !copy->srcPtr.ptr) || (!copy->dstArray && !copy->dstPtr.ptr))
		return cudaErrorInvalidValue;
	memset(driver_copy, 0, sizeof(*driver_copy));
	set_source(driver_copy, copy, element);
	set_target(driver_copy, copy, element);
	driver_copy->WidthInBytes = copy->extent.width * element;
	driver_copy->Height = copy->extent.height;
	driver_copy->Depth = copy->extent.depth;
	return cudaSuccess;
}

cudaError_t cudaMemcpy3D(const struct cudaMemcpy3DParms *copy)
{
	CUDA_MEMCPY3D driver_copy;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_copy_params(copy, &driver_copy);
	return mv_rt_end(err ? err : mv_rt_driver()->cuMemcpy3D(&driver_copy));
}

cudaError_t cudaMemcpy3DAsync(const struct cudaMemcpy3DParms *copy, cudaStream_t stream)
{
	CUDA_MEMCPY3D driver_copy;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_copy_params(copy, &driver_copy);
	return mv_rt_end(err ? err : mv_rt_driver()->cuMemcpy3DAsync(&driver_copy, stream));
}

/* Between cards: the addresses say which.  */
cudaError_t cudaMemcpy3DPeerAsync(const struct cudaMemcpy3DPeerParms *copy, cudaStream_t stream)
{
	struct cudaMemcpy3DParms plain;

	if (!copy)
		return mv_rt_end(cudaErrorInvalidValue);
	plain = (struct cudaMemcpy3DParms){ copy->srcArray, copy->srcPos, copy->srcPtr, copy->dstArray, copy->dstPos,
					    copy->dstPtr, copy->extent, cudaMemcpyDeviceToDevice };
	return cudaMemcpy3DAsync(&plain, stream);
}

cudaError_t cudaMemcpy3DPeer(const struct cudaMemcpy3DPeerParms *copy)
{
	return cudaMemcpy3DPeerAsync(copy, NULL);
}

/* ---- rows ---- */

static struct cudaPitchedPtr pitched(const void *ptr, size_t pitch)
{
	return (struct cudaPitchedPtr){ .ptr = (void *)(uintptr_t)ptr, .pitch = pitch };
}

cudaError_t cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width,
			      size_t height, enum cudaMemcpyKind kind, cudaStream_t stream)
{
	struct cudaMemcpy3DParms copy = { .srcPtr = pitched(from, from_pitch), .dstPtr = pitched(to, to_pitch),
					  .extent = { width, height, 1 }, .kind = kind };

	if (!width || !height)
		return mv_rt_end(mv_rt_begin());
	return cudaMemcpy3DAsync(&copy, stream);
}

cudaError_t cudaMemcpy2D(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width, size_t height,
			 enum cudaMemcpyKind kind)
{
	return cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, width, height, kind, NULL);
}

/* With arrays the width of these is in bytes, and so is X; the copy below wants elements.  */
static cudaError_t copy_2d_array(struct cudaMemcpy3DParms *copy, size_t width, size_t height, cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();
	size_t element = err ? 0 : element_of(copy);

	if (!err && !element)
		err = cudaErrorInvalidResourceHandle;
	if (err)
		return mv_rt_end(err);
	if (copy->srcArray)
		copy->srcPos.x /= element;
	if (copy->dstArray)
		copy->dstPos.x /= element;
	copy->extent = (struct cudaExtent){ width / element, height, 1 };
	return cudaMemcpy3DAsync(copy, stream);
}

cudaError_t cudaMemcpy2DToArrayAsync(cudaArray_t to, size_t x, size_t y, const void *from, size_t from_pitch,
				     size_t width, size_t height, enum cudaMemcpyKind kind, cudaStream_t stream)
{
	struct cudaMemcpy3DParms copy = { .srcPtr = pitched(from, from_pitch), .dstArray = to, .dstPos = { x, y, 0 },
					  .kind = kind };

	return copy_2d_array(&copy, width, height, stream);
}

cudaError_t cudaMemcpy2DToArray(cudaArray_t to, size_t x, size_t y, const void *from, size_t from_pitch, size_t width,
				size_t height, enum cudaMemcpyKind kind)
{
	return cudaMemcpy2DToArrayAsync(to, x, y, from, from_pitch, width, height, kind, NULL);
}

cudaError_t cudaMemcpy2DFromArrayAsync(void *to, size_t to_pitch, cudaArray_const_t from, size_t x, size_t y,
				       size_t width, size_t height, enum cudaMemcpyKind kind, cudaStream_t stream)
{
	struct cudaMemcpy3DParms copy = { .srcArray = (cudaArray_t)from, .srcPos = { x, y, 0 },
					  .dstPtr = pitched(to, to_pitch), .kind = kind };

	return copy_2d_array(&copy, width, height, stream);
}

cudaError_t cudaMemcpy2DFromArray(void *to, size_t to_pitch, cudaArray_const_t from, size_t x, size_t y, size_t width,
				  size_t height, enum cudaMemcpyKind kind)
{
	return cudaMemcpy2DFromArrayAsync(to, to_pitch, from, x, y, width, height, kind, NULL);
}

cudaError_t cudaMemcpy2DArrayToArray(cudaArray_t to, size_t to_x, size_t to_y, cudaArray_const_t from, size_t from_x,
				     size_t from_y, size_t width, size_t height, enum cudaMemcpyKind kind)
{
	struct cudaMemcpy3DParms copy = { .srcArray = (cudaArray_t)from, .srcPos = { from_x, from_y, 0 },
					  .dstArray = to, .dstPos = { to_x, to_y, 0 }, .kind = kind };

	return copy_2d_array(&copy, width, height, NULL);
}

cudaError_t cudaMemcpyToArray(cudaArray_t to, size_t x, size_t y, const void *from, size_t size,
			      enum cudaMemcpyKind kind)
{
	return cudaMemcpy2DToArray(to, x, y, from, size, size, 1, kind);
}

cudaError_t cudaMemcpyFromArray(void *to, cudaArray_const_t from, size_t x, size_t y, size_t size,
				enum cudaMemcpyKind kind)
{
	return cudaMemcpy2DFromArray(to, size, from, x, y, size, 1, kind);
}

/* ---- variables ---- */

/* Address of SIZE bytes from OFFSET on in a variable.  */
static cudaError_t locate(const void *symbol, size_t size, size_t offset, char **address)
{
	size_t symbol_size;
	cudaError_t err = cudaGetSymbolSize(&symbol_size, symbol);

	if (!err && (offset > symbol_size || size > symbol_size - offset))
		err = mv_rt_end(cudaErrorInvalidValue);
	if (!err)
		err = cudaGetSymbolAddress((void **)address, symbol);
	if (!err)
		*address += offset;
	return err;
}

cudaError_t cudaMemcpyToSymbolAsync(const void *symbol, const void *from, size_t size, size_t offset,
				    enum cudaMemcpyKind kind, cudaStream_t stream)
{
	char *address;
	cudaError_t err = locate(symbol, size, offset, &address);

	return err ? err : cudaMemcpyAsync(address, from, size, kind, stream);
}

cudaError_t cudaMemcpyToSymbol(const void *symbol, const void *from, size_t size, size_t offset,
			       enum cudaMemcpyKind kind)
{
	char *address;
	cudaError_t err = locate(symbol, size, offset, &address);

	return err ? err : cudaMemcpy(address, from, size, kind);
}

cudaError_t cudaMemcpyFromSymbolAsync(void *to, const void *symbol, size_t size, size_t offset,
				      enum cudaMemcpyKind kind, cudaStream_t stream)
{
	char *address;
	cudaError_t err = locate(symbol, size, offset, &address);

	return err ? err : cudaMemcpyAsync(to, address, size, kind, stream);
}

cudaError_t cudaMemcpyFromSymbol(void *to, const void *symbol, size_t size, size_t offset, enum cudaMemcpyKind kind)
{
	char *address;
	cudaError_t err = locate(symbol, size, offset, &address);

	return err ? err : cudaMemcpy(to, address, size, kind);
}
