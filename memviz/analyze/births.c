/* SPDX-License-Identifier: Apache-2.0 */
/* Almost all blocks stand in order; the few that do not are taken out, sorted and merged in again.  */
#include "analyze/births.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define LEFT_OUT UINT32_MAX

/* Indexes in two piles; each in the order in which it is to be merged.  */
struct piles {
	uint32_t *sorted, *late;
	size_t sorted_count, late_count;
};

static int by_time(const void *a, const void *b, void *times)
{
	const uint64_t *at = times;
	uint64_t one = at[*(const uint32_t *)a], two = at[*(const uint32_t *)b];

	if (one != two)
		return one < two ? -1 : 1;
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

static void deal(struct piles *piles, const uint64_t *times, size_t count)
{
	uint64_t last = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (times[i] < last) {
			piles->late[piles->late_count++] = (uint32_t)i;
			continue;
		}
		piles->sorted[piles->sorted_count++] = (uint32_t)i;
		last = times[i];
	}
	if (piles->late_count)
		qsort_r(piles->late, piles->late_count, sizeof *piles->late, by_time, (void *)times);
}

/* The indexes 0 to COUNT-1 in the order of TIMES, malloc'ed; NULL: out of memory.  */
static uint32_t *sorted_indexes(const uint64_t *times, size_t count)
{
	uint32_t *merged = malloc((count + 1) * sizeof *merged);
	struct piles piles = {malloc((count + 1) * sizeof *merged), malloc((count + 1) * sizeof *merged), 0, 0};
	size_t i, sorted = 0, late = 0;

	if (!merged || !piles.sorted || !piles.late) {
		free(merged);
		merged = NULL;
		goto out;
	}
	deal(&piles, times, count);
	for (i = 0; i < count; i++) {
		bool is_late = sorted == piles.sorted_count ||
			       (late < piles.late_count && times[piles.late[late]] <= times[piles.sorted[sorted]]);

		merged[i] = is_late ? piles.late[late++] : piles.sorted[sorted++];
	}
out:
	free(piles.sorted);
	free(piles.late);
	return merged;
}

static uint32_t *births_in_order(const struct mv_replay *replay)
{
	uint64_t *times = malloc((replay->block_count + 1) * sizeof *times);
	uint32_t *order = NULL;
	size_t i;

	if (!times)
		return NULL;
	for (i = 0; i < replay->block_count; i++)
		times[i] = replay->blocks[i].birth_ns;
	order = sorted_indexes(times, replay->block_count);
	free(times);
	return order;
}

static uint32_t *deaths_in_order(const struct mv_replay *replay)
{
	uint64_t *times = malloc((replay->death_count + 1) * sizeof *times);
	uint32_t *order = NULL;
	size_t i;

	if (!times)
		return NULL;
	for (i = 0; i < replay->death_count; i++)
		times[i] = replay->blocks[replay->deaths[i]].death_ns;
	order = sorted_indexes(times, replay->death_count);
	free(times);
	return order;
}

/* Move blocks to where they belong.  MOVED[old index] becomes the new one.  */
static void move_blocks(struct mv_replay *replay, const uint32_t *order, struct mv_block *to, uint32_t *moved)
{
	size_t i, count = 0;

	for (i = 0; i < replay->block_count; i++) {
		const struct mv_block *block = &replay->blocks[order[i]];

		moved[order[i]] = block->size_bytes ? (uint32_t)count : LEFT_OUT;
		if (block->size_bytes)
			to[count++] = *block;
	}
	free(replay->blocks);
	replay->blocks = to;
	replay->block_room = replay->block_count + 1;
	replay->block_count = count;
}

static void move_deaths(struct mv_replay *replay, const uint32_t *order, uint32_t *to, const uint32_t *moved)
{
	size_t i, count = 0;

	for (i = 0; i < replay->death_count; i++)
		if (moved[replay->deaths[order[i]]] != LEFT_OUT)
			to[count++] = moved[replay->deaths[order[i]]];
	free(replay->deaths);
	replay->deaths = to;
	replay->death_room = replay->death_count + 1;
	replay->death_count = count;
}

int mv_births_restore(struct mv_replay *replay)
{
	uint32_t *births = births_in_order(replay), *deaths = deaths_in_order(replay);
	uint32_t *moved = malloc((replay->block_count + 1) * sizeof *moved);
	uint32_t *new_deaths = malloc((replay->death_count + 1) * sizeof *new_deaths);
	struct mv_block *blocks = malloc((replay->block_count + 1) * sizeof *blocks);
	int err = births && deaths && moved && blocks && new_deaths ? 0 : -ENOMEM;

	if (err) {
		free(blocks);
		free(new_deaths);
	} else {
		move_blocks(replay, births, blocks, moved);
		move_deaths(replay, deaths, new_deaths, moved);
	}
	free(births);
	free(deaths);
	free(moved);
	return err;
}
