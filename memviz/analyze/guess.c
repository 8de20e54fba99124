/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/guess.h"

#include <errno.h>
#include <stdlib.h>

#include "analyze/index.h"
#include "base/hash.h"
#include "read/array.h"

/* Scalars that optimizers keep beside each parameter's states: the smallest block of a pool.  */
enum { SCALAR_BYTES = 512 };

enum mv_phase mv_guess_phase(const struct mv_block *block)
{
	return block->phase == MV_PHASE_BACKWARD || block->phase == MV_PHASE_OPTIMIZER ? (enum mv_phase)block->phase
										       : MV_PHASE_NONE;
}

static size_t first_born_at(const struct mv_replay *replay, uint64_t time_ns)
{
	size_t low = 0, high = replay->block_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (replay->blocks[middle].birth_ns < time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The next block of WINDOW at or behind *AT; NULL at the end.  *AT becomes its index.  */
static struct mv_block *next_in(const struct mv_replay *replay, const struct mv_guess_window *window, size_t *at)
{
	for (; *at < replay->block_count && replay->blocks[*at].birth_ns <= window->end_ns; ++*at) {
		struct mv_block *block = &replay->blocks[*at];

		/* A pool that grows asks the driver by the same stack: that is not another block.  */
		if (block->is_birth_known && mv_guess_phase(block) == window->phase && block->reason != MV_REASON_OUTSIDE)
			return block;
	}
	return NULL;
}

static bool is_open(const struct mv_block *block)
{
	return block->reason == MV_REASON_UNKNOWN;
}

/* ---- like the stretch before ---- */

/* Blocks of a window, by stack and size and by stack alone: with the number that each has among its likes.  */
struct likes {
	struct mv_index blocks, counts;
};

static void release(struct likes *likes)
{
	mv_index_release(&likes->blocks);
	mv_index_release(&likes->counts);
}

static uint64_t kind_of(const struct mv_block *block, bool is_exact)
{
	return mv_hash_add(block->device, is_exact ? block->size_bytes : 0);
}

/* The place of BLOCK, the next one of its window, among LIKES.  0: out of memory.  */
static uint64_t next_key(struct likes *likes, const struct mv_block *block, bool is_exact)
{
	uint64_t kind = kind_of(block, is_exact);
	uint32_t *count = mv_index_at(&likes->counts, block->stack, kind, 0);

	return count ? mv_hash_add(kind, ++*count) | 1 : 0;
}

static int index_window(const struct mv_replay *replay, const struct mv_guess_window *window, struct likes *known,
			bool is_exact)
{
	size_t at = first_born_at(replay, window->begin_ns);
	const struct mv_block *block;

	for (; (block = next_in(replay, window, &at)); at++) {
		uint64_t key = next_key(known, block, is_exact);

		if (!key || !mv_index_at(&known->blocks, block->stack, key, (uint32_t)at))
			return -ENOMEM;
	}
	return 0;
}

bool mv_guess_is_alike(uint64_t one, uint64_t two)
{
	uint64_t difference = one > two ? one - two : two - one;
	uint64_t larger = one > two ? one : two;

	return difference <= (larger > MV_GUESS_SLACK_BYTES ? (uint64_t)MV_GUESS_SLACK_BYTES : 0);
}

static void follow(struct mv_block *block, const struct mv_block *earlier)
{
	if (!is_open(block) || is_open(earlier) || !mv_guess_is_alike(block->size_bytes, earlier->size_bytes))
		return;
	block->band = earlier->band;
	block->reason = MV_REASON_LIKE_EARLIER;
}

static int match(struct mv_replay *replay, const struct mv_guess_window *window, const struct mv_guess_window *earlier,
		 bool is_exact)
{
	struct likes known = {0}, mine = {0};
	size_t at = first_born_at(replay, window->begin_ns);
	struct mv_block *block;
	int err = index_window(replay, earlier, &known, is_exact);

	for (; !err && (block = next_in(replay, window, &at)); at++) {
		uint64_t key = next_key(&mine, block, is_exact);
		uint32_t *index = key ? mv_index_find(&known.blocks, block->stack, key) : NULL;

		if (!key)
			err = -ENOMEM;
		if (index)
			follow(block, &replay->blocks[*index]);
	}
	release(&known);
	release(&mine);
	return err;
}

/* A pool may hand out a little more this time than last time, so what has no counterpart of its size is looked for by
 * its stack alone.  */
int mv_guess_like_earlier(struct mv_replay *replay, const struct mv_guess_window *window,
			  const struct mv_guess_window *earlier)
{
	int err = match(replay, window, earlier, true);

	return err ? err : match(replay, window, earlier, false);
}

/* ---- by size ---- */

struct sizes {
	uint64_t *at; /* malloc */
	size_t count, room;
};

/* What autograd keeps, or was copied from the host, may be a parameter that nobody has named.  */
static bool may_be_parameter(const struct mv_block *block)
{
	return is_open(block) || block->reason == MV_REASON_COPIED || block->reason == MV_REASON_SAVED;
}

void mv_guess_parameters(struct mv_replay *replay, struct mv_origin *origin)
{
	size_t i;

	for (i = 0; i < replay->block_count; i++) {
		struct mv_block *block = &replay->blocks[i];

		if (!may_be_parameter(block) || !block->is_birth_known || block->death_ns != MV_TIME_NEVER ||
		    mv_guess_phase(block) != MV_PHASE_NONE || !mv_origin_is_module(origin, block->stack))
			continue;
		block->band = MV_BAND_PARAMETER;
		block->reason = MV_REASON_MODULE_MADE;
	}
}

/* The sizes of the parameters, in the order of their births, which is mostly that of the module tree.  */
static int parameter_sizes(const struct mv_replay *replay, struct sizes *sizes)
{
	size_t i;

	*sizes = (struct sizes){0};
	for (i = 0; i < replay->block_count; i++) {
		if (replay->blocks[i].role != MV_ROLE_PARAMETER && replay->blocks[i].reason != MV_REASON_MODULE_MADE)
			continue;
		if (mv_array_grow(&sizes->at, &sizes->room, sizes->count, sizeof *sizes->at)) {
			free(sizes->at);
			return -ENOMEM;
		}
		sizes->at[sizes->count++] = replay->blocks[i].size_bytes;
	}
	return 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;

	return one < two ? -1 : one > two;
}

/* True if a size like SIZE is among the sorted ones.  */
static bool holds_alike(const struct sizes *sizes, uint64_t size)
{
	size_t low = 0, high = sizes->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sizes->at[middle] < size)
			low = middle + 1;
		else
			high = middle;
	}
	return (low < sizes->count && mv_guess_is_alike(sizes->at[low], size)) || (low && mv_guess_is_alike(sizes->at[low - 1], size));
}

int mv_guess_gradients(struct mv_replay *replay, const struct mv_guess_window *window)
{
	size_t at = first_born_at(replay, window->begin_ns);
	struct mv_block *block;
	struct sizes sizes;

	if (parameter_sizes(replay, &sizes))
		return -ENOMEM;
	if (sizes.count)
		qsort(sizes.at, sizes.count, sizeof *sizes.at, by_size);
	for (; (block = next_in(replay, window, &at)); at++) {
		if (!is_open(block) || block->flags & MV_FLAG_GRAD || !holds_alike(&sizes, block->size_bytes))
			continue;
		block->band = MV_BAND_GRADIENT;
		block->reason = MV_REASON_PARAMETER_SIZED;
	}
	free(sizes.at);
	return 0;
}

/* Where we are in the sequence of states.  */
struct states {
	struct sizes sizes;
	size_t parameter; /* whose states are being made */
	unsigned made;	  /* of them */
	unsigned each;	  /* how many every parameter gets; 0: not known before the second one begins */
};

/* True if a block of SIZE comes next in the sequence.  */
static bool comes_next(struct states *states, uint64_t size)
{
	const struct sizes *sizes = &states->sizes;
	bool is_more = states->parameter < sizes->count && mv_guess_is_alike(size, sizes->at[states->parameter]) &&
		       (!states->each || states->made < states->each);
	bool is_next = states->made && states->parameter + 1 < sizes->count &&
		       mv_guess_is_alike(size, sizes->at[states->parameter + 1]);

	if (is_more) {
		states->made++;
		return true;
	}
	if (!is_next)
		return false;
	if (!states->each)
		states->each = states->made;
	states->parameter++;
	states->made = 1;
	return true;
}

int mv_guess_states(struct mv_replay *replay, const struct mv_guess_window *window)
{
	size_t at = first_born_at(replay, window->begin_ns);
	struct states states = {.made = 0};
	struct mv_block *block;

	if (parameter_sizes(replay, &states.sizes))
		return -ENOMEM;
	for (; (block = next_in(replay, window, &at)); at++) {
		if (!comes_next(&states, block->size_bytes)) {
			if (block->size_bytes <= SCALAR_BYTES)
				continue;
			break;
		}
		if (!is_open(block))
			continue;
		block->band = MV_BAND_OPTIMIZER;
		block->reason = MV_REASON_STATE_SIZED;
	}
	free(states.sizes.at);
	return 0;
}

/* ---- states of an optimizer that is not the framework's ---- */

/* What nobody owns, nobody needs for a backward, and was there for the whole of some; no pool that grew meanwhile.  */
static bool lasts(const struct mv_block *block, uint64_t until_ns)
{
	return block->is_birth_known && !block->role && block->band == MV_BAND_OTHER && block->reason != MV_REASON_OUTSIDE &&
	       block->death_ns > until_ns && mv_guess_phase(block) == MV_PHASE_NONE;
}

static bool is_complete(const struct states *states)
{
	return states->parameter + 1 == states->sizes.count && states->made >= (states->each ? states->each : 1);
}

static void start_again(struct states *states, size_t *count)
{
	states->parameter = states->made = states->each = 0;
	*count = 0;
}

int mv_guess_series(struct mv_replay *replay, uint64_t from_ns, uint64_t until_ns,
		    void (*take)(struct mv_replay *replay, size_t index, void *context), void *context)
{
	struct states states = {.made = 0};
	uint32_t *found = malloc((replay->block_count + 1) * sizeof *found);
	size_t count = 0, i;

	if (!found || parameter_sizes(replay, &states.sizes)) {
		free(found);
		return -ENOMEM;
	}
	for (i = 0; i < replay->block_count && replay->blocks[i].birth_ns < from_ns; i++) {
		const struct mv_block *block = &replay->blocks[i];

		if (!lasts(block, until_ns))
			continue;
		if (!comes_next(&states, block->size_bytes)) {
			start_again(&states, &count);
			if (!comes_next(&states, block->size_bytes))
				continue;
		}
		found[count++] = (uint32_t)i;
		if (!is_complete(&states))
			continue;
		while (count)
			take(replay, found[--count], context);
		start_again(&states, &count);
	}
	free(found);
	free(states.sizes.at);
	return 0;
}

static void take_state(struct mv_replay *replay, size_t index, void *context)
{
	(void)context;
	replay->blocks[index].band = MV_BAND_OPTIMIZER;
	replay->blocks[index].reason = MV_REASON_STATE_LIKE;
}

int mv_guess_own_states(struct mv_replay *replay, uint64_t from_ns, uint64_t until_ns)
{
	return mv_guess_series(replay, from_ns, until_ns, take_state, NULL);
}
