/* SPDX-License-Identifier: Apache-2.0 */
/* Captures of many threads, in signal handlers, and around forks.  */
#include "unit/harness.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stack/stack.h"
#include "unit/stack_calls.h"

enum { WITHOUT_NATIVE = 2 };

/* ---- threads ---- */

struct worker {
	pthread_barrier_t *barrier;
	unsigned depths;
	uint32_t ids[200];
};

static void *capture_all_depths(void *argument)
{
	struct worker *worker = argument;
	unsigned i;

	for (i = 0; i < worker->depths; i++) {
		if (worker->barrier)
			pthread_barrier_wait(worker->barrier);
		worker->ids[i] = recurse_otherwise(i);
	}
	return NULL;
}

static void threads_that_race_get_one_id(void)
{
	enum { THREADS = 4, DEPTHS = 100 };
	static struct worker workers[THREADS];
	pthread_barrier_t barrier;
	pthread_t threads[THREADS];
	unsigned i, different = 0, missing = 0;

	start();
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.barrier = &barrier, .depths = DEPTHS};
		pthread_create(&threads[i], NULL, capture_all_depths, &workers[i]);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < THREADS * DEPTHS; i++) {
		different += workers[i / DEPTHS].ids[i % DEPTHS] != workers[0].ids[i % DEPTHS];
		missing += !workers[i / DEPTHS].ids[i % DEPTHS];
	}
	CU_ASSERT_EQUAL(different, 0);
	CU_ASSERT_EQUAL(missing, 0);
	CU_ASSERT_EQUAL(g_tables.repeated, 0);
	pthread_barrier_destroy(&barrier);
}

static void many_threads_come_and_go(void)
{
	static struct worker worker;
	unsigned i, missing = 0;

	start();
	for (i = 0; i < 300; i++) {
		pthread_t thread;

		worker = (struct worker){.depths = 1};
		pthread_create(&thread, NULL, capture_all_depths, &worker);
		pthread_join(thread, NULL);
		missing += !worker.ids[0];
	}
	CU_ASSERT_EQUAL(missing, 0);
}

static void the_smallest_stack_is_enough(void)
{
	static struct worker worker;
	pthread_attr_t attributes;
	pthread_t thread;

	start();
	worker = (struct worker){.depths = 3};
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, &attributes, capture_all_depths, &worker), 0);
	pthread_join(thread, NULL);
	CU_ASSERT(worker.ids[0] && worker.ids[1] && worker.ids[2]);
	pthread_attr_destroy(&attributes);
}

/* ---- signals ---- */

static volatile sig_atomic_t g_handled;
static volatile uint32_t g_handler_id;

static void capture_in_handler(int signal)
{
	(void)signal;
	g_handler_id = mv_stack_capture();
	g_handled++;
}

/* The handler runs on a stack of its own, small, but with room for what sanitizers add.  */
static void handle(int signal, void (*handler)(int))
{
	static char room[1 << 15];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};

	sigaltstack(&stack, NULL);
	sigaction(signal, &action, NULL);
}

static void a_handler_can_capture(void)
{
	start();
	handle(SIGUSR1, capture_in_handler);
	raise(SIGUSR1);
	CU_ASSERT(g_handler_id != 0);
	CU_ASSERT(frames_in(g_handler_id, "libc.so") > 0);
}

/* Handlers come at any instruction of captures that are new and old.  */
static void interrupted_captures_are_whole(void)
{
	struct worker *worker = calloc(1, sizeof *worker);
	timer_t timer;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	unsigned i, wrong = 0;

	start();
	handle(SIGUSR1, capture_in_handler);
	worker->depths = 200;
	capture_all_depths(worker);
	g_handled = 0;
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	for (i = 0; i < 20000; i++) {
		struct itimerspec soon = {.it_value = {.tv_nsec = 1000 + i % 1000 * 10}};

		timer_settime(timer, 0, &soon, NULL);
		wrong += recurse_otherwise(i % 200) == 0;
	}
	timer_delete(timer);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(g_handled > 1000);
	free(worker);
}

/* ---- fork ---- */

static int run_child(unsigned captures)
{
	unsigned i;

	if (recurse(3) != 0)
		return 1;
	tables_reset();
	mv_stack_prepare(MV_STACK_NATIVE);
	if (!(mv_stack_start(&tables_callbacks, MV_STACK_NATIVE) & MV_STACK_NATIVE))
		return WITHOUT_NATIVE;
	for (i = 0; i < captures; i++)
		if (!recurse(i % 50))
			return 3;
	return mv_stack_counts().captures == captures ? 0 : 4;
}

static int fork_and_capture(void)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		alarm(20);
		_exit(run_child(20));
	}
	waitpid(child, &status, 0);
	return status;
}

static void a_forked_child_starts_anew(void)
{
	start();
	recurse(3);
	CU_ASSERT_EQUAL(fork_and_capture(), 0);
	CU_ASSERT(recurse(3) != 0);
}

static bool g_is_done;

static bool is_done(void)
{
	return __atomic_load_n(&g_is_done, __ATOMIC_RELAXED);
}

static void *capture_new_stacks(void *argument)
{
	unsigned i;

	for (i = 0; !is_done(); i++)
		recurse_otherwise(i % 400);
	return argument;
}

/* New threads have everything to learn, so they are inside libunwind and the loader most of the time.  */
static void *keep_starting_threads(void *argument)
{
	while (!is_done()) {
		static struct worker worker;
		pthread_t thread;

		worker = (struct worker){.depths = 10};
		pthread_create(&thread, NULL, capture_all_depths, &worker);
		pthread_join(thread, NULL);
	}
	return argument;
}

/* A fork does not wait for long; a child of one that came at a bad time goes without.  */
static bool is_well(int status)
{
	return WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == WITHOUT_NATIVE);
}

static void a_fork_at_any_time_has_a_child_that_captures(void)
{
	pthread_t threads[2];
	int i, failed = 0;

	start();
	__atomic_store_n(&g_is_done, false, __ATOMIC_RELAXED);
	pthread_create(&threads[0], NULL, capture_new_stacks, NULL);
	pthread_create(&threads[1], NULL, keep_starting_threads, NULL);
	for (i = 0; i < 200; i++)
		failed += !is_well(fork_and_capture());
	__atomic_store_n(&g_is_done, true, __ATOMIC_RELAXED);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	CU_ASSERT_EQUAL(failed, 0);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(threads_that_race_get_one_id),
	HARNESS_TEST(many_threads_come_and_go),
	HARNESS_TEST(the_smallest_stack_is_enough),
	HARNESS_TEST(a_handler_can_capture),
	HARNESS_TEST(interrupted_captures_are_whole),
	HARNESS_TEST(a_forked_child_starts_anew),
	HARNESS_TEST(a_fork_at_any_time_has_a_child_that_captures),
};
HARNESS_MAIN("stack_crowd", tests)
