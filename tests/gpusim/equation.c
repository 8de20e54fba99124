/* SPDX-License-Identifier: Apache-2.0 */
/* The equation of a card, to the byte: the simulation is told what to take, programs take more, and a recording says what
 * was what.  Samples are taken only where something calls for them, and the programs wait for each: a sample in the
 * middle of a call would tell of memory that is not noted yet.  */
#include "unit/harness.h"

#include "analyze/reconcile.h"
#include "gpusim/run.h"

#define MIB ((int64_t)1 << 20)

/* What is to come out, part by part.  */
struct wanted {
	int64_t used, parts[MV_PART_COUNT];
};

static void check(const struct mv_timeline *timeline, uint8_t device, const struct wanted *wanted)
{
	const struct mv_card *card = mv_timeline_card(timeline, device);
	struct mv_equation equation;
	int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(card);
	CU_ASSERT_EQUAL_FATAL(mv_reconcile(timeline, card, mv_timeline_end(timeline), &equation), 0);
	CU_ASSERT_EQUAL(equation.source, MV_SOURCE_NVML);
	CU_ASSERT_EQUAL((int64_t)equation.used_bytes, wanted->used);
	for (i = 0; i < MV_PART_COUNT; i++) {
		CU_ASSERT_EQUAL(equation.parts[i].bytes, wanted->parts[i]);
		CU_ASSERT_NOT_EQUAL(equation.parts[i].basis, MV_BASIS_UNKNOWN);
		if (equation.parts[i].bytes != wanted->parts[i])
			fprintf(stderr, "%s: %lld, not %lld\n", mv_part_name((enum mv_part)i),
				(long long)equation.parts[i].bytes, (long long)wanted->parts[i]);
	}
}

/* ACT with SETTINGS ends as WANTED, on the first card.  */
static void check_act(const char *act, const char *const *settings, struct wanted wanted)
{
	struct mv_timeline *timeline;
	struct run run;

	run_act(&run, act, settings);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	check(timeline, 0, &wanted);
	run_end(&run, timeline);
}

static void nothing_but_what_was_asked_for(void)
{
	static const char *const bare[] = {"MEMVIZ_SAMPLE=0", NULL};

	/* 3 MiB and a byte take 4; 1000 and 5000 bytes share 2.  */
	check_act("uses_odd_sizes", bare, (struct wanted){.used = 6 * MIB, .parts = {
		[MV_PART_LEDGER] = 3 * MIB + 6001, [MV_PART_ROUNDING] = 3 * MIB - 6001}});
}

static void a_context_among_others(void)
{
	static const char *const shared[] = {"MEMVIZ_SAMPLE=0", "GPUSIM_CONTEXT=123456789", "GPUSIM_OTHERS=77777777", NULL};

	check_act("uses_odd_sizes", shared, (struct wanted){.used = 6 * MIB + 123456789 + 77777777, .parts = {
		[MV_PART_LEDGER] = 3 * MIB + 6001, [MV_PART_ROUNDING] = 3 * MIB - 6001,
		[MV_PART_CONTEXT] = 123456789, [MV_PART_OTHERS] = 77777777}});
}

static void what_nobody_owns_is_unexplained(void)
{
	static const char *const hidden[] = {"MEMVIZ_SAMPLE=0", "GPUSIM_CONTEXT=100MiB", "GPUSIM_HIDDEN=11111111", NULL};

	check_act("uses_odd_sizes", hidden, (struct wanted){.used = 106 * MIB + 11111111, .parts = {
		[MV_PART_LEDGER] = 3 * MIB + 6001, [MV_PART_ROUNDING] = 3 * MIB - 6001,
		[MV_PART_CONTEXT] = 100 * MIB, [MV_PART_UNEXPLAINED] = 11111111}});
}

static void what_is_counted_twice_is_missing(void)
{
	static const char *const twice[] = {"MEMVIZ_SAMPLE=0", "GPUSIM_OTHERS=40MiB", "GPUSIM_SHARED=3333", NULL};

	check_act("uses_odd_sizes", twice, (struct wanted){.used = 46 * MIB, .parts = {
		[MV_PART_LEDGER] = 3 * MIB + 6001, [MV_PART_ROUNDING] = 3 * MIB - 6001,
		[MV_PART_OTHERS] = 40 * MIB + 3333, [MV_PART_UNEXPLAINED] = -3333}});
}

static void pools_and_graphs_hold_more_than_they_hand_out(void)
{
	static const char *const context[] = {"MEMVIZ_SAMPLE=0", "GPUSIM_CONTEXT=100MiB", NULL};

	check_act("uses_pools", context, (struct wanted){.used = 134 * MIB, .parts = {
		[MV_PART_LEDGER] = 7 * MIB + 700, [MV_PART_POOLS] = 27 * MIB - 700, [MV_PART_CONTEXT] = 100 * MIB}});
	check_act("uses_graphs", context, (struct wanted){.used = 144 * MIB, .parts = {
		[MV_PART_LEDGER] = 3 * MIB, [MV_PART_POOLS] = 31 * MIB, [MV_PART_GRAPHS] = 10 * MIB,
		[MV_PART_CONTEXT] = 100 * MIB}});
}

static void each_card_is_taken_apart(void)
{
	static const char *const two[] = {"MEMVIZ_SAMPLE=0", "GPUSIM_DEVICES=2", "GPUSIM_CONTEXT=50MiB",
					  "GPUSIM_OTHERS=20MiB", NULL};
	const struct wanted first = {.used = 74 * MIB, .parts = {
		[MV_PART_LEDGER] = 3 * MIB, [MV_PART_ROUNDING] = MIB, [MV_PART_CONTEXT] = 50 * MIB,
		[MV_PART_OTHERS] = 20 * MIB}};
	const struct wanted second = {.used = 110 * MIB, .parts = {
		[MV_PART_LEDGER] = 40 * MIB, [MV_PART_CONTEXT] = 50 * MIB, [MV_PART_OTHERS] = 20 * MIB}};
	struct mv_timeline *timeline;
	struct run run;

	run_act(&run, "uses_two_cards", two);
	CU_ASSERT(run_exited(&run, 0));
	timeline = run_open(&run, ".memviz", 0);
	check(timeline, 0, &first);
	check(timeline, 1, &second);
	run_end(&run, timeline);
}

static void modules_are_what_loading_them_takes(void)
{
	static const char *const modules[] = {"MEMVIZ_SAMPLE=0", "GPUSIM_CONTEXT=100MiB", "GPUSIM_MODULES=7777777",
					      "GPUSIM_LAUNCH=3MiB", NULL};

	/* Three are loaded, and one goes again.  */
	check_act("loads_and_launches", modules, (struct wanted){.used = 105 * MIB + 2 * 7777777, .parts = {
		[MV_PART_LEDGER] = 2 * MIB, [MV_PART_CONTEXT] = 100 * MIB, [MV_PART_MODULES] = 2 * 7777777,
		[MV_PART_UNEXPLAINED] = 3 * MIB}});
}

static void a_launch_takes_what_no_call_says(void)
{
	static const char *const launch[] = {"MEMVIZ_SAMPLE=0", "GPUSIM_CONTEXT=100MiB", "GPUSIM_LAUNCH=3MiB", NULL};

	check_act("loads_and_launches", launch, (struct wanted){.used = 105 * MIB, .parts = {
		[MV_PART_LEDGER] = 2 * MIB, [MV_PART_CONTEXT] = 100 * MIB, [MV_PART_UNEXPLAINED] = 3 * MIB}});
}

static const struct harness_test tests[] = {
	HARNESS_TEST(nothing_but_what_was_asked_for),
	HARNESS_TEST(a_context_among_others),
	HARNESS_TEST(what_nobody_owns_is_unexplained),
	HARNESS_TEST(what_is_counted_twice_is_missing),
	HARNESS_TEST(pools_and_graphs_hold_more_than_they_hand_out),
	HARNESS_TEST(each_card_is_taken_apart),
	HARNESS_TEST(modules_are_what_loading_them_takes),
	HARNESS_TEST(a_launch_takes_what_no_call_says),
};
HARNESS_MAIN("equation", tests)
