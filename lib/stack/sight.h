/* SPDX-License-Identifier: Apache-2.0 */
/* What can be seen of the calling thread's stack at a glance: enough to tell it from others.
 *
 * Native frames are found by rules (unwind.h), and where those do not suffice by libunwind (native.h).
 * Threads: each looks at itself, with scratch memory of its own.  Signals: the caller's guard keeps them out.
 * Memory: the scratch memory.  */
#ifndef STACK_SIGHT_H
#define STACK_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/scratch.h"
#include "stack/unwind.h"

struct mv_sight {
	struct mv_scratch *scratch;
	unsigned parts; /* enum mv_stack_part, wanted */
	uint32_t origin; /* a stack that is to stand further out; 0: none */
	struct mv_unwind_registers leaf; /* where the capture began */
	unsigned native_count;
	bool is_followed;	 /* they are SCRATCH's UNWIND; else, SCRATCH's IPS */
	uintptr_t python_thread; /* 0: no Python frames */
	uint64_t hash;		 /* of all of it; never 0 */
	uint64_t trail;		 /* the key under which the thread may know it (mv_sight_recall); 0: it cannot */
};

/* The stack, if the thread has seen it before by its native frames; 0: it has not.  */
uint32_t mv_sight_recall(struct mv_sight *sight);

/* What mv_sight_look has seen is STACK.  */
void mv_sight_learn(const struct mv_sight *sight, uint32_t stack);

/* Fill SIGHT's lower half, but for TRAIL.  False: there is nothing to see.  */
bool mv_sight_look(struct mv_sight *sight);

/* Fill SCRATCH's NATIVE, the leaf first.  Stack pointers are there if Python frames are to be merged with them.  EVAL: as for
 * mv_native_walk.  IS_SURE: no object has been unloaded.  Returns how many.  */
unsigned mv_sight_walk_native(const struct mv_sight *sight, uintptr_t eval, bool is_sure);

#endif
