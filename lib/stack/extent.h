/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a thread's stack that can be read: what unwinding must not leave, whatever the tables say.
 *
 * A thread's stack ends where its own data lie that libc has put there, the main thread's where the loader has said.  The
 * pages between that and where the thread stands are tried once, by the kernel, and not again: they stay for as long as
 * anybody runs on them.  A stack of another sort (a signal handler's own, a coroutine's) does not lead there without a
 * hole, or leads nowhere, and has no extent.
 *
 * Threads: each has its own.  Signals: a handler must not be in the midst of its thread's mv_extent_covers.  Fork: a child
 * keeps the stack that it runs on.  */
#ifndef STACK_EXTENT_H
#define STACK_EXTENT_H

#include <stdbool.h>
#include <stdint.h>

/* Zero: nothing known.  */
struct mv_extent {
	uintptr_t start, end;
};

/* Ask the loader where the main thread's stack ends.  */
void mv_extent_start(void);

/* Let EXTENT reach down to SP, where the calling thread stands.  False: it is on no stack that is known.  100 ns for each
 * new page.  */
bool mv_extent_grow(struct mv_extent *extent, uintptr_t sp);

/* The same; nothing at all where SP lies in it already.  */
static inline bool mv_extent_covers(struct mv_extent *extent, uintptr_t sp)
{
	return (sp >= extent->start && sp < extent->end) || mv_extent_grow(extent, sp);
}

#endif
