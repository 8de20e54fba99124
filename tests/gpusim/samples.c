/* SPDX-License-Identifier: Apache-2.0 */
/* The sampler: what it says of a card, when, and that nobody notices it.  */
#include "unit/harness.h"

#include <unistd.h>

#include "analyze/samples.h"
#include "gpusim/run.h"
#include "read/recording.h"
#include "read/table.h"

#define MIB ((uint64_t)1 << 20)

static const char *const often[] = {"MEMVIZ_SAMPLE=1ms", "GPUSIM_CONTEXT=100MiB", "GPUSIM_OTHERS=30MiB", NULL};
static const char *const at_events[] = {"MEMVIZ_SAMPLE=0", "GPUSIM_CONTEXT=100MiB", NULL};

/* The first or the last sample of card DEVICE; one that tells nothing if there is none.  */
static struct mv_sample sample_of(const struct mv_timeline *timeline, uint8_t device, int is_last)
{
	const struct mv_samples *samples = mv_timeline_samples(timeline);
	struct mv_sample found = {0};
	size_t i;

	for (i = 0; i < samples->sample_count; i++)
		if (samples->samples[i].device == device && (is_last || !found.known))
			found = samples->samples[i];
	return found;
}

static void check_told(const struct mv_sample *sample, enum mv_term term, uint64_t bytes)
{
	CU_ASSERT(mv_sample_tells(sample, term));
	CU_ASSERT_EQUAL(sample->bytes[term], bytes);
}

/* Run ACT with SETTINGS, which says nothing and ends well.  */
static struct mv_timeline *record(struct run *run, const char *act, const char *const *settings)
{
	run_act(run, act, settings);
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
	return run_open(run, ".memviz", 0);
}

static const char *nvml_of(const struct mv_timeline *timeline)
{
	return mv_table_note_value(mv_timeline_recording(timeline), "nvml");
}

/* ---- what it says ---- */

static void a_sample_says_who_uses_the_card(void)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, "uses_odd_sizes", often);
	struct mv_sample last = sample_of(timeline, 0, 1);

	check_told(&last, MV_TERM_TOTAL, 1024 * MIB);
	check_told(&last, MV_TERM_PROCESS, 106 * MIB);
	check_told(&last, MV_TERM_OTHERS, 30 * MIB);
	check_told(&last, MV_TERM_USED, 136 * MIB);
	check_told(&last, MV_TERM_RESERVED, 0);
	CU_ASSERT(!mv_sample_tells(&last, MV_TERM_POOL_USED));
	CU_ASSERT_STRING_EQUAL(nvml_of(timeline), "asked");
	run_end(&run, timeline);
}

static void each_card_is_sampled(void)
{
	static const char *const two[] = {"MEMVIZ_SAMPLE=1ms", "GPUSIM_DEVICES=3", "CUDA_VISIBLE_DEVICES=2,1", NULL};
	struct run run;
	struct mv_timeline *timeline = record(&run, "uses_two_cards", two);
	struct mv_sample first = sample_of(timeline, 0, 1), second = sample_of(timeline, 1, 1);

	check_told(&first, MV_TERM_USED, 4 * MIB);
	check_told(&second, MV_TERM_USED, 40 * MIB);
	run_end(&run, timeline);
}

static void the_driver_says_what_its_pools_hold(void)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, "uses_pools", often);
	struct mv_sample last = sample_of(timeline, 0, 1);

	check_told(&last, MV_TERM_POOL_RESERVED, 32 * MIB);
	check_told(&last, MV_TERM_POOL_USED, 5 * MIB + 1024);
	check_told(&last, MV_TERM_GRAPH_RESERVED, 0);
	run_end(&run, timeline);
	timeline = record(&run, "uses_graphs", often);
	last = sample_of(timeline, 0, 1);
	check_told(&last, MV_TERM_GRAPH_RESERVED, 10 * MIB);
	check_told(&last, MV_TERM_GRAPH_USED, 4 * MIB + 512);
	run_end(&run, timeline);
}

/* ---- when ---- */

static void first_use_and_exit_are_sampled(void)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, "device", at_events);
	struct mv_sample last = sample_of(timeline, 0, 1);

	/* 1000 bytes are left at the end.  */
	check_told(&last, MV_TERM_PROCESS, 102 * MIB);
	/* Where the context, and where the memory was made; and at exit.  */
	CU_ASSERT(last.number <= 3);
	run_end(&run, timeline);
}

/* A limit, three modules that are loaded, one that goes; before them the first memory, behind them exit.  The context is
 * one more if its card is known in time.  */
static void calls_that_change_memory_are_sampled(void)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, "loads_and_launches", at_events);

	CU_ASSERT(sample_of(timeline, 0, 1).number >= 7);
	run_end(&run, timeline);
}

static void an_error_s_snapshot_has_a_fresh_sample(void)
{
	struct run run;
	struct mv_timeline *snapshot;
	struct mv_sample last;

	run_act(&run, "out_of_memory", at_events);
	CU_ASSERT(run_exited(&run, 7));
	snapshot = run_open(&run, ".oom1.memviz", 0);
	last = sample_of(snapshot, 0, 1);
	check_told(&last, MV_TERM_PROCESS, 700 * MIB);
	run_end(&run, snapshot);
}

static void off_is_off(void)
{
	static const char *const off[] = {"MEMVIZ_SAMPLE=off", NULL};
	struct run run;
	struct mv_timeline *timeline = record(&run, "has_no_sampler", off);

	CU_ASSERT_EQUAL(mv_timeline_samples(timeline)->sample_count, 0);
	CU_ASSERT_STRING_EQUAL(nvml_of(timeline), "not asked");
	run_end(&run, timeline);
}

/* ---- an NVML that tells less ---- */

static struct mv_sample last_with(const char *nvml, const char *state)
{
	const char *const settings[] = {"MEMVIZ_SAMPLE=1ms", "GPUSIM_CONTEXT=100MiB", "GPUSIM_OTHERS=30MiB", nvml, NULL};
	struct run run;
	struct mv_timeline *timeline = record(&run, "uses_odd_sizes", settings);
	struct mv_sample last = sample_of(timeline, 0, 1);

	CU_ASSERT_STRING_EQUAL(nvml_of(timeline), state);
	run_end(&run, timeline);
	return last;
}

static void who_is_who_is_not_guessed(void)
{
	struct mv_sample unlisted = last_with("GPUSIM_NVML=unlisted", "NVML does not list this process");
	struct mv_sample unknown = last_with("GPUSIM_NVML=unknown", "NVML does not tell what this process uses");

	check_told(&unlisted, MV_TERM_USED, 136 * MIB);
	check_told(&unknown, MV_TERM_USED, 136 * MIB);
	CU_ASSERT(!mv_sample_tells(&unlisted, MV_TERM_PROCESS) && !mv_sample_tells(&unlisted, MV_TERM_OTHERS));
	CU_ASSERT(!mv_sample_tells(&unknown, MV_TERM_PROCESS) && !mv_sample_tells(&unknown, MV_TERM_OTHERS));
}

static void an_nvml_that_does_not_start_is_left_alone(void)
{
	CU_ASSERT_EQUAL(last_with("GPUSIM_NVML=broken", "NVML does not start").known, 0);
}

/* A folder that has the driver's library and no other.  */
static void without_nvml_there_are_no_samples(void)
{
	char folder[] = "/tmp/memviz-driver-XXXXXX", here[64], there[512], path[96];
	const char *settings[] = {"MEMVIZ_SAMPLE=1ms", path, NULL};
	struct mv_timeline *timeline;
	struct run run;

	CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
	snprintf(here, sizeof here, "%s/libcuda.so.1", folder);
	snprintf(there, sizeof there, "%s/libcuda.so.1", getenv("MEMVIZ_TEST_GPUSIM"));
	snprintf(path, sizeof path, "LD_LIBRARY_PATH=%s", folder);
	CU_ASSERT_FATAL(!symlink(there, here));
	timeline = record(&run, "uses_odd_sizes", settings);
	CU_ASSERT_EQUAL(sample_of(timeline, 0, 1).known, 0);
	CU_ASSERT_STRING_NOT_EQUAL(nvml_of(timeline), "asked");
	run_end(&run, timeline);
	unlink(here);
	rmdir(folder);
}

/* ---- the thread ---- */

static void nobody_samples_where_there_is_no_cuda(void)
{
	struct run run;

	run_act(&run, "has_no_other_thread", often);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

static void the_sampler_takes_no_signal(void)
{
	struct run run;

	run_end(&run, record(&run, "has_a_deaf_sampler", often));
}

static void children_have_no_sampler(void)
{
	struct run run;

	run_act(&run, "forks_among_samples", often);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	run_clean(&run);
}

static void check_bytes(const char *act)
{
	struct run run;
	struct mv_timeline *timeline = record(&run, act, often);

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	run_end(&run, timeline);
}

static void a_program_without_main_thread_ends(void)
{
	const char *sanitizer = getenv("MEMVIZ_TEST_PRELOAD");

	if (sanitizer && strstr(sanitizer, "tsan"))
		harness_skip("ThreadSanitizer has a thread of its own, with which such a program never ends");
	else
		check_bytes("loses_its_main_thread");
}

static void a_change_of_user_reaches_all_threads(void)
{
	check_bytes("changes_user");
}

static void descriptors_may_be_closed_under_it(void)
{
	check_bytes("closes_descriptors_among_samples");
}

static void the_sampler_does_without_descriptors_of_its_own(void)
{
	struct mv_timeline *timeline;
	struct mv_sample last;
	struct run run;

	run_act(&run, "may_not_part_with_descriptors", often);
	if (run_exited(&run, 77)) {
		run_clean(&run);
		harness_skip("no system call can be forbidden here");
		return;
	}
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	last = sample_of(timeline, 0, 1);
	check_told(&last, MV_TERM_USED, 134 * MIB);
	run_end(&run, timeline);
}

/* The first sample of all is taken, or not, when the program ends already.  */
static void programs_end_while_they_are_sampled(void)
{
	static const char *const acts[] = {"device", "leaves_at_once", "killed", "aborts"};
	struct run run;
	int i;

	for (i = 0; i < 40; i++) {
		run_act(&run, acts[i % 4], often);
		CU_ASSERT_STRING_EQUAL(run.err, "");
		CU_ASSERT(i % 4 || run_exited(&run, 0));
		mv_timeline_close(run_open(&run, ".memviz", 0));
		run_clean(&run);
	}
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_sample_says_who_uses_the_card),
	HARNESS_TEST(each_card_is_sampled),
	HARNESS_TEST(the_driver_says_what_its_pools_hold),
	HARNESS_TEST(first_use_and_exit_are_sampled),
	HARNESS_TEST(calls_that_change_memory_are_sampled),
	HARNESS_TEST(an_error_s_snapshot_has_a_fresh_sample),
	HARNESS_TEST(off_is_off),
	HARNESS_TEST(who_is_who_is_not_guessed),
	HARNESS_TEST(an_nvml_that_does_not_start_is_left_alone),
	HARNESS_TEST(without_nvml_there_are_no_samples),
	HARNESS_TEST(nobody_samples_where_there_is_no_cuda),
	HARNESS_TEST(the_sampler_takes_no_signal),
	HARNESS_TEST(children_have_no_sampler),
	HARNESS_TEST(a_program_without_main_thread_ends),
	HARNESS_TEST(a_change_of_user_reaches_all_threads),
	HARNESS_TEST(descriptors_may_be_closed_under_it),
	HARNESS_TEST(the_sampler_does_without_descriptors_of_its_own),
	HARNESS_TEST(programs_end_while_they_are_sampled),
};
HARNESS_MAIN("samples", tests)
