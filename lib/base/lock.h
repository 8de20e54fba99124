/* SPDX-License-Identifier: Apache-2.0 */
/* A lock for a few instructions of ours.  Never held across a call into the program, the driver, the loader or
 * Python.  Waiting has an end: a holder that was stopped in a debugger, or left by longjmp out of a signal handler, must
 * not take the program with it, so a caller that gets no lock drops what it had to say and counts it.  A lock that was
 * once waited for in vain is not waited for again until its holder lets go.
 *
 * Threads: yes.  Signals: the owner of a lock must keep its signal handlers out by a guard of its own (guard.h).
 * Fork: a child never looks at its parent's locks; it starts with new memory.  */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"

struct mv_lock {
	uint32_t state; /* enum mv_lock_state; zeroed memory is a free lock */
};

enum mv_lock_state {
	MV_LOCK_FREE = 0,
	MV_LOCK_TAKEN = 1,
	MV_LOCK_OVERDUE = 2, /* taken, and somebody has waited in vain */
};

/* How a lock is waited for: by pauses, about a microsecond; then by giving up the processor; then by sleeping.  The
 * longest that is done under a lock, compressing a chunk, takes a millisecond, but on a machine with more threads than
 * processors whoever does it may not run for some tens.  */
enum {
	MV_LOCK_SPINS = 200,
	MV_LOCK_YIELDS = 200,
	MV_LOCK_NAPS = 10000,
	MV_LOCK_NAP_NS = 100000, /* altogether a second */
};

static inline void mv_lock_pause(void)
{
#if defined(__x86_64__)
	__asm__ volatile("pause");
#else
	__asm__ volatile("yield");
#endif
}

static inline bool mv_lock_try(struct mv_lock *lock)
{
	uint32_t free = MV_LOCK_FREE;

	return __atomic_compare_exchange_n(&lock->state, &free, MV_LOCK_TAKEN, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* What to do after the Ith vain attempt.  */
static inline void mv_lock_wait(int i)
{
	if (i < MV_LOCK_SPINS)
		mv_lock_pause();
	else if (i < MV_LOCK_SPINS + MV_LOCK_YIELDS)
		mv_sys_yield();
	else
		mv_sys_sleep(MV_LOCK_NAP_NS);
}

/* Wait for LOCK.  False: it could not be had in reasonable time; nothing is held.  */
static inline bool mv_lock_take(struct mv_lock *lock)
{
	uint32_t taken = MV_LOCK_TAKEN;
	int i;

	for (i = 0; i < MV_LOCK_SPINS + MV_LOCK_YIELDS + MV_LOCK_NAPS; i++) {
		uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);

		if (state == MV_LOCK_OVERDUE)
			return false;
		if (state == MV_LOCK_FREE && mv_lock_try(lock))
			return true;
		mv_lock_wait(i);
	}
	__atomic_compare_exchange_n(&lock->state, &taken, MV_LOCK_OVERDUE, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return false;
}

static inline void mv_lock_release(struct mv_lock *lock)
{
	__atomic_store_n(&lock->state, MV_LOCK_FREE, __ATOMIC_RELEASE);
}

/* Keep LOCK, which is held, for good: nobody gets it any more, and nobody waits for it.  */
static inline void mv_lock_close(struct mv_lock *lock)
{
	__atomic_store_n(&lock->state, MV_LOCK_OVERDUE, __ATOMIC_RELEASE);
}

#endif
