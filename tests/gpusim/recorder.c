/* SPDX-License-Identifier: Apache-2.0 */
/* Memory, look-ups, errors and annotations: what is in the recording of a program that does this or that.  */
#include "unit/harness.h"

#include <unistd.h>

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

/* ---- sorts of memory ---- */

static void device_memory_has_size_life_stack_and_call(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "device");
	const struct mv_block *first = run_block(timeline, MV_LEDGER_DEVICE, 0);

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 2);
	CU_ASSERT_EQUAL(first->size_bytes, 3 * MIB);
	CU_ASSERT(first->death_ns > first->birth_ns && first->death_ns != MV_TIME_NEVER);
	CU_ASSERT(first->stack != 0);
	CU_ASSERT_STRING_EQUAL(mv_timeline_api(timeline, first->api), "cuMemAlloc_v2");
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 1000);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 0);
	run_end(&run, timeline);
}

static void the_card_has_a_name_and_a_capacity(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "device");
	size_t count;
	const struct mv_card *card = mv_timeline_cards(timeline, &count);

	CU_ASSERT_EQUAL_FATAL(count, 1);
	CU_ASSERT_EQUAL(card->capacity_bytes, 1024 * MIB);
	CU_ASSERT(strlen(mv_timeline_text(timeline, card->name)) > 3);
	run_end(&run, timeline);
}

static void a_pitched_allocation_counts_whole_rows(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "pitch");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), strtoull(run.out, NULL, 10));
	run_end(&run, timeline);
}

static void host_memory_is_a_ledger_apart(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "host");

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_HOST), 3);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_HOST), 2 * MIB);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 0);
	run_end(&run, timeline);
}

static void managed_memory_is_a_ledger_apart(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "managed");

	CU_ASSERT_EQUAL(run_block(timeline, MV_LEDGER_MANAGED, 0)->size_bytes, 5 * MIB);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_MANAGED), 0);
	run_end(&run, timeline);
}

static void pooled_memory_may_be_freed_either_way(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "pooled");

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_POOLED), 2);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_POOLED), 0);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 0);
	run_end(&run, timeline);
}

static void physical_memory_goes_with_its_last_mapping(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "mapped");

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 2);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_MAPPING), 2);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_RESERVATION), 1);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_MAPPING), 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_RESERVATION), 0);
	run_end(&run, timeline);
}

static void physical_memory_lives_while_there_is_a_handle(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "retained");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 2 * MIB);
	run_end(&run, timeline);
}

static void physical_memory_needs_no_context(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "without_context");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 2 * MIB);
	run_end(&run, timeline);
}

/* Physical memory has a handle, and is nobody's.  */
static void memory_ends_with_its_context(void)
{
	static const char *const acts[] = {"resets_the_card", "leaves_the_card"};
	size_t i;

	for (i = 0; i < sizeof acts / sizeof *acts; i++) {
		struct run run;
		struct mv_timeline *timeline = run_record(&run, acts[i]);

		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 2 * MIB);
		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_MANAGED), 0);
		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_HOST), 0);
		CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 0);
		run_end(&run, timeline);
	}
}

/* ---- look-ups ---- */

static void check_lookup(const char *act, uint64_t bytes, enum mv_ledger ledger)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, act);

	CU_ASSERT_EQUAL(run_alive(timeline, ledger), bytes);
	run_end(&run, timeline);
}

static void functions_looked_up_in_any_way_are_watched(void)
{
	check_lookup("by_handle", MIB, MV_LEDGER_DEVICE);
	check_lookup("by_default", 2 * MIB, MV_LEDGER_DEVICE);
	check_lookup("by_version", 2 * MIB, MV_LEDGER_DEVICE);
	check_lookup("by_itself", 2 * MIB, MV_LEDGER_DEVICE);
	check_lookup("by_stream", 2 * MIB, MV_LEDGER_POOLED);
}

static void what_is_not_there_is_not_offered(void)
{
	struct run run;

	run_act(&run, "of_what_is_not_there", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	run_clean(&run);
}

/* ---- errors ---- */

static void a_free_that_fails_takes_nothing_away(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "wrong_frees");

	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 1);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 3);
	run_end(&run, timeline);
}

static void missing_results_are_the_driver_s_business(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "null_results");

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
	run_end(&run, timeline);
}

static void check_oom(const struct mv_timeline *timeline, enum mv_oom_outcome outcome)
{
	size_t count;
	const struct mv_oom *oom = mv_timeline_ooms(timeline, &count);

	CU_ASSERT_EQUAL_FATAL(count, 1);
	CU_ASSERT_EQUAL(oom->requested_bytes, 900 * MIB);
	CU_ASSERT_EQUAL(oom->total_bytes, 1024 * MIB);
	CU_ASSERT(oom->free_bytes <= 424 * MIB && oom->free_bytes > 300 * MIB);
	CU_ASSERT(oom->ordinal == 1 && oom->stack != 0);
	CU_ASSERT_EQUAL(oom->outcome, outcome);
}

static void an_out_of_memory_error_leaves_a_snapshot(void)
{
	struct run run;
	struct mv_timeline *snapshot;

	run_act(&run, "out_of_memory", NULL);
	CU_ASSERT(run_exited(&run, 7));
	CU_ASSERT_EQUAL(run.file_count, 2);
	snapshot = run_open(&run, ".oom1.memviz", 0);
	check_oom(snapshot, MV_OOM_UNKNOWN);
	CU_ASSERT_EQUAL(run_alive(snapshot, MV_LEDGER_DEVICE), 600 * MIB);
	CU_ASSERT_EQUAL(mv_timeline_header(snapshot)->state, MV_FILE_SNAPSHOT);
	run_end(&run, snapshot);
}

static void an_error_that_was_survived_says_so_everywhere(void)
{
	struct run run;
	struct mv_timeline *timeline;

	run_act(&run, "out_of_memory_survived", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL(run.file_count, 2);
	timeline = run_open(&run, ".oom1.memviz", 0);
	check_oom(timeline, MV_OOM_SURVIVED);
	mv_timeline_close(timeline);
	timeline = run_open(&run, ".memviz", 0);
	check_oom(timeline, MV_OOM_SURVIVED);
	run_end(&run, timeline);
}

/* Each request is made twice, as some pools do.  */
static void snapshots_have_an_end(void)
{
	static const char *const one[] = {"MEMVIZ_SNAPSHOTS=1", NULL};
	struct run run;
	struct mv_timeline *timeline;

	run_act(&run, "out_of_memory_often", NULL);
	CU_ASSERT_EQUAL(run_count(&run, ".oom"), 3);
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->oom_count, 20);
	run_end(&run, timeline);
	run_act(&run, "out_of_memory_often", one);
	CU_ASSERT_EQUAL(run_count(&run, ".oom"), 1);
	run_clean(&run);
}

/* ---- annotations ---- */

static void a_program_s_own_words_are_recorded(void)
{
	struct run run;
	struct mv_timeline *timeline;
	const struct mv_block *weight;
	size_t count;

	run_act(&run, "annotated", NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_EQUAL(run_count(&run, ".request1."), 1);
	timeline = run_open(&run, ".oom1.", 0);
	weight = run_block(timeline, MV_LEDGER_BLOCK, 0);
	CU_ASSERT_STRING_EQUAL(mv_timeline_text(timeline, weight->name), "fc.weight");
	CU_ASSERT(weight->band == MV_BAND_PARAMETER && weight->size_bytes == 4 * MIB);
	CU_ASSERT_EQUAL(run_block(timeline, MV_LEDGER_BLOCK, 1)->phase, MV_PHASE_BACKWARD);
	CU_ASSERT_EQUAL(mv_timeline_header(timeline)->step, 1);
	mv_timeline_spans(timeline, &count);
	CU_ASSERT_EQUAL(count, 3);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(device_memory_has_size_life_stack_and_call),
	HARNESS_TEST(the_card_has_a_name_and_a_capacity),
	HARNESS_TEST(a_pitched_allocation_counts_whole_rows),
	HARNESS_TEST(host_memory_is_a_ledger_apart),
	HARNESS_TEST(managed_memory_is_a_ledger_apart),
	HARNESS_TEST(pooled_memory_may_be_freed_either_way),
	HARNESS_TEST(physical_memory_goes_with_its_last_mapping),
	HARNESS_TEST(physical_memory_lives_while_there_is_a_handle),
	HARNESS_TEST(physical_memory_needs_no_context),
	HARNESS_TEST(memory_ends_with_its_context),
	HARNESS_TEST(functions_looked_up_in_any_way_are_watched),
	HARNESS_TEST(what_is_not_there_is_not_offered),
	HARNESS_TEST(a_free_that_fails_takes_nothing_away),
	HARNESS_TEST(missing_results_are_the_driver_s_business),
	HARNESS_TEST(an_out_of_memory_error_leaves_a_snapshot),
	HARNESS_TEST(an_error_that_was_survived_says_so_everywhere),
	HARNESS_TEST(snapshots_have_an_end),
	HARNESS_TEST(a_program_s_own_words_are_recorded),
};
HARNESS_MAIN("recorder", tests)
