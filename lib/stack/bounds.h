/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a thread's stack that can be read: what unwinding must not leave, whatever the tables say.
 *
 * A thread's stack ends where its own data lie that libc has put there, the main thread's where the loader has said.  The
 * pages between that and where the thread stands are tried once, by the kernel, and not again: they stay for as long as
 * anybody runs on them.  A stack of another sort (a signal handler's own, a coroutine's) does not lead there without a
 * hole, or leads nowhere, and has no bounds.
 *
 * Threads: each has its own.  Signals: a handler must not be in the midst of its thread's mv_bounds_cover.  Fork: a child
 * keeps the stack that it runs on.  */
#ifndef STACK_BOUNDS_H
#define STACK_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

/* Zero: nothing known.  */
struct mv_bounds {
	uintptr_t start, end;
};

/* Ask the loader where the main thread's stack ends.  */
void mv_bounds_start(void);

/* Let BOUNDS reach down to SP, where the calling thread stands.  False: it is on no stack that is known.  100 ns for each
 * new page.  */
bool mv_bounds_grow(struct mv_bounds *bounds, uintptr_t sp);

/* The same; nothing at all where SP lies in it already.  */
static inline bool mv_bounds_cover(struct mv_bounds *bounds, uintptr_t sp)
{
	return (sp >= bounds->start && sp < bounds->end) || mv_bounds_grow(bounds, sp);
}

#endif
