/* SPDX-License-Identifier: Apache-2.0 */
/* Segments and blocks in the order of their addresses; between the blocks of a segment lies what is free.  */
#include "analyze/gaps.h"

#include <errno.h>
#include <stdlib.h>

#include "read/array.h"

struct stretch {
	uint64_t start, end;
	bool is_block, is_mapping;
};

struct stretches {
	struct stretch *at;
	size_t count, room;
};

/* True if BLOCK is a pool's block, or memory with an address that a pool carves its blocks out of.  */
static bool takes_part(const struct mv_block *block)
{
	if (block->ledger == MV_LEDGER_BLOCK)
		return true;
	return block->is_pool && !block->is_handle;
}

static int by_address(const void *a, const void *b)
{
	const struct stretch *one = a, *two = b;

	if (one->start != two->start)
		return one->start < two->start ? -1 : 1;
	/* A segment comes before the blocks in it.  */
	return one->is_block - two->is_block;
}

static int collect(const struct mv_timeline *timeline, uint8_t device, uint64_t time_ns, struct stretches *all)
{
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (i = 0; i < count && blocks[i].birth_ns <= time_ns; i++) {
		const struct mv_block *block = &blocks[i];
		struct stretch made = {.start = block->address, .is_block = block->ledger == MV_LEDGER_BLOCK,
				       .is_mapping = block->ledger == MV_LEDGER_MAPPING};

		if (block->device != device || !mv_block_is_alive_at(block, time_ns) || !takes_part(block) ||
		    __builtin_add_overflow(block->address, block->size_bytes, &made.end))
			continue;
		if (mv_array_grow(&all->at, &all->room, all->count, sizeof made))
			return -ENOMEM;
		all->at[all->count++] = made;
	}
	if (all->count)
		qsort(all->at, all->count, sizeof *all->at, by_address);
	return 0;
}

static void add_gap(struct mv_gaps *gaps, uint64_t from, uint64_t to)
{
	if (from >= to)
		return;
	gaps->free_bytes += to - from;
	gaps->pieces++;
	if (to - from > gaps->largest_bytes)
		gaps->largest_bytes = to - from;
}

static void measure(const struct stretches *all, struct mv_gaps *gaps)
{
	uint64_t segment_end = 0, covered = 0;
	bool is_mapping = false;
	size_t i;

	for (i = 0; i < all->count; i++) {
		const struct stretch *stretch = &all->at[i];

		if (stretch->is_block) {
			/* A block outside of every known segment says nothing.  */
			if (stretch->start >= segment_end)
				continue;
			add_gap(gaps, covered, stretch->start);
			covered = stretch->end > covered ? stretch->end : covered;
			continue;
		}
		gaps->segments++;
		if (is_mapping && stretch->is_mapping && stretch->start == segment_end) {
			segment_end = stretch->end;
			continue;
		}
		add_gap(gaps, covered, segment_end);
		covered = stretch->start;
		segment_end = stretch->end;
		is_mapping = stretch->is_mapping;
	}
	add_gap(gaps, covered, segment_end);
}

int mv_gaps_find(const struct mv_timeline *timeline, uint8_t device, uint64_t time_ns, struct mv_gaps *gaps)
{
	struct stretches all = {0};
	int err = collect(timeline, device, time_ns, &all);

	*gaps = (struct mv_gaps){0};
	if (!err)
		measure(&all, gaps);
	free(all.at);
	return err;
}
