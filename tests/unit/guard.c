/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include "base/guard.h"

static char g_stack[64]; /* the places of frames in it: the higher, the less deep */

static void a_thread_that_is_inside_stays_out(void)
{
	struct mv_guard guard = {0};

	CU_ASSERT(mv_guard_enter(&guard, &g_stack[32]));
	CU_ASSERT_FALSE(mv_guard_enter(&guard, &g_stack[16]));
	mv_guard_leave(&guard);
	CU_ASSERT(mv_guard_enter(&guard, &g_stack[16]));
}

static void one_that_is_not_as_deep_any_more_has_left(void)
{
	struct mv_guard guard = {0};

	CU_ASSERT(mv_guard_enter(&guard, &g_stack[32]));
	CU_ASSERT(mv_guard_enter(&guard, &g_stack[48]));
	CU_ASSERT_FALSE(mv_guard_enter(&guard, &g_stack[40]));
}

/* It left by longjmp, and has another stack now, which lies below.  */
static void one_that_has_another_stack_is_let_in_at_last(void)
{
	struct mv_guard guard = {0};
	int i;

	CU_ASSERT(mv_guard_enter(&guard, &g_stack[48]));
	for (i = 0; i < MV_GUARD_REFUSALS; i++)
		CU_ASSERT_FALSE(mv_guard_enter(&guard, &g_stack[16]));
	CU_ASSERT(mv_guard_enter(&guard, &g_stack[16]));
	mv_guard_leave(&guard);
	CU_ASSERT(mv_guard_enter(&guard, &g_stack[8]));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_thread_that_is_inside_stays_out),
	HARNESS_TEST(one_that_is_not_as_deep_any_more_has_left),
	HARNESS_TEST(one_that_has_another_stack_is_let_in_at_last),
};
HARNESS_MAIN("guard", tests)
