/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is made without an address and becomes visible by mapping it.  It lives as long as there is a handle to
 * it or a mapping of it; programs release the handle right after mapping, and that frees nothing.  */
#include "cuda/abi.h"
#include "cuda/driver.h"
#include "cuda/hook.h"
#include "cuda/watch.h"

/* Where the memory lies is what was asked for, not the calling thread's context, which there may not be.  A driver that
 * has got as far as to look for room has read it, too; after any other failure it may be nonsense.  */
static void set_location(struct mv_event *event, int result, const CUmemAllocationProp *prop)
{
	if (!prop || (result != CUDA_SUCCESS && result != CUDA_ERROR_OUT_OF_MEMORY))
		return;
	if (prop->location.type == CU_MEM_LOCATION_TYPE_DEVICE)
		event->device = (uint8_t)prop->location.id;
	else
		event->ledger = MV_LEDGER_HOST;
}

static void after_create(struct mv_call *call)
{
	const CUmemAllocationProp *prop = (const CUmemAllocationProp *)(uintptr_t)mv_call_arg(call, call->hook->prop);
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = call->hook->ledger,
		.size_bytes = mv_call_arg(call, call->hook->size),
		.api = call->api,
		.flags = call->hook->prop ? 0 : MV_FLAG_IMPORTED,
		.references = 1,
	};

	set_location(&event, mv_call_result(call), prop);
	if (mv_call_result(call) != CUDA_SUCCESS) {
		mv_hook_note_failure(call, &event);
		return;
	}
	event.address = mv_call_out(call, call->hook->out);
	mv_watch_sink()->note(&event);
}

static void after_retain(struct mv_call *call)
{
	if (mv_call_result(call) == CUDA_SUCCESS)
		mv_watch_sink()->note_users(mv_call_out(call, call->hook->out), (struct mv_users){.references = 1}, call->api);
}

/* The end of a handle or mapping is noted after the call, when it is certain.  Another thread may have been handed the
 * same handle in between: its memory has taken the place of the old in the live table, which has ended the old, and was
 * born since.  */
static void after_release(struct mv_call *call)
{
	struct mv_users users = {.references = -1, .before_ns = call->started_ns};

	if (mv_call_result(call) == CUDA_SUCCESS)
		mv_watch_sink()->note_users(mv_call_arg(call, call->hook->address), users, call->api);
}

static void after_map(struct mv_call *call)
{
	const struct mv_sink *sink = mv_watch_sink();
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = call->hook->ledger,
		.address = mv_call_arg(call, call->hook->address),
		.size_bytes = mv_call_arg(call, call->hook->size),
		.extra = mv_call_arg(call, call->hook->extra),
		.api = call->api,
	};

	if (mv_call_result(call) != CUDA_SUCCESS)
		return;
	sink->note_users(event.extra, (struct mv_users){.mappings = 1}, call->api);
	sink->note(&event);
}

static void after_unmap(struct mv_call *call)
{
	if (mv_call_result(call) == CUDA_SUCCESS)
		mv_watch_sink()->note_unmap(mv_call_arg(call, call->hook->address),
					    mv_call_arg(call, call->hook->size), call->api);
}

const struct mv_hook_family mv_family_create = {.after = after_create};
const struct mv_hook_family mv_family_retain = {.after = after_retain};
const struct mv_hook_family mv_family_release = {.before = mv_hook_note_start, .after = after_release};
const struct mv_hook_family mv_family_map = {.after = after_map};
const struct mv_hook_family mv_family_unmap = {.after = after_unmap};
