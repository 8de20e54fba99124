/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/walk.h"

enum { FORKS = 300, WALKERS = 2, LONG_NS = 1000000000 };

static int g_is_inside, g_may_leave;

static int stay(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info, (void)size, (void)context;
	__atomic_store_n(&g_is_inside, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&g_may_leave, __ATOMIC_ACQUIRE))
		mv_sys_yield();
	return 1;
}

static int go_on(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info, (void)size, (void)context;
	return 0;
}

static void *stay_inside(void *argument)
{
	mv_walk_objects(stay, NULL);
	return argument;
}

/* The thread inside is as good as stopped.  */
static void a_fork_waits_for_a_walk_but_not_for_ever(void)
{
	uint64_t before, after;
	pthread_t thread;

	__atomic_store_n(&g_may_leave, 0, __ATOMIC_RELEASE);
	CU_ASSERT_FATAL(!pthread_create(&thread, NULL, stay_inside, NULL));
	while (!__atomic_load_n(&g_is_inside, __ATOMIC_ACQUIRE))
		mv_sys_yield();
	before = mv_sys_monotonic_ns();
	CU_ASSERT_FALSE(mv_walk_hold());
	after = mv_sys_monotonic_ns();
	mv_walk_release();
	CU_ASSERT(after - before >= 50000000 && after - before < LONG_NS);
	__atomic_store_n(&g_may_leave, 1, __ATOMIC_RELEASE);
	CU_ASSERT(!pthread_join(thread, NULL));
}

static void a_walk_waits_for_a_fork_but_not_for_ever(void)
{
	uint64_t before = mv_sys_monotonic_ns(), after;

	mv_walk_hold();
	CU_ASSERT_EQUAL(mv_walk_objects(go_on, NULL), 0);
	after = mv_sys_monotonic_ns();
	mv_walk_release();
	CU_ASSERT(after - before >= 50000000 && after - before < LONG_NS);
}

/* Slower than any: a fork is to find it inside.  */
static int dawdle(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info, (void)size, (void)context;
	mv_sys_yield();
	return 0;
}

static int g_is_done;

static void *keep_walking(void *argument)
{
	while (!__atomic_load_n(&g_is_done, __ATOMIC_RELAXED))
		mv_walk_objects(dawdle, NULL);
	return argument;
}

static int fork_and_walk(void)
{
	bool is_alone = mv_walk_hold();
	int status = -1;
	pid_t child = fork();

	if (!child) {
		alarm(5);
		mv_walk_forget();
		_exit(dl_iterate_phdr(go_on, NULL));
	}
	mv_walk_release();
	waitpid(child, &status, 0);
	return is_alone ? status : 0;
}

/* Without holding, most children wait for ever.  */
static void a_child_can_use_the_loader(void)
{
	pthread_t threads[WALKERS];
	int i, failed = 0;

#ifdef __SANITIZE_THREAD__
	harness_skip("ThreadSanitizer has locks of its own around the loader's list, which a fork leaves taken");
	return;
#endif
	__atomic_store_n(&g_is_done, 0, __ATOMIC_RELAXED);
	for (i = 0; i < WALKERS; i++)
		CU_ASSERT_FATAL(!pthread_create(&threads[i], NULL, keep_walking, NULL));
	for (i = 0; i < FORKS && !failed; i++)
		failed += fork_and_walk() != 0;
	__atomic_store_n(&g_is_done, 1, __ATOMIC_RELAXED);
	for (i = 0; i < WALKERS; i++)
		CU_ASSERT(!pthread_join(threads[i], NULL));
	CU_ASSERT_EQUAL(failed, 0);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_fork_waits_for_a_walk_but_not_for_ever),
	HARNESS_TEST(a_walk_waits_for_a_fork_but_not_for_ever),
	HARNESS_TEST(a_child_can_use_the_loader),
};
HARNESS_MAIN("walk", tests)
