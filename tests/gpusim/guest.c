/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that make it hard to be their guest: they run as without the recorder, and what they do is recorded.  */
#include "unit/harness.h"

#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

static void a_runtime_under_another_name_is_found(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "renamed_runtime");
	const struct mv_block *block = run_block(timeline, MV_LEDGER_DEVICE, 0);

	CU_ASSERT_EQUAL(block->size_bytes, 3 * MIB);
	CU_ASSERT_STRING_EQUAL(mv_timeline_api(timeline, block->api), "cudaMalloc");
	run_end(&run, timeline);
}

static void off_finds_it_too(void)
{
	static const char *const off[] = {"MEMVIZ_ON=0", NULL};
	struct run run;

	run_act(&run, "renamed_runtime", off);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

static void memory_from_before_main_is_recorded(void)
{
	static const char *const early[] = {"ACTS_EARLY=1", NULL};
	struct mv_timeline *timeline;
	struct run run;

	run_act(&run, "nothing_more", early);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	run_end(&run, timeline);
}

static void an_interpreter_that_never_ran_is_left_alone(void)
{
	struct run run;

	run_act(&run, "unstarted_python", NULL);
	if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == 77)
		harness_skip("no libpython to load");
	else
		CU_ASSERT(run_exited(&run, 0));
	run_clean(&run);
}

static void a_child_that_only_frees_leaves_nothing(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "forks_who_frees");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
	run_end(&run, timeline);
}

static void tags_alone_are_nothing_to_record(void)
{
	struct run run;

	run_act(&run, "tags_without_card", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

static void errors_at_once_leave_each_its_snapshot(void)
{
	struct mv_timeline *timeline;
	struct run run;
	size_t i;

	run_act(&run, "many_run_out", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT_EQUAL_FATAL(run_count(&run, ".oom"), 3);
	for (i = 0; i < 3; i++) {
		timeline = run_open(&run, ".oom", i);
		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 2000 * 4096);
		mv_timeline_close(timeline);
	}
	run_clean(&run);
}

/* A line about the folder is written to nobody.  */
static void a_reader_that_has_gone_ends_nobody(void)
{
	static const char *const nowhere[] = {"MEMVIZ_OUT=/nonexistent/folder", "TMPDIR=/nonexistent", NULL};
	struct run run;

	run_act(&run, "without_reader", nowhere);
	CU_ASSERT(run_exited(&run, 0));
	run_clean(&run);
}

static void a_handler_on_its_own_stack_waits_for_nobody(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "handlers_on_their_own_stack");

	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_LOCK), 0);
	run_end(&run, timeline);
}

static void a_driver_that_comes_back_elsewhere_is_found(void)
{
	const char *acts = getenv("MEMVIZ_TEST_ACTS"), *reload = getenv("MEMVIZ_TEST_RELOAD");
	struct mv_timeline *timeline;
	char kept[4096];
	struct run run;

	CU_ASSERT_FATAL(acts && reload);
	snprintf(kept, sizeof kept, "%s", acts);
	setenv("MEMVIZ_TEST_ACTS", reload, 1);
	run_act(&run, "", NULL);
	setenv("MEMVIZ_TEST_ACTS", kept, 1);
	if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == 78) {
		harness_skip("the driver stays where it is");
		run_clean(&run);
		return;
	}
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_runtime_under_another_name_is_found),
	HARNESS_TEST(off_finds_it_too),
	HARNESS_TEST(memory_from_before_main_is_recorded),
	HARNESS_TEST(an_interpreter_that_never_ran_is_left_alone),
	HARNESS_TEST(a_child_that_only_frees_leaves_nothing),
	HARNESS_TEST(tags_alone_are_nothing_to_record),
	HARNESS_TEST(errors_at_once_leave_each_its_snapshot),
	HARNESS_TEST(a_reader_that_has_gone_ends_nobody),
	HARNESS_TEST(a_handler_on_its_own_stack_waits_for_nobody),
	HARNESS_TEST(a_driver_that_comes_back_elsewhere_is_found),
};
HARNESS_MAIN("guest", tests)
