/* SPDX-License-Identifier: Apache-2.0 */
/* Captures from outside: the rooms are a shared object here, as in the recorder, so that their frames are left out and
 * those of this program are not.  */
#include "unit/harness.h"

#include <dlfcn.h>
#include <errno.h>

#include "stack/stack.h"
#include "unit/stack_calls.h"


/* One call, three times: as many calls would be as many stacks.  */
__attribute__((noinline)) static void capture_thrice(uint32_t ids[3], unsigned depth)
{
	volatile int count = 3;
	int i;

	for (i = 0; i < count; i++)
		ids[i] = recurse(depth);
}

static void a_stack_has_one_id(void)
{
	uint32_t ids[3];

	start();
	capture_thrice(ids, 5);
	CU_ASSERT(ids[0] && ids[0] == ids[1] && ids[1] == ids[2]);
}

static void other_stacks_have_other_ids(void)
{
	uint32_t five, six;

	start();
	five = recurse(5);
	six = recurse(6);
	CU_ASSERT_NOT_EQUAL(five, six);
	CU_ASSERT_EQUAL(length_of(six), length_of(five) + 1);
	CU_ASSERT_NOT_EQUAL(recurse_otherwise(5), five);
}

static void the_recorder_s_own_frames_are_left_out(void)
{
	uint32_t id;

	start();
	id = recurse(5);
	CU_ASSERT(frames_in(id, "stack_capture") > 6);
	CU_ASSERT_EQUAL(frames_in(id, "libmvstack"), 0);
}

static void the_innermost_frame_is_the_caller(void)
{
	struct mv_frame frames[CALLS_FRAMES];
	Dl_info info;

	start();
	CU_ASSERT_FATAL(tables_frames(recurse(0), frames, CALLS_FRAMES) > 1);
	CU_ASSERT_FATAL(dladdr((void *)(uintptr_t)recurse, &info));
	CU_ASSERT(frames[0].b - ((uintptr_t)recurse - (uintptr_t)info.dli_fbase) < 200);
}

static void errno_is_left_alone(void)
{
	start();
	errno = EXDEV;
	recurse(7);
	CU_ASSERT_EQUAL(errno, EXDEV);
	recurse(7);
	CU_ASSERT_EQUAL(errno, EXDEV);
}

static void records_are_added_once(void)
{
	unsigned i;

	start();
	for (i = 0; i < 100; i++) {
		recurse(i);
		recurse_otherwise(i);
	}
	CU_ASSERT_EQUAL(g_tables.repeated, 0);
}

static void deep_stacks_end_in_the_mark_of_a_cut(void)
{
	struct mv_frame frames[CALLS_FRAMES];
	uint64_t before, lost;
	unsigned n;

	start();
	before = mv_stack_counts().cut;
	lost = g_tables.lost[MV_LOSS_STACK_CUT];
	n = tables_frames(recurse(1000), frames, CALLS_FRAMES);
	CU_ASSERT_FATAL(n >= MV_STACK_FRAMES && n < MV_STACK_FRAMES + 20);
	CU_ASSERT_EQUAL(frames[n - 1].kind, MV_FRAME_LABEL);
	CU_ASSERT_STRING_EQUAL(tables_text(frames[n - 1].a), "…cut");
	CU_ASSERT_EQUAL(mv_stack_counts().cut, before + 1);
	CU_ASSERT_EQUAL(g_tables.lost[MV_LOSS_STACK_CUT], lost + 1);
}

static uint32_t recurse_from(unsigned parts, uint32_t origin)
{
	uint32_t id = mv_stack_capture_from(parts, origin);

	NO_TAIL_CALL(id);
	return id;
}

static void an_origin_stands_further_out(void)
{
	struct mv_frame frames[CALLS_FRAMES], origin_frames[CALLS_FRAMES];
	uint32_t origin, other, ids[2];
	volatile unsigned twice = 2; /* one call: two would be two stacks */
	unsigned i, n, origin_count;

	start();
	origin = recurse(5);
	other = recurse(6);
	for (i = 0; i < twice; i++)
		ids[i] = recurse_from(MV_STACK_NATIVE, origin);
	n = tables_frames(ids[0], frames, CALLS_FRAMES);
	origin_count = tables_frames(origin, origin_frames, CALLS_FRAMES);
	CU_ASSERT_EQUAL(ids[0], ids[1]);
	CU_ASSERT_FATAL(n > origin_count + 1);
	CU_ASSERT_EQUAL(frames[n - origin_count - 1].kind, MV_FRAME_FORWARD);
	CU_ASSERT_STRING_EQUAL(tables_text(frames[n - origin_count - 1].a), "backward of");
	CU_ASSERT(!memcmp(&frames[n - origin_count], origin_frames, origin_count * sizeof *frames));
	CU_ASSERT_NOT_EQUAL(recurse_from(MV_STACK_NATIVE, other), ids[0]);
	CU_ASSERT_NOT_EQUAL(recurse_from(MV_STACK_NATIVE, 0), ids[0]);
}

static void without_native_frames_nothing_is_lost(void)
{
	uint64_t failed;

	start();
	failed = mv_stack_counts().failed;
	CU_ASSERT_EQUAL(mv_stack_capture_from(MV_STACK_PYTHON, recurse(5)), 0);
	CU_ASSERT_EQUAL(mv_stack_counts().failed, failed);
}

static void what_was_captured_is_counted(void)
{
	struct mv_stack_counts before, after;

	start();
	before = mv_stack_counts();
	recurse(201);
	recurse(201);
	recurse(202);
	after = mv_stack_counts();
	CU_ASSERT_EQUAL(after.captures - before.captures, 3);
	CU_ASSERT_EQUAL(after.stacks - before.stacks, 3);
	CU_ASSERT_EQUAL(after.failed, before.failed);
}

static void without_room_there_is_no_stack(void)
{
	struct mv_stack_counts before;

	start();
	before = mv_stack_counts();
	g_tables.is_full = true;
	CU_ASSERT_EQUAL(recurse_otherwise(300), 0);
	g_tables.is_full = false;
	CU_ASSERT_EQUAL(mv_stack_counts().failed, before.failed + 1);
	CU_ASSERT(recurse_otherwise(301) != 0);
}

static void a_second_start_changes_nothing(void)
{
	uint64_t before;

	start();
	before = mv_stack_counts().captures;
	CU_ASSERT_EQUAL(mv_stack_start(&tables_callbacks, 0), MV_STACK_NATIVE);
	CU_ASSERT_EQUAL(mv_stack_counts().captures, before);
	CU_ASSERT(recurse(5) != 0);
}

/* Runs first.  */
static void before_the_start_there_are_no_stacks(void)
{
	CU_ASSERT_EQUAL(recurse(1), 0);
	CU_ASSERT_STRING_EQUAL(mv_stack_python_state(), "not asked for");
	start();
	CU_ASSERT_STRING_EQUAL(mv_stack_python_state(), "no interpreter");
}

static const struct harness_test tests[] = {
	HARNESS_TEST(before_the_start_there_are_no_stacks),
	HARNESS_TEST(a_stack_has_one_id),
	HARNESS_TEST(other_stacks_have_other_ids),
	HARNESS_TEST(the_recorder_s_own_frames_are_left_out),
	HARNESS_TEST(the_innermost_frame_is_the_caller),
	HARNESS_TEST(errno_is_left_alone),
	HARNESS_TEST(records_are_added_once),
	HARNESS_TEST(deep_stacks_end_in_the_mark_of_a_cut),
	HARNESS_TEST(an_origin_stands_further_out),
	HARNESS_TEST(without_native_frames_nothing_is_lost),
	HARNESS_TEST(what_was_captured_is_counted),
	HARNESS_TEST(without_room_there_is_no_stack),
	HARNESS_TEST(a_second_start_changes_nothing),
};
HARNESS_MAIN("stack_capture", tests)
