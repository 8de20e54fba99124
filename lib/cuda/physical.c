/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is made without an address and becomes visible by mapping it.  It lives as long as there is a handle to
 * it or a mapping of it; programs release the handle right after mapping, and that frees nothing.  */
#include "cuda/family.h"
#include "cuda/watch.h"

/* Where the memory lies is what was asked for, not the calling thread's context, which there may not be.  */
static void set_location(struct mv_event *event, const CUmemLocation *location)
{
	if (location->type == CU_MEM_LOCATION_TYPE_DEVICE)
		event->device = mv_hook_device(location->id);
	else
		event->ledger = MV_LEDGER_HOST;
}

static void note_handle(const struct mv_call *call, struct mv_event *event)
{
	bool has_device = event->ledger == MV_LEDGER_DEVICE;

	if (!mv_call_is_done(call)) {
		mv_hook_note_failure(call, event, has_device);
		return;
	}
	event->address = mv_call_out(call, call->hook->out);
	if (!event->address)
		return;
	mv_watch_sink()->note(event);
	if (has_device)
		mv_hook_introduce(event->device);
}

static void after_create(struct mv_call *call)
{
	const CUmemAllocationProp *prop = mv_call_in(call, call->hook->prop);
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = call->hook->ledger,
		.size_bytes = mv_call_arg(call, call->hook->size),
		.flags = call->hook->flags,
		.api = call->api,
		.references = 1,
	};

	if (prop)
		set_location(&event, &prop->location);
	else
		event.device = mv_hook_device_of(call);
	note_handle(call, &event);
}

/* A team's object is an address space of its own: physical memory is bound to it, and counted where it was made.  */
static void after_multicast(struct mv_call *call)
{
	const CUmulticastObjectProp *prop = mv_call_in(call, call->hook->prop);
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = call->hook->ledger,
		.size_bytes = prop ? prop->size : 0,
		.extra = prop ? prop->numDevices : 0,
		.flags = call->hook->flags,
		.api = call->api,
		.references = 1,
	};

	note_handle(call, &event);
}

static void after_retain(struct mv_call *call)
{
	if (mv_call_is_done(call))
		mv_watch_sink()->note_users(mv_call_out(call, call->hook->out), (struct mv_users){.references = 1}, call->api);
}

/* The end of a handle or mapping is noted after the call, when it is certain.  Another thread may have been handed the
 * same handle in between: its memory has taken the place of the old in the live table, which has ended the old, and was
 * born since.  */
static void after_release(struct mv_call *call)
{
	struct mv_users users = {.references = -1, .before_ns = call->started_ns};

	if (mv_call_is_done(call))
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

	if (!mv_call_is_done(call))
		return;
	sink->note_users(event.extra, (struct mv_users){.mappings = 1}, call->api);
	sink->note(&event);
}

static void after_unmap(struct mv_call *call)
{
	if (mv_call_is_done(call))
		mv_watch_sink()->note_unmap(mv_call_arg(call, call->hook->address),
					    mv_call_arg(call, call->hook->size), call->api);
}

const struct mv_hook_family mv_family_create = {.after = after_create};
const struct mv_hook_family mv_family_multicast = {.after = after_multicast};
const struct mv_hook_family mv_family_retain = {.after = after_retain};
const struct mv_hook_family mv_family_release = {.before = mv_hook_note_start, .after = after_release};
const struct mv_hook_family mv_family_map = {.after = after_map};
const struct mv_hook_family mv_family_unmap = {.after = after_unmap};
