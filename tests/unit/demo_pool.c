/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's pool, on a simulated card of 32 MiB.  The recorder is played by two functions here, which the pool finds as
 * it would find the recorder's.  */
#include "unit/harness.h"

#include <errno.h>
#include <stdbool.h>

#include "demo/dice.h"
#include "demo/pool.h"

enum { KIB = 1 << 10, MIB = 1 << 20, BLOCKS = 64, ROUNDS = 4000 };

struct bench {
	struct card card;
	struct pool pool;
};

static const void *g_last_alloc, *g_last_free;
static size_t g_last_size;

/* See memviz/memviz.h.  */
void memviz_block_alloc(const void *address, size_t size, int device, size_t reserved);
void memviz_block_free(const void *address);

void memviz_block_alloc(const void *address, size_t size, int device, size_t reserved)
{
	(void)device;
	(void)reserved;
	g_last_alloc = address;
	g_last_size = size;
}

void memviz_block_free(const void *address)
{
	g_last_free = address;
}

static void open_bench(struct bench *bench)
{
	setenv("GPUSIM_MEMORY", "32MiB", 1);
	CU_ASSERT_FATAL(card_open(&bench->card, 0) == 0);
	bench->pool = pool_on(&bench->card);
}

/* All blocks must have been freed.  */
static void close_bench(struct bench *bench)
{
	pool_release_cached(&bench->pool);
	CU_ASSERT_EQUAL(bench->pool.allocated_bytes, 0);
	CU_ASSERT_EQUAL(bench->pool.reserved_bytes, 0);
	card_close(&bench->card);
}

static char *take(struct bench *bench, size_t size)
{
	void *address = NULL;

	CU_ASSERT_FATAL(pool_alloc(&bench->pool, size, &address) == 0);
	return address;
}

static void sizes_are_rounded_up(void)
{
	struct bench bench;
	char *first, *second;

	open_bench(&bench);
	first = take(&bench, 1);
	second = take(&bench, POOL_ROUND_BYTES + 1);
	CU_ASSERT_EQUAL(bench.pool.allocated_bytes, 3 * POOL_ROUND_BYTES);
	CU_ASSERT_EQUAL(second - first, POOL_ROUND_BYTES);
	CU_ASSERT_EQUAL(bench.pool.reserved_bytes, POOL_SMALL_SEGMENT_BYTES);
	pool_free(&bench.pool, first);
	pool_free(&bench.pool, second);
	close_bench(&bench);
}

static void smallest_block_that_fits_is_taken(void)
{
	static const size_t sizes[] = {64 * KIB, KIB, 16 * KIB, KIB, 32 * KIB, KIB};
	struct bench bench;
	char *blocks[6], *found;
	size_t i;

	open_bench(&bench);
	for (i = 0; i < 6; i++)
		blocks[i] = take(&bench, sizes[i]);
	for (i = 0; i < 6; i += 2)
		pool_free(&bench.pool, blocks[i]);
	found = take(&bench, 20 * KIB);
	CU_ASSERT_PTR_EQUAL(found, blocks[4]);
	pool_free(&bench.pool, found);
	for (i = 1; i < 6; i += 2)
		pool_free(&bench.pool, blocks[i]);
	close_bench(&bench);
}

static void rest_of_a_block_is_handed_out_too(void)
{
	struct bench bench;
	char *whole, *front, *back;

	open_bench(&bench);
	whole = take(&bench, 64 * KIB);
	pool_free(&bench.pool, whole);
	front = take(&bench, 16 * KIB);
	back = take(&bench, 48 * KIB);
	CU_ASSERT_PTR_EQUAL(front, whole);
	CU_ASSERT_PTR_EQUAL(back, whole + 16 * KIB);
	pool_free(&bench.pool, front);
	pool_free(&bench.pool, back);
	close_bench(&bench);
}

static void free_neighbours_become_one(void)
{
	struct bench bench;
	char *blocks[3], *joined;

	open_bench(&bench);
	blocks[0] = take(&bench, 512 * KIB);
	blocks[1] = take(&bench, 512 * KIB);
	blocks[2] = take(&bench, MIB);
	pool_free(&bench.pool, blocks[0]);
	pool_free(&bench.pool, blocks[1]);
	joined = take(&bench, MIB);
	CU_ASSERT_PTR_EQUAL(joined, blocks[0]);
	CU_ASSERT_EQUAL(bench.pool.segment_allocs, 1);
	pool_free(&bench.pool, joined);
	pool_free(&bench.pool, blocks[2]);
	close_bench(&bench);
}

static void freed_memory_stays_reserved(void)
{
	struct bench bench;
	char *first, *again;

	open_bench(&bench);
	first = take(&bench, 5 * MIB);
	pool_free(&bench.pool, first);
	CU_ASSERT_EQUAL(bench.pool.allocated_bytes, 0);
	CU_ASSERT_EQUAL(bench.pool.reserved_bytes, 6 * MIB);
	again = take(&bench, 5 * MIB);
	CU_ASSERT_PTR_EQUAL(again, first);
	CU_ASSERT_EQUAL(bench.pool.segment_allocs, 1);
	pool_free(&bench.pool, again);
	close_bench(&bench);
}

static void small_blocks_keep_off_large_segments(void)
{
	struct bench bench;
	char *large, *small;

	open_bench(&bench);
	large = take(&bench, 8 * MIB);
	pool_free(&bench.pool, large);
	small = take(&bench, KIB);
	pool_release_cached(&bench.pool);
	CU_ASSERT_EQUAL(bench.pool.reserved_bytes, POOL_SMALL_SEGMENT_BYTES);
	pool_free(&bench.pool, small);
	close_bench(&bench);
}

static void cached_segments_are_given_back_before_giving_up(void)
{
	struct bench bench;
	char *first, *second;

	open_bench(&bench);
	first = take(&bench, 20 * MIB);
	pool_free(&bench.pool, first);
	second = take(&bench, 24 * MIB);
	CU_ASSERT_EQUAL(bench.pool.segment_frees, 1);
	CU_ASSERT_EQUAL(bench.pool.failure.wanted, 0);
	pool_free(&bench.pool, second);
	close_bench(&bench);
}

static void failure_says_how_things_were(void)
{
	struct bench bench;
	void *address = NULL;
	char *block;

	open_bench(&bench);
	block = take(&bench, 20 * MIB);
	CU_ASSERT_EQUAL(pool_alloc(&bench.pool, 16 * MIB, &address), -ENOMEM);
	CU_ASSERT_EQUAL(bench.pool.failure.wanted, 16 * MIB);
	CU_ASSERT_EQUAL(bench.pool.failure.allocated, 20 * MIB);
	CU_ASSERT_EQUAL(bench.pool.failure.reserved, 20 * MIB);
	CU_ASSERT_EQUAL(bench.pool.failure.card_total, 32 * MIB);
	CU_ASSERT_EQUAL(bench.pool.failure.card_free, 12 * MIB);
	pool_free(&bench.pool, block);
	close_bench(&bench);
}

static void pool_works_on_after_it_gave_up(void)
{
	struct bench bench;
	void *address = NULL;
	char *block;

	open_bench(&bench);
	CU_ASSERT_EQUAL(pool_alloc(&bench.pool, 40 * MIB, &address), -ENOMEM);
	block = take(&bench, 8 * MIB);
	CU_ASSERT_EQUAL(card_wait(&bench.card), 0);
	pool_free(&bench.pool, block);
	close_bench(&bench);
}

static void unknown_addresses_are_not_freed(void)
{
	struct bench bench;
	char *block;

	open_bench(&bench);
	block = take(&bench, KIB);
	pool_free(&bench.pool, NULL);
	pool_free(&bench.pool, block + 1);
	CU_ASSERT_EQUAL(bench.pool.allocated_bytes, KIB);
	pool_free(&bench.pool, block);
	pool_free(&bench.pool, block);
	CU_ASSERT_EQUAL(bench.pool.allocated_bytes, 0);
	close_bench(&bench);
}

static void recorder_learns_of_blocks(void)
{
	struct bench bench;
	char *block;

	open_bench(&bench);
	block = take(&bench, 700);
	CU_ASSERT_PTR_EQUAL(g_last_alloc, block);
	CU_ASSERT_EQUAL(g_last_size, 1024);
	pool_free(&bench.pool, block);
	CU_ASSERT_PTR_EQUAL(g_last_free, block);
	close_bench(&bench);
}

struct piece {
	unsigned char *address;
	size_t size;
};

static bool is_intact(const struct piece *piece, unsigned char mark)
{
	size_t i;

	for (i = 0; i < piece->size; i += 61)
		if (piece->address[i] != mark)
			return false;
	return true;
}

/* Free the piece, if there is one, and put another of random size in its place.  */
static bool replace(struct bench *bench, struct piece *piece, unsigned char mark, struct dice *dice)
{
	void *address = NULL;

	if (piece->address && !is_intact(piece, mark))
		return false;
	pool_free(&bench->pool, piece->address);
	piece->size = 1 + dice_below(dice, dice_below(dice, 8) ? 32 * KIB : 2 * MIB);
	piece->address = pool_alloc(&bench->pool, piece->size, &address) ? NULL : address;
	if (piece->address)
		memset(piece->address, mark, piece->size);
	return true;
}

static void blocks_never_overlap(void)
{
	struct piece pieces[BLOCKS] = {{0}};
	struct dice dice = {7};
	struct bench bench;
	size_t broken = 0, i, at;

	open_bench(&bench);
	for (i = 0; i < ROUNDS; i++) {
		at = dice_below(&dice, BLOCKS);
		broken += !replace(&bench, &pieces[at], (unsigned char)(at + 1), &dice);
	}
	CU_ASSERT_EQUAL(broken, 0);
	for (i = 0; i < BLOCKS; i++)
		pool_free(&bench.pool, pieces[i].address);
	close_bench(&bench);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(sizes_are_rounded_up),
	HARNESS_TEST(smallest_block_that_fits_is_taken),
	HARNESS_TEST(rest_of_a_block_is_handed_out_too),
	HARNESS_TEST(free_neighbours_become_one),
	HARNESS_TEST(freed_memory_stays_reserved),
	HARNESS_TEST(small_blocks_keep_off_large_segments),
	HARNESS_TEST(cached_segments_are_given_back_before_giving_up),
	HARNESS_TEST(failure_says_how_things_were),
	HARNESS_TEST(pool_works_on_after_it_gave_up),
	HARNESS_TEST(unknown_addresses_are_not_freed),
	HARNESS_TEST(recorder_learns_of_blocks),
	HARNESS_TEST(blocks_never_overlap),
};
HARNESS_MAIN("demo_pool", tests)
