/* SPDX-License-Identifier: Apache-2.0 */
/* Calls after which there may be more or less memory in use, though none is handed out: what they are is in their rows.  */
#include "cuda/family.h"
#include "cuda/watch.h"

void mv_hook_note_change(const struct mv_call *call, uint64_t object, uint8_t device)
{
	struct mv_event event = {
		.kind = MV_EVENT_CALL,
		.address = object,
		.size_bytes = mv_call_arg(call, call->hook->size),
		.extra = mv_call_narrowed(call, MV_NARROW_EXTRA, mv_call_arg(call, call->hook->extra)),
		.device = device,
		.role = call->hook->change,
		.flags = call->hook->flags,
		.api = call->api,
	};

	mv_watch_sink()->note(&event);
	mv_hook_introduce(device);
}

static void after_change(struct mv_call *call)
{
	const struct mv_hook *hook = call->hook;

	if (mv_call_is_done(call))
		mv_hook_note_change(call, hook->out ? mv_call_out(call, hook->out) : mv_call_arg(call, hook->address),
				    mv_hook_device_of(call));
}

const struct mv_hook_family mv_family_change = {.after = after_change};
