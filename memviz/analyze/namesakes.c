/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/namesakes.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/guess.h"
#include "analyze/index.h"
#include "base/hash.h"

#define CONTRADICTION UINT32_MAX

/* All by stack and device.  */
struct namesakes {
	struct mv_replay *replay;
	struct mv_index counts; /* of gradients in each step */
	struct mv_index told;	/* 1 + the index of the gradient that was told, by its place in a step of so many */
	uint32_t *places;	/* by index of block: in its step, from 1; 0: no gradient; malloc */
};

static bool is_gradient(const struct mv_block *block)
{
	return block->ledger == MV_LEDGER_BLOCK && block->band == MV_BAND_GRADIENT && block->stack;
}

static uint64_t in_step(const struct mv_block *block)
{
	return mv_hash_add(block->device, block->step);
}

static int count(struct namesakes *all)
{
	const struct mv_replay *replay = all->replay;
	size_t i;

	for (i = 0; i < replay->block_count; i++) {
		const struct mv_block *block = &replay->blocks[i];
		uint32_t *known = is_gradient(block) ? mv_index_at(&all->counts, block->stack, in_step(block), 0) : NULL;

		if (known)
			all->places[i] = ++*known;
		else if (is_gradient(block))
			return -ENOMEM;
	}
	return 0;
}

/* What blocks of different steps have in common that are the same parameter's.  */
static uint64_t place_of(const struct namesakes *all, size_t i)
{
	const struct mv_block *block = &all->replay->blocks[i];
	const uint32_t *total = mv_index_find(&all->counts, block->stack, in_step(block));

	return mv_hash_add(mv_hash_add(block->device, *total), all->places[i]);
}

static bool is_same(const struct mv_block *one, const struct mv_block *two)
{
	return one->name == two->name && mv_guess_is_alike(one->size_bytes, two->size_bytes);
}

static int hear(struct namesakes *all, size_t i)
{
	const struct mv_block *blocks = all->replay->blocks;
	uint32_t *known = mv_index_at(&all->told, blocks[i].stack, place_of(all, i), (uint32_t)i + 1);

	if (!known)
		return -ENOMEM;
	if (*known != CONTRADICTION && !is_same(&blocks[*known - 1], &blocks[i]))
		*known = CONTRADICTION;
	return 0;
}

static int hear_all(struct namesakes *all)
{
	size_t i;
	int err = 0;

	for (i = 0; i < all->replay->block_count && !err; i++)
		if (all->places[i] && all->replay->blocks[i].name)
			err = hear(all, i);
	return err;
}

static void name(struct namesakes *all, size_t i)
{
	struct mv_block *block = &all->replay->blocks[i];
	const uint32_t *known = mv_index_find(&all->told, block->stack, place_of(all, i));
	const struct mv_block *namesake = known && *known != CONTRADICTION ? &all->replay->blocks[*known - 1] : NULL;

	if (namesake && mv_guess_is_alike(namesake->size_bytes, block->size_bytes))
		block->name = namesake->name;
}

int mv_namesakes_assign(struct mv_replay *replay)
{
	struct namesakes all = {.replay = replay, .places = calloc(replay->block_count + 1, sizeof *all.places)};
	int err = all.places ? count(&all) : -ENOMEM;
	size_t i;

	if (!err)
		err = hear_all(&all);
	for (i = 0; i < replay->block_count && !err; i++)
		if (all.places[i] && !replay->blocks[i].name)
			name(&all, i);
	mv_index_release(&all.counts);
	mv_index_release(&all.told);
	free(all.places);
	return err;
}
