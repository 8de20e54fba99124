/* SPDX-License-Identifier: Apache-2.0 */
#include "base/walk.h"

#include <stdint.h>

#include "base/cancel.h"
#include "base/sys.h"

enum {
	HOLD_NS = 50000000,  /* a walk over 300 objects takes some 10 us, but whoever does it may not be running */
	BEGIN_NS = 50000000, /* a fork copies the tables of all pages: a millisecond for each gigabyte */
};

static uint32_t g_walks; /* under way */
static uint32_t g_holds; /* forks under way */

/* Walks of this thread, one within the other.  initial-exec: the general model
 * may call malloc on a thread's first access.  */
static __thread uint32_t t_depth __attribute__((tls_model("initial-exec")));

static bool is_zero(const uint32_t *count)
{
	return !__atomic_load_n(count, __ATOMIC_SEQ_CST);
}

static bool await_zero(const uint32_t *count, uint64_t time_ns)
{
	uint64_t deadline_ns;

	if (is_zero(count))
		return true;
	deadline_ns = mv_sys_monotonic_ns() + time_ns;
	while (!is_zero(count) && mv_sys_monotonic_ns() < deadline_ns)
		mv_sys_yield();
	return is_zero(count);
}

/* Either the one who forks sees that we walk, or we see that he forks.  */
static void begin(void)
{
	__atomic_fetch_add(&g_walks, 1, __ATOMIC_SEQ_CST);
	if (is_zero(&g_holds))
		return;
	__atomic_fetch_sub(&g_walks, 1, __ATOMIC_SEQ_CST);
	await_zero(&g_holds, BEGIN_NS);
	__atomic_fetch_add(&g_walks, 1, __ATOMIC_SEQ_CST);
}

void mv_walk_enter(void)
{
	if (!t_depth++)
		begin();
}

void mv_walk_leave(void)
{
	if (!--t_depth)
		__atomic_fetch_sub(&g_walks, 1, __ATOMIC_SEQ_CST);
}

int mv_walk_objects(int (*visit)(struct dl_phdr_info *info, size_t size, void *context), void *context)
{
	int result, cancel_type = mv_cancel_defer();

	mv_walk_enter();
	result = dl_iterate_phdr(visit, context);
	mv_walk_leave();
	mv_cancel_restore(cancel_type);
	return result;
}

bool mv_walk_hold(void)
{
	__atomic_fetch_add(&g_holds, 1, __ATOMIC_SEQ_CST);
	return await_zero(&g_walks, HOLD_NS);
}

void mv_walk_release(void)
{
	__atomic_fetch_sub(&g_holds, 1, __ATOMIC_SEQ_CST);
}

void mv_walk_forget(void)
{
	__atomic_store_n(&g_walks, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&g_holds, 0, __ATOMIC_RELAXED);
}
