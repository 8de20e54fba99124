/* SPDX-License-Identifier: Apache-2.0 */
/* Ways into a program other than LD_PRELOAD: the driver loads the recorder, or the program does.  */
#include "unit/harness.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpusim/run.h"
#include "read/table.h"

#define MIB ((uint64_t)1 << 20)

enum { SETTINGS = 8, SETTING_BYTES = 600 };

/* NAME=VALUE strings, built when a test runs.  */
struct settings {
	char text[SETTINGS][SETTING_BYTES];
	const char *at[SETTINGS + 1];
	int count;
};

static void add(struct settings *settings, const char *name, const char *value)
{
	snprintf(settings->text[settings->count], SETTING_BYTES, "%s=%s", name, value ? value : "");
	settings->at[settings->count] = settings->text[settings->count];
	settings->at[++settings->count] = NULL;
}

static const char *recorder(void)
{
	return getenv("MEMVIZ_TEST_SO");
}

/* Nothing preloaded (but a sanitizer), and the driver told to load TOOL.  */
static void inject(struct settings *settings, const char *tool)
{
	settings->count = 0;
	add(settings, "LD_PRELOAD", getenv("MEMVIZ_TEST_PRELOAD"));
	add(settings, "CUDA_INJECTION64_PATH", tool);
}

/* LIBRARY preloaded, and not the recorder.  */
static void preload(struct settings *settings, const char *library)
{
	const char *sanitizer = getenv("MEMVIZ_TEST_PRELOAD");
	char libraries[SETTING_BYTES - 16];

	snprintf(libraries, sizeof libraries, "%s %s", sanitizer ? sanitizer : "", library ? library : "");
	add(settings, "LD_PRELOAD", libraries);
}

/* Run ACT of the program that VARIABLE names.  */
static void run_of(struct run *run, const char *variable, const char *act, const char *const *settings)
{
	const char *acts = getenv("MEMVIZ_TEST_ACTS"), *program = getenv(variable);
	char kept[4096];

	CU_ASSERT_FATAL(acts && program);
	snprintf(kept, sizeof kept, "%s", acts);
	setenv("MEMVIZ_TEST_ACTS", program, 1);
	run_act(run, act, settings);
	setenv("MEMVIZ_TEST_ACTS", kept, 1);
}

/* What RUN says of a late start; "": nothing.  */
static const char *start_of(const struct mv_timeline *timeline)
{
	return mv_table_note_value(mv_timeline_recording(timeline), "start");
}

static struct mv_timeline *opened(struct run *run)
{
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
	CU_ASSERT_EQUAL_FATAL(run->file_count, 1);
	return run_open(run, ".memviz", 0);
}

/* ---- by the driver ---- */

static void check_injected(const char *variable, const char *act, uint64_t bytes)
{
	struct settings settings;
	struct mv_timeline *timeline;
	struct run run;

	inject(&settings, recorder());
	run_of(&run, variable, act, settings.at);
	timeline = opened(&run);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), bytes);
	CU_ASSERT(strstr(start_of(timeline), "late, by cuInit") != NULL);
	run_end(&run, timeline);
}

static void a_program_that_links_the_driver_is_recorded_from_cuinit_on(void)
{
	check_injected("MEMVIZ_TEST_ACTS", "device", 1000);
}

static void so_is_one_whose_links_the_loader_has_locked(void)
{
	check_injected("MEMVIZ_TEST_BOUND_ACTS", "device", 1000);
}

static void look_ups_after_cuinit_are_seen_and_those_before_are_not(void)
{
	check_injected("MEMVIZ_TEST_ACTS", "looks_up_before_and_after", 2 * MIB);
	check_injected("MEMVIZ_TEST_ACTS", "by_version", 2 * MIB);
}

static void threads_and_forks_are_as_ever(void)
{
	check_injected("MEMVIZ_TEST_ACTS", "threads", 0);
	check_injected("MEMVIZ_TEST_ACTS", "forks_a_worker", 3 * MIB);
}

static void a_runtime_that_knows_the_driver_already_is_watched_itself(void)
{
	struct settings settings;
	struct mv_timeline *timeline;
	struct run run;
	uint64_t pitched;

	inject(&settings, recorder());
	run_of(&run, "MEMVIZ_TEST_RUNTIME_USER", "", settings.at);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL_FATAL(run.file_count, 2);
	pitched = (uint64_t)atoll(run.out);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB + pitched + 64 * MIB);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_MANAGED), 4 * MIB);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_HOST), 8 * MIB);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_POOLED), 16 * MIB);
	CU_ASSERT_EQUAL(run_count(&run, ".oom1."), 1);
	run_end(&run, timeline);
}

static void a_library_that_is_loaded_later_is_reached(void)
{
	struct settings settings;
	struct mv_timeline *timeline;
	struct run run;

	inject(&settings, recorder());
	add(&settings, "ACTS_PLUGIN", getenv("MEMVIZ_TEST_PLUGIN"));
	run_act(&run, "loads_plugin", settings.at);
	timeline = opened(&run);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
	run_end(&run, timeline);
}

/* A library that was there first, with a dlsym of its own: it goes on being asked.  */
static void another_dlsym_stays_in_the_chain(void)
{
	struct settings settings = {.count = 0};
	struct mv_timeline *timeline;
	struct run run;
	unsigned asked = 0;

	preload(&settings, getenv("MEMVIZ_TEST_INTERPOSER"));
	add(&settings, "CUDA_INJECTION64_PATH", recorder());
	run_act(&run, "looks_up_before_and_after", settings.at);
	timeline = opened(&run);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 2 * MIB);
	CU_ASSERT(sscanf(run.out, "asked %u times", &asked) == 1 && asked >= 2);
	run_end(&run, timeline);
}

static void a_program_without_cuda_is_never_entered(void)
{
	struct settings settings;
	struct run run;

	inject(&settings, recorder());
	run_act(&run, "uses_no_card", settings.at);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

static void off_is_off_for_the_driver_too(void)
{
	struct settings settings;
	struct run run;

	inject(&settings, recorder());
	add(&settings, "MEMVIZ_ON", "0");
	run_act(&run, "device", settings.at);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL(run.file_count, 0);
	run_clean(&run);
}

/* ---- by the program ---- */

static void a_program_can_load_the_recorder_when_it_likes(void)
{
	struct settings settings = {.count = 0};
	struct mv_timeline *timeline;
	struct run run;

	add(&settings, "LD_PRELOAD", getenv("MEMVIZ_TEST_PRELOAD"));
	add(&settings, "ACTS_RECORDER", recorder());
	run_act(&run, "loads_recorder", settings.at);
	timeline = opened(&run);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 6 * MIB);
	CU_ASSERT_EQUAL(run_block(timeline, MV_LEDGER_DEVICE, 1)->phase, MV_PHASE_USER);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 1);
	CU_ASSERT(strstr(start_of(timeline), "late, by dlopen") != NULL);
	run_end(&run, timeline);
}

/* Whatever the thread that is not there any more was at: the library that it had not got to yet is reached.  */
static void a_child_finishes_what_its_parent_was_at(void)
{
	struct settings settings = {.count = 0};
	struct run run;
	size_t i;

	preload(&settings, getenv("MEMVIZ_TEST_ONWALK"));
	add(&settings, "ACTS_RECORDER", recorder());
	add(&settings, "ACTS_PLUGIN", getenv("MEMVIZ_TEST_PLUGIN"));
	/* A child of several threads may make none where ThreadSanitizer is.  */
	add(&settings, "MEMVIZ_SAMPLE", "off");
	run_act(&run, "forks_while_looked_at", settings.at);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	CU_ASSERT_EQUAL(run.file_count, 3);
	for (i = 0; i < run.file_count; i++) {
		struct mv_timeline *timeline = run_open(&run, ".memviz", i);

		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 3 * MIB);
		mv_timeline_close(timeline);
	}
	run_clean(&run);
}

/* ---- twice ---- */

static void check_once(const char *tool)
{
	struct settings settings = {.count = 0};
	struct mv_timeline *timeline;
	struct run run;

	add(&settings, "CUDA_INJECTION64_PATH", tool);
	run_act(&run, "device", settings.at);
	timeline = opened(&run);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 1000);
	CU_ASSERT_STRING_EQUAL(start_of(timeline), "");
	run_end(&run, timeline);
}

static void copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	struct stat status;

	CU_ASSERT_FATAL(in >= 0 && out >= 0 && !fstat(in, &status));
	while (sendfile(out, in, NULL, (size_t)status.st_size) > 0)
		;
	close(in);
	close(out);
}

static void a_recorder_that_is_there_already_is_not_there_twice(void)
{
	char folder[] = "/tmp/memviz-ways-XXXXXX", path[64];

	check_once(recorder());
	CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
	snprintf(path, sizeof path, "%s/libmemviz.so", folder);
	copy(recorder(), path);
	check_once(path);
	unlink(path);
	rmdir(folder);
}

/* ---- phases that programs name ---- */

static void check_phases(const char *act, const enum mv_phase *wanted, size_t count)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, act);
	size_t i;

	for (i = 0; i < count; i++)
		CU_ASSERT_EQUAL(run_block(timeline, MV_LEDGER_DEVICE, i)->phase, wanted[i]);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->step, 1);
	run_end(&run, timeline);
}

static void a_phase_of_the_program_s_own_hides_no_other(void)
{
	static const enum mv_phase named[] = {MV_PHASE_NONE,	  MV_PHASE_USER, MV_PHASE_OPTIMIZER,
					      MV_PHASE_OPTIMIZER, MV_PHASE_USER, MV_PHASE_NONE};

	check_phases("names_phases", named, 6);
}

static void phases_from_before_the_recording_are_known(void)
{
	static const enum mv_phase early[] = {MV_PHASE_OPTIMIZER, MV_PHASE_USER, MV_PHASE_NONE};

	check_phases("names_phases_early", early, 3);
}

static void phases_that_are_too_deep_are_forgotten_in_pairs(void)
{
	static const enum mv_phase after[] = {MV_PHASE_NONE, MV_PHASE_OPTIMIZER, MV_PHASE_NONE};

	check_phases("nests_deeply", after, 3);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_phase_of_the_program_s_own_hides_no_other),
	HARNESS_TEST(phases_from_before_the_recording_are_known),
	HARNESS_TEST(phases_that_are_too_deep_are_forgotten_in_pairs),
	HARNESS_TEST(a_program_that_links_the_driver_is_recorded_from_cuinit_on),
	HARNESS_TEST(so_is_one_whose_links_the_loader_has_locked),
	HARNESS_TEST(look_ups_after_cuinit_are_seen_and_those_before_are_not),
	HARNESS_TEST(threads_and_forks_are_as_ever),
	HARNESS_TEST(a_runtime_that_knows_the_driver_already_is_watched_itself),
	HARNESS_TEST(a_library_that_is_loaded_later_is_reached),
	HARNESS_TEST(another_dlsym_stays_in_the_chain),
	HARNESS_TEST(a_program_without_cuda_is_never_entered),
	HARNESS_TEST(off_is_off_for_the_driver_too),
	HARNESS_TEST(a_program_can_load_the_recorder_when_it_likes),
	HARNESS_TEST(a_child_finishes_what_its_parent_was_at),
	HARNESS_TEST(a_recorder_that_is_there_already_is_not_there_twice),
};
HARNESS_MAIN("ways", tests)
