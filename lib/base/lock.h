/* SPDX-License-Identifier: Apache-2.0 */
/* A lock for a few instructions of ours.  Never held across a call into the program, the driver, the loader or
 * Python.  Waiting has an end: a holder that was stopped in a debugger or torn down must not take the program with
 * it, so a caller that gets no lock drops what it had to say and counts it.
 *
 * Threads: yes.  Signals: the owner of a lock must keep its signal handlers out by a guard of its own (lib/cuda/guard.h).
 * Fork: a child never looks at its parent's locks; it starts with new memory.  */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"

struct mv_lock {
	uint32_t is_taken; /* 0 free; zeroed memory is a free lock */
};

enum {
	MV_LOCK_SPINS = 200,	/* pauses before the processor is given up: about a microsecond */
	MV_LOCK_YIELDS = 20000, /* then so many yields, some tens of milliseconds on a busy machine */
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
	return !__atomic_exchange_n(&lock->is_taken, 1, __ATOMIC_ACQUIRE);
}

/* Wait for LOCK.  False: it could not be had in reasonable time; nothing is held.  */
static inline bool mv_lock_take(struct mv_lock *lock)
{
	int i;

	for (i = 0; i < MV_LOCK_SPINS + MV_LOCK_YIELDS; i++) {
		if (!__atomic_load_n(&lock->is_taken, __ATOMIC_RELAXED) && mv_lock_try(lock))
			return true;
		if (i < MV_LOCK_SPINS)
			mv_lock_pause();
		else
			mv_sys_yield();
	}
	return false;
}

static inline void mv_lock_release(struct mv_lock *lock)
{
	__atomic_store_n(&lock->is_taken, 0, __ATOMIC_RELEASE);
}

#endif
