/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and events.
 *
 * Whatever is put into a stream is done before the call returns: streams keep no order because there is never
 * anything waiting.  Events carry the time at which they were recorded.
 *
 * The handles 0 and CU_STREAM_LEGACY stand for the legacy stream of the current context, which has no object;
 * CU_STREAM_PER_THREAD for a stream that the calling thread owns, made when first used.
 *
 * Threads: a stream may be used from many; what belongs to capture is guarded by mv_card_lock.  */
#ifndef GPUSIM_DRIVER_DRV_STREAM_H
#define GPUSIM_DRIVER_DRV_STREAM_H

#include <stdbool.h>
#include <time.h>

#include "gpusim/api/cuda_stream.h"
#include "gpusim/driver/drv_handle.h"

struct mv_capture;

/* Nodes that whatever comes next depends on.  Memory: malloc, owned by the holder.  */
struct mv_stream_tail {
	CUgraphNode *nodes;
	size_t count;
};

struct CUstream_st {
	struct mv_handle head;
	CUcontext context;
	uint32_t flags;
	int priority;
	uint64_t id;			/* never used twice */
	int synchronization_policy;	/* kept and not used */
	bool is_per_thread;
	/* capture, see drv_capture.h */
	struct mv_capture *capture;	/* NULL: not capturing; read without the lock as a hint */
	CUstream next_member;		/* of the same capture */
	struct mv_stream_tail tail;
};

struct CUevent_st {
	struct mv_handle head;
	CUcontext context;
	uint32_t flags;
	bool is_recorded;
	struct timespec time;		/* CLOCK_MONOTONIC, of the last record */
	uint64_t capture_id;		/* of the capture it was last recorded in; 0: none */
	struct mv_stream_tail tail;	/* in that capture */
};

/* Find what HANDLE stands for: *STREAM, NULL for the legacy stream, and its *CONTEXT.
 * CUDA_ERROR_NOT_INITIALIZED; CUDA_ERROR_INVALID_HANDLE; for default streams, those of mv_context_current.  */
CUresult mv_stream_find(CUstream handle, CUstream *stream, CUcontext *context);

/* As mv_stream_find, for a call that puts work into the stream: also CUDA_ERROR_STREAM_CAPTURE_IMPLICIT for the
 * legacy stream while a stream is captured that would wait for it.  */
CUresult mv_stream_begin(CUstream handle, CUstream *stream, CUcontext *context);

/* The current context's event, or CUDA_ERROR_INVALID_HANDLE.  */
CUresult mv_stream_find_event(CUevent *event);

/* EVENT happens now.  */
void mv_stream_record_now(CUevent event);

/* CUDA_SUCCESS unless the calling thread may not make a call now that could disturb a capture in progress, such as
 * cuMemAlloc or a synchronization; then CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, and those captures are invalid.  */
CUresult mv_stream_check_unsafe(void);

/* The context goes: so do its streams and events.  Called with the lock held.  */
void mv_stream_destroy_all_of(CUcontext context);

/* What 0 means to the _ptsz and _ptds forms of the driver's functions.  */
static inline CUstream mv_stream_own(CUstream handle)
{
	return handle ? handle : CU_STREAM_PER_THREAD;
}

#endif
