/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's fill functions, and single values that a stream writes or waits for.  */
#include "gpusim/driver/drv_capture.h"
#include "gpusim/driver/drv_copy.h"

static CUresult submit(const CUDA_MEMSET_NODE_PARAMS *fill, CUstream handle)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_MEMSET };
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	if (!stream || !mv_capture_is_active(stream))
		return mv_copy_fill(fill);
	params.memset.fill = *fill;
	params.memset.ctx = context;
	return mv_capture_add(stream, &params);
}

static CUresult fill_row(CUdeviceptr to, unsigned int value, unsigned int element, size_t count, CUstream stream)
{
	CUDA_MEMSET_NODE_PARAMS fill = { .dst = to, .value = value, .elementSize = element, .width = count, .height = 1 };

	return submit(&fill, stream);
}

static CUresult fill_rows(CUdeviceptr to, size_t pitch, unsigned int value, unsigned int element, size_t width,
			  size_t height, CUstream stream)
{
	CUDA_MEMSET_NODE_PARAMS fill = { to, pitch, value, element, width, height };

	return submit(&fill, stream);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream)
{
	return fill_row(to, value, 1, count, stream);
}

CUresult cuMemsetD16Async(CUdeviceptr to, unsigned short value, size_t count, CUstream stream)
{
	return fill_row(to, value, 2, count, stream);
}

CUresult cuMemsetD32Async(CUdeviceptr to, unsigned int value, size_t count, CUstream stream)
{
	return fill_row(to, value, 4, count, stream);
}

CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count)
{
	return fill_row(to, value, 1, count, NULL);
}

CUresult cuMemsetD16_v2(CUdeviceptr to, unsigned short value, size_t count)
{
	return fill_row(to, value, 2, count, NULL);
}

CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned int value, size_t count)
{
	return fill_row(to, value, 4, count, NULL);
}

CUresult cuMemsetD2D8Async(CUdeviceptr to, size_t pitch, unsigned char value, size_t width, size_t height,
			   CUstream stream)
{
	return fill_rows(to, pitch, value, 1, width, height, stream);
}

CUresult cuMemsetD2D16Async(CUdeviceptr to, size_t pitch, unsigned short value, size_t width, size_t height,
			    CUstream stream)
{
	return fill_rows(to, pitch, value, 2, width, height, stream);
}

CUresult cuMemsetD2D32Async(CUdeviceptr to, size_t pitch, unsigned int value, size_t width, size_t height,
			    CUstream stream)
{
	return fill_rows(to, pitch, value, 4, width, height, stream);
}

CUresult cuMemsetD2D8_v2(CUdeviceptr to, size_t pitch, unsigned char value, size_t width, size_t height)
{
	return fill_rows(to, pitch, value, 1, width, height, NULL);
}

CUresult cuMemsetD2D16_v2(CUdeviceptr to, size_t pitch, unsigned short value, size_t width, size_t height)
{
	return fill_rows(to, pitch, value, 2, width, height, NULL);
}

CUresult cuMemsetD2D32_v2(CUdeviceptr to, size_t pitch, unsigned int value, size_t width, size_t height)
{
	return fill_rows(to, pitch, value, 4, width, height, NULL);
}

/* ---- single values ---- */

CUresult cuStreamWriteValue32_v2(CUstream stream, CUdeviceptr ptr, cuuint32_t value, unsigned int flags)
{
	(void)flags;
	return fill_row(ptr, value, 4, 1, stream);
}

CUresult cuStreamWriteValue64_v2(CUstream stream, CUdeviceptr ptr, cuuint64_t value, unsigned int flags)
{
	CUresult err = fill_row(ptr, (unsigned int)value, 4, 1, stream);

	(void)flags;
	return err ? err : fill_row(ptr + 4, (unsigned int)(value >> 32), 4, 1, stream);
}

/* Nothing is ever behind, so there is nothing to wait for; a value that never comes would wait for ever.  */
CUresult cuStreamWaitValue32_v2(CUstream handle, CUdeviceptr ptr, cuuint32_t value, unsigned int flags)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	(void)value;
	(void)flags;
	return !err && !ptr ? CUDA_ERROR_INVALID_VALUE : err;
}

CUresult cuStreamWaitValue64_v2(CUstream stream, CUdeviceptr ptr, cuuint64_t value, unsigned int flags)
{
	return cuStreamWaitValue32_v2(stream, ptr, (cuuint32_t)value, flags);
}

CUresult cuStreamWriteValue32(CUstream stream, CUdeviceptr ptr, cuuint32_t value, unsigned int flags)
{
	return cuStreamWriteValue32_v2(stream, ptr, value, flags);
}

CUresult cuStreamWriteValue64(CUstream stream, CUdeviceptr ptr, cuuint64_t value, unsigned int flags)
{
	return cuStreamWriteValue64_v2(stream, ptr, value, flags);
}

CUresult cuStreamWaitValue32(CUstream stream, CUdeviceptr ptr, cuuint32_t value, unsigned int flags)
{
	return cuStreamWaitValue32_v2(stream, ptr, value, flags);
}

CUresult cuStreamWaitValue64(CUstream stream, CUdeviceptr ptr, cuuint64_t value, unsigned int flags)
{
	return cuStreamWaitValue64_v2(stream, ptr, value, flags);
}
