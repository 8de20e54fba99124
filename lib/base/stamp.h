/* SPDX-License-Identifier: Apache-2.0 */
/* Times that are unique in a process: the order of stamps is the order in which they were taken, across threads, so
 * that a time is also the identity of an event.
 *
 * Units: nanoseconds of CLOCK_MONOTONIC; a stamp that would repeat is moved up by a nanosecond.
 * Threads: one atomic word.  Signals: async-signal-safe.  Fork: copies of the word go separate ways.  */
#ifndef BASE_STAMP_H
#define BASE_STAMP_H

#include <stdint.h>

#include "base/sys.h"

/* A stamp later than every stamp taken from *LAST before.  */
static inline uint64_t mv_stamp_take(uint64_t *last)
{
	uint64_t before = __atomic_load_n(last, __ATOMIC_RELAXED);
	uint64_t now = mv_sys_monotonic_ns();
	uint64_t stamp;

	do
		stamp = now > before ? now : before + 1;
	while (!__atomic_compare_exchange_n(last, &before, stamp, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return stamp;
}

#endif
