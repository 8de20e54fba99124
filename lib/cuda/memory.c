/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that has an address from its birth: what comes out of an allocation, what goes into a free.  */
#include "cuda/driver.h"
#include "cuda/hook.h"
#include "cuda/watch.h"

static uint64_t narrowed(const struct mv_hook *hook, enum mv_hook_narrow what, uint64_t value)
{
	return hook->narrow & what ? (uint32_t)value : value;
}

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
	uint64_t size = narrowed(hook, MV_NARROW_SIZE, mv_call_arg(call, hook->size));
	const size_t *pitch = (const size_t *)(uintptr_t)mv_call_arg(call, hook->pitch);
	uint64_t row;

	if (!hook->pitch)
		return size;
	/* The width stands between the pitch and the height.  */
	row = is_done && pitch ? *pitch : narrowed(hook, MV_NARROW_SIZE, mv_call_arg(call, hook->pitch + 1u));
	return row * size;
}

static uint8_t current_device(void)
{
	int device = mv_driver_current_device();

	return device > 0 ? (uint8_t)device : 0;
}

static void introduce(const struct mv_sink *sink, uint8_t device)
{
	struct mv_driver_device description;

	if (sink->wants_device(device) && mv_driver_describe(device, &description))
		sink->note_device(device, description.total_bytes, description.name, description.uuid);
}

void mv_hook_note_failure(const struct mv_call *call, struct mv_event *event)
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
	introduce(sink, event->device);
	if (mv_call_result(call) == CUDA_ERROR_OUT_OF_MEMORY)
		sink->note_oom(&report);
}

static void after_alloc(struct mv_call *call)
{
	const struct mv_sink *sink = mv_watch_sink();
	bool is_done = mv_call_result(call) == CUDA_SUCCESS;
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = call->hook->ledger,
		.size_bytes = size_asked_for(call, is_done),
		.extra = mv_call_arg(call, call->hook->extra),
		.device = current_device(),
		.api = call->api,
	};

	if (!is_done) {
		mv_hook_note_failure(call, &event);
		return;
	}
	event.address = address_that_came_out(call);
	if (event.address)
		sink->note(&event);
	introduce(sink, event.device);
}

static void after_appear(struct mv_call *call)
{
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = call->hook->ledger,
		.address = mv_call_arg(call, call->hook->address),
		.size_bytes = mv_call_arg(call, call->hook->size),
		.device = current_device(),
		.api = call->api,
	};

	if (mv_call_result(call) == CUDA_SUCCESS)
		mv_watch_sink()->note(&event);
}

static struct mv_event freed(const struct mv_call *call)
{
	return (struct mv_event){
		.kind = MV_EVENT_FREE,
		.ledger = call->hook->ledger,
		.address = narrowed(call->hook, MV_NARROW_ADDRESS, mv_call_arg(call, call->hook->address)),
		.extra = mv_call_arg(call, call->hook->extra),
		.api = call->api,
	};
}

/* The note comes first: once the real call has run, another thread may get the same address, and its allocation must
 * not stand before our free.  */
static void before_free(struct mv_call *call)
{
	struct mv_event event = freed(call);

	if (event.address)
		mv_watch_sink()->note_free(&event, &call->undo);
}

static void after_free(struct mv_call *call)
{
	struct mv_event event = freed(call);

	if (mv_call_result(call) == CUDA_SUCCESS || !event.address)
		return;
	event.kind = MV_EVENT_FREE_FAILED;
	event.result = (int16_t)mv_call_result(call);
	mv_watch_sink()->note_free_failed(&event, &call->undo);
}

static void after_info(struct mv_call *call)
{
	struct mv_event event = {
		.kind = MV_EVENT_MEMORY_INFO,
		.device = current_device(),
		.api = call->api,
	};

	if (mv_call_result(call) != CUDA_SUCCESS)
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
