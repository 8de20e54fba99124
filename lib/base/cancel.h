/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a thread whole that may be cancelled at any instruction (pthread_setcanceltype, PTHREAD_CANCEL_ASYNCHRONOUS): where
 * it holds a lock of ours, of libunwind's or of the loader's for us, whoever needs that next would wait for ever.  In between
 * it is cancelled where a thread is by default, at certain calls, and we make none of those; what has come meanwhile is
 * obeyed by mv_cancel_restore, which then does not return.
 *
 * The type is set and not the state: of a thread that leaves by longjmp out of a signal handler in between, all that remains
 * is that it is cancelled at certain calls only, until it says otherwise again; a thread that never said anything does not
 * notice.
 *
 * Not guarded, and not to be: the driver's own call, and the few instructions before and after it.  Of a thread that is
 * cancelled there, the call may have succeeded and be recorded, or not; the memory is lost to the program in any case, and no
 * lock is held.
 *
 * Costs 7 to 11 ns, measured on a busy machine.  Threads: about the calling one.  Signals: safe.  errno: untouched.  */
#ifndef BASE_CANCEL_H
#define BASE_CANCEL_H

#include <pthread.h>

/* From now on, not at any instruction.  Returns what mv_cancel_restore is to be given.  One may lie within the other.  */
static inline int mv_cancel_defer(void)
{
	/* Where libpthread is a library of its own and not there, libc's function does nothing at all.  */
	int before = PTHREAD_CANCEL_DEFERRED;

	pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &before);
	return before;
}

/* As it was.  Nothing may be held.  */
static inline void mv_cancel_restore(int before)
{
	int ours;

	if (before != PTHREAD_CANCEL_DEFERRED)
		pthread_setcanceltype(before, &ours);
}

#endif
