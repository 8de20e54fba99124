/* SPDX-License-Identifier: Apache-2.0 */
/* The calling thread's native frames, by rules (rules.h): 1.5 ns for a frame that was there the last time, 5 ns for another.
 *
 * A thread remembers its stack.  The frames of the next capture are followed from the innermost one by rules, until one is
 * met that is remembered; from there on it is enough to see that memory still leads from each frame to the next, by the
 * return address and the frame pointer that were saved.  Only places are read that following the rules would read.  The
 * hash goes from the root to the leaf, so that of the frames that stay it is known.
 *
 * Captures end without a result where there is no rule (code without unwind tables, a signal handler's frame, a stack of an
 * unknown sort, another processor than x86-64): then somebody else is to be asked (native.h).
 *
 * Units: frames; addresses are return addresses.
 * Threads: each has a struct of its own.  Signals: a handler must not use it while the thread does; one that never returns
 * leaves it fit for use.  Fork: a child's struct begins empty.
 * Memory: none; of the stack, next to none.  */
#ifndef STACK_UNWIND_H
#define STACK_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fold.h"
#include "stack/bounds.h"
#include "stack/native.h"
#include "stack/paths.h"

/* IP: where the frame goes on.  SP, BP: what the registers hold when it does.  */
struct mv_unwind_registers {
	uintptr_t ip, sp, bp;
};

struct mv_unwind_frame {
	struct mv_unwind_registers at;
	uintptr_t saved; /* where its caller's BP has been saved; 0: it is the same; MV_UNWIND_LOOSE */
	uint64_t hash;	 /* of the frames from the root to this one */
};

/* As SAVED: that memory still leads to the caller cannot be seen.  */
enum { MV_UNWIND_LOOSE = 1 };

/* Zero: nothing remembered.  */
struct mv_unwind {
	struct mv_bounds bounds;
	uint64_t generation; /* of the rules that the frames were found by */
	unsigned count;
	bool is_cut; /* there are more than MV_NATIVE_FRAMES, of which these are the innermost */
	struct mv_unwind_frame frames[MV_NATIVE_FRAMES]; /* the root first */
	struct mv_unwind_frame fresh[MV_NATIVE_FRAMES];	 /* during a capture, the leaf first */
	struct mv_paths paths;
};

/* Make ready.  Returns 0; -ENOMEM; -ENOTSUP: not on this processor.  */
int mv_unwind_start(void);

/* Fill UNWIND's frames with the stack whose innermost frame is LEAF, of the calling thread.  False: not all of it could be
 * followed, and what is in UNWIND is of an earlier one.  */
bool mv_unwind_follow(struct mv_unwind *unwind, const struct mv_unwind_registers *leaf);

/* Continue HASH, of the frames further out, with one that returns to IP.  For no frames it is the generation.  */
static inline uint64_t mv_unwind_hash(uint64_t hash, uintptr_t ip)
{
	return mv_fold(hash, ip, 0);
}

/* Where the caller stands, as the innermost frame.  */
static inline __attribute__((always_inline)) struct mv_unwind_registers mv_unwind_here(void)
{
	struct mv_unwind_registers here = {0, 0, 0};

#ifdef __x86_64__
	/* The place counts as one that is returned to, so that it is looked up as the one before it.  */
	__asm__ volatile("lea 1f(%%rip), %0\n1:\tmov %%rsp, %1\n\tmov %%rbp, %2"
			 : "=&r"(here.ip), "=&r"(here.sp), "=&r"(here.bp));
#endif
	return here;
}

#endif
