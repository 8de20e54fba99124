/* SPDX-License-Identifier: Apache-2.0 */
/* Whole stacks that a thread has seen before, known again by what stands in a few places of its memory.
 *
 * A training loop comes by the same stacks in each step, with each frame where it was.  The return addresses decide by which
 * rules (rule.h) the frames are followed, and so where the next ones stand; but for frames whose rules count from a frame
 * pointer, and then it must point as far from the leaf as it did.  So if all of them are what they were, so is the stack,
 * and no rule has to be looked up.  They are summed up into one number (base/fold.h) that must be the same: what would be
 * compared takes four times as much room.
 *
 * Stacks that differ in native frames only (of one line of Python's, or of one node of a backward) have one key, but they come
 * one after the other in the same order: the first to be tried is the one that came next the last time.
 *
 * Units: words of 8 bytes.  Threads: each has its own; what another one has left is good, too.  Signals: one that jumps away
 * leaves a table fit for use.  Memory: the caller's; 512 bytes for each stack, of which 160 are touched for 60 native
 * frames.  */
#ifndef STACK_TRAILS_H
#define STACK_TRAILS_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/unwind.h"

enum {
	MV_TRAIL_PLACES = 241,
	MV_TRAIL_SETS = 256,
	MV_TRAIL_WAYS = 4,
	MV_TRAILS = MV_TRAIL_SETS * MV_TRAIL_WAYS,
};

/* KEY: mv_trail_key; 0: none.  PLACES are above the leaf's stack pointer: first the RETURNS, of return addresses, then those
 * of frame pointers that have been saved.  */
struct mv_trail {
	uint64_t key;
	uint64_t sum;	/* of what stands in the places */
	uint32_t stack; /* id */
	uint16_t returns;
	uint16_t count; /* of places */
	uint16_t reach; /* the highest place */
	uint16_t next;	/* the trail that came after this one the last time */
	bool has_register; /* the leaf's frame pointer counts, too */
	uint16_t places[MV_TRAIL_PLACES];
};

_Static_assert(sizeof(struct mv_trail) == 512, "eight cache lines");

/* Zero: none seen.  */
struct mv_trails {
	struct mv_trail all[MV_TRAILS] __attribute__((aligned(64))); /* a set of MV_TRAIL_WAYS for each lot of keys */
	uint32_t last;						     /* that was found or learnt */
};

/* What tells stacks apart before their native frames are looked at.  PYTHON: hash of Python's frames; ORIGIN: as in
 * mv_stack_capture_from.  */
static inline uint64_t mv_trail_key(const struct mv_unwind_registers *leaf, uint64_t generation, uint64_t python,
				    uint32_t origin)
{
	uint64_t key = mv_fold(python ^ origin, leaf->sp, leaf->ip ^ generation);

	return key ? key : 1;
}

/* The stack at LEAF, of the calling thread, whose stack can be read up to END.  0: it is not known.  */
uint32_t mv_trails_find(struct mv_trails *trails, uint64_t key, const struct mv_unwind_registers *leaf, uintptr_t end);

/* The stack that UNWIND has just followed is STACK.  One with a frame whose rule is of another form is not kept, nor one with
 * too many.  */
void mv_trails_learn(struct mv_trails *trails, uint64_t key, const struct mv_unwind *unwind, uint32_t stack);

#endif
