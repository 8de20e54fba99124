/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/bands.h"

#include <errno.h>

#include "analyze/guess.h"
#include "analyze/bandrules.h"
#include "analyze/namesakes.h"

static void set(struct mv_block *block, enum mv_band band, enum mv_reason reason)
{
	block->band = (uint8_t)band;
	block->reason = (uint8_t)reason;
}

/* ---- what the end cut off ---- */

static struct mv_guess_window window_of(const struct mv_stretch_list *list, size_t at, enum mv_phase phase)
{
	return (struct mv_guess_window){list->at[at].begin_ns, list->at[at].end_ns, phase};
}

/* Forward I: up to the beginning of backward I, or to the end.  */
static struct mv_guess_window forward(const struct mv_stretch_list *backward, size_t at)
{
	return (struct mv_guess_window){
		.begin_ns = at ? backward->at[at - 1].end_ns : 0,
		.end_ns = at < backward->count ? backward->at[at].begin_ns : MV_TIME_NEVER,
		.phase = MV_PHASE_NONE,
	};
}

static int guess_forward(struct mv_court *court, size_t at)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	struct mv_guess_window window = forward(backward, at), earlier;

	if (!at)
		return 0;
	earlier = forward(backward, at - 1);
	return mv_guess_like_earlier(court->replay, &window, &earlier);
}

static int guess_backward(struct mv_court *court)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	struct mv_guess_window last, earlier;
	int err = 0;

	if (!backward->count || backward->at[backward->count - 1].end_ns != MV_TIME_NEVER)
		return 0;
	last = window_of(backward, backward->count - 1, MV_PHASE_BACKWARD);
	if (backward->count > 1) {
		earlier = window_of(backward, backward->count - 2, MV_PHASE_BACKWARD);
		err = mv_guess_like_earlier(court->replay, &last, &earlier);
	}
	return err ? err : mv_guess_gradients(court->replay, &last);
}

static int guess_optimizer(struct mv_court *court)
{
	const struct mv_stretch_list *optimizer = &court->stretches.optimizer;
	struct mv_guess_window last, earlier;

	if (!optimizer->count || optimizer->at[optimizer->count - 1].end_ns != MV_TIME_NEVER)
		return 0;
	last = window_of(optimizer, optimizer->count - 1, MV_PHASE_OPTIMIZER);
	if (optimizer->count == 1)
		return mv_guess_states(court->replay, &last);
	earlier = window_of(optimizer, optimizer->count - 2, MV_PHASE_OPTIMIZER);
	return mv_guess_like_earlier(court->replay, &last, &earlier);
}

/* States outlive a backward, and the first of them may be made after the first one.  */
static int guess_own_optimizer(struct mv_court *court)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;

	if (court->stretches.optimizer.count || backward->count < 2)
		return 0;
	return mv_guess_own_states(court->replay, backward->at[1].begin_ns, backward->at[1].end_ns);
}

/* The backward behind the birth of BLOCK has come to its end, and would have freed what was kept for it.  */
static bool is_backward_over(const struct mv_court *court, const struct mv_block *block)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	size_t next = mv_stretch_behind(backward, block->birth_ns);

	if (mv_evidence_is_cut(court, block))
		return false;
	return next < backward->count && backward->at[next].end_ns < court->replay->end_ns;
}

/* What no guess has reached: in a forward it is taken for saved, as long as its backward may come; in another phase,
 * which has not ended, it stays temporary.  */
static void close_phases(struct mv_court *court)
{
	size_t i;

	for (i = 0; i < court->replay->block_count; i++) {
		struct mv_block *block = &court->replay->blocks[i];

		if (block->reason != MV_REASON_UNKNOWN)
			continue;
		if (block->band == MV_BAND_TEMPORARY)
			block->reason = MV_REASON_OPEN_PHASE;
		if (block->band != MV_BAND_ACTIVATION)
			continue;
		if (is_backward_over(court, block))
			set(block, MV_BAND_OTHER, MV_REASON_OUTLIVED);
		else
			block->reason = MV_REASON_HELD_AT_OOM;
	}
}

/* The forwards in which memory ran out, or in whose backward.  */
static int guess_cut_forwards(struct mv_court *court)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	size_t i;
	int err = 0;

	for (i = 0; i < court->oom_count && !err; i++) {
		size_t within = mv_stretch_around(backward, court->ooms[i].time_ns);

		err = guess_forward(court, within != MV_STRETCH_NONE
						   ? within
						   : mv_stretch_behind(backward, court->ooms[i].time_ns));
	}
	return err;
}

static int guess(struct mv_court *court)
{
	size_t forwards = court->stretches.backward.count;
	int err = guess_cut_forwards(court);

	/* The last forward may be followed by a backward that has not ended.  */
	if (!err && forwards)
		err = guess_forward(court, forwards - 1);
	if (!err)
		err = guess_forward(court, forwards);
	if (!err)
		mv_guess_parameters(court->replay, &court->origin);
	if (!err)
		err = guess_backward(court);
	if (!err)
		err = guess_optimizer(court);
	if (!err)
		err = guess_own_optimizer(court);
	if (!err)
		close_phases(court);
	return err;
}

/* ---- all ---- */

int mv_bands_assign(const struct mv_timeline *timeline, struct mv_replay *replay)
{
	struct mv_court court;
	size_t i;
	int err = mv_court_open(&court, timeline, replay);

	if (err)
		return err;
	for (i = replay->block_count; i-- > 0;) {
		struct mv_block *block = &replay->blocks[i];
		struct mv_evidence evidence = mv_evidence_of(&court, block);
		const struct mv_bandrule *rule = mv_bandrules_find(&court, &evidence);

		if (mv_timeline_is_banded(timeline, block))
			set(block, rule->band, rule->reason);
		else
			set(block, MV_BAND_OTHER, MV_REASON_OUTSIDE);
	}
	err = guess(&court);
	if (!err)
		err = mv_namesakes_assign(replay);
	mv_court_close(&court);
	return err;
}
