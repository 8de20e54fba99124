/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a thread out of what it is inside of already: it can only come there a second time from a signal handler.
 *
 * A thread that leaves by longjmp out of such a handler does not say so.  It has left when it comes again and is not as
 * deep in its stack; and, because it may have another stack by then, when it has come in vain too often: what is guarded
 * is short and calls nobody who could come back.  A handler's own stack may lie anywhere.
 *
 * Threads: each has its own, thread-local and zeroed.  Signals: that is what it is for.  */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"

struct mv_guard {
	const void *inside; /* how deep in its stack the thread went in; NULL: it is not inside */
	uint32_t refused;   /* times since */
};

enum { MV_GUARD_REFUSALS = 4096 }; /* a handler has seldom as much to tell */

static inline bool mv_guard_holds(const struct mv_guard *guard, const void *here)
{
	return guard->inside && guard->refused < MV_GUARD_REFUSALS &&
	       (here < guard->inside || mv_sys_on_signal_stack());
}

/* Go inside, at HERE, the caller's frame.  False: the thread is inside.  */
static inline bool mv_guard_enter(struct mv_guard *guard, const void *here)
{
	if (mv_guard_holds(guard, here)) {
		guard->refused++;
		return false;
	}
	guard->refused = 0;
	guard->inside = here;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return true;
}

static inline void mv_guard_leave(struct mv_guard *guard)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	guard->inside = NULL;
}

#endif
