/* SPDX-License-Identifier: Apache-2.0 */
/* What begins a recording, and what does not.  */
#include "unit/harness.h"

#include <glob.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/run.h"
#include "read/table.h"

#define MIB ((uint64_t)1 << 20)

static const char *note_of(const struct mv_timeline *timeline, const char *key)
{
	return mv_table_note_value(mv_timeline_recording(timeline), key);
}

static void a_process_without_a_card_leaves_nothing(void)
{
	static const char *const none[] = {"CUDA_VISIBLE_DEVICES=", "MEMVIZ_VERBOSE=1", "MEMVIZ_RING=lots", NULL};
	struct run run;

	run_act(&run, "finds_no_card", none);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

static void memory_that_runs_out_at_once_is_recorded(void)
{
	struct mv_timeline *timeline;
	struct run run;
	size_t count;

	run_act(&run, "runs_out_first", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL_FATAL(run_count(&run, ".oom1."), 1);
	timeline = run_open(&run, ".oom1.", 0);
	mv_timeline_ooms(timeline, &count);
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_EQUAL_FATAL((mv_timeline_cards(timeline, &count), count), 1);
	CU_ASSERT_EQUAL(mv_timeline_cards(timeline, &count)->capacity_bytes, 1024 * MIB);
	run_end(&run, timeline);
}

static void another_error_waits_for_a_success(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "fails_first");
	size_t count;

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
	CU_ASSERT_EQUAL((mv_timeline_cards(timeline, &count), count), 1);
	run_end(&run, timeline);
}

static void the_first_calls_of_all_threads_are_recorded(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "begins_in_many_threads");
	size_t count, i, without = 0;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 64 * MIB);
	for (i = 0; i < count; i++)
		without += !blocks[i].stack;
	CU_ASSERT_EQUAL(without, 0);
	CU_ASSERT(atoi(note_of(timeline, "stacks")) >= 64);
	CU_ASSERT_PTR_NOT_NULL(strstr(note_of(timeline, "stacks"), " different"));
	run_end(&run, timeline);
}

static void check_beside_the_loader(const char *const *settings)
{
	struct mv_timeline *timeline;
	struct run run;

	run_act(&run, "begins_beside_the_loader", settings);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL_FATAL(run.file_count, 1);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_BUSY), 0);
	run_end(&run, timeline);
}

static void a_constructor_and_a_thread_may_begin_together(void)
{
	static const char *const wait[] = {"ACTS_WAIT=1", NULL};

	check_beside_the_loader(NULL);
	check_beside_the_loader(wait);
}

static void a_child_begins_anew_where_the_kernel_does_not_help(void)
{
	struct mv_timeline *timeline;
	uint64_t device = 0, blocks = 0;
	struct run run;
	size_t i;

	run_act(&run, "forks_on_an_old_kernel", NULL);
	if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == 77) {
		harness_skip("no filter for system calls");
		run_clean(&run);
		return;
	}
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT_EQUAL_FATAL(run.file_count, 2);
	for (i = 0; i < 2; i++) {
		timeline = run_open(&run, ".memviz", i);
		device += run_alive(timeline, MV_LEDGER_DEVICE);
		blocks += run_alive(timeline, MV_LEDGER_BLOCK);
		CU_ASSERT(!run_alive(timeline, MV_LEDGER_DEVICE) != !run_alive(timeline, MV_LEDGER_BLOCK));
		mv_timeline_close(timeline);
	}
	CU_ASSERT_EQUAL(device, 3 * MIB);
	CU_ASSERT_EQUAL(blocks, 4 * MIB);
	run_clean(&run);
}

/* Snapshots bear numbers, and there is one for each request: they are removed by their names.  */
static size_t remove_requests(struct run *run)
{
	char pattern[160];
	size_t i, count;
	glob_t found;

	snprintf(pattern, sizeof pattern, "%s/*.request*", run->folder);
	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (i = 0; i < found.gl_pathc; i++)
		unlink(found.gl_pathv[i]);
	count = found.gl_pathc;
	globfree(&found);
	run_list(run);
	return count;
}

static void forks_find_nobody_in_the_way(void)
{
	static const char *const small[] = {"MEMVIZ_RING=4MiB", NULL};
	struct run run;
	size_t i;

#ifdef __SANITIZE_THREAD__
	harness_skip("a snapshot's reading beside writers is meant, but ThreadSanitizer forgets who reads");
	return;
#endif
	run_act(&run, "forks_a_thousand", small);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT(remove_requests(&run) > 0);
	CU_ASSERT_EQUAL_FATAL(run.file_count, 6);
	for (i = 0; i < 6; i++) {
		struct mv_timeline *timeline = run_open(&run, ".memviz", i);

		CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_LOCK), 0);
		mv_timeline_close(timeline);
	}
	run_clean(&run);
}

/* Two at once, each the first process of a namespace of its own.  */
static void containers_that_share_a_folder_do_not_share_files(void)
{
	static const char *const both[] = {"/bin/sh", "-c",
					   "unshare -pf true || exit 77; for i in 1 2; do "
					   "unshare -pf \"$MEMVIZ_TEST_ACTS\" device & done; wait", NULL};
	struct mv_timeline *first, *second;
	struct run run;

	run_program(&run, both, NULL);
	if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == 77) {
		harness_skip("no namespaces of processes");
		run_clean(&run);
		return;
	}
	CU_ASSERT_EQUAL_FATAL(run.file_count, 2);
	first = run_open(&run, ".memviz", 0);
	second = run_open(&run, ".memviz", 1);
	CU_ASSERT_EQUAL(mv_timeline_header(first)->pid, mv_timeline_header(second)->pid);
	CU_ASSERT_EQUAL(run_alive(first, MV_LEDGER_DEVICE), 1000);
	CU_ASSERT_EQUAL(run_alive(second, MV_LEDGER_DEVICE), 1000);
	CU_ASSERT(strlen(note_of(first, "id")) > 10);
	CU_ASSERT_STRING_NOT_EQUAL(note_of(first, "id"), note_of(second, "id"));
	CU_ASSERT(atoi(note_of(first, "host_pid")) > 1);
	CU_ASSERT_STRING_NOT_EQUAL(note_of(first, "host_pid"), note_of(second, "host_pid"));
	mv_timeline_close(first);
	run_end(&run, second);
}

/* Somebody has put the recording that it belongs to elsewhere; numbers of processes begin anew.  */
static void a_snapshot_that_is_there_is_left_alone(void)
{
	static const char *const command[] = {"/bin/sh", "-c",
					      "unshare -pf true || exit 77; cd \"$MEMVIZ_OUT\"; echo kept >acts-1.oom1.memviz; "
					      "unshare -pf \"$MEMVIZ_TEST_ACTS\" runs_out_first; cat acts-1.oom1.memviz", NULL};
	struct run run;

	run_program(&run, command, NULL);
	if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == 77) {
		harness_skip("no namespaces of processes");
	} else {
		CU_ASSERT_STRING_EQUAL(run.out, "kept\n");
		CU_ASSERT_EQUAL(run_count(&run, ".oom1."), 2);
	}
	run_clean(&run);
}

/* What a handler tells in the middle of it is counted; whoever jumped out of it begins anew, under another name.  */
static void a_beginning_that_was_left_is_begun_anew(void)
{
	static const char *const small[] = {"MEMVIZ_RING=4MiB", NULL};
	struct mv_timeline *timeline;
	struct run run;

	run_act(&run, "jumps_out_of_the_beginning", small);
	if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == 77) {
		harness_skip("no filter for system calls, or another processor");
		run_clean(&run);
		return;
	}
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL_FATAL(run.file_count, 2);
	/* The second has its time in its name, which sorts before.  */
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_BUSY), 1);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_beginning_that_was_left_is_begun_anew),
	HARNESS_TEST(a_snapshot_that_is_there_is_left_alone),
	HARNESS_TEST(containers_that_share_a_folder_do_not_share_files),
	HARNESS_TEST(forks_find_nobody_in_the_way),
	HARNESS_TEST(a_process_without_a_card_leaves_nothing),
	HARNESS_TEST(memory_that_runs_out_at_once_is_recorded),
	HARNESS_TEST(another_error_waits_for_a_success),
	HARNESS_TEST(the_first_calls_of_all_threads_are_recorded),
	HARNESS_TEST(a_constructor_and_a_thread_may_begin_together),
	HARNESS_TEST(a_child_begins_anew_where_the_kernel_does_not_help),
};
HARNESS_MAIN("begin", tests)
