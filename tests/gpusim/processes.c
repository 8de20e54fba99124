/* SPDX-License-Identifier: Apache-2.0 */
/* Threads, signals, children, ends and settings: what is left of a program that does this or that.  */
#include "unit/harness.h"

#include <signal.h>
#include <unistd.h>

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

/* ---- threads and signals ---- */

static void threads_are_told_apart(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "threads");
	size_t count, i, seen[64] = {0}, threads = 0;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 16 * 500);
	for (i = 0; i < count; i++)
		seen[blocks[i].thread % 64]++;
	for (i = 0; i < 64; i++)
		threads += seen[i] == 500;
	CU_ASSERT_EQUAL(threads, 16);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	run_end(&run, timeline);
}

static void signals_inside_the_recorder_do_no_harm(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "events_in_signals");

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 100001);
	CU_ASSERT(run_loss(timeline, MV_LOSS_BUSY) > 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_BLOCK), 0);
	run_end(&run, timeline);
}

static void a_jump_out_of_the_recorder_does_no_harm(void)
{
	struct run run;

	run_act(&run, "jumps_out_of_signals", NULL);
	CU_ASSERT(run_exited(&run, 0));
	mv_timeline_close(run_open(&run, ".memviz", 0));
	run_clean(&run);
}

/* ---- children ---- */

static void a_worker_that_does_not_use_the_card_leaves_nothing(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "forks_a_worker");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	run_end(&run, timeline);
}

static void a_child_that_tells_something_has_a_recording_of_its_own(void)
{
	struct run run;
	struct mv_timeline *parent, *child;

	run_act(&run, "forks_a_user", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL_FATAL(run.file_count, 2);
	/* The child's number is higher, but may have more digits.  */
	parent = run_open(&run, ".memviz", 0);
	child = run_open(&run, ".memviz", 1);
	if (run_blocks(parent, MV_LEDGER_BLOCK)) {
		struct mv_timeline *swap = parent;

		parent = child;
		child = swap;
	}
	CU_ASSERT_EQUAL(run_alive(parent, MV_LEDGER_DEVICE), 3 * MIB);
	CU_ASSERT_EQUAL(run_blocks(parent, MV_LEDGER_BLOCK), 0);
	CU_ASSERT_EQUAL(run_alive(child, MV_LEDGER_BLOCK), 3 * MIB);
	CU_ASSERT_EQUAL(run_blocks(child, MV_LEDGER_DEVICE), 0);
	mv_timeline_close(parent);
	run_end(&run, child);
}

static void children_among_threads_leave_nothing(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "forks_among_threads");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	run_end(&run, timeline);
}

static void a_program_that_replaces_itself_has_two_recordings(void)
{
	struct run run;
	struct mv_timeline *first, *second;

	run_act(&run, "replaces_itself", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL_FATAL(run.file_count, 2);
	/* The second has its time in its name, which sorts before.  */
	first = run_open(&run, ".memviz", 1);
	second = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(first, MV_LEDGER_DEVICE), MIB);
	CU_ASSERT_EQUAL(run_alive(second, MV_LEDGER_DEVICE), 1000);
	mv_timeline_close(first);
	run_end(&run, second);
}

/* ---- ends ---- */

static void check_end(const char *act, int status)
{
	struct run run;
	struct mv_timeline *timeline;

	run_act(&run, act, NULL);
	CU_ASSERT_EQUAL(run.status, status);
	CU_ASSERT_EQUAL(run.file_count, 1);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	CU_ASSERT(mv_recording_is_unfinished(mv_timeline_recording(timeline)));
	run_end(&run, timeline);
}

static void a_recording_survives_any_end(void)
{
	check_end("killed", SIGKILL);
	check_end("leaves_at_once", 3 << 8);
	check_end("aborts", SIGABRT);
}

static void descriptors_are_the_program_s_own(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "closes_all_descriptors");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	run_end(&run, timeline);
}

static void a_change_of_folder_moves_nothing(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "changes_folder");

	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->state, MV_FILE_FINISHED);
	mv_timeline_close(timeline);
	run_clean(&run);
}

static void exit_handlers_are_recorded(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "frees_after_exit_handlers");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 2 * MIB);
	run_end(&run, timeline);
}

static void errno_is_the_program_s_own(void)
{
	struct run run;

	run_end(&run, run_record(&run, "keeps_errno"));
}

static void a_program_without_cuda_notices_nothing(void)
{
	static const char *const wrong[] = {"MEMVIZ_RING=lots", "MEMVIZ_VERBOSE=1", NULL};
	struct run run;

	run_act(&run, "uses_no_card", wrong);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.out, "hello\n");
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

/* ---- settings ---- */

static void off_means_off(void)
{
	static const char *const off[] = {"MEMVIZ_ON=0", NULL};
	struct run run;

	run_act(&run, "by_itself", off);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

static void a_wrong_value_is_one_line_and_the_run_goes_on(void)
{
	static const char *const wrong[] = {"MEMVIZ_RING=lots", NULL};
	struct run run;

	run_act(&run, "device", wrong);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "memviz: cannot be read, the default is used: MEMVIZ_RING=lots\n");
	CU_ASSERT_EQUAL(run.file_count, 1);
	run_clean(&run);
}

/* One line on stderr that ends so, the program's status untouched, and no file.  */
static void check_unrecorded(const char *const *settings, const char *why)
{
	struct run run;

	run_act(&run, "threads", settings);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT(strstr(run.err, why) && strchr(run.err, '\n') == run.err + strlen(run.err) - 1);
	CU_ASSERT(!strstr(run.err, "recording into"));
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

static void without_any_folder_one_line_says_why(void)
{
	static const char *const nowhere[] = {"MEMVIZ_OUT=/nonexistent/folder", "TMPDIR=/nonexistent", NULL};
	static const char *const file[] = {"MEMVIZ_OUT=/dev/null", "TMPDIR=/nonexistent", NULL};
	static const char *const system[] = {"MEMVIZ_OUT=/proc", "TMPDIR=/proc", NULL};

	check_unrecorded(nowhere, "cannot record into /nonexistent/folder (no such folder)");
	check_unrecorded(file, "cannot record into /dev/null (not a folder)");
	check_unrecorded(system, "cannot record into /proc (");
}

static void a_folder_that_cannot_be_used_is_replaced_by_the_scratch_folder(void)
{
	char scratch[] = "/tmp/memviz-scratch-XXXXXX", setting[64];
	const char *settings[] = {"MEMVIZ_OUT=/nonexistent/folder", setting, NULL};
	struct mv_timeline *timeline;
	struct run run;

	CU_ASSERT_FATAL(mkdtemp(scratch) != NULL);
	snprintf(setting, sizeof setting, "TMPDIR=%s", scratch);
	run_act(&run, "device", settings);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT(strstr(run.err, "cannot record into /nonexistent/folder (no such folder); recording into ") != NULL);
	CU_ASSERT(strstr(run.err, scratch) && strchr(run.err, '\n') == run.err + strlen(run.err) - 1);
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_look_into(&run, scratch);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 1000);
	run_end(&run, timeline);
}

static void snapshot_at_exit(void)
{
	static const char *const yes[] = {"MEMVIZ_AT_EXIT=1", NULL};
	struct run run;

	run_act(&run, "device", yes);
	CU_ASSERT_EQUAL(run_count(&run, ".exit1.memviz"), 1);
	mv_timeline_close(run_open(&run, ".exit1.", 0));
	run_clean(&run);
}

static void stacks_can_be_left_out(void)
{
	static const char *const none[] = {"MEMVIZ_STACKS=none", NULL};
	struct run run;
	struct mv_timeline *timeline;

	run_act(&run, "device", none);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_block(timeline, MV_LEDGER_DEVICE, 0)->stack, 0);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(threads_are_told_apart),
	HARNESS_TEST(signals_inside_the_recorder_do_no_harm),
	HARNESS_TEST(a_jump_out_of_the_recorder_does_no_harm),
	HARNESS_TEST(a_worker_that_does_not_use_the_card_leaves_nothing),
	HARNESS_TEST(a_child_that_tells_something_has_a_recording_of_its_own),
	HARNESS_TEST(children_among_threads_leave_nothing),
	HARNESS_TEST(a_program_that_replaces_itself_has_two_recordings),
	HARNESS_TEST(a_recording_survives_any_end),
	HARNESS_TEST(descriptors_are_the_program_s_own),
	HARNESS_TEST(a_change_of_folder_moves_nothing),
	HARNESS_TEST(exit_handlers_are_recorded),
	HARNESS_TEST(errno_is_the_program_s_own),
	HARNESS_TEST(a_program_without_cuda_notices_nothing),
	HARNESS_TEST(off_means_off),
	HARNESS_TEST(a_wrong_value_is_one_line_and_the_run_goes_on),
	HARNESS_TEST(without_any_folder_one_line_says_why),
	HARNESS_TEST(a_folder_that_cannot_be_used_is_replaced_by_the_scratch_folder),
	HARNESS_TEST(snapshot_at_exit),
	HARNESS_TEST(stacks_can_be_left_out),
};
HARNESS_MAIN("processes", tests)
