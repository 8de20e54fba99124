/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to the program alone, and what children without memory of their own, or an early end, do to it.  */
#include "unit/harness.h"

#include <unistd.h>

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

/* The driver can be asked what is free on the current context's card alone; that of another says nothing about the error. */
static void check_unasked(const char *act, uint8_t device)
{
	static const char *const two[] = {"GPUSIM_DEVICES=2", NULL};
	struct mv_timeline *timeline;
	struct run run;

	run_act(&run, act, two);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL_FATAL(run_count(&run, ".oom1."), 1);
	timeline = run_open(&run, ".oom1.", 0);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->ooms[0].device, device);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->ooms[0].total_bytes, 0);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->ooms[0].requested_bytes, (uint64_t)1 << 40);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->devices[device].total_bytes, 1024 * MIB);
	run_end(&run, timeline);
}

static void what_is_free_is_asked_where_it_can_be_answered(void)
{
	check_unasked("runs_out_elsewhere", 1);
	check_unasked("runs_out_without_context", 0);
}

static void dlerror_is_the_program_s_own(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "keeps_dlerror");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	run_end(&run, timeline);
}

static void a_capture_is_spoilt_by_nobody(void)
{
	static const char *const often[] = {"MEMVIZ_SAMPLE=1ms", NULL};
	struct mv_timeline *timeline;
	struct run run;

	run_act(&run, "captures", often);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_POOLED), 0);
	run_end(&run, timeline);
}

static void children_in_their_parent_s_memory_disturb_nothing(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "spawns");

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 201);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
	run_end(&run, timeline);
}

static void a_quick_exit_leaves_all(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "leaves_quickly");

	CU_ASSERT(mv_recording_is_unfinished(mv_timeline_recording(timeline)));
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	run_end(&run, timeline);
}

static void threads_may_outlive_the_recording(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "ends_among_threads");

	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->state, MV_FILE_FINISHED);
	CU_ASSERT(run_alive(timeline, MV_LEDGER_DEVICE) >= MIB);
	CU_ASSERT(run_alive(timeline, MV_LEDGER_DEVICE) <= MIB + 4 * 4096);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_LOCK), 0);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(what_is_free_is_asked_where_it_can_be_answered),
	HARNESS_TEST(dlerror_is_the_program_s_own),
	HARNESS_TEST(a_capture_is_spoilt_by_nobody),
	HARNESS_TEST(children_in_their_parent_s_memory_disturb_nothing),
	HARNESS_TEST(a_quick_exit_leaves_all),
	HARNESS_TEST(threads_may_outlive_the_recording),
};
HARNESS_MAIN("lives", tests)
