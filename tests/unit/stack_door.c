/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <errno.h>
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

static const struct harness_test tests[] = {
	HARNESS_TEST(memory_that_can_be_read_is_told_from_other),
	HARNESS_TEST(an_old_interruption_is_forgotten),
	HARNESS_TEST(other_system_calls_are_made),
	HARNESS_TEST(no_descriptor_is_handed_out),
};
HARNESS_MAIN("stack_door", tests)
