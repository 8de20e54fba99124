/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/trails.h"

#include <stddef.h>

#include "stack/peek.h"
#include "stack/rules.h"

enum {
	LANES = 4, /* places that are added at once, so that one does not wait for another */
	PLACE_MAX = UINT16_MAX,
	LINE_BYTES = 64,
	FETCHED_BYTES = 4 * LINE_BYTES, /* of most trails all; the processor goes on by itself */
};

static struct mv_trail *set_of(struct mv_trails *trails, uint64_t key)
{
	return &trails->all[key % MV_TRAIL_SETS * MV_TRAIL_WAYS];
}

MV_PEEKS static inline uint64_t at(uintptr_t base, uint16_t place)
{
	return mv_peek(base + (uintptr_t)place * MV_PEEK_BYTES);
}

MV_PEEKS static uint64_t sum_of(const struct mv_trail *trail, const struct mv_unwind_registers *leaf)
{
	const uint16_t *places = trail->places;
	uintptr_t base = leaf->sp;
	uint64_t even = 0, odd = trail->has_register ? leaf->bp - base : 0;
	unsigned i;

	for (i = 0; i < trail->returns; i += LANES) {
		even = mv_fold(even, at(base, places[i]), at(base, places[i + 1]));
		odd = mv_fold(odd, at(base, places[i + 2]), at(base, places[i + 3]));
	}
	for (; i < trail->count; i++)
		even = mv_fold(even, at(base, places[i]) - base, places[i]);
	return mv_fold(even, odd, trail->count);
}

static bool is_here(const struct mv_trail *trail, uint64_t key, const struct mv_unwind_registers *leaf, uintptr_t end)
{
	return trail->key == key && leaf->sp + (uintptr_t)trail->reach * MV_PEEK_BYTES < end &&
	       sum_of(trail, leaf) == trail->sum;
}

static struct mv_trail *find(struct mv_trails *trails, uint64_t key, const struct mv_unwind_registers *leaf, uintptr_t end)
{
	struct mv_trail *next = &trails->all[trails->all[trails->last].next], *set = set_of(trails, key);
	unsigned way;

	if (is_here(next, key, leaf, end))
		return next;
	for (way = 0; way < MV_TRAIL_WAYS; way++)
		if (&set[way] != next && is_here(&set[way], key, leaf, end))
			return &set[way];
	return NULL;
}

/* Until the next capture, what that will look at first can come into the cache.  */
static void fetch(const struct mv_trail *trail)
{
	const char *lines = (const char *)trail;
	unsigned i;

	for (i = 0; i < FETCHED_BYTES; i += LINE_BYTES)
		__builtin_prefetch(lines + i);
}

static void come_by(struct mv_trails *trails, const struct mv_trail *trail)
{
	uint32_t number = (uint32_t)(trail - trails->all);

	trails->all[trails->last].next = (uint16_t)number;
	trails->last = number;
	fetch(&trails->all[trail->next]);
}

uint32_t mv_trails_find(struct mv_trails *trails, uint64_t key, const struct mv_unwind_registers *leaf, uintptr_t end)
{
	const struct mv_trail *trail = find(trails, key, leaf, end);

	if (!trail)
		return 0;
	come_by(trails, trail);
	return trail->stack;
}

/* ---- learning ---- */

/* False: there is no room for it, or it is too far away.  */
static bool add_place(struct mv_trail *trail, uintptr_t base, uintptr_t address)
{
	uintptr_t words = (address - base) / MV_PEEK_BYTES;

	if (trail->count == MV_TRAIL_PLACES || words > PLACE_MAX)
		return false;
	trail->places[trail->count++] = (uint16_t)words;
	if (words > trail->reach)
		trail->reach = (uint16_t)words;
	return true;
}

/* The lanes are filled up.  */
static bool add_returns(struct mv_trail *trail, const struct mv_unwind *unwind, uintptr_t base)
{
	unsigned i;

	for (i = unwind->count - 1; i > 0; i--)
		if (!add_place(trail, base, unwind->frames[i - 1].at.sp - MV_PEEK_BYTES))
			return false;
	while (trail->count % LANES)
		if (!add_place(trail, base, unwind->frames[0].at.sp - MV_PEEK_BYTES))
			return false;
	trail->returns = trail->count;
	return true;
}

/* A frame pointer counts if the rule of a frame counts from it.  It stands where the last frame before that one has saved it,
 * or is in the register still.  */
static bool add_pointers(struct mv_trail *trail, const struct mv_unwind *unwind, uintptr_t base)
{
	uintptr_t saved = 0, added = 0;
	unsigned i;

	for (i = unwind->count - 1; i > 0; i--) {
		const struct mv_unwind_frame *frame = &unwind->frames[i];
		bool counts = mv_rule_kind(mv_rules_find(frame->at.ip, unwind->generation)) == MV_RULE_BP;

		if (frame->saved == MV_UNWIND_LOOSE)
			return false;
		if (counts && saved != added && !add_place(trail, base, saved))
			return false;
		if (counts)
			added = saved;
		trail->has_register |= counts && !saved;
		if (frame->saved)
			saved = frame->saved;
	}
	return true;
}

static struct mv_trail *place_in(struct mv_trail *set, const struct mv_trail *trail)
{
	unsigned way;

	for (way = 0; way < MV_TRAIL_WAYS; way++)
		if (!set[way].key || (set[way].key == trail->key && set[way].sum == trail->sum))
			return &set[way];
	return NULL;
}

/* Where TRAIL is already, or can be: of many with one key some lie where their sums say, and are found by what came before
 * only.  */
static struct mv_trail *place_of(struct mv_trails *trails, const struct mv_trail *trail)
{
	struct mv_trail *first = place_in(set_of(trails, trail->key), trail), *set = set_of(trails, trail->sum), *second;

	if (first)
		return first;
	second = place_in(set, trail);
	return second ? second : &set[trail->stack % MV_TRAIL_WAYS];
}

/* A trail with a key is a whole one.  */
static void keep(struct mv_trail *place, struct mv_trail *trail)
{
	uint64_t key = trail->key;

	trail->key = 0;
	trail->next = place->next;
	place->key = 0;
	__atomic_signal_fence(__ATOMIC_RELEASE);
	*place = *trail;
	__atomic_signal_fence(__ATOMIC_RELEASE);
	place->key = key;
}

void mv_trails_learn(struct mv_trails *trails, uint64_t key, const struct mv_unwind *unwind, uint32_t stack)
{
	const struct mv_unwind_registers *leaf = &unwind->frames[unwind->count - 1].at;
	struct mv_trail trail = {.key = key, .stack = stack};
	struct mv_trail *place;

	if (unwind->count > MV_TRAIL_PLACES || !add_returns(&trail, unwind, leaf->sp) || !add_pointers(&trail, unwind, leaf->sp))
		return;
	trail.sum = sum_of(&trail, leaf);
	place = place_of(trails, &trail);
	keep(place, &trail);
	come_by(trails, place);
}
