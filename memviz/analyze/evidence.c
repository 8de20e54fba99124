/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/evidence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/guess.h"
#include "analyze/index.h"

enum { CROWD = 3 }; /* so many of one stack that live together are kept by the program; two are one that replaces the other */

static void look_around(struct mv_court *court)
{
	size_t i;

	for (i = 0; i < court->replay->block_count; i++) {
		const struct mv_block *block = &court->replay->blocks[i];

		court->knows_gradients |= block->role == MV_ROLE_GRADIENT;
		court->knows_states |= block->role == MV_ROLE_OPTIMIZER;
		court->knows_saved |= mv_block_is_kept(block);
		court->knows_grad_mode |= (block->flags & MV_FLAG_GRAD) != 0;
	}
	court->sees_training = court->stretches.backward.count || court->stretches.optimizer.count ||
			       court->knows_gradients || court->knows_states || court->knows_grad_mode;
}

/* ---- who lives together ---- */

/* Of each stack: how many live, and 1 + the latest block at whose birth so many lived together.  */
struct crowds {
	struct mv_index living, latest;
};

static bool can_crowd(const struct mv_block *block)
{
	return block->ledger == MV_LEDGER_BLOCK && block->stack;
}

static int arrive(struct crowds *crowds, const struct mv_block *block, uint32_t index)
{
	uint32_t *living = mv_index_at(&crowds->living, block->device, block->stack, 0), *latest;

	if (!living)
		return -ENOMEM;
	if (++*living < CROWD)
		return 0;
	latest = mv_index_at(&crowds->latest, block->device, block->stack, 0);
	if (!latest)
		return -ENOMEM;
	*latest = index + 1;
	return 0;
}

static bool was_crowded(const struct crowds *crowds, const struct mv_block *block, uint32_t index)
{
	uint32_t *latest = mv_index_find(&crowds->latest, block->device, block->stack);

	return latest && *latest > index;
}

static void leave(struct crowds *crowds, const struct mv_block *block)
{
	uint32_t *living = mv_index_find(&crowds->living, block->device, block->stack);

	if (living && *living)
		--*living;
}

/* Those that died up to TIME_NS, from *NEXT on.  */
static void bury(struct mv_court *court, struct crowds *crowds, size_t *next, uint64_t time_ns)
{
	const struct mv_replay *replay = court->replay;

	for (; *next < replay->death_count; ++*next) {
		uint32_t index = replay->deaths[*next];
		const struct mv_block *block = &replay->blocks[index];

		if (block->death_ns > time_ns)
			return;
		if (!can_crowd(block))
			continue;
		court->is_collected[index] = was_crowded(crowds, block, index);
		leave(crowds, block);
	}
}

static int find_crowds(struct mv_court *court)
{
	const struct mv_replay *replay = court->replay;
	struct crowds crowds = {.living = {0}};
	size_t next = 0;
	uint32_t i;
	int err = 0;

	court->is_collected = calloc(replay->block_count + 1, sizeof *court->is_collected);
	if (!court->is_collected)
		return -ENOMEM;
	for (i = 0; i < replay->block_count && !err; i++) {
		bury(court, &crowds, &next, replay->blocks[i].birth_ns);
		err = can_crowd(&replay->blocks[i]) ? arrive(&crowds, &replay->blocks[i], i) : 0;
	}
	bury(court, &crowds, &next, MV_TIME_NEVER);
	mv_index_release(&crowds.living);
	mv_index_release(&crowds.latest);
	return err;
}

/* ---- the whole recording ---- */

int mv_court_open(struct mv_court *court, const struct mv_timeline *timeline, struct mv_replay *replay)
{
	int err;

	memset(court, 0, sizeof *court);
	court->replay = replay;
	court->origin.recording = replay->recording;
	court->ooms = mv_timeline_ooms(timeline, &court->oom_count);
	court->recorded_until_ns = MV_TIME_NEVER;
	err = mv_stretches_open(&court->stretches, replay);
	if (!err)
		err = find_crowds(court);
	if (err)
		mv_court_close(court);
	else
		look_around(court);
	return err;
}

void mv_court_close(struct mv_court *court)
{
	free(court->is_collected);
	court->is_collected = NULL;
	mv_origin_release(&court->origin);
	mv_stretches_close(&court->stretches);
}

/* ---- one block ---- */

/* The end of the stretch of LIST around TIME_NS; TIME_NS itself if there is none: its phase was never announced.  */
static uint64_t end_around(const struct mv_stretch_list *list, uint64_t time_ns)
{
	size_t at = mv_stretch_around(list, time_ns);

	return at == MV_STRETCH_NONE ? time_ns : list->at[at].end_ns;
}

static uint64_t phase_end(const struct mv_court *court, const struct mv_block *block, enum mv_phase phase)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	size_t next;

	if (phase == MV_PHASE_OPTIMIZER)
		return end_around(&court->stretches.optimizer, block->birth_ns);
	if (phase == MV_PHASE_BACKWARD)
		return end_around(backward, block->birth_ns);
	next = mv_stretch_behind(backward, block->birth_ns);
	return next < backward->count ? backward->at[next].begin_ns : MV_TIME_NEVER;
}

static bool is_given_up(const struct mv_court *court, const struct mv_block *block, uint64_t end_ns)
{
	size_t i;

	for (i = 0; i < court->oom_count; i++) {
		uint64_t oom_ns = court->ooms[i].time_ns;

		if (oom_ns > block->birth_ns && oom_ns < block->death_ns && oom_ns <= end_ns)
			return true;
	}
	return false;
}

static bool saw_unwound(const struct mv_court *court, const struct mv_block *block)
{
	const struct mv_replay *replay = court->replay;
	size_t i;

	for (i = 0; i < replay->unwound_count; i++)
		if (replay->unwound_ns[i] > block->birth_ns && replay->unwound_ns[i] < block->death_ns)
			return true;
	return false;
}

static bool saw_step(const struct mv_court *court, const struct mv_block *block)
{
	return mv_stretch_whole(&court->stretches.optimizer, block->birth_ns, block->death_ns);
}

/* True if owners were told in the life of BLOCK, which is done just before a step: if one of them held it, it would have been
 * named.  */
static bool saw_told(const struct mv_court *court, const struct mv_block *block)
{
	const struct mv_stretch_list *told = &court->stretches.told;
	size_t next = mv_stretch_behind(told, block->birth_ns);

	return next < told->count && told->at[next].begin_ns < block->death_ns;
}

static bool missed_step(const struct mv_court *court, const struct mv_block *block)
{
	const struct mv_stretch_list *steps = &court->stretches.optimizer;
	size_t next = mv_stretch_behind(steps, block->birth_ns);

	return next < steps->count && block->death_ns < steps->at[next].begin_ns;
}

bool mv_evidence_is_cut(const struct mv_court *court, const struct mv_block *block)
{
	size_t i;

	for (i = 0; i < court->oom_count; i++) {
		uint64_t oom_ns = court->ooms[i].time_ns;

		if (oom_ns > block->birth_ns && oom_ns < block->death_ns)
			return !mv_stretch_whole(&court->stretches.backward, block->birth_ns, oom_ns) && !saw_step(court, block);
	}
	return false;
}

/* True if backward itself let BLOCK go: some node of the graph held it, in whatever way.  */
static bool is_freed_by_backward(const struct mv_block *block)
{
	return block->death_ns != MV_TIME_NEVER && block->free_phase == MV_PHASE_BACKWARD && block->free_thread != block->thread;
}

static bool outlives_recorded(struct mv_court *court, const struct mv_block *block)
{
	if (block->phase != MV_PHASE_BACKWARD || !block->is_birth_known)
		return false;
	if (block->flags & MV_FLAG_GRAD)
		return block->death_ns > court->recorded_until_ns;
	court->recorded_until_ns = block->birth_ns;
	return false;
}

struct mv_evidence mv_evidence_of(struct mv_court *court, const struct mv_block *block)
{
	enum mv_phase phase = mv_guess_phase(block);
	uint64_t end_ns = phase_end(court, block, phase);

	return (struct mv_evidence){
		.block = block,
		.phase = phase,
		.is_owned = block->role && block->role != MV_ROLE_SAVED_HOOKED,
		.is_over = end_ns != MV_TIME_NEVER,
		.is_short = block->death_ns != MV_TIME_NEVER && block->death_ns <= end_ns,
		.is_given_up = is_given_up(court, block, end_ns),
		.saw_unwound = saw_unwound(court, block),
		.is_cut = mv_evidence_is_cut(court, block),
		.saw_step = saw_step(court, block),
		.saw_told = saw_told(court, block),
		.missed_step = missed_step(court, block),
		.has_grad = !court->knows_grad_mode || block->flags & MV_FLAG_GRAD,
		.is_unsaved = court->knows_saved && block->role == MV_ROLE_NONE && !is_freed_by_backward(block),
		.outlived_recorded = outlives_recorded(court, block),
		.is_gathered = mv_origin_is_gathering(&court->origin, block->stack),
		.is_collected = court->is_collected[block - court->replay->blocks],
		.died_in_backward = mv_stretches_died_in_backward(&court->stretches, block),
	};
}
