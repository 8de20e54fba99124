/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts, and the memory that ends with them: nobody frees it by itself.  What is allocated in another context while a
 * call is under way is told by its time, what lies in other contexts of the same device by their numbers.  */
#include "cuda/driver.h"
#include "cuda/family.h"
#include "cuda/owners.h"
#include "cuda/watch.h"

static void end_memory(const struct mv_call *call, uint64_t context, struct mv_owner owner)
{
	mv_watch_sink()->note_context_end(owner.device, owner.context, call->started_ns, call->api);
	mv_hook_note_change(call, context, owner.device);
}

/* ---- a device's primary context ---- */

static uint64_t primary_of(uint8_t device)
{
	return device + 1u;
}

static void after_enter(struct mv_call *call)
{
	uint8_t device = mv_hook_device_of(call);

	if (mv_call_is_done(call))
		mv_hook_note_change(call, primary_of(device), device);
}

static void after_reset(struct mv_call *call)
{
	struct mv_owner owner = {.device = mv_hook_device_of(call)};

	if (mv_call_is_done(call))
		end_memory(call, primary_of(owner.device), owner);
}

static void after_leave(struct mv_call *call)
{
	if (mv_call_is_done(call) && mv_driver_has_context((int)mv_call_arg(call, call->hook->device)) == 0)
		after_reset(call);
}

/* ---- the program's own ---- */

static void after_context(struct mv_call *call)
{
	uint64_t context = mv_call_is_done(call) ? mv_call_out(call, call->hook->out) : 0;
	struct mv_owner owner;

	if (!context)
		return;
	owner = (struct mv_owner){mv_hook_device_of(call), mv_owners_take_context()};
	mv_owners_add(context, owner);
	mv_hook_note_change(call, context, owner.device);
}

/* Forgotten before the call: afterwards another thread's context may have the same handle.  */
static void before_context_end(struct mv_call *call)
{
	uint64_t context = mv_call_arg(call, call->hook->address);
	struct mv_owner owner;

	mv_hook_note_start(call);
	call->undo.is_set = mv_owners_find(context, &owner);
	if (!call->undo.is_set)
		return;
	call->undo.event.device = owner.device;
	call->undo.event.context = owner.context;
	mv_owners_remove(context);
}

/* Which memory lay in a context that was not seen coming can't be told.  */
static void after_context_end(struct mv_call *call)
{
	uint64_t context = mv_call_arg(call, call->hook->address);
	struct mv_owner owner = {call->undo.event.device, call->undo.event.context};

	if (!mv_call_is_done(call)) {
		if (call->undo.is_set)
			mv_owners_add(context, owner);
	} else if (call->undo.is_set && owner.context) {
		end_memory(call, context, owner);
		mv_owners_drop_context(owner.context);
	} else {
		mv_hook_note_change(call, context, call->undo.is_set ? owner.device : 0);
	}
}

const struct mv_hook_family mv_family_enter = {.after = after_enter};
const struct mv_hook_family mv_family_reset = {.before = mv_hook_note_start, .after = after_reset};
const struct mv_hook_family mv_family_leave = {.before = mv_hook_note_start, .after = after_leave};
const struct mv_hook_family mv_family_context = {.after = after_context};
const struct mv_hook_family mv_family_context_end = {.before = before_context_end, .after = after_context_end};
