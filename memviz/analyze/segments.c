/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/segments.h"

#include <errno.h>

#include "analyze/index.h"
#include "analyze/ranges.h"

#define NO_BLOCK UINT32_MAX

/* What is alive at the moment that the walk has come to and not known to be a pool's.  */
struct walk {
	struct mv_replay *replay;
	struct mv_ranges open;
	struct mv_index physical; /* handle of memory without an address: its block */
	size_t dead;		  /* deaths that the walk has passed */
	size_t mappings;	  /* in OPEN: only over those does a block reach over several */
};

/* Memory that has an address: mappings, and device memory but for handles.  */
static bool has_address(const struct mv_block *block)
{
	return block->ledger == MV_LEDGER_MAPPING || (block->ledger == MV_LEDGER_DEVICE && !block->is_handle);
}

static bool is_candidate(const struct mv_block *block)
{
	return has_address(block) && !block->is_pool;
}

static int add(struct walk *walk, uint32_t index)
{
	const struct mv_block *block = &walk->replay->blocks[index];
	uint32_t *entry;

	walk->mappings += is_candidate(block) && block->ledger == MV_LEDGER_MAPPING;
	if (is_candidate(block))
		return mv_ranges_add(&walk->open, block->address, block->size_bytes, index);
	if (block->ledger != MV_LEDGER_DEVICE || !block->is_handle)
		return 0;
	entry = mv_index_at(&walk->physical, block->ledger, block->address, NO_BLOCK);
	if (entry)
		*entry = index;
	return entry ? 0 : -ENOMEM;
}

/* Take out what has died before TIME_NS.  */
static void pass_deaths(struct walk *walk, uint64_t time_ns)
{
	struct mv_replay *replay = walk->replay;

	for (; walk->dead < replay->death_count; walk->dead++) {
		uint32_t index = replay->deaths[walk->dead];
		const struct mv_block *block = &replay->blocks[index];

		if (block->death_ns >= time_ns)
			return;
		if (!is_candidate(block))
			continue;
		walk->mappings -= block->ledger == MV_LEDGER_MAPPING;
		mv_ranges_remove(&walk->open, block->address, index);
	}
}

static uint64_t mark(struct walk *walk, uint32_t index)
{
	struct mv_block *segment = &walk->replay->blocks[index];
	uint32_t *physical;

	segment->is_pool = true;
	walk->mappings -= segment->ledger == MV_LEDGER_MAPPING;
	mv_ranges_remove(&walk->open, segment->address, index);
	physical = segment->ledger == MV_LEDGER_MAPPING
			   ? mv_index_find(&walk->physical, MV_LEDGER_DEVICE, segment->extra)
			   : NULL;
	if (physical && *physical != NO_BLOCK)
		walk->replay->blocks[*physical].is_pool = true;
	return segment->address + segment->size_bytes;
}

/* All memory that BLOCK reaches into.  Mappings lie one behind the other; one that is known already ends the search, and
 * so those behind it are looked for by their pages.  */
static void mark_under(struct walk *walk, const struct mv_block *block)
{
	enum { STEP = 2 << 20 }; /* mappings are multiples of this */
	uint64_t at = block->address, end = block->address + block->size_bytes;
	uint32_t index;

	if (mv_ranges_find(&walk->open, at, &index))
		at = mark(walk, index);
	while (at < end && walk->mappings) {
		if (mv_ranges_find(&walk->open, at, &index))
			at = mark(walk, index);
		else
			at = (at | (STEP - 1)) + 1;
	}
}

static int step(struct walk *walk, uint32_t index)
{
	const struct mv_block *block = &walk->replay->blocks[index];

	pass_deaths(walk, block->birth_ns);
	if (block->ledger == MV_LEDGER_BLOCK) {
		mark_under(walk, block);
		return 0;
	}
	return block->birth_ns ? add(walk, index) : 0;
}

int mv_segments_mark(struct mv_replay *replay)
{
	struct walk walk = {.replay = replay};
	uint32_t i;
	int err = 0;

	/* What was there at the beginning was there before the blocks in it.  */
	for (i = 0; i < replay->block_count && !replay->blocks[i].birth_ns && !err; i++)
		err = add(&walk, i);
	for (i = 0; i < replay->block_count && !err; i++)
		err = step(&walk, i);
	mv_ranges_release(&walk.open);
	mv_index_release(&walk.physical);
	return err;
}
