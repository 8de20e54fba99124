/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/scratch.h"

#include <stddef.h>

#include "base/sys.h"

static struct mv_scratch *g_places[MV_SCRATCH_THREADS];
static uint32_t g_count; /* places in use or free; those behind are NULL */
static uint32_t g_epoch; /* of places; one of an earlier epoch is gone */
static bool g_was_inside; /* another thread of the process that this one was forked from */

/* initial-exec: the general model may call malloc on a thread's first access, and malloc is one of the things that can
 * bring us here.  */
static __thread struct mv_scratch *t_place __attribute__((tls_model("initial-exec")));
static __thread uint32_t t_epoch __attribute__((tls_model("initial-exec")));

static struct mv_scratch *place_at(uint32_t i)
{
	return __atomic_load_n(&g_places[i], __ATOMIC_ACQUIRE);
}

/* The thread's place, NULL if it has none yet.  What T_PLACE says of an earlier epoch may be another thread's now.  */
static struct mv_scratch *own_place(void)
{
	return t_epoch == __atomic_load_n(&g_epoch, __ATOMIC_ACQUIRE) ? t_place : NULL;
}

static uint32_t count(void)
{
	uint32_t n = __atomic_load_n(&g_count, __ATOMIC_ACQUIRE);

	return n < MV_SCRATCH_THREADS ? n : MV_SCRATCH_THREADS;
}

void mv_scratch_forget_others(void)
{
	uint32_t n = count(), i;

	for (i = 0; i < n; i++) {
		struct mv_scratch *place = place_at(i);

		if (!place || place == own_place())
			continue;
		g_was_inside = g_was_inside || place->stage == MV_SCRATCH_INSIDE;
		place->stage = MV_SCRATCH_OUTSIDE;
	}
}

bool mv_scratch_start(void)
{
	bool was_inside = g_was_inside;
	uint32_t n = count(), i;

	g_was_inside = false;
	for (i = 0; i < n; i++) {
		struct mv_scratch *place = place_at(i);

		if (!place)
			continue;
		was_inside = was_inside || __atomic_load_n(&place->stage, __ATOMIC_ACQUIRE) == MV_SCRATCH_INSIDE;
		__atomic_store_n(&g_places[i], NULL, __ATOMIC_RELEASE);
		mv_sys_unmap(place, sizeof *place);
	}
	__atomic_store_n(&g_count, 0, __ATOMIC_RELEASE);
	__atomic_add_fetch(&g_epoch, 1, __ATOMIC_RELEASE);
	return was_inside;
}

static void await(const struct mv_scratch *place, uint64_t deadline_ns)
{
	while (__atomic_load_n(&place->stage, __ATOMIC_SEQ_CST) && mv_sys_monotonic_ns() < deadline_ns)
		mv_sys_yield();
}

void mv_scratch_await_all(uint64_t time_ns)
{
	uint64_t deadline_ns = mv_sys_monotonic_ns() + time_ns;
	uint32_t n = count(), i;

	for (i = 0; i < n; i++) {
		struct mv_scratch *place = place_at(i);

		if (place && place != own_place())
			await(place, deadline_ns);
	}
}

static bool claim(struct mv_scratch *place, uint32_t owner, uint32_t me)
{
	return __atomic_compare_exchange_n(&place->owner, &owner, me, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* A place of a thread that has ended.  One that bears my own number is one of those, too; or a handler has interrupted
 * me right after I took it.  */
static struct mv_scratch *find_left(uint32_t me)
{
	uint32_t n = count(), i;

	for (i = 0; i < n; i++) {
		struct mv_scratch *place = place_at(i);
		uint32_t owner = place ? __atomic_load_n(&place->owner, __ATOMIC_ACQUIRE) : 0;

		if (!owner || (owner != me && mv_sys_thread_lives((pid_t)owner)))
			continue;
		if (claim(place, owner, me))
			return place;
	}
	return NULL;
}

static struct mv_scratch *make(uint32_t me)
{
	struct mv_scratch *place;
	void *memory;
	uint32_t i;

	if (count() == MV_SCRATCH_THREADS || mv_sys_map(sizeof *place, &memory))
		return NULL;
	place = memory;
	place->owner = me;
	i = __atomic_fetch_add(&g_count, 1, __ATOMIC_ACQ_REL);
	if (i >= MV_SCRATCH_THREADS) {
		mv_sys_unmap(memory, sizeof *place);
		return NULL;
	}
	__atomic_store_n(&g_places[i], place, __ATOMIC_RELEASE);
	return place;
}

/* What another thread's stack was is of no use, and where it lay is not known to be readable any more.  */
static void make_own(struct mv_scratch *place)
{
	/* Acquires what a thread that has ended wrote there: pairs with the release at the end of its capture.  */
	__atomic_exchange_n(&place->stage, MV_SCRATCH_OUTSIDE, __ATOMIC_ACQ_REL);
	place->unwind.count = 0;
	place->unwind.bounds = (struct mv_bounds){0, 0};
}

struct mv_scratch *mv_scratch_mine(void)
{
	struct mv_scratch *place = own_place();
	uint32_t me;

	if (place)
		return place;
	me = (uint32_t)mv_sys_thread();
	place = find_left(me);
	if (!place)
		place = make(me);
	if (place)
		make_own(place);
	t_place = place;
	t_epoch = __atomic_load_n(&g_epoch, __ATOMIC_ACQUIRE);
	return place;
}

uint64_t mv_scratch_captures(void)
{
	uint32_t n = count(), i;
	uint64_t sum = 0;

	for (i = 0; i < n; i++) {
		struct mv_scratch *place = place_at(i);

		sum += place ? __atomic_load_n(&place->captures, __ATOMIC_RELAXED) : 0;
	}
	return sum;
}
