/* SPDX-License-Identifier: Apache-2.0 */
/* Many processes at once: none waits for another, whatever has become of that.  */
#include "unit/harness.h"

#include <glob.h>
#include <sys/wait.h>

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

static size_t count_files(const struct run *run)
{
	char pattern[128];
	size_t count;
	glob_t found;

	snprintf(pattern, sizeof pattern, "%s/*.memviz", run->folder);
	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return 0;
	count = found.gl_pathc;
	globfree(&found);
	return count;
}

/* Run ACT, which leaves FILES recordings of a MiB each; as many as are listed are opened.  */
static void check(const char *act, size_t files)
{
	static const char *const small[] = {"MEMVIZ_RING=4MiB", "MEMVIZ_SAMPLE=10ms", NULL};
	struct run run;
	size_t i;

	run_act(&run, act, small);
	if (WIFEXITED(run.status) && WEXITSTATUS(run.status) == 77) {
		harness_skip("no filter for system calls, or another processor");
		run_clean(&run);
		return;
	}
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT_EQUAL(count_files(&run), files);
	for (i = 0; i < run.file_count; i++) {
		struct mv_timeline *timeline = run_open(&run, ".memviz", i);

		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
		mv_timeline_close(timeline);
	}
	run_clean(&run);
}

static void two_hundred_processes_begin_beside_one_that_stands_still_in_its_beginning(void)
{
	check("starts_in_a_crowd", 201);
}

static void nobody_waits_for_a_process_that_is_stopped_at_any_instant(void)
{
	check("stops_at_any_instant", 100);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(two_hundred_processes_begin_beside_one_that_stands_still_in_its_beginning),
	HARNESS_TEST(nobody_waits_for_a_process_that_is_stopped_at_any_instant),
};
HARNESS_MAIN("crowd", tests)
