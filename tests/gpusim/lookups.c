/* SPDX-License-Identifier: Apache-2.0 */
/* Look-ups that other recorders got wrong, and what a recording says of those that were made.
 *
 * Beside what run.h needs, MEMVIZ_TEST_DRIVERS is the folder of the drivers, MEMVIZ_TEST_ASKER the program (asker.c).  */
#include "unit/harness.h"

#include <unistd.h>

#include "gpusim/run.h"
#include "gpusim/strange.h"
#include "read/recording.h"
#include "read/table.h"

enum { PATH_BYTES = 1024, SETTINGS = 4 };

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(value);
	return value;
}

/* Run asker WHAT on strange.c, with SETTING unless it is NULL.  */
static void ask(struct run *run, const char *what, const char *setting)
{
	const char *command[] = {variable("MEMVIZ_TEST_ASKER"), what, NULL};
	char path[PATH_BYTES];
	const char *settings[] = {path, setting, NULL};

	snprintf(path, sizeof path, "LD_LIBRARY_PATH=%s/strange", variable("MEMVIZ_TEST_DRIVERS"));
	run_program(run, command, settings);
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
}

static void check(const char *what)
{
	struct run run;

	ask(&run, what, NULL);
	run_clean(&run);
}

/* What the recording says of KEY; "" if nothing.  */
static const char *note_of(const struct mv_timeline *timeline, const char *key)
{
	const struct mv_recording *recording = mv_timeline_recording(timeline);
	uint32_t i, count = mv_table_count(recording, MV_REGION_NOTES);
	const char *value = "";

	for (i = 0; i < count; i++) {
		const struct mv_note *note = mv_table_note(recording, i);

		if (!strcmp(mv_recording_text(recording, note->key), key))
			value = mv_recording_text(recording, note->value);
	}
	return value;
}

static void check_note(const struct mv_timeline *timeline, const char *key, const char *value)
{
	if (strcmp(note_of(timeline, key), value))
		fprintf(stderr, "%s: \"%s\"\n", key, note_of(timeline, key));
	CU_ASSERT_STRING_EQUAL(note_of(timeline, key), value);
}

/* ---- what the program gets ---- */

static void each_edition_of_a_function_stays_itself(void)
{
	struct run run;
	struct mv_timeline *timeline;

	ask(&run, "each_edition", NULL);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 4);
	CU_ASSERT_STRING_EQUAL(mv_timeline_api(timeline, run_block(timeline, MV_LEDGER_DEVICE, 0)->api), "cuMemAlloc");
	CU_ASSERT_STRING_EQUAL(mv_timeline_api(timeline, run_block(timeline, MV_LEDGER_DEVICE, 1)->api), "cuMemAlloc_v2");
	run_end(&run, timeline);
}

static void results_and_status_of_look_ups_are_the_driver_s(void)
{
	check("with_status");
}

static void functions_may_be_looked_up_before_cuInit(void)
{
	check("before_init");
}

static void what_nvidia_s_own_libraries_look_up_is_theirs(void)
{
	check("from_nvidia");
}

static void a_driver_finds_itself_also_while_it_is_loaded(void)
{
	check("from_itself");
}

static void names_that_begin_like_cuda_s_mean_their_own_library_s(void)
{
	check("of_neighbours");
}

static void a_library_that_asks_for_the_next_function_does_not_find_itself(void)
{
	check("of_next");
}

static void a_plugin_finds_itself_in_its_own_scope(void)
{
	check("of_default");
}

static void look_ups_may_be_repeated_by_many_threads(void)
{
	check("again_and_again");
}

/* ---- what the recording says ---- */

static void functions_that_nobody_knows_are_named(void)
{
	struct run run;
	struct mv_timeline *timeline;

	ask(&run, "from_tomorrow", NULL);
	timeline = run_open(&run, ".memviz", 0);
	check_note(timeline, "lookup", "cuGetProcAddress, known by address");
	check_note(timeline, "unwatched", "cuMemAlloc of CUDA 14.0, cuMemAllocTomorrow, cuGetProcAddress of CUDA 14.0");
	check_note(timeline, "look-ups by", "the program (CUDA 14.0)");
	check_note(timeline, "bypassed by", "");
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_UNWATCHED), 3);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 1);
	run_end(&run, timeline);
}

static void a_driver_that_answers_with_what_it_does_not_export_is_watched(void)
{
	struct run run;
	struct mv_timeline *timeline;

	ask(&run, "from_inside", "STRANGE_INSIDE=1");
	timeline = run_open(&run, ".memviz", 0);
	check_note(timeline, "lookup", "cuGetProcAddress, known by name and version");
	check_note(timeline, "unwatched", "cuMemAlloc of CUDA 14.0");
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 3);
	run_end(&run, timeline);
}

static void libraries_that_do_not_come_by_are_named(void)
{
	char plugin[PATH_BYTES];
	struct mv_timeline *timeline;
	struct run run;

	if (getenv("MEMVIZ_TEST_PRELOAD")) {
		harness_skip("sanitizers refuse RTLD_DEEPBIND");
		return;
	}
	snprintf(plugin, sizeof plugin, "ASKER_PLUGIN=%s", variable("MEMVIZ_TEST_PLUGIN"));
	ask(&run, "from_deep_inside", plugin);
	timeline = run_open(&run, ".memviz", 0);
	check_note(timeline, "bypassed by", "plugin.so (cuMemAlloc_v2)");
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_BYPASSED), 1);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_UNWATCHED), 0);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 1);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(each_edition_of_a_function_stays_itself),
	HARNESS_TEST(results_and_status_of_look_ups_are_the_driver_s),
	HARNESS_TEST(functions_may_be_looked_up_before_cuInit),
	HARNESS_TEST(what_nvidia_s_own_libraries_look_up_is_theirs),
	HARNESS_TEST(a_driver_finds_itself_also_while_it_is_loaded),
	HARNESS_TEST(names_that_begin_like_cuda_s_mean_their_own_library_s),
	HARNESS_TEST(a_library_that_asks_for_the_next_function_does_not_find_itself),
	HARNESS_TEST(a_plugin_finds_itself_in_its_own_scope),
	HARNESS_TEST(look_ups_may_be_repeated_by_many_threads),
	HARNESS_TEST(functions_that_nobody_knows_are_named),
	HARNESS_TEST(a_driver_that_answers_with_what_it_does_not_export_is_watched),
	HARNESS_TEST(libraries_that_do_not_come_by_are_named),
};
HARNESS_MAIN("lookups", tests)
