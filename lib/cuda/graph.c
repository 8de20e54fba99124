/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of graphs: a node's address is known when the node is made, its memory comes with a launch and goes with it.
 *
 * While a stream is captured, allocations in its order become nodes, and nothing else about the call says so.  The
 * driver is asked, with the question that fits the stream's kind, and only while captures are known to be under way.
 * The question is allowed in every capture mode and disturbs none; on the legacy stream it may be refused because
 * another stream captures, and then that one does not.  */
#include "cuda/driver.h"
#include "cuda/family.h"
#include "cuda/watch.h"

static int g_captures;

static void after_capture(struct mv_call *call)
{
	if (mv_call_is_done(call))
		__atomic_fetch_add(&g_captures, 1, __ATOMIC_RELAXED);
}

/* A capture that was spoilt ends, too.  One that is counted for too long only costs the question.  */
static void after_capture_end(struct mv_call *call)
{
	int count = __atomic_load_n(&g_captures, __ATOMIC_RELAXED);

	if (!mv_call_is_done(call) && mv_call_result(call) != CUDA_ERROR_STREAM_CAPTURE_INVALIDATED)
		return;
	while (count > 0 && !__atomic_compare_exchange_n(&g_captures, &count, count - 1, 0, __ATOMIC_RELAXED,
							 __ATOMIC_RELAXED))
		;
}

bool mv_hook_is_captured(const struct mv_call *call)
{
	const struct mv_hook *hook = call->hook;

	if (hook->ledger != MV_LEDGER_POOLED || !hook->extra || !__atomic_load_n(&g_captures, __ATOMIC_RELAXED))
		return false;
	return mv_driver_is_capturing(mv_call_arg(call, hook->extra), hook->is_per_thread);
}

/* ---- nodes ---- */

static void note_alloc(const struct mv_call *call, const CUDA_MEM_ALLOC_NODE_PARAMS *params)
{
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = MV_LEDGER_POOLED,
		.address = params->dptr,
		.size_bytes = params->bytesize,
		.device = mv_hook_device(params->poolProps.location.id),
		.flags = MV_FLAG_CAPTURED,
		.api = call->api,
	};

	mv_watch_sink()->note(&event);
	mv_hook_introduce(event.device);
}

static void note_free(const struct mv_call *call, uint64_t address)
{
	struct mv_event event = {
		.kind = MV_EVENT_FREE,
		.ledger = MV_LEDGER_POOLED,
		.address = address,
		.flags = MV_FLAG_CAPTURED,
		.api = call->api,
	};

	mv_watch_sink()->note_free(&event, NULL);
}

static void after_node_alloc(struct mv_call *call)
{
	const CUDA_MEM_ALLOC_NODE_PARAMS *params = mv_call_in(call, call->hook->prop);

	if (mv_call_is_done(call) && params)
		note_alloc(call, params);
}

static void after_node_free(struct mv_call *call)
{
	if (mv_call_is_done(call))
		note_free(call, mv_call_arg(call, call->hook->address));
}

static void after_node(struct mv_call *call)
{
	const struct mv_graph_node_params *params = mv_call_in(call, call->hook->prop);

	if (!mv_call_is_done(call) || !params)
		return;
	if (params->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC)
		note_alloc(call, &params->alloc);
	else if (params->type == CU_GRAPH_NODE_TYPE_MEM_FREE)
		note_free(call, params->free);
}

const struct mv_hook_family mv_family_capture = {.after = after_capture};
const struct mv_hook_family mv_family_capture_end = {.after = after_capture_end};
const struct mv_hook_family mv_family_node = {.after = after_node};
const struct mv_hook_family mv_family_node_alloc = {.after = after_node_alloc};
const struct mv_hook_family mv_family_node_free = {.after = after_node_free};
