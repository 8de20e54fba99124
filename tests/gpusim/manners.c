/* SPDX-License-Identifier: Apache-2.0 */
/* What is the program's stays the program's: handlers, descriptors, libraries, code, locks; and the books are right
 * whoever is busy at the same time.  */
#include "unit/harness.h"

#include "analyze/samples.h"
#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

/* Run ACT, which leaves FILES files, and open the recording.  */
static struct mv_timeline *open_one(struct run *run, const char *act, size_t files, const char *const *settings)
{
	run_act(run, act, settings);
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
	CU_ASSERT_EQUAL(run->file_count, files);
	return run_open(run, ".memviz", 0);
}

static void signals_folder_variables_and_rounding_are_the_program_s_own(void)
{
	struct run run;

	run_end(&run, open_one(&run, "looks_after_its_own", 3, NULL));
}

static void no_library_comes_along(void)
{
	static const char *const alone[] = {"LD_PRELOAD=", NULL}, *const unsampled[] = {"MEMVIZ_SAMPLE=off", NULL};
	struct run with, without;

	run_act(&with, "tells_what_is_loaded", unsampled);
	run_act(&without, "tells_what_is_loaded", alone);
	CU_ASSERT(run_exited(&with, 0));
	CU_ASSERT(strstr(without.out, "libcuda.so.1") && without.file_count == 0);
	CU_ASSERT_STRING_EQUAL(with.out, without.out);
	run_clean(&with);
	run_clean(&without);
}

static void the_driver_s_code_is_as_it_was(void)
{
	struct run run;

	run_end(&run, open_one(&run, "compares_the_driver_s_code", 3, NULL));
}

static void memory_beside_a_processor_is_no_card_s(void)
{
	struct run run;
	struct mv_timeline *timeline = open_one(&run, "creates_beside_a_processor", 1, NULL);

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_HOST), 2 * MIB);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	run_end(&run, timeline);
}

static void the_card_may_be_used_to_the_very_end(void)
{
	static const char *const late[] = {"ACTS_LATE=1", NULL};
	struct run run;
	struct mv_timeline *timeline = open_one(&run, "uses_the_card_to_the_end", 1, late);

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->state, MV_FILE_FINISHED);
	run_end(&run, timeline);
}

static void every_descriptor_may_become_another_file(void)
{
	struct run run;
	struct mv_timeline *timeline = open_one(&run, "takes_all_descriptors", 3, NULL);

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 2 * MIB);
	run_end(&run, timeline);
}

/* Whoever takes a descriptor away while a thread loads a library has that thread map another file, and the recorder's own
 * loads NVML.  */
static void descriptors_may_be_taken_among_samples(void)
{
	static const char *const often[] = {"MEMVIZ_SAMPLE=1ms", NULL};
	struct run run;
	struct mv_timeline *timeline = open_one(&run, "takes_descriptors_among_samples", 3, often);

	CU_ASSERT(mv_timeline_samples(timeline)->sample_count > 0);
	run_end(&run, timeline);
}

static void a_daemon_has_its_recording(void)
{
	struct run run;
	struct mv_timeline *timeline = open_one(&run, "becomes_a_daemon", 3, NULL);

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
	run_end(&run, timeline);
}

static void the_books_of_64_threads_are_those_of_the_driver(void)
{
	struct run run;
	struct mv_timeline *timeline = open_one(&run, "sixty_four_threads", 1, NULL);

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 64 * 300);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), strtoull(run.out, NULL, 10));
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 0);
	run_end(&run, timeline);
}

static void children_of_busy_threads_have_recordings_of_their_own(void)
{
	struct run run;
	size_t i, children = 0;

	run_act(&run, "children_who_tell", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT_EQUAL(run.file_count, 11);
	for (i = 0; i < run.file_count; i++) {
		struct mv_timeline *timeline = run_open(&run, ".memviz", i);

		if (run_blocks(timeline, MV_LEDGER_BLOCK)) {
			CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_BLOCK), MIB);
			CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 0);
			children++;
		} else {
			CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
		}
		mv_timeline_close(timeline);
	}
	CU_ASSERT_EQUAL(children, 10);
	run_clean(&run);
}

static void programs_started_among_busy_threads_leave_nothing(void)
{
	struct run run;
	struct mv_timeline *timeline = open_one(&run, "spawns_among_threads", 1, NULL);

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(signals_folder_variables_and_rounding_are_the_program_s_own),
	HARNESS_TEST(no_library_comes_along),
	HARNESS_TEST(the_driver_s_code_is_as_it_was),
	HARNESS_TEST(memory_beside_a_processor_is_no_card_s),
	HARNESS_TEST(the_card_may_be_used_to_the_very_end),
	HARNESS_TEST(every_descriptor_may_become_another_file),
	HARNESS_TEST(descriptors_may_be_taken_among_samples),
	HARNESS_TEST(a_daemon_has_its_recording),
	HARNESS_TEST(the_books_of_64_threads_are_those_of_the_driver),
	HARNESS_TEST(children_of_busy_threads_have_recordings_of_their_own),
	HARNESS_TEST(programs_started_among_busy_threads_leave_nothing),
};
HARNESS_MAIN("manners", tests)
