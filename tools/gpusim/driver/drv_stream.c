/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_stream.h"

#include <stdlib.h>

#include "gpusim/driver/drv_capture.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_pool.h"
#include "gpusim/driver/drv_start.h"

enum { GREATEST_PRIORITY = -5 };

static __thread CUstream t_own;		/* the thread's stream */
static __thread uint64_t t_own_context;	/* the id of the context that it belongs to */
static uint64_t g_last_id = 2;		/* atomic; 1 and 2 are the default streams' */

/* ---- handles ---- */

static CUstream make(CUcontext context, unsigned int flags, int priority)
{
	CUstream stream = mv_handle_new(MV_HANDLE_STREAM);

	if (!stream)
		return NULL;
	stream->context = context;
	stream->flags = flags;
	stream->priority = priority;
	stream->id = __atomic_add_fetch(&g_last_id, 1, __ATOMIC_RELAXED);
	return stream;
}

static CUresult own_stream(CUcontext context, CUstream *stream)
{
	if (t_own_context != context->id || !mv_handle_get(t_own, MV_HANDLE_STREAM)) {
		t_own = make(context, CU_STREAM_DEFAULT, 0);
		if (!t_own)
			return CUDA_ERROR_OUT_OF_MEMORY;
		t_own->is_per_thread = true;
		t_own_context = context->id;
	}
	*stream = t_own;
	return CUDA_SUCCESS;
}

CUresult mv_stream_find(CUstream handle, CUstream *stream, CUcontext *context)
{
	CUresult err;

	if (handle && handle != CU_STREAM_LEGACY && handle != CU_STREAM_PER_THREAD) {
		err = mv_start_check();
		*stream = mv_handle_get(handle, MV_HANDLE_STREAM);
		if (!err && !*stream)
			err = CUDA_ERROR_INVALID_HANDLE;
		if (!err)
			*context = (*stream)->context;
		return err;
	}
	*stream = NULL;
	err = mv_context_current(context);
	if (!err && handle == CU_STREAM_PER_THREAD)
		err = own_stream(*context, stream);
	return err;
}

CUresult mv_stream_begin(CUstream handle, CUstream *stream, CUcontext *context)
{
	CUresult err = mv_stream_find(handle, stream, context);

	if (!err && !*stream)
		err = mv_capture_check_implicit(*context);
	return err;
}

static void destroy(CUstream stream)
{
	mv_capture_leave(stream);
	free(stream->tail.nodes);
	mv_handle_free(stream);
}

static void destroy_stream_of(void *object, void *context)
{
	CUstream stream = object;

	if (stream->context == context)
		destroy(stream);
}

static void destroy_event_of(void *object, void *context)
{
	CUevent event = object;

	if (event->context != context)
		return;
	free(event->tail.nodes);
	mv_handle_free(event);
}

void mv_stream_destroy_all_of(CUcontext context)
{
	mv_handle_each(MV_HANDLE_STREAM, destroy_stream_of, context);
	mv_handle_each(MV_HANDLE_EVENT, destroy_event_of, context);
}

/* ---- the driver API ---- */

CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned int flags, int priority)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!stream || (flags & ~(unsigned int)CU_STREAM_NON_BLOCKING))
		return CUDA_ERROR_INVALID_VALUE;
	/* Priorities are clamped to the range that cuCtxGetStreamPriorityRange tells.  */
	if (priority > 0)
		priority = 0;
	if (priority < GREATEST_PRIORITY)
		priority = GREATEST_PRIORITY;
	*stream = make(context, flags, priority);
	return *stream ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuStreamCreate(CUstream *stream, unsigned int flags)
{
	return cuStreamCreateWithPriority(stream, flags, 0);
}

CUresult cuStreamDestroy_v2(CUstream handle)
{
	CUstream stream = mv_handle_get(handle, MV_HANDLE_STREAM);
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!stream || stream->is_per_thread)
		return CUDA_ERROR_INVALID_HANDLE;
	mv_card_lock();
	destroy(stream);
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuStreamDestroy(CUstream stream)
{
	return cuStreamDestroy_v2(stream);
}

CUresult cuStreamGetPriority(CUstream handle, int *priority)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find(handle, &stream, &context);

	if (err)
		return err;
	if (!priority)
		return CUDA_ERROR_INVALID_VALUE;
	*priority = stream ? stream->priority : 0;
	return CUDA_SUCCESS;
}

CUresult cuStreamGetFlags(CUstream handle, unsigned int *flags)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find(handle, &stream, &context);

	if (err)
		return err;
	if (!flags)
		return CUDA_ERROR_INVALID_VALUE;
	*flags = stream ? stream->flags : CU_STREAM_DEFAULT;
	return CUDA_SUCCESS;
}

CUresult cuStreamGetId(CUstream handle, unsigned long long *id)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find(handle, &stream, &context);

	if (err)
		return err;
	if (!id)
		return CUDA_ERROR_INVALID_VALUE;
	*id = stream ? stream->id : 1;
	return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx(CUstream handle, CUcontext *context)
{
	CUstream stream;
	CUcontext found;
	CUresult err = mv_stream_find(handle, &stream, &found);

	if (err)
		return err;
	if (!context)
		return CUDA_ERROR_INVALID_VALUE;
	*context = found;
	return CUDA_SUCCESS;
}

CUresult cuStreamGetCtx_v2(CUstream handle, CUcontext *context, CUgreenCtx *green)
{
	CUresult err = cuStreamGetCtx(handle, context);

	if (!err && green)
		*green = NULL;
	return err;
}

CUresult cuStreamGetDevice(CUstream handle, CUdevice *device)
{
	CUcontext context;
	CUresult err = cuStreamGetCtx(handle, &context);

	if (err)
		return err;
	if (!device)
		return CUDA_ERROR_INVALID_VALUE;
	*device = context->card;
	return CUDA_SUCCESS;
}

/* Waiting for a stream that is captured makes no sense, and ends the capture.  */
static CUresult wait_for(CUstream handle, CUcontext *context)
{
	CUstream stream;
	CUresult err = mv_stream_find(handle, &stream, context);

	if (!err && stream && mv_capture_is_active(stream))
		err = mv_capture_fail(stream, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
	if (!err && !stream)
		err = mv_capture_check_implicit(*context);
	return err;
}

CUresult cuStreamQuery(CUstream handle)
{
	CUcontext context;

	return wait_for(handle, &context);
}

CUresult cuStreamSynchronize(CUstream handle)
{
	CUcontext context;
	CUresult err = wait_for(handle, &context);

	if (!err)
		mv_pool_synchronize(context->card);
	return err;
}

CUresult cuStreamAttachMemAsync(CUstream handle, CUdeviceptr ptr, size_t size, unsigned int flags)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	(void)size;
	if (!err && (!ptr || !flags || flags > 4))
		err = CUDA_ERROR_INVALID_VALUE;
	return err;
}

/* ---- attributes ---- */

CUresult cuStreamGetAttribute(CUstream handle, CUstreamAttrID attribute, CUstreamAttrValue *value)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find(handle, &stream, &context);

	if (err)
		return err;
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	*value = (CUstreamAttrValue){ .pad = { 0 } };
	if (attribute == CU_LAUNCH_ATTRIBUTE_PRIORITY)
		value->priority = stream ? stream->priority : 0;
	else if (attribute == CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY)
		value->syncPolicy = stream && stream->synchronization_policy ? stream->synchronization_policy : 1;
	return CUDA_SUCCESS;
}

CUresult cuStreamSetAttribute(CUstream handle, CUstreamAttrID attribute, const CUstreamAttrValue *value)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find(handle, &stream, &context);

	if (err)
		return err;
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	if (stream && attribute == CU_LAUNCH_ATTRIBUTE_PRIORITY)
		stream->priority = value->priority;
	else if (stream && attribute == CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY)
		stream->synchronization_policy = value->syncPolicy;
	return CUDA_SUCCESS;
}

CUresult cuStreamCopyAttributes(CUstream to, CUstream from)
{
	CUstream target, source;
	CUcontext context;
	CUresult err = mv_stream_find(to, &target, &context);

	if (!err)
		err = mv_stream_find(from, &source, &context);
	if (err || !target || !source)
		return err;
	target->priority = source->priority;
	target->synchronization_policy = source->synchronization_policy;
	return CUDA_SUCCESS;
}
