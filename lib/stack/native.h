/* SPDX-License-Identifier: Apache-2.0 */
/* The calling thread's native frames by libunwind, whose only user this is: for stacks that rules cannot follow (unwind.h), and
 * where it is asked for.
 *
 * Two ways: mv_native_trace is quick and knows return addresses only; mv_native_walk takes half a microsecond per frame
 * and also knows where each frame lies.  They see the same frames; but on aarch64 the quick way's addresses are one
 * byte lower once it has seen them before, so that they tell stacks apart and are not to be shown.
 *
 * Units: frames.  Addresses are return addresses: they point behind the call.
 * Threads: safe.  libunwind keeps a table of known addresses for each thread (256 KB, gone when the thread ends) and
 * one, under its own lock, for all.  Signals: not while the same thread is inside.  Fork: not while another thread is
 * inside, or the child finds libunwind's lock, or the loader's, taken for ever.
 * Memory: mapped by libunwind, never malloc; only where the program has more than 32 thread-specific keys does libc
 * allocate for the key that frees the thread's table, once per thread.
 * Unloaded code: a table of known addresses is kept for the life of its thread.  Where another object comes to lie at
 * the same place and has a call that returns to exactly the same address, the quick way may misread that frame and
 * those behind it.  The slow way does not, after mv_native_forget.  */
#ifndef STACK_NATIVE_H
#define STACK_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/stack.h"

enum {
	MV_NATIVE_OWN = 16, /* frames of the recorder's that may lie above those of the program */
	MV_NATIVE_FRAMES = MV_STACK_FRAMES + MV_NATIVE_OWN,
#ifdef __aarch64__
	MV_NATIVE_TRACE_IS_EXACT = 0,
#else
	MV_NATIVE_TRACE_IS_EXACT = 1,
#endif
};

struct mv_native_frame {
	uintptr_t ip;
	uintptr_t sp;	 /* the frame owns the stack from here to its caller's SP; 0: not known */
	uint32_t module; /* set by mv_loaded_place */
	bool is_eval;	 /* the frame's function begins at the address that was asked for */
	uintptr_t bias;	 /* set by mv_loaded_place */
};

/* Make libunwind ready: what it allocates once, it allocates here.  Cannot fail.  */
void mv_native_start(void);

/* The calling thread's return addresses, innermost first, at most MAX.  Returns how many; MAX: there may be more.  */
unsigned mv_native_trace(void *ips[], unsigned max);

/* The same with stack pointers.  EVAL: the address of a function whose frames are to be marked, 0: none.  */
unsigned mv_native_walk(struct mv_native_frame frames[], unsigned max, uintptr_t eval);

/* Objects have been unloaded: what the slow way knows about addresses is not to be used any more.  */
void mv_native_forget(void);

#endif
