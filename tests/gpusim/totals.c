/* SPDX-License-Identifier: Apache-2.0 */
/* Frees without allocations: nothing is ever less than nothing, which would show as 16 million TiB, nor more than there is
 * room for.  At every moment, of every sum that somebody is shown.  */
#include "unit/harness.h"

#include "analyze/besides.h"
#include "analyze/holdings.h"
#include "analyze/reconcile.h"
#include "analyze/series.h"
#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

enum { MOMENTS = 60 }; /* at which a card is taken apart, which takes longer */

static const uint64_t room_bytes = 1024 * MIB; /* of the card */

static bool fits(uint64_t bytes)
{
	if (bytes > room_bytes)
		fprintf(stderr, "%llu bytes of a card of %llu\n", (unsigned long long)bytes, (unsigned long long)room_bytes);
	return bytes <= room_bytes;
}

/* ---- sums ---- */

static void check_bands(const struct mv_timeline *timeline, uint8_t device)
{
	struct mv_series series = mv_series_of(timeline, device);
	size_t blocks;
	int band;

	mv_timeline_blocks(timeline, &blocks);
	while (mv_series_next(&series)) {
		bool is_sane = fits(series.total_bytes) && fits(series.device_bytes) && fits(series.pool_bytes);

		for (band = 0; band < MV_BAND_COUNT; band++)
			is_sane = is_sane && fits(series.band_bytes[band]) && series.band_blocks[band] <= blocks;
		CU_ASSERT_FATAL(is_sane);
	}
}

static void check_holdings(const struct mv_timeline *timeline, uint8_t device)
{
	struct mv_holdings holdings = mv_holdings_of(timeline, device);
	struct mv_series series = mv_series_of(timeline, device);
	struct mv_besides besides;

	while (mv_series_next(&series)) {
		CU_ASSERT_FATAL(!mv_holdings_seek(&holdings, series.time_ns));
		CU_ASSERT_FATAL(fits(holdings.device_bytes) && fits(holdings.pooled_bytes) && fits(holdings.managed_bytes));
	}
	mv_holdings_release(&holdings);
	CU_ASSERT_FATAL(!mv_besides_find(timeline, device, mv_timeline_end(timeline), &besides));
	CU_ASSERT(fits(besides.node_bytes) && fits(besides.array_bytes) && fits(besides.imported_bytes));
}

/* Parts are signed, and none is larger than the card.  */
static void check_equation(const struct mv_timeline *timeline, const struct mv_card *card, uint64_t time_ns)
{
	struct mv_equation equation;
	int part;

	CU_ASSERT_FATAL(!mv_reconcile(timeline, card, time_ns, &equation));
	CU_ASSERT_FATAL(fits(equation.used_bytes) && fits(equation.managed_bytes));
	for (part = 0; part < MV_PART_COUNT; part++) {
		int64_t bytes = equation.parts[part].bytes;

		CU_ASSERT_FATAL(fits(bytes < 0 ? (uint64_t)-bytes : (uint64_t)bytes));
	}
	CU_ASSERT(equation.parts[MV_PART_LEDGER].bytes >= 0 && equation.parts[MV_PART_ROUNDING].bytes >= 0);
}

/* Nobody dies twice, and nobody before it was born.  */
static void check_lives(const struct mv_timeline *timeline)
{
	size_t i, count, dead;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);
	const uint32_t *deaths = mv_timeline_deaths(timeline, &dead);
	char *is_dead = calloc(count + 1, 1);

	CU_ASSERT_FATAL(is_dead && dead <= count);
	for (i = 0; i < dead; i++) {
		CU_ASSERT_FATAL(deaths[i] < count && !is_dead[deaths[i]]++);
		CU_ASSERT(blocks[deaths[i]].birth_ns <= blocks[deaths[i]].death_ns);
	}
	free(is_dead);
}

static void check_sums(const struct mv_timeline *timeline)
{
	size_t i, count;
	const struct mv_card *cards = mv_timeline_cards(timeline, &count);
	uint64_t moment, end_ns = mv_timeline_end(timeline);

	CU_ASSERT_FATAL(count > 0);
	check_lives(timeline);
	for (i = 0; i < count; i++) {
		CU_ASSERT(fits(cards[i].peak_bytes));
		check_bands(timeline, cards[i].device);
		check_holdings(timeline, cards[i].device);
		for (moment = 0; moment <= MOMENTS; moment++)
			check_equation(timeline, &cards[i], end_ns / MOMENTS * moment);
	}
}

/* ---- programs ---- */

/* All that RUN left, of which ALIVE MiB of device memory are alive in the recording.  */
static struct mv_timeline *check_run(struct run *run, uint64_t alive)
{
	struct mv_timeline *timeline;
	size_t i;

	CU_ASSERT(run_exited(run, 0));
	CU_ASSERT_STRING_EQUAL(run->err, "");
	CU_ASSERT_FATAL(run->file_count > 0);
	for (i = 0; i < run->file_count; i++) {
		timeline = run_open(run, ".memviz", i);
		check_sums(timeline);
		mv_timeline_close(timeline);
	}
	timeline = run_open(run, ".memviz", 0);
	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), alive * MIB);
	return timeline;
}

static struct mv_timeline *start_odd(struct run *run, const char *act, uint64_t alive)
{
	static char path[4096], library[4096];
	const char *const settings[] = {library, "MEMVIZ_RING=1MiB", NULL}, *const program[] = {path, act, NULL};
	const char *folder = getenv("MEMVIZ_TEST_ODD");

	CU_ASSERT_FATAL(folder != NULL);
	snprintf(path, sizeof path, "%s/acts", folder);
	snprintf(library, sizeof library, "LD_LIBRARY_PATH=%s", folder);
	run_program(run, program, settings);
	return check_run(run, alive);
}

static void frees_of_what_was_never_seen_leave_every_total_above_zero(void)
{
	struct run run;
	struct mv_timeline *timeline = start_odd(&run, "frees_the_unseen", 1);

	CU_ASSERT(run_loss(timeline, MV_LOSS_ORPHAN_FREE) >= 100);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), 2);
	run_end(&run, timeline);
}

static void a_pool_that_contradicts_itself_leaves_every_total_above_zero(void)
{
	struct run run;
	struct mv_timeline *timeline = start_odd(&run, "pool_that_errs", 1);

	CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_BLOCK), 0);
	CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_BLOCK), 100);
	run_end(&run, timeline);
}

static void frees_behind_what_was_overwritten_leave_every_total_above_zero(void)
{
	struct run run;
	struct mv_timeline *timeline = start_odd(&run, "frees_the_overwritten", 1);

	CU_ASSERT(mv_timeline_begin(timeline) > 0);
	CU_ASSERT_EQUAL(run_loss(timeline, MV_LOSS_ORPHAN_FREE), 2 * 100);
	run_end(&run, timeline);
}

/* More is given back than was taken, as far as the recorder can know.  */
static void a_late_start_leaves_every_total_above_zero(void)
{
	static char recorder[4096];
	const char *const settings[] = {"LD_PRELOAD=", recorder, "GPUSIM_CONTEXT=50MiB", "GPUSIM_OTHERS=20MiB", NULL};
	const char *path = getenv("MEMVIZ_TEST_SO");
	struct run run;

	CU_ASSERT_FATAL(path != NULL);
	snprintf(recorder, sizeof recorder, "ACTS_RECORDER=%s", path);
	run_act(&run, "frees_what_was_there_before", settings);
	run_end(&run, check_run(&run, 3));
}

static void frees_of_what_went_with_its_context_leave_every_total_above_zero(void)
{
	struct run run;

	run_act(&run, "frees_what_is_gone", NULL);
	run_end(&run, check_run(&run, 1));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(frees_of_what_was_never_seen_leave_every_total_above_zero),
	HARNESS_TEST(a_pool_that_contradicts_itself_leaves_every_total_above_zero),
	HARNESS_TEST(frees_behind_what_was_overwritten_leave_every_total_above_zero),
	HARNESS_TEST(a_late_start_leaves_every_total_above_zero),
	HARNESS_TEST(frees_of_what_went_with_its_context_leave_every_total_above_zero),
};
HARNESS_MAIN("totals", tests)
