/* SPDX-License-Identifier: Apache-2.0 */
/* Capture: what is put into a stream becomes nodes of a graph instead of being done.
 *
 * A capture begins in one stream and spreads to others that wait for events recorded in it; it ends in the stream it
 * began in, when all that spread has come back.  A call that can't be captured makes it invalid: from then on every
 * use of its streams fails, until it is ended.
 *
 * Threads: functions take mv_card_lock themselves.  */
#ifndef GPUSIM_DRIVER_DRV_CAPTURE_H
#define GPUSIM_DRIVER_DRV_CAPTURE_H

#include "gpusim/api/cuda_graph.h"
#include "gpusim/driver/drv_stream.h"

/* True while STREAM is part of a capture, valid or not.  One load.  */
static inline bool mv_capture_is_active(CUstream stream)
{
	return __atomic_load_n(&stream->capture, __ATOMIC_ACQUIRE) != NULL;
}

/* Add a node that does PARAMS to the capture that STREAM is part of, after what came last in STREAM.
 * CUDA_ERROR_STREAM_CAPTURE_INVALIDATED; else what mv_graph_add says, and then the capture is invalid.  */
CUresult mv_capture_add(CUstream stream, CUgraphNodeParams *params);

/* Make the capture that STREAM is part of invalid, and return ERR.  */
CUresult mv_capture_fail(CUstream stream, CUresult err);

/* EVENT is recorded in STREAM, which is part of a capture: in the capture, or, if IS_EXTERNAL, by a node of it.  */
CUresult mv_capture_record(CUstream stream, CUevent event, bool is_external);

/* STREAM, NULL for the legacy stream, waits for EVENT.  If that was recorded in a capture, STREAM becomes part of it.
 * CUDA_ERROR_STREAM_CAPTURE_ISOLATION if STREAM is captured and the event is not of its capture;
 * CUDA_ERROR_STREAM_CAPTURE_MERGE if it is of another one.  */
CUresult mv_capture_wait(CUstream stream, CUevent event, bool is_external);

/* CUDA_ERROR_CAPTURED_EVENT: EVENT was recorded in a capture, so that there is nothing to ask it.  */
CUresult mv_capture_check_event(CUevent event);

/* CUDA_ERROR_STREAM_CAPTURE_IMPLICIT if work in the legacy stream of CONTEXT would have to wait for a captured stream,
 * whose capture is then invalid.  */
CUresult mv_capture_check_implicit(CUcontext context);

/* STREAM is destroyed: a capture that it is part of is invalid.  */
void mv_capture_leave(CUstream stream);

#endif
