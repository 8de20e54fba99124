/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's copy functions.  All become one three-dimensional copy, done now or captured.  */
#include <string.h>

#include "gpusim/driver/drv_capture.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_copy.h"

static CUresult submit(const CUDA_MEMCPY3D *copy, CUstream handle)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_MEMCPY };
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	if (!stream || !mv_capture_is_active(stream))
		return mv_copy_run(copy);
	params.memcpy.copyCtx = context;
	params.memcpy.copyParams = *copy;
	return mv_capture_add(stream, &params);
}

/* ---- one dimension ---- */

static CUDA_MEMCPY3D row(size_t size)
{
	return (CUDA_MEMCPY3D){ .WidthInBytes = size, .Height = 1, .Depth = 1 };
}

static void from_ptr(CUDA_MEMCPY3D *copy, CUmemorytype type, CUdeviceptr ptr)
{
	copy->srcMemoryType = type;
	copy->srcDevice = ptr;
	copy->srcHost = (const void *)ptr;
}

static void to_ptr(CUDA_MEMCPY3D *copy, CUmemorytype type, CUdeviceptr ptr)
{
	copy->dstMemoryType = type;
	copy->dstDevice = ptr;
	copy->dstHost = (void *)ptr;
}

static void from_array(CUDA_MEMCPY3D *copy, CUarray array, size_t offset)
{
	copy->srcMemoryType = CU_MEMORYTYPE_ARRAY;
	copy->srcArray = array;
	copy->srcXInBytes = offset;
}

static void to_array(CUDA_MEMCPY3D *copy, CUarray array, size_t offset)
{
	copy->dstMemoryType = CU_MEMORYTYPE_ARRAY;
	copy->dstArray = array;
	copy->dstXInBytes = offset;
}

static CUresult copy_row(CUdeviceptr to, CUmemorytype to_type, CUdeviceptr from, CUmemorytype from_type, size_t size,
			 CUstream stream)
{
	CUDA_MEMCPY3D copy = row(size);

	from_ptr(&copy, from_type, from);
	to_ptr(&copy, to_type, to);
	return submit(&copy, stream);
}

CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream)
{
	return copy_row(to, CU_MEMORYTYPE_UNIFIED, from, CU_MEMORYTYPE_UNIFIED, size, stream);
}

CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t size)
{
	return cuMemcpyAsync(to, from, size, NULL);
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t size, CUstream stream)
{
	return copy_row(to, CU_MEMORYTYPE_DEVICE, (uintptr_t)from, CU_MEMORYTYPE_HOST, size, stream);
}

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t size)
{
	return cuMemcpyHtoDAsync_v2(to, from, size, NULL);
}

CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t size, CUstream stream)
{
	return copy_row((uintptr_t)to, CU_MEMORYTYPE_HOST, from, CU_MEMORYTYPE_DEVICE, size, stream);
}

CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t size)
{
	return cuMemcpyDtoHAsync_v2(to, from, size, NULL);
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream)
{
	return copy_row(to, CU_MEMORYTYPE_DEVICE, from, CU_MEMORYTYPE_DEVICE, size, stream);
}

CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t size)
{
	return cuMemcpyDtoDAsync_v2(to, from, size, NULL);
}

CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext to_context, CUdeviceptr from, CUcontext from_context, size_t size,
			   CUstream stream)
{
	if (!mv_context_get(to_context) || !mv_context_get(from_context))
		return CUDA_ERROR_INVALID_CONTEXT;
	return cuMemcpyAsync(to, from, size, stream);
}

CUresult cuMemcpyPeer(CUdeviceptr to, CUcontext to_context, CUdeviceptr from, CUcontext from_context, size_t size)
{
	return cuMemcpyPeerAsync(to, to_context, from, from_context, size, NULL);
}

/* ---- arrays ---- */

CUresult cuMemcpyDtoA_v2(CUarray to, size_t offset, CUdeviceptr from, size_t size)
{
	CUDA_MEMCPY3D copy = row(size);

	from_ptr(&copy, CU_MEMORYTYPE_DEVICE, from);
	to_array(&copy, to, offset);
	return submit(&copy, NULL);
}

CUresult cuMemcpyAtoD_v2(CUdeviceptr to, CUarray from, size_t offset, size_t size)
{
	CUDA_MEMCPY3D copy = row(size);

	from_array(&copy, from, offset);
	to_ptr(&copy, CU_MEMORYTYPE_DEVICE, to);
	return submit(&copy, NULL);
}

CUresult cuMemcpyHtoAAsync_v2(CUarray to, size_t offset, const void *from, size_t size, CUstream stream)
{
	CUDA_MEMCPY3D copy = row(size);

	from_ptr(&copy, CU_MEMORYTYPE_HOST, (uintptr_t)from);
	to_array(&copy, to, offset);
	return submit(&copy, stream);
}

CUresult cuMemcpyHtoA_v2(CUarray to, size_t offset, const void *from, size_t size)
{
	return cuMemcpyHtoAAsync_v2(to, offset, from, size, NULL);
}

CUresult cuMemcpyAtoHAsync_v2(void *to, CUarray from, size_t offset, size_t size, CUstream stream)
{
	CUDA_MEMCPY3D copy = row(size);

	from_array(&copy, from, offset);
	to_ptr(&copy, CU_MEMORYTYPE_HOST, (uintptr_t)to);
	return submit(&copy, stream);
}

CUresult cuMemcpyAtoH_v2(void *to, CUarray from, size_t offset, size_t size)
{
	return cuMemcpyAtoHAsync_v2(to, from, offset, size, NULL);
}

CUresult cuMemcpyAtoA_v2(CUarray to, size_t to_offset, CUarray from, size_t from_offset, size_t size)
{
	CUDA_MEMCPY3D copy = row(size);

	from_array(&copy, from, from_offset);
	to_array(&copy, to, to_offset);
	return submit(&copy, NULL);
}

/* ---- two and three dimensions ---- */

CUresult cuMemcpy3DAsync_v2(const CUDA_MEMCPY3D *copy, CUstream stream)
{
	return copy ? submit(copy, stream) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemcpy3D_v2(const CUDA_MEMCPY3D *copy)
{
	return cuMemcpy3DAsync_v2(copy, NULL);
}

/* The contexts stand where a plain copy has reserved fields.  */
CUresult cuMemcpy3DPeerAsync(const CUDA_MEMCPY3D_PEER *copy, CUstream stream)
{
	CUDA_MEMCPY3D plain;

	if (!copy)
		return CUDA_ERROR_INVALID_VALUE;
	memcpy(&plain, copy, sizeof(plain));
	plain.reserved0 = plain.reserved1 = NULL;
	return submit(&plain, stream);
}

CUresult cuMemcpy3DPeer(const CUDA_MEMCPY3D_PEER *copy)
{
	return cuMemcpy3DPeerAsync(copy, NULL);
}

CUresult cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *flat, CUstream stream)
{
	CUDA_MEMCPY3D copy;

	if (!flat)
		return CUDA_ERROR_INVALID_VALUE;
	copy = (CUDA_MEMCPY3D){
		.srcXInBytes = flat->srcXInBytes, .srcY = flat->srcY, .srcMemoryType = flat->srcMemoryType,
		.srcHost = flat->srcHost, .srcDevice = flat->srcDevice, .srcArray = flat->srcArray,
		.srcPitch = flat->srcPitch,
		.dstXInBytes = flat->dstXInBytes, .dstY = flat->dstY, .dstMemoryType = flat->dstMemoryType,
		.dstHost = flat->dstHost, .dstDevice = flat->dstDevice, .dstArray = flat->dstArray,
		.dstPitch = flat->dstPitch,
		.WidthInBytes = flat->WidthInBytes, .Height = flat->Height, .Depth = 1,
	};
	return submit(&copy, stream);
}

CUresult cuMemcpy2D_v2(const CUDA_MEMCPY2D *copy)
{
	return cuMemcpy2DAsync_v2(copy, NULL);
}

CUresult cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D *copy)
{
	return cuMemcpy2DAsync_v2(copy, NULL);
}
