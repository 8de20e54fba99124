/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <pthread.h>
#include <unistd.h>

#include "base/sys.h"
#include "stack/scratch.h"

enum { WAIT_NS = 200000000 };

struct visit {
	pthread_barrier_t *barrier; /* NULL: leave at once */
	struct mv_scratch *place;
	pid_t thread;
};

static void *visit(void *argument)
{
	struct visit *visit = argument;

	visit->place = mv_scratch_mine();
	visit->thread = mv_sys_thread();
	if (visit->place)
		visit->place->captures++;
	if (visit->barrier)
		pthread_barrier_wait(visit->barrier);
	return NULL;
}

/* A thread that has been joined may not have ended yet for the kernel.  */
static void await_end(pid_t thread)
{
	while (mv_sys_thread_lives(thread))
		mv_sys_yield();
}

static struct mv_scratch *place_of_a_thread(void)
{
	struct visit one = {0};
	pthread_t thread;

	pthread_create(&thread, NULL, visit, &one);
	pthread_join(thread, NULL);
	await_end(one.thread);
	return one.place;
}

static void a_thread_keeps_its_place(void)
{
	mv_scratch_start();
	CU_ASSERT_PTR_NOT_NULL(mv_scratch_mine());
	CU_ASSERT_PTR_EQUAL(mv_scratch_mine(), mv_scratch_mine());
}

static void threads_that_live_have_places_of_their_own(void)
{
	enum { THREADS = 20 };
	struct visit visits[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t barrier;
	int i, j, same = 0;

	mv_scratch_start();
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		visits[i] = (struct visit){.barrier = &barrier};
		pthread_create(&threads[i], NULL, visit, &visits[i]);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < THREADS; i++)
		for (j = 0; j < i; j++)
			same += visits[i].place == visits[j].place;
	CU_ASSERT_EQUAL(same, 0);
	CU_ASSERT_EQUAL(mv_scratch_captures(), THREADS);
	pthread_barrier_destroy(&barrier);
}

static void the_place_of_an_ended_thread_is_used_again(void)
{
	struct mv_scratch *first;
	int i;

	mv_scratch_start();
	first = place_of_a_thread();
	for (i = 0; i < 50; i++)
		CU_ASSERT_PTR_EQUAL(place_of_a_thread(), first);
	CU_ASSERT_EQUAL(mv_scratch_captures(), 51);
}

static void starting_again_gives_new_places(void)
{
	mv_scratch_start();
	mv_scratch_mine()->captures = 5;
	CU_ASSERT(!mv_scratch_start());
	CU_ASSERT_EQUAL(mv_scratch_captures(), 0);
	CU_ASSERT_EQUAL(mv_scratch_mine()->captures, 0);
}

static void who_was_inside_is_told(void)
{
	mv_scratch_start();
	mv_scratch_mine()->stage = MV_SCRATCH_INSIDE;
	CU_ASSERT(mv_scratch_start());
	CU_ASSERT(!mv_scratch_start());
}

static void a_child_forgets_who_was_inside(void)
{
	uint64_t before = mv_sys_monotonic_ns();

	mv_scratch_start();
	place_of_a_thread()->stage = MV_SCRATCH_INSIDE;
	mv_scratch_forget_others();
	mv_scratch_await_all(WAIT_NS);
	CU_ASSERT(mv_sys_monotonic_ns() - before < WAIT_NS);
	CU_ASSERT(mv_scratch_start());
	CU_ASSERT(!mv_scratch_start());
}

static void nobody_waits_for_himself(void)
{
	uint64_t before = mv_sys_monotonic_ns();

	mv_scratch_start();
	mv_scratch_mine()->stage = MV_SCRATCH_INSIDE;
	mv_scratch_await_all(WAIT_NS);
	CU_ASSERT(mv_sys_monotonic_ns() - before < WAIT_NS);
	mv_scratch_mine()->stage = MV_SCRATCH_OUTSIDE;
}

static void waiting_for_others_has_an_end(void)
{
	uint64_t before = mv_sys_monotonic_ns();

	mv_scratch_start();
	place_of_a_thread()->stage = MV_SCRATCH_INSIDE;
	mv_scratch_await_all(WAIT_NS);
	CU_ASSERT(mv_sys_monotonic_ns() - before >= WAIT_NS);
	mv_scratch_start();
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_thread_keeps_its_place),
	HARNESS_TEST(threads_that_live_have_places_of_their_own),
	HARNESS_TEST(the_place_of_an_ended_thread_is_used_again),
	HARNESS_TEST(starting_again_gives_new_places),
	HARNESS_TEST(who_was_inside_is_told),
	HARNESS_TEST(a_child_forgets_who_was_inside),
	HARNESS_TEST(nobody_waits_for_himself),
	HARNESS_TEST(waiting_for_others_has_an_end),
};
HARNESS_MAIN("stack_scratch", tests)
