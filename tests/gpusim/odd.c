/* SPDX-License-Identifier: Apache-2.0 */
/* A driver that calls back, and a program that does not come back from there: nothing of it is the recorder's business,
 * and what comes after is recorded.  */
#include "unit/harness.h"

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

static void start(struct run *run, const char *act)
{
	static char path[4096], library[4096];
	static const char *settings[] = {library, NULL};
	static const char *program[] = {path, NULL, NULL};
	const char *folder = getenv("MEMVIZ_TEST_ODD");

	CU_ASSERT_FATAL(folder != NULL);
	snprintf(path, sizeof path, "%s/acts", folder);
	snprintf(library, sizeof library, "LD_LIBRARY_PATH=%s", folder);
	program[1] = act;
	run_program(run, program, settings);
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
}

/* BLOCKS allocations are recorded, of which ALIVE MiB remain.  */
static void check(const char *act, size_t blocks, uint64_t alive)
{
	struct mv_timeline *timeline;
	struct run run;

	start(&run, act);
	CU_ASSERT_EQUAL(run.file_count, 1);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), blocks);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), alive * MIB);
	run_end(&run, timeline);
}

static void exceptions_pass(void)
{
	check("throws", 1, 1);
}

static void a_thread_may_end_inside_of_a_call(void)
{
	check("ends_threads", 1, 1);
}

static void a_call_may_be_left_by_longjmp(void)
{
	check("jumps", 1, 1);
}

static void a_thread_may_be_cancelled_inside_of_a_call(void)
{
	check("cancels_within", 1, 1);
}

/* Of a call that was cut short it is not known what became of it: one for each thread, at most.  */
static void threads_may_be_cancelled_at_any_instruction(void)
{
	struct mv_timeline *timeline;
	struct run run;
	size_t steady;

	start(&run, "cancels_anywhere");
	timeline = run_open(&run, ".memviz", 0);
	steady = strtoull(run.out, NULL, 10);
	CU_ASSERT(steady > 1000 && run_blocks(timeline, MV_LEDGER_DEVICE) >= steady + 2);
	CU_ASSERT(run_alive(timeline, MV_LEDGER_DEVICE) >= 2 * MIB);
	CU_ASSERT(run_alive(timeline, MV_LEDGER_DEVICE) <= 2002 * MIB);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_LOCK), 0);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_STACK_FAILED), 0);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->state, MV_FILE_FINISHED);
	run_end(&run, timeline);
}

static void how_a_thread_may_be_cancelled_is_the_program_s_business(void)
{
	struct run run;

	start(&run, "keeps_how_it_is_cancelled");
	CU_ASSERT_EQUAL(run_count(&run, ".request"), 2);
	run_clean(&run);
}

static void no_call_is_a_point_of_cancellation(void)
{
	check("cancelled_before", 1001, 1);
}

/* It is the program's own memory, whoever called the program.  */
static void what_a_program_does_when_the_driver_calls_it_is_recorded(void)
{
	check("calls_within", 3, 2);
}

/* The child's file holds what the child did, its parent's goes on.  */
static void check_two(const char *act, uint64_t parent)
{
	struct run run;
	size_t i;

	start(&run, act);
	CU_ASSERT_EQUAL_FATAL(run.file_count, 2);
	for (i = 0; i < 2; i++) {
		struct mv_timeline *timeline = run_open(&run, ".memviz", i);
		bool is_child = run_blocks(timeline, MV_LEDGER_BLOCK) != 0;

		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_BLOCK), is_child ? MIB : 0);
		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), is_child ? 0 : parent * MIB);
		mv_timeline_close(timeline);
	}
	run_clean(&run);
}

static void a_driver_may_fork(void)
{
	check_two("forks_within", 3);
}

static void a_fork_beside_a_call_under_way_has_a_child_that_records(void)
{
	check_two("forks_beside", 2);
}

/* What interrupts the recorder itself is counted instead.  */
static void check_handlers(const char *act)
{
	struct mv_timeline *timeline;
	struct run run;

	start(&run, act);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT(run_blocks(timeline, MV_LEDGER_DEVICE) > 1000);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_LOCK), 0);
	CU_ASSERT(run_alive(timeline, MV_LEDGER_DEVICE) >= MIB);
	CU_ASSERT(run_alive(timeline, MV_LEDGER_DEVICE) <= MIB + MIB * run_loss(timeline, MV_LOSS_BUSY));
	run_end(&run, timeline);
}

static void handlers_may_allocate(void)
{
	check_handlers("handlers_allocate");
	check_handlers("handlers_allocate_elsewhere");
}

static void handlers_may_allocate_inside_of_a_call(void)
{
	check("handlers_within", 3, 2);
}

static void a_result_may_have_no_place(void)
{
	check("all_results_are_null", 1, 1);
}

static void nothing_is_read_after_a_failure(void)
{
	check("all_fail_with_nonsense", 1, 1);
}

static void a_call_like_the_last_one_asks_the_driver_for_the_device_at_most(void)
{
	check("asks_no_more", 2000, 0);
}

static void an_unwind_table_may_be_of_any_sort(void)
{
	check("unknown_table", 1, 1);
}

/* ---- kinds of memory that the simulated GPU does not have ---- */

/* Of each of LEDGERS, ACT leaves so many MiB alive.  */
static void check_alive(const char *act, const enum mv_ledger ledgers[3], const uint64_t alive[3])
{
	struct mv_timeline *timeline;
	struct run run;
	int i;

	start(&run, act);
	timeline = run_open(&run, ".memviz", 0);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(run_alive(timeline, ledgers[i]), alive[i] * MIB);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 0);
	run_end(&run, timeline);
}

static const enum mv_ledger of_physical[3] = {MV_LEDGER_DEVICE, MV_LEDGER_RESERVATION, MV_LEDGER_MAPPING};

static void memory_behind_parts_of_an_array_goes_with_the_last_of_them(void)
{
	check_alive("sparse", of_physical, (const uint64_t[3]){2, 4, 0});
	check_alive("sparse_destroyed", of_physical, (const uint64_t[3]){0, 0, 0});
}

static void a_multicast_object_goes_with_its_last_mapping_and_is_no_memory(void)
{
	check_alive("team", of_physical, (const uint64_t[3]){2, 2, 2});
	check_alive("team_unmapped", of_physical, (const uint64_t[3]){2, 0, 0});
}

static void graphics_memory_is_visible_until_it_is_unmapped(void)
{
	check_alive("graphics", of_physical, (const uint64_t[3]){1, 0, 0});
}

static const struct harness_test tests[] = {
	HARNESS_TEST(memory_behind_parts_of_an_array_goes_with_the_last_of_them),
	HARNESS_TEST(a_multicast_object_goes_with_its_last_mapping_and_is_no_memory),
	HARNESS_TEST(graphics_memory_is_visible_until_it_is_unmapped),
	HARNESS_TEST(an_unwind_table_may_be_of_any_sort),
	HARNESS_TEST(exceptions_pass),
	HARNESS_TEST(a_thread_may_end_inside_of_a_call),
	HARNESS_TEST(a_call_may_be_left_by_longjmp),
	HARNESS_TEST(a_thread_may_be_cancelled_inside_of_a_call),
	HARNESS_TEST(threads_may_be_cancelled_at_any_instruction),
	HARNESS_TEST(how_a_thread_may_be_cancelled_is_the_program_s_business),
	HARNESS_TEST(no_call_is_a_point_of_cancellation),
	HARNESS_TEST(what_a_program_does_when_the_driver_calls_it_is_recorded),
	HARNESS_TEST(a_driver_may_fork),
	HARNESS_TEST(a_fork_beside_a_call_under_way_has_a_child_that_records),
	HARNESS_TEST(handlers_may_allocate),
	HARNESS_TEST(handlers_may_allocate_inside_of_a_call),
	HARNESS_TEST(a_result_may_have_no_place),
	HARNESS_TEST(nothing_is_read_after_a_failure),
	HARNESS_TEST(a_call_like_the_last_one_asks_the_driver_for_the_device_at_most),
};
HARNESS_MAIN("odd", tests)
