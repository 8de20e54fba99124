/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/unwind.h"

#include <errno.h>
#include <stddef.h>

#include "stack/peek.h"
#include "stack/rules.h"

/* A capture at work.  */
struct walk {
	struct mv_unwind *unwind;
	struct mv_unwind_registers at; /* the frame that is looked at, */
	uintptr_t saved;	       /* where its caller's BP is, as in struct mv_unwind_frame */
	int known;		       /* the innermost remembered frame that may be met yet; -1: none */
	unsigned fresh;
	int learnt; /* the fresh frame that a path is to begin with; -1: none */
};

enum step {
	STEP_ON,
	STEP_END,
	STEP_FAIL, /* no rule, or one that leads off the stack */
};

#ifdef __x86_64__
int mv_unwind_start(void)
{
	mv_bounds_start();
	return mv_rules_start();
}
#else
int mv_unwind_start(void)
{
	return -ENOTSUP;
}
#endif

/* ---- one step by a rule ---- */

/* True if the word at ADDRESS is part of the frames that are on the stack.  */
static inline bool is_inside(const struct walk *walk, uintptr_t address)
{
	return address >= walk->at.sp && address <= walk->unwind->bounds.end - MV_PEEK_BYTES && address % MV_PEEK_BYTES == 0;
}

/* What stands OFFSET words above BASE, plus the rule's ADD.  0: nothing can stand there.  */
MV_PEEKS static uintptr_t cfa_at(const struct walk *walk, uintptr_t base, uint32_t rule)
{
	uintptr_t address = base + (uintptr_t)(intptr_t)(mv_rule_at_offset(rule) * MV_PEEK_BYTES);

	return is_inside(walk, address) ? mv_peek(address) + mv_rule_add(rule) * MV_PEEK_BYTES : 0;
}

/* The CFA by RULE; 0: there is none.  */
static inline uintptr_t cfa_of(const struct walk *walk, uint32_t rule)
{
	switch (mv_rule_kind(rule)) {
	case MV_RULE_SP:
		return walk->at.sp + (uintptr_t)(intptr_t)mv_rule_offset(rule) * MV_PEEK_BYTES;
	case MV_RULE_BP:
		return walk->at.bp + (uintptr_t)(intptr_t)mv_rule_offset(rule) * MV_PEEK_BYTES;
	case MV_RULE_AT_BP:
		return cfa_at(walk, walk->at.bp, rule);
	case MV_RULE_AT_SP:
		return cfa_at(walk, walk->at.sp, rule);
	case MV_RULE_NONE:
	case MV_RULE_END:
	case MV_RULE_OTHER:
		break;
	}
	return 0;
}

/* From the frame to its caller.  */
MV_PEEKS static inline enum step step_by(struct walk *walk, uint32_t rule)
{
	uintptr_t cfa = cfa_of(walk, rule), base, bp = walk->at.bp;
	int32_t saved = mv_rule_saved(rule);

	if (mv_rule_kind(rule) == MV_RULE_END)
		return STEP_END;
	if (cfa <= walk->at.sp || !is_inside(walk, cfa - MV_PEEK_BYTES))
		return STEP_FAIL;
	walk->saved = 0;
	if (saved != MV_RULE_SAME_BP) {
		base = mv_rule_kind(rule) == MV_RULE_AT_BP ? walk->at.bp : cfa;
		walk->saved = base + (uintptr_t)(intptr_t)saved * MV_PEEK_BYTES;
		if (!is_inside(walk, walk->saved))
			return STEP_FAIL;
		bp = mv_peek(walk->saved);
	}
	if (mv_rule_kind(rule) == MV_RULE_AT_BP || mv_rule_kind(rule) == MV_RULE_AT_SP)
		walk->saved = MV_UNWIND_LOOSE;
	walk->at = (struct mv_unwind_registers){mv_peek(cfa - MV_PEEK_BYTES), cfa, bp};
	/* What was called by nobody returns to nowhere.  */
	return walk->at.ip ? STEP_ON : STEP_END;
}

/* ---- remembered frames ---- */

static bool is_same(const struct mv_unwind_registers *a, const struct mv_unwind_registers *b)
{
	return a->ip == b->ip && a->sp == b->sp && a->bp == b->bp;
}

/* True if the walk has come to a remembered frame, which is KNOWN then.  */
static inline bool meets(struct walk *walk)
{
	const struct mv_unwind_frame *frames = walk->unwind->frames;

	while (walk->known >= 0 && frames[walk->known].at.sp < walk->at.sp)
		walk->known--;
	return walk->known >= 0 && is_same(&frames[walk->known].at, &walk->at);
}

/* True if memory leads from FRAME to CALLER.  */
MV_PEEKS static inline bool leads(const struct mv_unwind_frame *frame, const struct mv_unwind_frame *caller)
{
	if (frame->saved == MV_UNWIND_LOOSE || mv_peek(caller->at.sp - MV_PEEK_BYTES) != caller->at.ip)
		return false;
	return !frame->saved || mv_peek(frame->saved) == caller->at.bp;
}

/* The outermost frame, from remembered frame I on, that memory leads to.  0: the root.  */
MV_PEEKS static int last_in_place(const struct mv_unwind_frame frames[], int i)
{
	while (i > 0 && leads(&frames[i], &frames[i - 1]))
		i--;
	return i;
}

static bool add_fresh(struct walk *walk, const struct mv_unwind_frame *frame)
{
	if (walk->fresh == MV_NATIVE_FRAMES)
		return false;
	walk->unwind->fresh[walk->fresh++] = *frame;
	return true;
}

/* The remembered frames from KNOWN outwards are on the stack, but not to the root: the walk goes on with the last of them.
 * False: there are too many.  */
static bool take_over(struct walk *walk, int last)
{
	const struct mv_unwind_frame *frames = walk->unwind->frames;

	for (; walk->known > last; walk->known--)
		if (!add_fresh(walk, &frames[walk->known]))
			return false;
	walk->at = frames[last].at;
	walk->known = last - 1;
	return true;
}

/* ---- paths ---- */

/* How far ADDRESS lies above BASE; MV_PATH_NONE: too far, or not a whole number of words.  */
static uint16_t words_above(uintptr_t base, uintptr_t address)
{
	uintptr_t bytes = address - base;

	return bytes % MV_PEEK_BYTES || bytes / MV_PEEK_BYTES >= MV_PATH_NONE ? MV_PATH_NONE : (uint16_t)(bytes / MV_PEEK_BYTES);
}

/* Step I of a path from FIRST on, which leads to TO.  */
static void learn_step(const struct walk *walk, struct mv_path *path, unsigned i, const struct mv_unwind_frame *first,
		       const struct mv_unwind_registers *to)
{
	const struct mv_unwind_frame *from = &first[i];
	uint32_t rule = mv_rules_find(from->at.ip, walk->unwind->generation);
	uintptr_t base = first->at.sp;

	path->ip[i] = to->ip;
	path->up[i] = words_above(base, to->sp - MV_PEEK_BYTES);
	path->bp[i] = mv_rule_kind(rule) == MV_RULE_BP ? words_above(base, from->at.bp) : MV_PATH_NONE;
	path->saved[i] = from->saved ? words_above(base, from->saved) : MV_PATH_NONE;
}

/* Keep the way from the fresh frame LEARNT to where the walk is.  */
static void learn_path(struct walk *walk)
{
	const struct mv_unwind_frame *first = &walk->unwind->fresh[walk->learnt];
	uint64_t key = mv_path_key(first->at.ip, walk->unwind->generation);
	struct mv_path *path = mv_path_of(&walk->unwind->paths, key);
	unsigned count = walk->fresh - (unsigned)walk->learnt, i;

	walk->learnt = -1;
	path->key = 0;
	__atomic_signal_fence(__ATOMIC_RELEASE);
	path->count = count;
	for (i = 0; i < count; i++)
		learn_step(walk, path, i, first, i + 1 < count ? &first[i + 1].at : &walk->at);
	__atomic_signal_fence(__ATOMIC_RELEASE);
	path->key = key;
}

/* True if a step by RULE can be part of the path that is learnt, or of a new one.  */
static bool is_steady(const struct walk *walk, uint32_t rule)
{
	uintptr_t base = walk->learnt < 0 ? walk->at.sp : walk->unwind->fresh[walk->learnt].at.sp;

	if (mv_rule_kind(rule) == MV_RULE_BP && words_above(base, walk->at.bp) == MV_PATH_NONE)
		return false;
	return (mv_rule_kind(rule) == MV_RULE_SP || mv_rule_kind(rule) == MV_RULE_BP) &&
	       words_above(base, cfa_of(walk, rule)) != MV_PATH_NONE;
}

/* Take step I of PATH, which began at BASE, from AT.  False: it cannot be taken.  */
MV_PEEKS static inline bool take_path_step(const struct mv_path *path, unsigned i, uintptr_t base,
					       struct mv_unwind_frame *from, struct mv_unwind_registers *at)
{
	uintptr_t ip = mv_peek(base + (uintptr_t)path->up[i] * MV_PEEK_BYTES);

	if (!ip || (path->bp[i] != MV_PATH_NONE && at->bp != base + (uintptr_t)path->bp[i] * MV_PEEK_BYTES))
		return false;
	from->at = *at;
	from->saved = 0;
	if (path->saved[i] != MV_PATH_NONE) {
		from->saved = base + (uintptr_t)path->saved[i] * MV_PEEK_BYTES;
		at->bp = mv_peek(from->saved);
	}
	at->ip = ip;
	at->sp = base + (path->up[i] + 1u) * MV_PEEK_BYTES;
	return true;
}

/* Where PATH, from BASE on, ends, the next one will be looked for: where that is can be read before it is known that the
 * way there is right.  */
MV_PEEKS static inline void fetch_next(const struct walk *walk, const struct mv_path *path, uintptr_t base)
{
	uintptr_t end = mv_peek(base + (uintptr_t)path->up[path->count - 1] * MV_PEEK_BYTES);
	uint64_t key = mv_path_key(end, walk->unwind->generation);
	const char *next = (const char *)mv_path_of(&walk->unwind->paths, key);

	__builtin_prefetch(next);
	__builtin_prefetch(next + sizeof(struct mv_path) / 2);
}

/* Go PATH to its end, or to a caller that is another one than before.  Returns how many steps that are.  */
static unsigned go_path(struct walk *walk, struct mv_path *path)
{
	struct mv_unwind_frame *fresh = &walk->unwind->fresh[walk->fresh];
	struct mv_unwind_registers at = walk->at;
	uintptr_t base = at.sp;
	unsigned i;

	fetch_next(walk, path, base);
	for (i = 0; i < path->count && take_path_step(path, i, base, &fresh[i], &at); i++) {
		if (at.ip == path->ip[i])
			continue;
		path->count = ++i;
		break;
	}
	walk->at = at;
	walk->fresh += i;
	return i;
}

/* True if there is a path from here, and it has been gone.  */
static bool find_path(struct walk *walk)
{
	struct mv_unwind *unwind = walk->unwind;
	uint64_t key = mv_path_key(walk->at.ip, unwind->generation);
	struct mv_path *path = mv_path_of(&unwind->paths, key);

	if (path->key != key || walk->fresh + path->count > MV_NATIVE_FRAMES ||
	    walk->at.sp + (path->up[path->count - 1] + 1u) * MV_PEEK_BYTES > unwind->bounds.end)
		return false;
	return go_path(walk, path);
}

/* ---- a capture ---- */

/* Put the fresh frames behind the KNOWN + 1 remembered ones that stay.  COUNT never counts one that is not whole: this may
 * be left by a signal handler that jumps away.  */
static void remember(struct walk *walk, bool is_cut)
{
	struct mv_unwind *unwind = walk->unwind;
	unsigned count = (unsigned)(walk->known + 1);
	uint64_t hash = count ? unwind->frames[count - 1].hash : unwind->generation;

	unwind->count = count;
	unwind->is_cut = is_cut;
	__atomic_signal_fence(__ATOMIC_RELEASE);
	while (walk->fresh) {
		struct mv_unwind_frame *frame = &unwind->frames[count++];

		*frame = unwind->fresh[--walk->fresh];
		hash = mv_unwind_hash(hash, frame->at.ip);
		frame->hash = hash;
	}
	__atomic_signal_fence(__ATOMIC_RELEASE);
	unwind->count = count;
}

/* True if the frames that stay and the fresh ones are those that would be found without a memory: if stacks are cut, the
 * same number.  */
static bool fits(const struct walk *walk)
{
	unsigned count = (unsigned)(walk->known + 1) + walk->fresh;

	return walk->unwind->is_cut ? count == walk->unwind->count : count <= MV_NATIVE_FRAMES;
}

enum outcome {
	OUTCOME_MET,  /* the rest is remembered */
	OUTCOME_ROOT, /* nothing is */
	OUTCOME_CUT,
	OUTCOME_FAILED,
};

/* One step by the rule for where the walk is.  */
static enum step take_step(struct walk *walk)
{
	struct mv_unwind_frame *frame = &walk->unwind->fresh[walk->fresh];
	uint32_t rule = mv_rules_find(walk->at.ip, walk->unwind->generation);
	bool is_part = is_steady(walk, rule);
	enum step step;

	if (walk->learnt >= 0 && !is_part)
		learn_path(walk);
	frame->at = walk->at;
	step = step_by(walk, rule);
	frame->saved = walk->saved;
	if (step != STEP_ON)
		return step;
	if (is_part && walk->learnt < 0)
		walk->learnt = (int)walk->fresh;
	walk->fresh++;
	if (walk->learnt >= 0 && walk->fresh - (unsigned)walk->learnt == MV_PATH_STEPS)
		learn_path(walk);
	return step;
}

/* Collect fresh frames until remembered ones are met.  */
static enum outcome go(struct walk *walk)
{
	enum step step;

	for (;;) {
		if (meets(walk)) {
			int last = last_in_place(walk->unwind->frames, walk->known);

			if (walk->learnt >= 0)
				learn_path(walk);
			if (!last)
				return OUTCOME_MET;
			if (!take_over(walk, last))
				return OUTCOME_CUT;
		}
		if (walk->fresh == MV_NATIVE_FRAMES)
			return OUTCOME_CUT;
		if (walk->learnt < 0 && find_path(walk))
			continue;
		step = take_step(walk);
		if (step != STEP_ON)
			break;
	}
	walk->fresh++;
	return step == STEP_END ? OUTCOME_ROOT : OUTCOME_FAILED;
}

static enum outcome go_from(struct walk *walk, const struct mv_unwind_registers *leaf)
{
	walk->at = *leaf;
	walk->fresh = 0;
	walk->learnt = -1;
	walk->known = (int)walk->unwind->count - 1;
	return go(walk);
}

bool mv_unwind_follow(struct mv_unwind *unwind, const struct mv_unwind_registers *leaf)
{
	uint64_t generation = mv_rules_generation();
	struct walk walk = {.unwind = unwind};
	enum outcome outcome;

	if (!mv_rules_table || !mv_bounds_cover(&unwind->bounds, leaf->sp))
		return false;
	if (generation != unwind->generation) {
		unwind->count = 0;
		unwind->generation = generation;
	}
	outcome = go_from(&walk, leaf);
	if (outcome == OUTCOME_CUT || (outcome == OUTCOME_MET && !fits(&walk))) {
		unwind->count = 0;
		outcome = go_from(&walk, leaf);
	}
	if (outcome == OUTCOME_FAILED)
		return false;
	if (outcome != OUTCOME_MET)
		walk.known = -1;
	remember(&walk, outcome == OUTCOME_CUT);
	return true;
}
