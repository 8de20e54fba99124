/* SPDX-License-Identifier: Apache-2.0 */
/* Names of errors; profiling and log callbacks, which have nothing to tell.  */
#include <stddef.h>

#include "gpusim/api/cuda_device.h"
#include "gpusim/common/errtable.h"
#include "gpusim/driver/drv_handle.h"
#include "gpusim/driver/drv_start.h"

static const struct mv_errtable_row *find(CUresult error)
{
	const struct mv_errtable_row *row = mv_errtable_find(error);

	return row && row->driver_name ? row : NULL;
}

CUresult cuGetErrorName(CUresult error, const char **text)
{
	const struct mv_errtable_row *row = find(error);

	if (!text)
		return CUDA_ERROR_INVALID_VALUE;
	*text = row ? row->driver_name : NULL;
	return row ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGetErrorString(CUresult error, const char **text)
{
	const struct mv_errtable_row *row = find(error);

	if (!text)
		return CUDA_ERROR_INVALID_VALUE;
	*text = row ? row->text : NULL;
	return row ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuProfilerStart(void)
{
	return mv_start_check();
}

CUresult cuProfilerStop(void)
{
	return mv_start_check();
}

CUresult cuLogsRegisterCallback(CUlogsCallback function, void *data, CUlogsCallbackHandle *callback)
{
	(void)data;
	if (!function || !callback)
		return CUDA_ERROR_INVALID_VALUE;
	*callback = mv_handle_new(MV_HANDLE_LOG_CALLBACK);
	return *callback ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuLogsUnregisterCallback(CUlogsCallbackHandle callback)
{
	void *found = mv_handle_get(callback, MV_HANDLE_LOG_CALLBACK);

	mv_handle_free(found);
	return found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}
