/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of every kind that is no plain allocation: what is in the recording, and that nothing counts twice.  */
#include "unit/harness.h"

#include <unistd.h>

#include "analyze/besides.h"
#include "analyze/samples.h"
#include "analyze/series.h"
#include "gpusim/run.h"
#include "read/verify.h"

#define MIB ((uint64_t)1 << 20)
#define KIB ((uint64_t)1 << 10)

/* The card at the end.  */
static struct mv_besides besides_of(const struct mv_timeline *timeline, uint8_t device)
{
	struct mv_besides besides;

	CU_ASSERT_FATAL(!mv_besides_find(timeline, device, mv_timeline_end(timeline), &besides));
	return besides;
}

/* What the card's own memory comes to, at the end and at the most.  */
static uint64_t counted(const struct mv_timeline *timeline, uint8_t device, uint64_t *most)
{
	struct mv_series series = mv_series_of(timeline, device);

	*most = 0;
	while (mv_series_next(&series))
		if (series.device_bytes > *most)
			*most = series.device_bytes;
	return series.device_bytes;
}

static void check_counted(const struct mv_timeline *timeline, uint64_t at_end, uint64_t at_most)
{
	uint64_t most;

	CU_ASSERT_EQUAL(counted(timeline, 0, &most), at_end);
	CU_ASSERT_EQUAL(most, at_most);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 0);
}

/* ---- arrays ---- */

static void arrays_count_as_what_was_asked_for(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "arrays");
	struct mv_besides besides = besides_of(timeline, 0);

	check_counted(timeline, 2 * MIB + 80 * KIB, 3 * MIB + 80 * KIB);
	CU_ASSERT(besides.array_count == 2 && besides.array_bytes == 2 * MIB + 80 * KIB);
	CU_ASSERT_EQUAL(run_block(timeline, MV_LEDGER_DEVICE, 0)->flags, MV_FLAG_HANDLE | MV_FLAG_ESTIMATED);
	CU_ASSERT(run_block(timeline, MV_LEDGER_DEVICE, 0)->is_handle);
	run_end(&run, timeline);
}

static void an_array_that_did_not_fit_says_what_was_asked_for(void)
{
	struct run run;
	struct mv_timeline *timeline;
	size_t count;

	run_act(&run, "array_too_large", NULL);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".oom1.", 0);
	CU_ASSERT_EQUAL(mv_timeline_ooms(timeline, &count)->requested_bytes, 16384 * MIB);
	run_end(&run, timeline);
}

/* ---- memory of others ---- */

/* The recording of the process whose number the act has printed.  */
static struct mv_timeline *open_printed(struct run *run, const char *act)
{
	char name[64];

	run_act(run, act, NULL);
	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_EQUAL(run->file_count, 2);
	snprintf(name, sizeof name, "-%ld.memviz", strtol(run->out, NULL, 10));
	return run_open(run, name, 0);
}

static void memory_of_another_process_counts_there(void)
{
	struct run run;
	struct mv_timeline *timeline = open_printed(&run, "other_process");
	struct mv_besides besides = besides_of(timeline, 0);

	check_counted(timeline, MIB, MIB);
	CU_ASSERT(besides.unsized_count == 1 && !besides.imported_count);
	run_end(&run, timeline);
}

static void memory_of_another_process_is_closed_as_often_as_opened(void)
{
	struct run run;
	struct mv_timeline *timeline = open_printed(&run, "other_process_closed");

	CU_ASSERT_EQUAL(besides_of(timeline, 0).unsized_count, 0);
	check_counted(timeline, 0, 0);
	run_end(&run, timeline);
}

static void memory_of_another_interface_is_in_no_total(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "other_interface");
	const struct mv_block *memory = run_block(timeline, MV_LEDGER_DEVICE, 0);

	check_counted(timeline, 0, 0);
	CU_ASSERT(memory->size_bytes == 8 * MIB && memory->flags & MV_FLAG_IMPORTED);
	CU_ASSERT(memory->death_ns != MV_TIME_NEVER);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_MAPPING), 2);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_MAPPING), 2 * MIB);
	run_end(&run, timeline);
}

/* ---- pools ---- */

static void memory_lies_on_its_pool_s_card_and_outlives_the_pool(void)
{
	static const char *const two[] = {"GPUSIM_DEVICES=2", NULL};
	struct run run;
	struct mv_timeline *timeline;
	uint64_t most;

	run_act(&run, "own_pool", two);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(counted(timeline, 1, &most), 2 * MIB);
	CU_ASSERT_EQUAL(most, 5 * MIB);
	CU_ASSERT_EQUAL(counted(timeline, 0, &most), 0);
	CU_ASSERT_EQUAL(besides_of(timeline, 1).pools, 0);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 0);
	run_end(&run, timeline);
}

/* ---- graphs ---- */

static void what_is_captured_is_no_memory_yet(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "captured");
	struct mv_besides besides = besides_of(timeline, 0);

	check_counted(timeline, 2 * MIB, 6 * MIB);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_POOLED), 2);
	CU_ASSERT(besides.node_count == 2 && besides.node_bytes == 2 * MIB && besides.graphs == 1);
	run_end(&run, timeline);
}

static void nodes_that_allocate_are_no_memory_yet(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "nodes");

	check_counted(timeline, 0, 0);
	CU_ASSERT_EQUAL(besides_of(timeline, 0).node_bytes, 2 * MIB);
	run_end(&run, timeline);
}

/* ---- mappings ---- */

static void a_card_is_known_by_whatever_lies_on_it(void)
{
	static const char *const three[] = {"GPUSIM_DEVICES=3", NULL};
	const struct mv_file_header *header;
	struct mv_timeline *timeline;
	struct run run;
	int i;

	run_act(&run, "lies_on_other_cards", three);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	header = mv_timeline_header(timeline);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(header->devices[i].total_bytes, 1024 * MIB);
	CU_ASSERT_EQUAL(header->devices[3].total_bytes, 0);
	run_end(&run, timeline);
}

static void an_unmap_that_begins_at_what_is_not_known_ends_what_is(void)
{
	char plugin[512];
	const char *settings[] = {plugin, NULL};
	struct run run;
	struct mv_timeline *timeline;

	if (getenv("MEMVIZ_TEST_PRELOAD")) {
		harness_skip("sanitizers refuse RTLD_DEEPBIND");
		return;
	}
	snprintf(plugin, sizeof plugin, "ACTS_PLUGIN=%s", getenv("MEMVIZ_TEST_PLUGIN"));
	run_act(&run, "unmap_unseen", settings);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_MAPPING), 2);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_MAPPING), 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
	run_end(&run, timeline);
}

/* Of the card's first use and of the end, and one that was wanted while another was taken.  */
static void making_memory_accessible_is_no_reason_for_a_sample(void)
{
	static const char *const seldom[] = {"MEMVIZ_SAMPLE=0", NULL};
	struct run run;
	struct mv_timeline *timeline;

	run_act(&run, "access_often", seldom);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT(mv_timeline_samples(timeline)->call_count > 20000);
	CU_ASSERT(mv_timeline_samples(timeline)->sample_count <= 3);
	run_end(&run, timeline);
}

/* ---- contexts ---- */

static void a_context_takes_only_its_own_memory_along(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "own_contexts");

	check_counted(timeline, 13 * MIB, 13 * MIB);
	CU_ASSERT_EQUAL(run_block(timeline, MV_LEDGER_DEVICE, 1)->size_bytes, 2 * MIB);
	CU_ASSERT(run_block(timeline, MV_LEDGER_DEVICE, 1)->death_ns != MV_TIME_NEVER);
	CU_ASSERT_EQUAL(besides_of(timeline, 0).contexts, 2);
	run_end(&run, timeline);
}

static void a_context_alone_is_worth_a_recording(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "context_only");

	CU_ASSERT_EQUAL(besides_of(timeline, 0).contexts, 1);
	run_end(&run, timeline);
}

/* ---- what no ledger shows ---- */

static void check_hidden(const struct mv_timeline *timeline)
{
	struct mv_besides besides = besides_of(timeline, 0);

	CU_ASSERT_EQUAL(besides.contexts, 1);
	CU_ASSERT_EQUAL(besides.modules, 2);
	CU_ASSERT(besides.is_limit_set[0] && besides.limits[0] == 4096 && !besides.is_limit_set[1]);
}

static void calls_that_change_hidden_memory_are_told(void)
{
	struct run run;
	struct mv_timeline *timeline = run_record(&run, "hidden");

	check_hidden(timeline);
	run_end(&run, timeline);
}

static void what_lives_on_is_known_when_its_call_is_overwritten(void)
{
	static const char *const small[] = {"MEMVIZ_RING=4MiB", "MEMVIZ_STACKS=none", NULL};
	struct run run;
	struct mv_timeline *timeline;

	run_act(&run, "hidden_long_ago", small);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	CU_ASSERT(mv_timeline_begin(timeline) > 0);
	check_hidden(timeline);
	run_end(&run, timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(arrays_count_as_what_was_asked_for),
	HARNESS_TEST(an_array_that_did_not_fit_says_what_was_asked_for),
	HARNESS_TEST(memory_of_another_process_counts_there),
	HARNESS_TEST(memory_of_another_process_is_closed_as_often_as_opened),
	HARNESS_TEST(memory_of_another_interface_is_in_no_total),
	HARNESS_TEST(memory_lies_on_its_pool_s_card_and_outlives_the_pool),
	HARNESS_TEST(what_is_captured_is_no_memory_yet),
	HARNESS_TEST(nodes_that_allocate_are_no_memory_yet),
	HARNESS_TEST(a_card_is_known_by_whatever_lies_on_it),
	HARNESS_TEST(an_unmap_that_begins_at_what_is_not_known_ends_what_is),
	HARNESS_TEST(making_memory_accessible_is_no_reason_for_a_sample),
	HARNESS_TEST(a_context_takes_only_its_own_memory_along),
	HARNESS_TEST(a_context_alone_is_worth_a_recording),
	HARNESS_TEST(calls_that_change_hidden_memory_are_told),
	HARNESS_TEST(what_lives_on_is_known_when_its_call_is_overwritten),
};
HARNESS_MAIN("kinds", tests)
