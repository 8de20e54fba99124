/* SPDX-License-Identifier: Apache-2.0 */
/* Calls within calls, and threads that have several stacks: each call of the program's is one event.  */
#include "unit/harness.h"

#include "gpusim/run.h"

#define MIB ((uint64_t)1 << 20)

static void run_echo(struct run *run, const char *name, const char *const *settings)
{
	run_program(run, (const char *const[]){getenv("MEMVIZ_TEST_ECHO_USER"), name, NULL}, settings);
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
}

static struct mv_timeline *record(struct run *run, const char *name)
{
	run_echo(run, name, NULL);
	CU_ASSERT_EQUAL(run->file_count, 1);
	return run_open(run, ".memviz", 0);
}

static void check(const char *name, size_t blocks)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, name);

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), blocks);
	run_end(&run, timeline);
}

static void a_driver_that_reaches_itself_is_one_call(void)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, "reaches_itself");

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 0);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_MANAGED), 1);
	run_end(&run, timeline);
}

static void a_coroutine_s_calls_are_its_own(void)
{
	check("yields_in_the_driver", 3);
}

static void a_stack_that_is_gone_is_not_looked_at(void)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, "abandons_a_stack");
	const struct mv_block *block = run_block(timeline, MV_LEDGER_DEVICE, 0);

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 2);
	CU_ASSERT_STRING_EQUAL(mv_timeline_api(timeline, block->api), "cuMemAlloc_v2");
	run_end(&run, timeline);
}

static void a_thread_that_jumped_out_is_heard_again(void)
{
	check("jumps_out_of_the_driver", 2);
}

static void many_coroutines_have_their_stacks_taken(void)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, "many_stacks");
	size_t count, i, without = 0;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (i = 0; i < count; i++)
		without += !blocks[i].stack;
	CU_ASSERT_EQUAL(count, 3000);
	CU_ASSERT_EQUAL(without, 0);
	run_end(&run, timeline);
}

static void off_is_a_jump(void)
{
	static const char *const off[] = {"MEMVIZ_ON=0", NULL};
	struct run run;

	run_echo(&run, "straight", NULL);
	CU_ASSERT_STRING_EQUAL(run.out, "wrapped\n");
	run_clean(&run);
	run_echo(&run, "straight", off);
	CU_ASSERT_STRING_EQUAL(run.out, "straight\n");
	run_clean(&run);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_driver_that_reaches_itself_is_one_call),
	HARNESS_TEST(a_coroutine_s_calls_are_its_own),
	HARNESS_TEST(a_stack_that_is_gone_is_not_looked_at),
	HARNESS_TEST(a_thread_that_jumped_out_is_heard_again),
	HARNESS_TEST(many_coroutines_have_their_stacks_taken),
	HARNESS_TEST(off_is_a_jump),
};
HARNESS_MAIN("stacks", tests)
