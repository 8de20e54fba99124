/* SPDX-License-Identifier: Apache-2.0 */
/* Events → blocks: whose life is whole, whose birth or death is gone, and what they are made of.  */
#include "unit/harness.h"

#include "analyze/series.h"
#include "support/scene.h"

enum { MAIN = 1, AUTOGRAD = 2, MIB = 1 << 20 };

#define A UINT64_C(0x7f0000000000)
#define B UINT64_C(0x7f0010000000)

static struct forge *begin(void)
{
	struct forge *forge = forge_open(scene_path("replay.memviz"), "train.py", 0);

	forge_thread(forge, "", 0);
	forge_thread(forge, "python", 0);
	forge_thread(forge, "pt_autograd_0", 1);
	forge_device(forge, 0, "Card", UINT64_C(1) << 34);
	return forge;
}

static struct mv_timeline *replay(struct forge *forge)
{
	struct mv_timeline *timeline;

	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open(scene_path("replay.memviz"), &timeline, NULL), 0);
	return timeline;
}

static void block(struct forge *forge, uint64_t address, uint64_t size)
{
	forge_alloc(forge, MAIN, MV_LEDGER_BLOCK, address, size, 0, 0);
}

static const struct mv_block *only_block(const struct mv_timeline *timeline)
{
	size_t count;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	CU_ASSERT_EQUAL_FATAL(count, 1);
	return blocks;
}

static const struct mv_block *blocks_of(const struct mv_timeline *timeline, size_t wanted)
{
	size_t count;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	CU_ASSERT_EQUAL_FATAL(count, wanted);
	return blocks;
}

/* ---- lives ---- */

static void a_block_lives_from_its_allocation_to_its_free(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;
	uint64_t birth_ns = forge_alloc(forge, MAIN, MV_LEDGER_BLOCK, A, 5 * MIB, 0, MV_FLAG_GRAD);

	forge_free(forge, AUTOGRAD, MV_LEDGER_BLOCK, A);
	timeline = replay(forge);
	it = only_block(timeline);
	CU_ASSERT_EQUAL(it->birth_ns, birth_ns - FORGE_START_NS);
	CU_ASSERT_EQUAL(it->death_ns, mv_timeline_end(timeline));
	CU_ASSERT_EQUAL(it->size_bytes, 5 * MIB);
	CU_ASSERT_EQUAL(it->free_thread, AUTOGRAD);
	CU_ASSERT(it->is_birth_known);
	mv_timeline_close(timeline);
}

static void a_free_that_failed_did_not_happen(void)
{
	struct mv_event failed = {.kind = MV_EVENT_FREE_FAILED, .ledger = MV_LEDGER_BLOCK, .thread = MAIN, .address = A,
				  .size_bytes = MIB};
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	size_t deaths;

	block(forge, A, MIB);
	forge_free(forge, MAIN, MV_LEDGER_BLOCK, A);
	forge_event(forge, &failed);
	timeline = replay(forge);
	CU_ASSERT_EQUAL(only_block(timeline)->death_ns, MV_TIME_NEVER);
	mv_timeline_deaths(timeline, &deaths);
	CU_ASSERT_EQUAL(deaths, 0);
	mv_timeline_close(timeline);
}

static void an_address_is_used_again(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;

	block(forge, A, MIB);
	forge_free(forge, MAIN, MV_LEDGER_BLOCK, A);
	block(forge, A, 2 * MIB);
	timeline = replay(forge);
	it = blocks_of(timeline, 2);
	CU_ASSERT(it[0].death_ns < it[1].birth_ns);
	CU_ASSERT_EQUAL(it[1].death_ns, MV_TIME_NEVER);
	mv_timeline_close(timeline);
}

static void a_lost_free_ends_where_the_address_is_used_again(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;

	block(forge, A, MIB);
	block(forge, A, 2 * MIB);
	timeline = replay(forge);
	it = blocks_of(timeline, 2);
	CU_ASSERT_EQUAL(it[0].death_ns, it[1].birth_ns);
	mv_timeline_close(timeline);
}

static void a_free_tells_of_a_birth_that_was_not_seen(void)
{
	struct mv_event freed = {.kind = MV_EVENT_FREE, .ledger = MV_LEDGER_BLOCK, .thread = MAIN, .address = B,
				 .size_bytes = 3 * MIB, .ref = 7};
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;

	block(forge, A, MIB);
	forge_event(forge, &freed);
	timeline = replay(forge);
	it = blocks_of(timeline, 2);
	CU_ASSERT_EQUAL(it[0].birth_ns, 0);
	CU_ASSERT_EQUAL(it[0].size_bytes, 3 * MIB);
	CU_ASSERT_EQUAL(it[0].stack, 7);
	CU_ASSERT(!it[0].is_birth_known);
	CU_ASSERT_EQUAL(it[0].reason, MV_REASON_BEFORE_WINDOW);
	mv_timeline_close(timeline);
}

static void what_was_known_before_a_free_is_taken_over(void)
{
	struct forge *forge = begin();
	struct mv_event birth = {.kind = MV_EVENT_BIRTH, .ledger = MV_LEDGER_BLOCK, .thread = MAIN, .address = B,
				 .size_bytes = 3 * MIB, .stack = 7, .extra = FORGE_START_NS + 5, .role = MV_ROLE_OPTIMIZER};
	struct mv_timeline *timeline;
	const struct mv_block *it;

	block(forge, A, MIB);
	forge_event(forge, &birth);
	forge_free(forge, MAIN, MV_LEDGER_BLOCK, B);
	timeline = replay(forge);
	it = blocks_of(timeline, 2);
	CU_ASSERT_EQUAL(it[0].birth_ns, 5);
	CU_ASSERT(it[0].is_birth_known);
	CU_ASSERT_EQUAL(it[0].band, MV_BAND_OPTIMIZER);
	CU_ASSERT_EQUAL(it[0].death_ns, mv_timeline_end(timeline));
	mv_timeline_close(timeline);
}

static void a_captured_call_moves_no_memory(void)
{
	struct mv_event captured = {.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_POOLED, .thread = MAIN, .address = B,
				    .size_bytes = MIB, .flags = MV_FLAG_CAPTURED};
	struct forge *forge = begin();
	struct mv_timeline *timeline;

	block(forge, A, MIB);
	forge_event(forge, &captured);
	timeline = replay(forge);
	CU_ASSERT_EQUAL(only_block(timeline)->address, A);
	mv_timeline_close(timeline);
}

/* ---- behind the horizon ---- */

static void pass_time(struct forge *forge, unsigned pairs)
{
	while (pairs--) {
		block(forge, B + pairs % 64 * MIB, 512 + pairs % 1000 * 512);
		forge_free(forge, MAIN, MV_LEDGER_BLOCK, B + pairs % 64 * MIB);
	}
}

/* As many events as make the smallest ring turn: with sizes and times that do not repeat.  */
static void let_the_ring_turn(struct forge *forge)
{
	while (forge->store.header->chunk_first < 4)
		pass_time(forge, 50000);
}

static void what_lives_on_is_known_although_its_birth_was_overwritten(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;
	size_t count;
	uint64_t birth_ns = forge_alloc(forge, MAIN, MV_LEDGER_BLOCK, A, 9 * MIB, 0, 0);

	forge_owner(forge, MAIN, A, MV_ROLE_PARAMETER, "weight");
	let_the_ring_turn(forge);
	timeline = replay(forge);
	it = mv_timeline_blocks(timeline, &count);
	CU_ASSERT_EQUAL(mv_timeline_begin(timeline), mv_timeline_header(timeline)->horizon_ns - FORGE_START_NS);
	CU_ASSERT(mv_timeline_begin(timeline) > birth_ns - FORGE_START_NS);
	CU_ASSERT_EQUAL(it[0].birth_ns, birth_ns - FORGE_START_NS);
	CU_ASSERT_EQUAL(it[0].death_ns, MV_TIME_NEVER);
	CU_ASSERT_EQUAL(it[0].band, MV_BAND_PARAMETER);
	CU_ASSERT_STRING_EQUAL(mv_timeline_text(timeline, it[0].name), "weight");
	mv_timeline_close(timeline);
}

static void what_died_behind_the_horizon_leaves_no_ghost(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;
	size_t i, count, alive = 0;
	unsigned k;

	/* Thread 2 allocates, thread 1 frees; the births stay in an open slot, the deaths are overwritten.  */
	for (k = 0; k < 100; k++)
		forge_alloc(forge, AUTOGRAD, MV_LEDGER_BLOCK, A + k * MIB, MIB, 0, 0);
	for (k = 0; k < 100; k++)
		forge_free(forge, MAIN, MV_LEDGER_BLOCK, A + k * MIB);
	let_the_ring_turn(forge);
	timeline = replay(forge);
	it = mv_timeline_blocks(timeline, &count);
	for (i = 0; i < count; i++)
		alive += it[i].death_ns == MV_TIME_NEVER;
	CU_ASSERT_EQUAL(alive, 0);
	mv_timeline_close(timeline);
}

/* Not where its address is handed out again, which may be much later.  */
static void a_lost_free_was_where_events_are_missing(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;
	size_t i, count, seen = 0;

	forge_alloc(forge, AUTOGRAD, MV_LEDGER_BLOCK, A, 7 * MIB, 0, 0);
	forge_free(forge, MAIN, MV_LEDGER_BLOCK, A);
	let_the_ring_turn(forge);
	forge_alloc(forge, AUTOGRAD, MV_LEDGER_BLOCK, A, 7 * MIB, 0, 0);
	timeline = replay(forge);
	it = mv_timeline_blocks(timeline, &count);
	for (i = 0; i < count; i++) {
		if (it[i].address != A)
			continue;
		CU_ASSERT(++seen == 2 || it[i].death_ns <= mv_timeline_begin(timeline));
	}
	CU_ASSERT_EQUAL(seen, 2);
	mv_timeline_close(timeline);
}

static void births_and_deaths_stand_in_order(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;
	const uint32_t *dead;
	size_t i, count, deaths;

	block(forge, A, MIB);
	let_the_ring_turn(forge);
	forge_free(forge, MAIN, MV_LEDGER_BLOCK, A);
	timeline = replay(forge);
	it = mv_timeline_blocks(timeline, &count);
	for (i = 1; i < count; i++)
		CU_ASSERT(it[i - 1].birth_ns <= it[i].birth_ns);
	dead = mv_timeline_deaths(timeline, &deaths);
	for (i = 1; i < deaths; i++)
		CU_ASSERT(it[dead[i - 1]].death_ns <= it[dead[i]].death_ns);
	mv_timeline_close(timeline);
}

/* A state of the optimizer's whose step ran out of memory, given up with everything else.  */
static void what_an_error_cut_off_was_not_temporary(void)
{
	struct mv_oom oom = {.requested_bytes = MIB, .thread = MAIN};
	struct forge *forge = begin();
	struct mv_timeline *timeline;

	forge_phase(forge, MAIN, 1, MV_PHASE_OPTIMIZER, "step");
	block(forge, A, MIB);
	forge_oom(forge, &oom);
	forge_free(forge, MAIN, MV_LEDGER_BLOCK, A);
	timeline = replay(forge);
	CU_ASSERT_NOT_EQUAL(only_block(timeline)->reason, MV_REASON_SHORT);
	mv_timeline_close(timeline);
}

/* ---- owners, segments, cards ---- */

static void an_owner_may_point_into_a_block(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;

	block(forge, A, 4 * MIB);
	block(forge, B, 4 * MIB);
	forge_owner(forge, MAIN, A + MIB + 256, MV_ROLE_GRADIENT, "flat.grad");
	forge_owner(forge, MAIN, B + 4 * MIB, MV_ROLE_GRADIENT, "behind");
	timeline = replay(forge);
	it = blocks_of(timeline, 2);
	CU_ASSERT_EQUAL(it[0].role, MV_ROLE_GRADIENT);
	CU_ASSERT_STRING_EQUAL(mv_timeline_text(timeline, it[0].name), "flat.grad");
	CU_ASSERT_EQUAL(it[1].role, MV_ROLE_NONE);
	mv_timeline_close(timeline);
}

static void the_strongest_role_stays(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;

	block(forge, A, 4 * MIB);
	forge_owner(forge, MAIN, A, MV_ROLE_PARAMETER, "weight");
	forge_owner(forge, MAIN, A, MV_ROLE_GRADIENT, "weight.grad");
	timeline = replay(forge);
	CU_ASSERT_EQUAL(only_block(timeline)->role, MV_ROLE_PARAMETER);
	CU_ASSERT_STRING_EQUAL(mv_timeline_text(timeline, only_block(timeline)->name), "weight");
	mv_timeline_close(timeline);
}

static void segments_of_a_pool_are_known_by_the_blocks_in_them(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	const struct mv_block *it;

	forge_alloc(forge, MAIN, MV_LEDGER_DEVICE, A, 20 * MIB, 0, 0);
	forge_alloc(forge, MAIN, MV_LEDGER_DEVICE, B, 20 * MIB, 0, 0);
	block(forge, A + 2 * MIB, MIB);
	timeline = replay(forge);
	it = blocks_of(timeline, 3);
	CU_ASSERT(it[0].is_pool);
	CU_ASSERT(!it[1].is_pool);
	mv_timeline_close(timeline);
}

static void mapped_memory_is_a_pools_through_its_handle(void)
{
	struct forge *forge = begin();
	struct mv_event made = {.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_DEVICE, .thread = MAIN, .address = 77,
				.size_bytes = 2 * MIB, .api = forge_api(forge, "cuMemCreate")};
	struct mv_event mapped = {.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_MAPPING, .thread = MAIN, .address = A,
				  .size_bytes = 2 * MIB, .extra = 77};
	struct mv_timeline *timeline;
	const struct mv_block *it;

	forge_event(forge, &made);
	forge_event(forge, &mapped);
	block(forge, A + MIB, 512);
	timeline = replay(forge);
	it = blocks_of(timeline, 3);
	CU_ASSERT(it[0].is_handle && it[0].is_pool);
	CU_ASSERT(it[1].is_pool);
	mv_timeline_close(timeline);
}

static void without_a_pool_the_drivers_memory_is_banded(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	size_t count;

	forge_alloc(forge, MAIN, MV_LEDGER_DEVICE, A, 20 * MIB, 0, 0);
	forge_alloc(forge, MAIN, MV_LEDGER_POOLED, B, 10 * MIB, 0, 0);
	forge_alloc(forge, MAIN, MV_LEDGER_HOST, B + A, 10 * MIB, 0, 0);
	timeline = replay(forge);
	CU_ASSERT(!mv_timeline_cards(timeline, &count)->has_pool);
	CU_ASSERT_EQUAL(mv_timeline_cards(timeline, &count)->peak_bytes, 30 * MIB);
	CU_ASSERT_EQUAL(count, 1);
	mv_timeline_close(timeline);
}

static void a_series_adds_up_at_every_change(void)
{
	struct mv_series series;
	struct scene scene;
	size_t changes = 0;

	scene_open(&scene, &(struct training_plan){.model = TRAINING_GPT, .layers = 2, .steps = 2});
	series = mv_series_of(scene.timeline, 0);
	while (mv_series_next(&series)) {
		uint64_t sum = 0;
		int i;

		for (i = 0; i < MV_BAND_COUNT; i++)
			sum += series.band_bytes[i];
		CU_ASSERT_EQUAL(sum, series.total_bytes);
		CU_ASSERT(series.total_bytes <= series.pool_bytes);
		CU_ASSERT(series.pool_bytes <= series.device_bytes);
		changes++;
	}
	CU_ASSERT(changes > 100);
	scene_close(&scene);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_block_lives_from_its_allocation_to_its_free),
	HARNESS_TEST(a_free_that_failed_did_not_happen),
	HARNESS_TEST(an_address_is_used_again),
	HARNESS_TEST(a_lost_free_ends_where_the_address_is_used_again),
	HARNESS_TEST(a_free_tells_of_a_birth_that_was_not_seen),
	HARNESS_TEST(what_was_known_before_a_free_is_taken_over),
	HARNESS_TEST(a_captured_call_moves_no_memory),
	HARNESS_TEST(what_lives_on_is_known_although_its_birth_was_overwritten),
	HARNESS_TEST(what_died_behind_the_horizon_leaves_no_ghost),
	HARNESS_TEST(a_lost_free_was_where_events_are_missing),
	HARNESS_TEST(births_and_deaths_stand_in_order),
	HARNESS_TEST(what_an_error_cut_off_was_not_temporary),
	HARNESS_TEST(an_owner_may_point_into_a_block),
	HARNESS_TEST(the_strongest_role_stays),
	HARNESS_TEST(segments_of_a_pool_are_known_by_the_blocks_in_them),
	HARNESS_TEST(mapped_memory_is_a_pools_through_its_handle),
	HARNESS_TEST(without_a_pool_the_drivers_memory_is_banded),
	HARNESS_TEST(a_series_adds_up_at_every_change),
};
HARNESS_MAIN("replay", tests)
