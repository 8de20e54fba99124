/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that end while their threads are busy, and recordings that others meddle with: what was committed is there.
 * Committed is what the program itself has counted, outside of the recorder, after the call had returned.  */
#include "unit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

enum { THREADS_MAX = 8, SIZE_STEP = 512 };

/* ---- ends ---- */

static size_t blocks_of_size(const struct mv_timeline *timeline, uint64_t size)
{
	size_t i, count, of_size = 0;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (i = 0; i < count; i++)
		of_size += blocks[i].ledger == MV_LEDGER_DEVICE && blocks[i].size_bytes == size && blocks[i].stack;
	return of_size;
}

static void read_oracle(const struct run *run, uint64_t returned[THREADS_MAX])
{
	char path[256];
	int fd;

	snprintf(path, sizeof path, "%s/oracle", run->folder);
	fd = open(path, O_RDONLY);
	CU_ASSERT_EQUAL_FATAL(read(fd, returned, THREADS_MAX * sizeof *returned),
			      (ssize_t)(THREADS_MAX * sizeof *returned));
	close(fd);
}

/* All that had returned, and of each thread at most the one call that it was in.  */
static void check_recording(const struct run *run)
{
	struct mv_timeline *timeline = run_open(run, ".memviz", 0);
	uint64_t returned[THREADS_MAX];
	size_t i;

	read_oracle(run, returned);
	for (i = 0; i < THREADS_MAX; i++) {
		size_t recorded = blocks_of_size(timeline, (i + 1) * SIZE_STEP);

		CU_ASSERT(recorded == returned[i] || recorded == returned[i] + 1);
	}
	CU_ASSERT(mv_recording_is_unfinished(mv_timeline_recording(timeline)));
	CU_ASSERT_EQUAL(mv_recording_missing(mv_timeline_recording(timeline)), 0);
	mv_timeline_close(timeline);
}

static void check_end(const char *act, int status)
{
	static const char *const one[] = {"ACTS_THREADS=1", "MEMVIZ_RING=4MiB", NULL};
	static const char *const eight[] = {"ACTS_THREADS=8", "MEMVIZ_RING=4MiB", NULL};
	struct run run;
	int i;

	for (i = 0; i < 2; i++) {
		run_act(&run, act, i ? eight : one);
		CU_ASSERT_EQUAL(run.status, status);
		CU_ASSERT_STRING_EQUAL(run.err, "");
		check_recording(&run);
		run_clean(&run);
	}
}

static void kill_9_leaves_all_that_was_committed(void)
{
	check_end("busy_is_killed", SIGKILL);
}

static void a_crash_leaves_all_that_was_committed(void)
{
	check_end("busy_crashes", SIGSEGV);
}

static void an_abort_leaves_all_that_was_committed(void)
{
	check_end("busy_aborts", SIGABRT);
}

static void leaving_without_a_word_leaves_all_that_was_committed(void)
{
	check_end("busy_leaves", 0);
}

static void another_program_in_its_place_leaves_all_that_was_committed(void)
{
	check_end("busy_replaces_itself", 0);
}

/* ---- the host's memory ---- */

/* Groups of both versions: where they are, and the limit's name.  */
static const struct {
	const char *root, *limit;
} groups[] = {
	{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
	{"/sys/fs/cgroup", "memory.max"},
	{"/sys/fs/cgroup/unified", "memory.max"},
};

static int write_into(const char *folder, const char *name, const char *text)
{
	char path[256];
	int fd, err;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	err = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return err;
}

/* Make FOLDER, a group with a limit for memory that a process can enter.  */
static bool make_group(char folder[128])
{
	size_t i;

	for (i = 0; i < sizeof groups / sizeof *groups; i++) {
		snprintf(folder, 128, "%s/memviz-test-%d", groups[i].root, getpid());
		if (mkdir(folder, 0700))
			continue;
		if (!write_into(folder, groups[i].limit, "100663296"))
			return true;
		rmdir(folder);
	}
	return false;
}

/* False: no such group can be made here.  */
static bool run_out_of_the_host(const char *threads)
{
	char folder[128], setting[160];
	const char *settings[] = {threads, setting, "MEMVIZ_RING=4MiB", NULL};
	struct run run;

	if (!make_group(folder))
		return false;
	snprintf(setting, sizeof setting, "ACTS_GROUP=%s", folder);
	run_act(&run, "busy_eats_the_host", settings);
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	CU_ASSERT(WIFSIGNALED(run.status) && WTERMSIG(run.status) == SIGKILL);
	check_recording(&run);
	run_clean(&run);
	return true;
}

static void the_host_running_out_leaves_all_that_was_committed(void)
{
	if (!run_out_of_the_host("ACTS_THREADS=1") || !run_out_of_the_host("ACTS_THREADS=8"))
		harness_skip("no group of processes with a limit for memory can be made here");
}

/* ---- others ---- */

/* Between two events: the recorder's own thread has none.  */
static void check_cut(const char *act)
{
	static const char *const alone[] = {"MEMVIZ_SAMPLE=off", NULL};
	struct mv_timeline *timeline;
	struct run run;

	run_act(&run, act, alone);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT(strstr(run.err, "somebody has cut the recording; the program runs on unrecorded") != NULL);
	CU_ASSERT_EQUAL(run.file_count, 1);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT(run_loss(timeline, MV_LOSS_CUT) > 0);
	run_end(&run, timeline);
}

static void a_recording_that_is_cut_ends_nobody(void)
{
	check_cut("is_cut");
}

static void a_recording_that_is_cut_before_the_end_ends_nobody(void)
{
	check_cut("is_cut_before_its_end");
}

static void a_recording_that_is_removed_comes_back_whole(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "is_removed");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->state, MV_FILE_FINISHED);
	run_end(&run, timeline);
}

static void a_snapshot_that_cannot_be_written_is_counted(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "cannot_set_aside");

	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_SNAPSHOT), 1);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(kill_9_leaves_all_that_was_committed),
	HARNESS_TEST(a_crash_leaves_all_that_was_committed),
	HARNESS_TEST(an_abort_leaves_all_that_was_committed),
	HARNESS_TEST(leaving_without_a_word_leaves_all_that_was_committed),
	HARNESS_TEST(another_program_in_its_place_leaves_all_that_was_committed),
	HARNESS_TEST(the_host_running_out_leaves_all_that_was_committed),
	HARNESS_TEST(a_recording_that_is_cut_ends_nobody),
	HARNESS_TEST(a_recording_that_is_cut_before_the_end_ends_nobody),
	HARNESS_TEST(a_recording_that_is_removed_comes_back_whole),
	HARNESS_TEST(a_snapshot_that_cannot_be_written_is_counted),
};
HARNESS_MAIN("ends", tests)
