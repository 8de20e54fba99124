/* SPDX-License-Identifier: Apache-2.0 */
/* Bands where what autograd keeps for backward is known: one forward and its backward, a block for each rule.  */
#include "unit/harness.h"

#include "support/scene.h"

enum { MAIN = 1, AUTOGRAD = 2, KIB = 1 << 10 };

/* When something happens to a block; NEVER: not at all.  */
enum moment { NEVER, FORWARD, BACKWARD, BEHIND };

struct row {
	enum moment birth, death;
	enum moment kept;	  /* by autograd, */
	enum moment hooked;	  /* or given to a hook */
	enum moment named;	  /* a parameter */
	uint32_t freed_by;
	enum mv_band band;
	enum mv_reason reason;
};

static uint64_t address_of(size_t i)
{
	return UINT64_C(0x7f0000000000) + i * 64 * KIB;
}

static void happen(struct forge *forge, enum moment moment, const struct row *rows, size_t count)
{
	uint32_t thread = moment == BACKWARD ? AUTOGRAD : MAIN;
	size_t i;

	for (i = 0; i < count; i++) {
		if (rows[i].birth == moment)
			forge_alloc(forge, thread, MV_LEDGER_BLOCK, address_of(i), 32 * KIB, 0, MV_FLAG_GRAD);
		if (rows[i].kept == moment)
			forge_owner(forge, thread, address_of(i), MV_ROLE_SAVED, NULL);
		if (rows[i].hooked == moment)
			forge_owner(forge, thread, address_of(i), MV_ROLE_SAVED_HOOKED, NULL);
		if (rows[i].named == moment)
			forge_owner(forge, MAIN, address_of(i), MV_ROLE_PARAMETER, "weight");
		if (rows[i].death == moment)
			forge_free(forge, rows[i].freed_by, MV_LEDGER_BLOCK, address_of(i));
	}
}

static void check(const struct row *rows, size_t count)
{
	struct forge *forge = forge_open(scene_path("saved.memviz"), "train.py", 0);
	struct mv_timeline *timeline;
	const struct mv_block *blocks;
	size_t i, block_count;

	forge_thread(forge, "", 0);
	forge_thread(forge, "python", 0);
	forge_thread(forge, "pt_autograd_0", 1);
	forge_device(forge, 0, "Card", UINT64_C(1) << 34);
	happen(forge, FORWARD, rows, count);
	forge_phase(forge, MAIN, 1, MV_PHASE_BACKWARD, NULL);
	forge_phase(forge, AUTOGRAD, 1, MV_PHASE_BACKWARD, NULL);
	happen(forge, BACKWARD, rows, count);
	forge_phase(forge, AUTOGRAD, 0, MV_PHASE_BACKWARD, NULL);
	forge_phase(forge, MAIN, 0, MV_PHASE_BACKWARD, NULL);
	happen(forge, BEHIND, rows, count);
	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open(scene_path("saved.memviz"), &timeline, NULL), 0);
	blocks = mv_timeline_blocks(timeline, &block_count);
	for (i = 0; i < block_count; i++) {
		const struct row *row = &rows[(blocks[i].address - address_of(0)) / (64 * KIB)];

		CU_ASSERT_EQUAL(blocks[i].band, row->band);
		CU_ASSERT_EQUAL(blocks[i].reason, row->reason);
	}
	CU_ASSERT_EQUAL(block_count, count);
	mv_timeline_close(timeline);
}

#define KEPT {.birth = FORWARD, .kept = FORWARD, .band = MV_BAND_ACTIVATION, .reason = MV_REASON_SAVED}

static void what_autograd_keeps_is_activation(void)
{
	static const struct row rows[] = {
		KEPT,
		{.birth = FORWARD, .kept = FORWARD, .death = BACKWARD, .freed_by = AUTOGRAD, .band = MV_BAND_ACTIVATION,
		 .reason = MV_REASON_SAVED},
		{.birth = FORWARD, .kept = FORWARD, .death = BEHIND, .freed_by = MAIN, .band = MV_BAND_ACTIVATION,
		 .reason = MV_REASON_SAVED},
		{.birth = FORWARD, .kept = FORWARD, .death = FORWARD, .freed_by = MAIN, .band = MV_BAND_ACTIVATION,
		 .reason = MV_REASON_SAVED},
		{.birth = BACKWARD, .kept = BACKWARD, .band = MV_BAND_ACTIVATION, .reason = MV_REASON_SAVED},
		{.birth = FORWARD, .kept = FORWARD, .named = BEHIND, .band = MV_BAND_PARAMETER,
		 .reason = MV_REASON_NAMED},
	};

	check(rows, sizeof rows / sizeof *rows);
}

static void what_it_does_not_keep_is_none(void)
{
	static const struct row rows[] = {
		KEPT,
		{.birth = FORWARD, .death = FORWARD, .freed_by = MAIN, .band = MV_BAND_TEMPORARY, .reason = MV_REASON_SHORT},
		{.birth = FORWARD, .death = BEHIND, .freed_by = MAIN, .band = MV_BAND_OTHER, .reason = MV_REASON_HELD},
		{.birth = FORWARD, .death = BACKWARD, .freed_by = MAIN, .band = MV_BAND_OTHER, .reason = MV_REASON_HELD},
		{.birth = FORWARD, .band = MV_BAND_OTHER, .reason = MV_REASON_HELD},
	};

	check(rows, sizeof rows / sizeof *rows);
}

static void what_backward_itself_frees_was_held_by_the_graph(void)
{
	static const struct row rows[] = {
		KEPT,
		{.birth = FORWARD, .death = BACKWARD, .freed_by = AUTOGRAD, .band = MV_BAND_ACTIVATION,
		 .reason = MV_REASON_DIED_IN_BACKWARD},
	};

	check(rows, sizeof rows / sizeof *rows);
}

static void what_a_hook_got_is_told_by_its_life(void)
{
	static const struct row rows[] = {
		{.birth = FORWARD, .hooked = FORWARD, .death = FORWARD, .freed_by = MAIN, .band = MV_BAND_TEMPORARY,
		 .reason = MV_REASON_SHORT},
		{.birth = FORWARD, .hooked = FORWARD, .death = BACKWARD, .freed_by = AUTOGRAD, .band = MV_BAND_ACTIVATION,
		 .reason = MV_REASON_DIED_IN_BACKWARD},
		{.birth = FORWARD, .hooked = FORWARD, .death = BACKWARD, .freed_by = MAIN, .band = MV_BAND_ACTIVATION,
		 .reason = MV_REASON_DIED_IN_BACKWARD},
	};

	check(rows, sizeof rows / sizeof *rows);
}

static void a_hook_in_backward_belongs_to_a_forward_run_again(void)
{
	static const struct row rows[] = {
		{.birth = BACKWARD, .hooked = BACKWARD, .death = BACKWARD, .freed_by = AUTOGRAD,
		 .band = MV_BAND_ACTIVATION, .reason = MV_REASON_SAVED},
	};

	check(rows, sizeof rows / sizeof *rows);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(what_autograd_keeps_is_activation),
	HARNESS_TEST(what_it_does_not_keep_is_none),
	HARNESS_TEST(what_backward_itself_frees_was_held_by_the_graph),
	HARNESS_TEST(what_a_hook_got_is_told_by_its_life),
	HARNESS_TEST(a_hook_in_backward_belongs_to_a_forward_run_again),
};
HARNESS_MAIN("saved", tests)
