/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that somebody else has: another process, or another programming interface.  It is counted there; here is noted
 * what this process can reach of it.  */
#include "cuda/family.h"
#include "cuda/watch.h"

/* A handle that is opened again gives the same address, and is to be closed as often.  The driver does not say how much
 * memory is behind it.  */
static void after_open(struct mv_call *call)
{
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = call->hook->ledger,
		.flags = call->hook->flags,
		.api = call->api,
		.references = 1,
	};

	event.device = mv_hook_device_of(call);
	if (!mv_call_is_done(call)) {
		mv_hook_note_failure(call, &event, true);
		return;
	}
	event.address = mv_call_out(call, call->hook->out);
	if (!event.address)
		return;
	mv_watch_sink()->note_opened(&event);
	mv_hook_introduce(event.device);
}

static void after_import(struct mv_call *call)
{
	const CUDA_EXTERNAL_MEMORY_HANDLE_DESC *descriptor = mv_call_in(call, call->hook->prop);
	struct mv_event event = {.size_bytes = descriptor ? descriptor->size : 0};

	mv_hook_note_memory(call, &event);
}

static void after_buffer(struct mv_call *call)
{
	const CUDA_EXTERNAL_MEMORY_BUFFER_DESC *descriptor = mv_call_in(call, call->hook->prop);
	struct mv_event event = {
		.size_bytes = descriptor ? descriptor->size : 0,
		.extra = mv_call_arg(call, call->hook->extra),
	};

	mv_hook_note_memory(call, &event);
}

static void after_levels(struct mv_call *call)
{
	const CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC *descriptor = mv_call_in(call, call->hook->prop);
	struct mv_event event = {
		.size_bytes = descriptor ? mv_hook_array_bytes(&descriptor->arrayDesc, descriptor->numLevels) : 0,
		.extra = mv_call_arg(call, call->hook->extra),
	};

	mv_hook_note_memory(call, &event);
}

/* ---- graphics ---- */

static void after_resource(struct mv_call *call)
{
	const void *size = (const void *)(uintptr_t)mv_call_arg(call, call->hook->size);
	struct mv_event event = {.extra = mv_call_arg(call, call->hook->extra)};

	if (!mv_call_is_done(call))
		return;
	if (size)
		event.size_bytes = call->hook->narrow & MV_NARROW_SIZE ? *(const uint32_t *)size : *(const uint64_t *)size;
	mv_hook_note_memory(call, &event);
}

static void after_hide(struct mv_call *call)
{
	const struct mv_hook *hook = call->hook;
	const uint64_t *resources = mv_call_in(call, hook->prop);
	uint32_t i, count = (uint32_t)mv_call_arg(call, hook->count);

	if (!mv_call_is_done(call))
		return;
	if (hook->address)
		mv_watch_sink()->note_hidden(mv_call_arg(call, hook->address), call->started_ns, call->api);
	for (i = 0; resources && i < count; i++)
		mv_watch_sink()->note_hidden(resources[i], call->started_ns, call->api);
}

const struct mv_hook_family mv_family_open = {.after = after_open};
const struct mv_hook_family mv_family_import = {.after = after_import};
const struct mv_hook_family mv_family_buffer = {.after = after_buffer};
const struct mv_hook_family mv_family_levels = {.after = after_levels};
const struct mv_hook_family mv_family_resource = {.after = after_resource};
const struct mv_hook_family mv_family_hide = {.before = mv_hook_note_start, .after = after_hide};
