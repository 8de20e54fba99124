/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_capture.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_graph.h"
#include "gpusim/driver/drv_start.h"

struct mv_capture {
	uint64_t id;			/* never used twice */
	CUgraph graph;
	bool is_graph_given;		/* by cuStreamBeginCaptureToGraph */
	bool is_invalid;
	CUstreamCaptureMode mode;
	pthread_t thread;		/* that began it */
	CUstream origin;
	CUstream members;		/* list, ORIGIN included */
	struct mv_capture *next;	/* in progress too */
};

static struct mv_capture *g_captures;	/* guarded by mv_card_lock; read without it only for being NULL */
static uint64_t g_last_id;		/* guarded by mv_card_lock */
static __thread CUstreamCaptureMode t_mode = CU_STREAM_CAPTURE_MODE_GLOBAL;

/* ---- tails ---- */

static bool set_tail(struct mv_stream_tail *tail, const CUgraphNode *nodes, size_t count)
{
	CUgraphNode *copy = malloc((count + 1) * sizeof(*copy));

	if (!copy)
		return false;
	if (count)
		memcpy(copy, nodes, count * sizeof(*copy));
	free(tail->nodes);
	*tail = (struct mv_stream_tail){ copy, count };
	return true;
}

static bool has_tail(const struct mv_stream_tail *tail, CUgraphNode node)
{
	for (size_t i = 0; i < tail->count; i++) {
		if (tail->nodes[i] == node)
			return true;
	}
	return false;
}

static bool extend_tail(struct mv_stream_tail *tail, const struct mv_stream_tail *more)
{
	CUgraphNode *grown = realloc(tail->nodes, (tail->count + more->count + 1) * sizeof(*grown));

	if (!grown)
		return false;
	tail->nodes = grown;
	for (size_t i = 0; i < more->count; i++) {
		if (!has_tail(tail, more->nodes[i]))
			grown[tail->count++] = more->nodes[i];
	}
	return true;
}

/* ---- members ---- */

static void join(struct mv_capture *capture, CUstream stream)
{
	stream->next_member = capture->members;
	capture->members = stream;
	__atomic_store_n(&stream->capture, capture, __ATOMIC_RELEASE);
}

static void part(CUstream stream)
{
	__atomic_store_n(&stream->capture, NULL, __ATOMIC_RELEASE);
	free(stream->tail.nodes);
	stream->tail = (struct mv_stream_tail){ NULL, 0 };
}

static void dispose(struct mv_capture *capture)
{
	struct mv_capture **link = &g_captures;

	for (CUstream stream = capture->members; stream; stream = stream->next_member)
		part(stream);
	while (*link != capture)
		link = &(*link)->next;
	__atomic_store_n(link, capture->next, __ATOMIC_RELEASE);
	free(capture);
}

void mv_capture_leave(CUstream stream)
{
	struct mv_capture *capture = stream->capture;
	CUstream *link;

	if (!capture)
		return;
	capture->is_invalid = true;
	for (link = &capture->members; *link != stream;)
		link = &(*link)->next_member;
	*link = stream->next_member;
	part(stream);
	if (capture->origin != stream)
		return;
	if (!capture->is_graph_given)
		mv_graph_free(capture->graph);
	dispose(capture);
}

static struct mv_capture *find(uint64_t id)
{
	struct mv_capture *capture = g_captures;

	while (capture && capture->id != id)
		capture = capture->next;
	return capture;
}

/* ---- what is captured ---- */

CUresult mv_capture_fail(CUstream stream, CUresult err)
{
	mv_card_lock();
	if (stream->capture)
		stream->capture->is_invalid = true;
	mv_card_unlock();
	return err;
}

/* Called with the lock held.  */
static CUresult add(CUstream stream, CUgraphNodeParams *params)
{
	struct mv_capture *capture = stream->capture;
	CUgraphNode node;
	CUresult err;

	if (!capture || capture->is_invalid)
		return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
	err = mv_graph_add(capture->graph, stream->tail.nodes, NULL, stream->tail.count, params, &node);
	if (!err && !set_tail(&stream->tail, &node, 1))
		err = CUDA_ERROR_OUT_OF_MEMORY;
	if (err)
		capture->is_invalid = true;
	return err;
}

CUresult mv_capture_add(CUstream stream, CUgraphNodeParams *params)
{
	CUresult err;

	mv_card_lock();
	err = add(stream, params);
	mv_card_unlock();
	return err;
}

static CUresult record_tail(CUstream stream, CUevent event)
{
	CUresult err = CUDA_SUCCESS;

	mv_card_lock();
	if (!stream->capture || stream->capture->is_invalid)
		err = CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
	else if (!set_tail(&event->tail, stream->tail.nodes, stream->tail.count))
		err = CUDA_ERROR_OUT_OF_MEMORY;
	else
		event->capture_id = stream->capture->id;
	mv_card_unlock();
	return err;
}

CUresult mv_capture_record(CUstream stream, CUevent event, bool is_external)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_EVENT_RECORD, .event = event };

	return is_external ? mv_capture_add(stream, &params) : record_tail(stream, event);
}

/* STREAM waits for what EVENT saw in CAPTURE.  Called with the lock held.  */
static CUresult spread(struct mv_capture *capture, CUstream stream, CUevent event)
{
	if (capture->is_invalid)
		return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
	if (!stream)
		return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
	if (stream->capture && stream->capture != capture) {
		stream->capture->is_invalid = capture->is_invalid = true;
		return CUDA_ERROR_STREAM_CAPTURE_MERGE;
	}
	if (!stream->capture)
		join(capture, stream);
	return extend_tail(&stream->tail, &event->tail) ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult mv_capture_wait(CUstream stream, CUevent event, bool is_external)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_WAIT_EVENT, .event = event };
	struct mv_capture *capture;
	CUresult err = CUDA_SUCCESS;

	mv_card_lock();
	capture = event->capture_id ? find(event->capture_id) : NULL;
	if (stream && stream->capture && is_external)
		err = add(stream, &params);
	else if (capture)
		err = spread(capture, stream, event);
	else if (stream && stream->capture)
		err = mv_capture_fail(stream, CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
	mv_card_unlock();
	return err;
}

CUresult mv_capture_check_event(CUevent event)
{
	return event->capture_id ? CUDA_ERROR_CAPTURED_EVENT : CUDA_SUCCESS;
}

/* ---- what may not be done meanwhile ---- */

static bool is_any_in_progress(void)
{
	return __atomic_load_n(&g_captures, __ATOMIC_ACQUIRE) != NULL;
}

CUresult mv_capture_check_implicit(CUcontext context)
{
	CUresult err = CUDA_SUCCESS;

	if (!is_any_in_progress())
		return CUDA_SUCCESS;
	mv_card_lock();
	for (struct mv_capture *capture = g_captures; capture; capture = capture->next) {
		for (CUstream stream = capture->members; stream; stream = stream->next_member) {
			if (stream->context != context || (stream->flags & CU_STREAM_NON_BLOCKING))
				continue;
			capture->is_invalid = true;
			err = CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
		}
	}
	mv_card_unlock();
	return err;
}

static bool is_disturbed(const struct mv_capture *capture)
{
	if (t_mode == CU_STREAM_CAPTURE_MODE_RELAXED || capture->mode == CU_STREAM_CAPTURE_MODE_RELAXED)
		return false;
	if (pthread_equal(capture->thread, pthread_self()))
		return true;
	return t_mode == CU_STREAM_CAPTURE_MODE_GLOBAL && capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
}

CUresult mv_stream_check_unsafe(void)
{
	CUresult err = CUDA_SUCCESS;

	if (!is_any_in_progress())
		return CUDA_SUCCESS;
	mv_card_lock();
	for (struct mv_capture *capture = g_captures; capture; capture = capture->next) {
		if (!is_disturbed(capture))
			continue;
		capture->is_invalid = true;
		err = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
	}
	mv_card_unlock();
	return err;
}

CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode)
{
	CUstreamCaptureMode previous = t_mode;

	if (!mode || *mode < CU_STREAM_CAPTURE_MODE_GLOBAL || *mode > CU_STREAM_CAPTURE_MODE_RELAXED)
		return CUDA_ERROR_INVALID_VALUE;
	t_mode = *mode;
	*mode = previous;
	return CUDA_SUCCESS;
}

/* ---- beginning and end ---- */

/* Called with the lock held.  GRAPH NULL: a new one.  */
static CUresult begin(CUstream stream, CUgraph graph, CUstreamCaptureMode mode)
{
	struct mv_capture *capture;

	if (stream->capture)
		return CUDA_ERROR_ILLEGAL_STATE;
	capture = calloc(1, sizeof(*capture));
	if (!capture)
		return CUDA_ERROR_OUT_OF_MEMORY;
	capture->graph = graph ? graph : mv_graph_new();
	if (!capture->graph) {
		free(capture);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	capture->is_graph_given = graph != NULL;
	capture->id = ++g_last_id;
	capture->mode = mode;
	capture->thread = pthread_self();
	capture->origin = stream;
	capture->next = g_captures;
	join(capture, stream);
	__atomic_store_n(&g_captures, capture, __ATOMIC_RELEASE);
	return CUDA_SUCCESS;
}

CUresult cuStreamBeginCaptureToGraph(CUstream handle, CUgraph graph, const CUgraphNode *dependencies,
				     const CUgraphEdgeData *edges, size_t count, CUstreamCaptureMode mode)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find(handle, &stream, &context);

	(void)edges;
	if (err)
		return err;
	if (!stream)
		return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
	if (mode < CU_STREAM_CAPTURE_MODE_GLOBAL || mode > CU_STREAM_CAPTURE_MODE_RELAXED ||
	    (graph && !mv_graph_get(graph)) || (count && !dependencies))
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	err = begin(stream, graph, mode);
	if (!err && !set_tail(&stream->tail, dependencies, count))
		stream->capture->is_invalid = true;
	mv_card_unlock();
	return err;
}

CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode)
{
	return cuStreamBeginCaptureToGraph(stream, NULL, NULL, NULL, 0, mode);
}

CUresult cuStreamBeginCapture(CUstream stream)
{
	return cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
}

/* All that spread has come back when no other member ends in a node that nothing follows.  */
static bool is_joined(const struct mv_capture *capture)
{
	for (CUstream stream = capture->members; stream; stream = stream->next_member) {
		for (size_t i = 0; stream != capture->origin && i < stream->tail.count; i++) {
			CUgraphNode node = stream->tail.nodes[i];

			if (!has_tail(&capture->origin->tail, node) && !mv_graph_has_dependents(node))
				return false;
		}
	}
	return true;
}

static CUresult check_end(const struct mv_capture *capture, CUstream stream)
{
	if (!capture)
		return CUDA_ERROR_ILLEGAL_STATE;
	if (capture->origin != stream)
		return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
	if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED && !pthread_equal(capture->thread, pthread_self()))
		return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
	if (capture->is_invalid)
		return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
	return is_joined(capture) ? CUDA_SUCCESS : CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph *graph)
{
	struct mv_capture *capture;
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find(handle, &stream, &context);

	if (err)
		return err;
	if (!graph)
		return CUDA_ERROR_INVALID_VALUE;
	*graph = NULL;
	mv_card_lock();
	capture = stream ? stream->capture : NULL;
	err = check_end(capture, stream);
	if (!err)
		*graph = capture->graph;
	if (capture && capture->origin == stream && err != CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD) {
		if (err && !capture->is_graph_given)
			mv_graph_free(capture->graph);
		dispose(capture);
	} else if (capture) {
		capture->is_invalid = true;
	}
	mv_card_unlock();
	return err;
}

/* ---- questions ---- */

static CUstreamCaptureStatus status_of(CUstream stream)
{
	if (!stream || !stream->capture)
		return CU_STREAM_CAPTURE_STATUS_NONE;
	return stream->capture->is_invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED : CU_STREAM_CAPTURE_STATUS_ACTIVE;
}

CUresult cuStreamGetCaptureInfo_v3(CUstream handle, CUstreamCaptureStatus *status, cuuint64_t *id, CUgraph *graph,
				   const CUgraphNode **dependencies, const CUgraphEdgeData **edges, size_t *count)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	if (!status)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	*status = status_of(stream);
	if (*status == CU_STREAM_CAPTURE_STATUS_ACTIVE) {
		if (id)
			*id = stream->capture->id;
		if (graph)
			*graph = stream->capture->graph;
		if (dependencies)
			*dependencies = stream->tail.nodes;
		if (edges)
			*edges = NULL;
		if (count)
			*count = stream->tail.count;
	}
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuStreamGetCaptureInfo_v2(CUstream stream, CUstreamCaptureStatus *status, cuuint64_t *id, CUgraph *graph,
				   const CUgraphNode **dependencies, size_t *count)
{
	return cuStreamGetCaptureInfo_v3(stream, status, id, graph, dependencies, NULL, count);
}

CUresult cuStreamGetCaptureInfo(CUstream stream, CUstreamCaptureStatus *status, cuuint64_t *id)
{
	return cuStreamGetCaptureInfo_v3(stream, status, id, NULL, NULL, NULL, NULL);
}

CUresult cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus *status)
{
	return cuStreamGetCaptureInfo_v3(stream, status, NULL, NULL, NULL, NULL, NULL);
}

CUresult cuStreamUpdateCaptureDependencies_v2(CUstream handle, CUgraphNode *dependencies, const CUgraphEdgeData *edges,
					      size_t count, unsigned int flags)
{
	struct mv_stream_tail given = { dependencies, count };
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_find(handle, &stream, &context);
	bool is_done;

	(void)edges;
	if (err)
		return err;
	if (flags > CU_STREAM_SET_CAPTURE_DEPENDENCIES || (count && !dependencies))
		return CUDA_ERROR_INVALID_VALUE;
	if (!stream || status_of(stream) != CU_STREAM_CAPTURE_STATUS_ACTIVE)
		return CUDA_ERROR_ILLEGAL_STATE;
	mv_card_lock();
	is_done = flags == CU_STREAM_SET_CAPTURE_DEPENDENCIES ? set_tail(&stream->tail, dependencies, count) :
								extend_tail(&stream->tail, &given);
	mv_card_unlock();
	return is_done ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuStreamUpdateCaptureDependencies(CUstream stream, CUgraphNode *dependencies, size_t count,
					   unsigned int flags)
{
	return cuStreamUpdateCaptureDependencies_v2(stream, dependencies, NULL, count, flags);
}
