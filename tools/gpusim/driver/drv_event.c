/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "gpusim/driver/drv_capture.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_pool.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_stream.h"

enum { EVENT_FLAGS = 7, RECORD_FLAGS = 1, WAIT_FLAGS = 1 };

CUresult mv_stream_find_event(CUevent *event)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	*event = mv_handle_get(*event, MV_HANDLE_EVENT);
	return *event ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

void mv_stream_record_now(CUevent event)
{
	clock_gettime(CLOCK_MONOTONIC, &event->time);
	event->capture_id = 0;
	event->is_recorded = true;
}

CUresult cuEventCreate(CUevent *event, unsigned int flags)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);
	CUevent made;

	if (err)
		return err;
	if (!event || (flags & ~(unsigned int)EVENT_FLAGS))
		return CUDA_ERROR_INVALID_VALUE;
	/* CUDA: an event for other processes may not have timing.  */
	if ((flags & CU_EVENT_INTERPROCESS) && !(flags & CU_EVENT_DISABLE_TIMING))
		return CUDA_ERROR_INVALID_VALUE;
	made = mv_handle_new(MV_HANDLE_EVENT);
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	made->context = context;
	made->flags = flags;
	*event = made;
	return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent event)
{
	CUresult err = mv_stream_find_event(&event);

	if (err)
		return err;
	mv_card_lock();
	free(event->tail.nodes);
	mv_handle_free(event);
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuEventDestroy(CUevent event)
{
	return cuEventDestroy_v2(event);
}

CUresult cuEventRecordWithFlags(CUevent event, CUstream handle, unsigned int flags)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find_event(&event);

	if (!err)
		err = mv_stream_begin(handle, &stream, &context);
	if (err)
		return err;
	if (flags & ~(unsigned int)RECORD_FLAGS)
		return CUDA_ERROR_INVALID_VALUE;
	if (stream && mv_capture_is_active(stream))
		return mv_capture_record(stream, event, flags != 0);
	/* CUDA: an event belongs to the context of the streams it is recorded in.  */
	if (context->card != event->context->card)
		return CUDA_ERROR_INVALID_HANDLE;
	mv_stream_record_now(event);
	return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream)
{
	return cuEventRecordWithFlags(event, stream, 0);
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned int flags)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find_event(&event);

	if (!err)
		err = mv_stream_begin(handle, &stream, &context);
	if (err)
		return err;
	if (flags & ~(unsigned int)WAIT_FLAGS)
		return CUDA_ERROR_INVALID_VALUE;
	return mv_capture_wait(stream, event, flags != 0);
}

CUresult cuEventQuery(CUevent event)
{
	CUresult err = mv_stream_find_event(&event);

	if (!err && event->capture_id)
		err = mv_capture_check_event(event);
	return err;
}

CUresult cuEventSynchronize(CUevent event)
{
	CUresult err = cuEventQuery(event);

	if (!err)
		mv_pool_synchronize(event->context->card);
	return err;
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end)
{
	CUresult err = mv_stream_find_event(&start);

	if (!err)
		err = mv_stream_find_event(&end);
	if (err)
		return err;
	if (!milliseconds)
		return CUDA_ERROR_INVALID_VALUE;
	if (!start->is_recorded || !end->is_recorded || ((start->flags | end->flags) & CU_EVENT_DISABLE_TIMING))
		return CUDA_ERROR_INVALID_HANDLE;
	*milliseconds = (float)(1e3 * (double)(end->time.tv_sec - start->time.tv_sec) +
				1e-6 * (double)(end->time.tv_nsec - start->time.tv_nsec));
	return CUDA_SUCCESS;
}

CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent start, CUevent end)
{
	return cuEventElapsedTime(milliseconds, start, end);
}
