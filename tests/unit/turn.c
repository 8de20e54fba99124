/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients are read where no backward runs, and only there.  */
#include "unit/harness.h"

#include "torch/turn.h"

static void gradients_are_not_read_while_a_backward_runs(void)
{
	mv_turn_enter();
	mv_turn_enter();
	CU_ASSERT(!mv_turn_begin_reading());
	mv_turn_leave();
	CU_ASSERT(!mv_turn_begin_reading());
	mv_turn_leave();
	CU_ASSERT(mv_turn_begin_reading());
	mv_turn_end_reading();
}

static void one_reads_at_a_time(void)
{
	CU_ASSERT(mv_turn_begin_reading());
	CU_ASSERT(!mv_turn_begin_reading());
	mv_turn_end_reading();
	CU_ASSERT(mv_turn_begin_reading());
	mv_turn_end_reading();
}

/* Whoever reads may be waiting for what this thread holds.  */
static void a_backward_waits_for_a_reader_but_not_for_ever(void)
{
	CU_ASSERT(mv_turn_begin_reading());
	mv_turn_enter();
	mv_turn_end_reading();
	CU_ASSERT(!mv_turn_begin_reading());
	mv_turn_leave();
}

/* The Itanium C++ ABI's actions: 1 to search, 2 to clean up, each with others beside it.  */
static void a_backward_that_an_exception_leaves_is_over(void)
{
	mv_turn_enter();
	mv_turn_pass(1, mv_turn_leave);
	CU_ASSERT(!mv_turn_begin_reading());
	mv_turn_pass(2 | 8, mv_turn_leave);
	CU_ASSERT(mv_turn_begin_reading());
	mv_turn_end_reading();
}

static const struct harness_test tests[] = {
	HARNESS_TEST(gradients_are_not_read_while_a_backward_runs),
	HARNESS_TEST(one_reads_at_a_time),
	HARNESS_TEST(a_backward_waits_for_a_reader_but_not_for_ever),
	HARNESS_TEST(a_backward_that_an_exception_leaves_is_over),
};
HARNESS_MAIN("turn", tests)
