/* SPDX-License-Identifier: Apache-2.0 */
#include "export/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/keys.h"

static enum mv_page_part part_of(const struct mv_timeline *timeline, const struct mv_block *block)
{
	if (mv_timeline_is_banded(timeline, block))
		return (enum mv_page_part)(block->band < MV_BAND_COUNT ? block->band : MV_BAND_OTHER);
	if (block->flags & MV_FLAG_IMPORTED)
		return MV_PAGE_NOTHING;
	switch ((enum mv_ledger)block->ledger) {
	case MV_LEDGER_DEVICE:
	case MV_LEDGER_POOLED:
		return block->is_pool ? MV_PAGE_POOL : MV_PAGE_OUTSIDE;
	case MV_LEDGER_HOST:
		return MV_PAGE_HOST;
	case MV_LEDGER_MANAGED:
		return MV_PAGE_MANAGED;
	case MV_LEDGER_NONE:
	case MV_LEDGER_BLOCK:
	case MV_LEDGER_RESERVATION:
	case MV_LEDGER_MAPPING:
	case MV_LEDGER_KINDS:
		break;
	}
	return MV_PAGE_NOTHING;
}

static void find_parts(const struct mv_timeline *timeline, const struct mv_order *order, struct mv_parts *parts)
{
	size_t i;

	for (i = 0; i < order->birth_count; i++) {
		uint32_t block = order->births[i];
		enum mv_page_part part = part_of(timeline, &order->blocks[block]);

		parts->counted[block] = (uint8_t)part;
		parts->painted[block] = part <= MV_PAGE_POOL ? (uint8_t)part : MV_PAGE_NOTHING;
	}
}

/* ---- memory behind handles ---- */

/* The latest memory of each handle, while births go by.  */
struct handles {
	struct mv_keys numbers; /* of addresses of device memory, which handles are among */
	uint32_t *latest;	  /* by number: a block */
};

static int note_memory(struct handles *handles, const struct mv_order *order, uint32_t block)
{
	uint32_t number;

	if (mv_keys_add(&handles->numbers, &order->blocks[block].address, sizeof order->blocks[block].address, &number))
		return -ENOMEM;
	handles->latest[number] = block;
	return 0;
}

/* The mapping draws what it shows, at its own address.  */
static int join_mapping(struct handles *handles, const struct mv_order *order, uint32_t mapping, struct mv_parts *parts)
{
	uint32_t known = handles->numbers.count;
	uint32_t number;

	if (mv_keys_add(&handles->numbers, &order->blocks[mapping].extra, sizeof order->blocks[mapping].extra, &number))
		return -ENOMEM;
	if (number == known) {
		handles->latest[number] = mapping;
		return 0;
	}
	if (order->blocks[handles->latest[number]].ledger != MV_LEDGER_DEVICE)
		return 0;
	parts->painted[mapping] = parts->counted[handles->latest[number]];
	parts->painted[handles->latest[number]] = MV_PAGE_NOTHING;
	return 0;
}

/* Memory first: what was alive before the recording may be in any order.  */
static int join_mappings(const struct mv_order *order, struct handles *handles, struct mv_parts *parts)
{
	size_t i;
	int err = 0;

	for (i = 0; i < order->birth_count && !order->blocks[order->births[i]].birth_ns && !err; i++)
		if (order->blocks[order->births[i]].ledger == MV_LEDGER_DEVICE)
			err = note_memory(handles, order, order->births[i]);
	for (i = 0; i < order->birth_count && !err; i++) {
		uint32_t block = order->births[i];

		if (order->blocks[block].ledger == MV_LEDGER_DEVICE)
			err = note_memory(handles, order, block);
		else if (order->blocks[block].ledger == MV_LEDGER_MAPPING)
			err = join_mapping(handles, order, block, parts);
	}
	return err;
}

static size_t count_pieces(const struct mv_order *order)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < order->birth_count; i++)
		count += order->blocks[order->births[i]].ledger == MV_LEDGER_DEVICE ||
			 order->blocks[order->births[i]].ledger == MV_LEDGER_MAPPING;
	return count;
}

int mv_parts_find(const struct mv_timeline *timeline, const struct mv_order *order, struct mv_parts *parts)
{
	struct handles handles = {.latest = malloc((count_pieces(order) + 1) * sizeof *handles.latest)};
	size_t block_count;
	int err = -ENOMEM;

	mv_timeline_blocks(timeline, &block_count);
	parts->counted = malloc(block_count + 1);
	parts->painted = malloc(block_count + 1);
	if (parts->counted && parts->painted && handles.latest) {
		find_parts(timeline, order, parts);
		err = join_mappings(order, &handles, parts);
	}
	free(handles.latest);
	mv_keys_clear(&handles.numbers);
	if (err)
		mv_parts_clear(parts);
	return err;
}

void mv_parts_clear(struct mv_parts *parts)
{
	free(parts->counted);
	free(parts->painted);
	memset(parts, 0, sizeof *parts);
}
