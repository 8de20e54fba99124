/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "stack/door.h"

static void memory_that_can_be_read_is_told_from_other(void)
{
	void *closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int here = 0;

	CU_ASSERT_EQUAL(mv_door_write(-1, &here, 1), 1);
	CU_ASSERT_EQUAL(mv_door_write(-1, closed, 1), -1);
	CU_ASSERT_EQUAL(errno, EFAULT);
	CU_ASSERT_EQUAL(mv_door_syscall(SYS_write, -1, &here, 1), 1);
	CU_ASSERT_EQUAL(mv_door_syscall(SYS_write, -1, closed, 1), -1);
	munmap(closed, 4096);
}

/* libunwind calls again for as long as it finds EINTR there.  */
static void an_old_interruption_is_forgotten(void)
{
	char byte;

	errno = EINTR;
	CU_ASSERT_EQUAL(mv_door_read(-1, &byte, 1), 1);
	CU_ASSERT_EQUAL(errno, 0);
	errno = EINTR;
	mv_door_write(-1, &byte, 1);
	CU_ASSERT_EQUAL(errno, 0);
}

static void other_system_calls_are_made(void)
{
	CU_ASSERT(mv_door_syscall(SYS_getpid) > 0);
	CU_ASSERT_EQUAL(mv_door_syscall(SYS_munmap, 1, 0, 0), -1);
	CU_ASSERT_EQUAL(errno, EINVAL);
}

static void no_descriptor_is_handed_out(void)
{
	int fds[2] = {7, 7};

	CU_ASSERT_EQUAL(mv_door_pipe2(fds, 0), 0);
	CU_ASSERT(fds[0] == -1 && fds[1] == -1);
	CU_ASSERT_EQUAL(mv_door_close(fds[0]), 0);
	CU_ASSERT_EQUAL(mv_door_open("/proc/self/exe", 0), -1);
	CU_ASSERT_PTR_NULL(mv_door_malloc(1));
}

static void signals_are_kept_out_and_let_in(void)
{
	sigset_t all, before, inside, after;

	sigfillset(&all);
	CU_ASSERT_EQUAL(mv_door_pthread_sigmask(SIG_SETMASK, &all, &before), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &inside);
	CU_ASSERT_EQUAL(mv_door_pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	CU_ASSERT(sigismember(&inside, SIGTERM) && !sigismember(&after, SIGTERM));
	CU_ASSERT_EQUAL(mv_door_pthread_sigmask(4711, &all, NULL), EINVAL);
}

static void count_up(void *value)
{
	++*(int *)value;
}

static unsigned g_key;
static int g_made;

static void make_key(void)
{
	g_made++;
	CU_ASSERT_EQUAL(mv_door_pthread_key_create(&g_key, count_up), 0);
}

static void *use_key(void *value)
{
	static int once;

	mv_door_pthread_once(&once, make_key);
	CU_ASSERT_EQUAL(mv_door_pthread_setspecific(g_key, value), 0);
	return NULL;
}

static void a_thread_s_end_is_told(void)
{
	int ends = 0, i;

	for (i = 0; i < 2; i++) {
		pthread_t thread;

		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, use_key, &ends), 0);
		pthread_join(thread, NULL);
	}
	CU_ASSERT_EQUAL(g_made, 1);
	CU_ASSERT_EQUAL(ends, 2);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(memory_that_can_be_read_is_told_from_other),
	HARNESS_TEST(an_old_interruption_is_forgotten),
	HARNESS_TEST(other_system_calls_are_made),
	HARNESS_TEST(no_descriptor_is_handed_out),
	HARNESS_TEST(signals_are_kept_out_and_let_in),
	HARNESS_TEST(a_thread_s_end_is_told),
};
HARNESS_MAIN("stack_door", tests)
