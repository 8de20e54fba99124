/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/holdings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "read/array.h"

struct mv_holdings mv_holdings_of(const struct mv_timeline *timeline, uint8_t device)
{
	return (struct mv_holdings){.timeline = timeline, .device = device};
}

/* ---- sums ---- */

static bool has_address(const struct mv_block *block)
{
	return block->ledger == MV_LEDGER_DEVICE && !block->is_handle && !(block->flags & MV_FLAG_HANDLE);
}

static uint64_t *sum_of(struct mv_holdings *holdings, const struct mv_block *block)
{
	if (block->device != holdings->device || block->flags & MV_FLAG_IMPORTED)
		return NULL;
	switch (block->ledger) {
	case MV_LEDGER_DEVICE:
		return &holdings->device_bytes;
	case MV_LEDGER_POOLED:
		return &holdings->pooled_bytes;
	case MV_LEDGER_MANAGED:
		return &holdings->managed_bytes;
	default:
		return NULL;
	}
}

static int be_born(struct mv_holdings *holdings, const struct mv_block *block, uint32_t index)
{
	uint64_t *sum = sum_of(holdings, block);

	if (!sum)
		return 0;
	*sum += block->size_bytes;
	if (!has_address(block))
		return 0;
	if (mv_array_grow(&holdings->alive, &holdings->alive_room, holdings->alive_count, sizeof *holdings->alive))
		return -ENOMEM;
	holdings->alive[holdings->alive_count++] = index;
	holdings->is_rounded = false;
	return 0;
}

static void die(struct mv_holdings *holdings, const struct mv_block *block)
{
	uint64_t *sum = sum_of(holdings, block);

	if (!sum)
		return;
	*sum -= block->size_bytes;
	holdings->is_rounded &= !has_address(block);
}

/* ---- pages ---- */

struct range {
	uint64_t first, last; /* pages */
};

static int by_first(const void *a, const void *b)
{
	const struct range *one = a, *two = b;

	return one->first < two->first ? -1 : one->first > two->first;
}

static uint64_t count_pages(struct range *ranges, size_t count)
{
	uint64_t pages = 0, end = 0; /* END: the first page behind what was counted */
	size_t i;

	qsort(ranges, count, sizeof *ranges, by_first);
	for (i = 0; i < count; i++) {
		uint64_t first = ranges[i].first > end ? ranges[i].first : end;

		if (ranges[i].last < first)
			continue;
		pages += ranges[i].last - first + 1;
		end = ranges[i].last + 1;
	}
	return pages;
}

/* Once for each moment that is gone to, not with each death.  */
static void forget_dead(struct mv_holdings *holdings, const struct mv_block *blocks, uint64_t time_ns)
{
	size_t i, count = 0;

	for (i = 0; i < holdings->alive_count; i++)
		if (blocks[holdings->alive[i]].death_ns > time_ns)
			holdings->alive[count++] = holdings->alive[i];
	holdings->alive_count = count;
}

static int find_rounding(struct mv_holdings *holdings, const struct mv_block *blocks)
{
	size_t i, count = holdings->alive_count;
	struct range *ranges = calloc(count ? count : 1, sizeof *ranges);
	uint64_t bytes = 0, pages;

	if (!ranges)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		const struct mv_block *block = &blocks[holdings->alive[i]];
		uint64_t last = block->address + (block->size_bytes ? block->size_bytes - 1 : 0);

		ranges[i] = (struct range){block->address / MV_HOLDINGS_PAGE_BYTES, last / MV_HOLDINGS_PAGE_BYTES};
		bytes += block->size_bytes;
	}
	pages = count_pages(ranges, count) * MV_HOLDINGS_PAGE_BYTES;
	free(ranges);
	/* In a damaged file blocks may lie in each other.  */
	holdings->rounding_bytes = pages > bytes ? pages - bytes : 0;
	return 0;
}

/* At one time births come first: a life may be shorter than the clock.  */
int mv_holdings_seek(struct mv_holdings *holdings, uint64_t time_ns)
{
	size_t births, deaths;
	const struct mv_block *blocks = mv_timeline_blocks(holdings->timeline, &births);
	const uint32_t *dead = mv_timeline_deaths(holdings->timeline, &deaths);
	uint32_t index;

	while (holdings->next_birth < births && blocks[holdings->next_birth].birth_ns <= time_ns) {
		index = (uint32_t)holdings->next_birth++;
		if (be_born(holdings, &blocks[index], index))
			return -ENOMEM;
	}
	while (holdings->next_death < deaths && blocks[dead[holdings->next_death]].death_ns <= time_ns) {
		index = dead[holdings->next_death++];
		die(holdings, &blocks[index]);
	}
	if (holdings->is_rounded)
		return 0;
	forget_dead(holdings, blocks, time_ns);
	holdings->is_rounded = true;
	return find_rounding(holdings, blocks);
}

void mv_holdings_release(struct mv_holdings *holdings)
{
	free(holdings->alive);
	memset(holdings, 0, sizeof *holdings);
}
