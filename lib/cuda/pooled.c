/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's stream-ordered pools.  They are remembered for the device that they belong to; what they hold is seen as it
 * is handed out, and outlives them.  */
#include "cuda/family.h"
#include "cuda/owners.h"
#include "cuda/watch.h"

static struct mv_owner owner_at(const CUmemLocation *location)
{
	return (struct mv_owner){
		.device = location->type == CU_MEM_LOCATION_TYPE_DEVICE ? mv_hook_device(location->id) : 0,
	};
}

static void after_pool(struct mv_call *call)
{
	const CUmemPoolProps *props = mv_call_in(call, call->hook->prop);
	uint64_t pool = mv_call_is_done(call) ? mv_call_out(call, call->hook->out) : 0;

	if (!pool || !props)
		return;
	mv_owners_add(pool, owner_at(&props->location));
	mv_hook_note_change(call, pool, owner_at(&props->location).device);
}

/* Before the call: afterwards another thread's pool may have the same handle.  */
static void before_pool_end(struct mv_call *call)
{
	uint64_t pool = mv_call_arg(call, call->hook->address);
	struct mv_owner owner;

	call->undo.is_set = mv_owners_find(pool, &owner);
	if (!call->undo.is_set)
		return;
	call->undo.event.device = owner.device;
	mv_owners_remove(pool);
}

static void after_pool_end(struct mv_call *call)
{
	uint64_t pool = mv_call_arg(call, call->hook->address);
	struct mv_owner owner = {.device = call->undo.event.device};

	if (mv_call_is_done(call))
		mv_hook_note_change(call, pool, call->undo.is_set ? owner.device : mv_hook_device_of(call));
	else if (call->undo.is_set)
		mv_owners_add(pool, owner);
}

static void after_pool_of(struct mv_call *call)
{
	struct mv_owner owner = {.device = mv_hook_device((int)mv_call_arg(call, call->hook->device))};

	if (mv_call_is_done(call))
		mv_owners_add(mv_call_out(call, call->hook->out), owner);
}

static void after_pool_at(struct mv_call *call)
{
	const CUmemLocation *location = mv_call_in(call, call->hook->prop);

	if (mv_call_is_done(call) && location)
		mv_owners_add(mv_call_out(call, call->hook->out), owner_at(location));
}

const struct mv_hook_family mv_family_pool = {.after = after_pool};
const struct mv_hook_family mv_family_pool_end = {.before = before_pool_end, .after = after_pool_end};
const struct mv_hook_family mv_family_pool_of = {.after = after_pool_of};
const struct mv_hook_family mv_family_pool_at = {.after = after_pool_at};
