/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that has an address from its birth: what comes out of an allocation, what goes into a free.  */
#include "cuda/driver.h"
#include "cuda/family.h"
#include "cuda/owners.h"
#include "cuda/watch.h"

static uint64_t address_that_came_out(const struct mv_call *call)
{
	const void *out = (const void *)(uintptr_t)mv_call_arg(call, call->hook->out);

	if (!out)
		return 0;
	return call->hook->narrow & MV_NARROW_ADDRESS ? *(const uint32_t *)out : *(const uint64_t *)out;
}

/* What the program asked for.  The driver chooses how long a row is, so that is known only after a success.  */
static uint64_t size_asked_for(const struct mv_call *call, bool is_done)
{
	const struct mv_hook *hook = call->hook;
	uint64_t size = mv_call_narrowed(call, MV_NARROW_SIZE, mv_call_arg(call, hook->size));
	const void *pitch = (const void *)(uintptr_t)mv_call_arg(call, hook->pitch);
	uint64_t row;

	if (!hook->pitch)
		return size;
	/* The width stands between the pitch and the height.  */
	row = mv_call_arg(call, hook->pitch + 1u);
	if (is_done && pitch)
		row = hook->narrow & MV_NARROW_SIZE ? *(const uint32_t *)pitch : *(const uint64_t *)pitch;
	return mv_call_narrowed(call, MV_NARROW_SIZE, row) * size;
}

uint8_t mv_hook_device(int ordinal)
{
	return ordinal < 0 ? 0 : ordinal > UINT8_MAX ? UINT8_MAX : (uint8_t)ordinal;
}

void mv_hook_introduce(uint8_t device)
{
	const struct mv_sink *sink = mv_watch_sink();
	struct mv_driver_device description;

	if (sink->wants_device(device) && mv_driver_describe(device, &description))
		sink->note_device(device, description.total_bytes, description.name, description.uuid);
}

uint8_t mv_hook_device_of(const struct mv_call *call)
{
	return mv_hook_device(call->hook->device ? (int)mv_call_arg(call, call->hook->device)
						 : mv_driver_current_device());
}

/* What a pool hands out lies where the pool does; everything else, where the calling thread is.  */
static void set_owner(const struct mv_call *call, struct mv_event *event)
{
	struct mv_owner owner;

	if (call->hook->pool && mv_owners_find(mv_call_arg(call, call->hook->pool), &owner)) {
		event->device = owner.device;
		return;
	}
	event->device = mv_hook_device_of(call);
	if (mv_owners_has_contexts() && mv_owners_find(mv_driver_current_context(), &owner))
		event->context = owner.context;
}

void mv_hook_note_failure(const struct mv_call *call, struct mv_event *event, bool has_device)
{
	const struct mv_sink *sink = mv_watch_sink();
	struct mv_oom_report report = {
		.requested_bytes = event->size_bytes,
		.device = event->device,
		.ledger = event->ledger,
		.api = call->api,
		.origin = call->origin,
	};

	event->kind = MV_EVENT_ALLOC_FAILED;
	event->result = (int16_t)mv_call_result(call);
	sink->note(event);
	if (has_device)
		mv_hook_introduce(event->device);
	if (mv_call_result(call) == CUDA_ERROR_OUT_OF_MEMORY)
		sink->note_oom(&report);
}

void mv_hook_note_memory(const struct mv_call *call, struct mv_event *event)
{
	event->kind = MV_EVENT_ALLOC;
	event->flags |= call->hook->flags;
	event->api = call->api;
	if (!event->ledger)
		event->ledger = call->hook->ledger;
	set_owner(call, event);
	if (!mv_call_is_done(call)) {
		mv_hook_note_failure(call, event, true);
		return;
	}
	if (!event->address)
		event->address = address_that_came_out(call);
	if (!event->address)
		return;
	mv_watch_sink()->note(event);
	mv_hook_introduce(event->device);
}

static void after_alloc(struct mv_call *call)
{
	struct mv_event event = {
		.size_bytes = size_asked_for(call, mv_call_is_done(call)),
		.extra = mv_call_arg(call, call->hook->extra),
		.flags = mv_hook_is_captured(call) ? MV_FLAG_CAPTURED : 0,
	};

	mv_hook_note_memory(call, &event);
}

static void after_appear(struct mv_call *call)
{
	struct mv_event event = {
		.address = mv_call_arg(call, call->hook->address),
		.size_bytes = mv_call_arg(call, call->hook->size),
	};

	if (mv_call_is_done(call))
		mv_hook_note_memory(call, &event);
}

static struct mv_event freed(const struct mv_call *call)
{
	return (struct mv_event){
		.kind = MV_EVENT_FREE,
		.ledger = call->hook->ledger,
		.address = mv_call_narrowed(call, MV_NARROW_ADDRESS, mv_call_arg(call, call->hook->address)),
		.extra = mv_call_arg(call, call->hook->extra),
		.flags = call->hook->flags | call->flags,
		.api = call->api,
	};
}

/* The note comes first: once the real call has run, another thread may get the same address, and its allocation must
 * not stand before our free.  */
static void before_free(struct mv_call *call)
{
	struct mv_event event;

	call->flags = mv_hook_is_captured(call) ? MV_FLAG_CAPTURED : 0;
	event = freed(call);
	if (event.address)
		mv_watch_sink()->note_free(&event, &call->undo);
}

static void after_free(struct mv_call *call)
{
	struct mv_event event = freed(call);

	if (mv_call_is_done(call) || !event.address)
		return;
	event.kind = MV_EVENT_FREE_FAILED;
	event.result = (int16_t)mv_call_result(call);
	mv_watch_sink()->note_free_failed(&event, &call->undo);
}

static void after_info(struct mv_call *call)
{
	struct mv_event event = {
		.kind = MV_EVENT_MEMORY_INFO,
		.device = mv_hook_device_of(call),
		.api = call->api,
	};

	if (!mv_call_is_done(call))
		return;
	event.size_bytes = mv_call_out(call, call->hook->out);
	event.extra = mv_call_out(call, call->hook->extra);
	if (event.extra)
		mv_watch_sink()->note(&event);
}

const struct mv_hook_family mv_family_alloc = {.after = after_alloc};
const struct mv_hook_family mv_family_appear = {.after = after_appear};
const struct mv_hook_family mv_family_free = {.before = before_free, .after = after_free};
const struct mv_hook_family mv_family_info = {.after = after_info};
const struct mv_hook_family mv_family_init = {0};
