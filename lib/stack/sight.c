/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/sight.h"

#include "base/fold.h"
#include "python/code.h"
#include "python/frame.h"
#include "python/python.h"
#include "stack/native.h"
#include "stack/rules.h"

/* Tells a stack with an origin from one with a frame more.  */
enum { ORIGIN_SALT = 0x6f726967 };

/* As mv_unwind_follow has it, so that a stack has one hash however it was found.  */
static uint64_t hash_addresses(void *const ips[], unsigned n)
{
	uint64_t hash = mv_rules_generation();

	while (n--)
		hash = mv_unwind_hash(hash, (uintptr_t)ips[n]);
	return hash;
}

static void look_at_native(struct mv_sight *sight)
{
	struct mv_unwind *unwind = &sight->scratch->unwind;

	sight->is_followed = !(sight->parts & MV_STACK_LIBUNWIND) && mv_unwind_follow(unwind, &sight->leaf);
	if (sight->is_followed) {
		sight->native_count = unwind->count;
		sight->hash = unwind->frames[unwind->count - 1].hash;
	} else {
		sight->native_count = mv_native_trace(sight->scratch->ips, MV_NATIVE_FRAMES);
		sight->hash = hash_addresses(sight->scratch->ips, sight->native_count);
	}
}

static void look_at_python(struct mv_sight *sight)
{
	const struct mv_pylayout *layout = &mv_python_known()->layout;

	sight->python_thread = mv_python_thread();
	if (sight->python_thread && !mv_pyframe_first(layout, sight->python_thread))
		sight->python_thread = 0;
	if (sight->python_thread)
		sight->hash = mv_pyframe_hash(layout, sight->python_thread, mv_pycode_epochs(), sight->hash);
}

uint32_t mv_sight_recall(struct mv_sight *sight)
{
	struct mv_bounds *bounds = &sight->scratch->unwind.bounds;

	sight->trail = 0;
	if (!(sight->parts & MV_STACK_NATIVE) || sight->parts & MV_STACK_LIBUNWIND || !mv_rules_table ||
	    !mv_bounds_cover(bounds, sight->leaf.sp))
		return 0;
	sight->hash = 0;
	if (sight->parts & MV_STACK_PYTHON)
		look_at_python(sight);
	sight->trail = mv_trail_key(&sight->leaf, mv_rules_generation(), sight->hash, sight->origin);
	return mv_trails_find(&sight->scratch->trails, sight->trail, &sight->leaf, bounds->end);
}

void mv_sight_learn(const struct mv_sight *sight, uint32_t stack)
{
	if (sight->trail && sight->is_followed && stack)
		mv_trails_learn(&sight->scratch->trails, sight->trail, &sight->scratch->unwind, stack);
}

bool mv_sight_look(struct mv_sight *sight)
{
	sight->native_count = 0;
	sight->python_thread = 0;
	sight->hash = 0;
	if (sight->parts & MV_STACK_NATIVE)
		look_at_native(sight);
	if (sight->parts & MV_STACK_PYTHON)
		look_at_python(sight);
	if (sight->origin)
		sight->hash = mv_fold(sight->hash, sight->origin, ORIGIN_SALT);
	if (!sight->hash)
		sight->hash = 1;
	return sight->native_count || sight->python_thread;
}

/* ---- the same, frame by frame ---- */

static void copy_followed(const struct mv_sight *sight)
{
	const struct mv_unwind *unwind = &sight->scratch->unwind;
	unsigned i;

	for (i = 0; i < unwind->count; i++) {
		const struct mv_unwind_registers *at = &unwind->frames[unwind->count - 1 - i].at;

		sight->scratch->native[i] = (struct mv_native_frame){.ip = at->ip, .sp = at->sp};
	}
}

static void copy_traced(const struct mv_sight *sight)
{
	unsigned i;

	for (i = 0; i < sight->native_count; i++)
		sight->scratch->native[i] = (struct mv_native_frame){.ip = (uintptr_t)sight->scratch->ips[i]};
}

/* Frames that are to be merged need stack pointers; and what libunwind has traced may be wrong, once an object has been
 * unloaded.  */
static bool wants_walk(const struct mv_sight *sight, uintptr_t eval, bool is_sure)
{
	if (!sight->native_count)
		return false;
	return eval || (!sight->is_followed && (sight->python_thread || !is_sure || !MV_NATIVE_TRACE_IS_EXACT));
}

unsigned mv_sight_walk_native(const struct mv_sight *sight, uintptr_t eval, bool is_sure)
{
	unsigned n = 0;

	if (wants_walk(sight, eval, is_sure))
		n = mv_native_walk(sight->scratch->native, MV_NATIVE_FRAMES, eval);
	if (n)
		return n;
	if (sight->is_followed)
		copy_followed(sight);
	else
		copy_traced(sight);
	return sight->native_count;
}
