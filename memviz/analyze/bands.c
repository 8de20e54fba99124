/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/bands.h"

#include <errno.h>

#include "analyze/guess.h"
#include "analyze/stretches.h"

/* What the evidence is worth depends on what the recorder could see.  */
struct court {
	struct mv_replay *replay;
	const struct mv_oom *ooms;
	size_t oom_count;
	struct mv_stretches stretches;
	bool knows_gradients; /* the owners of gradients were read at least once, */
	bool knows_states;    /* those of the optimizer's states */
	bool knows_saved;     /* all that autograd keeps is known */
	bool knows_grad_mode; /* whether gradients were being recorded is known */
	bool sees_training;   /* anything of a framework that trains: without it, lives say nothing */
};

const char *mv_band_name(enum mv_band band)
{
	static const char *const names[MV_BAND_COUNT] = {
		[MV_BAND_PARAMETER] = "parameter",   [MV_BAND_GRADIENT] = "gradient",
		[MV_BAND_OPTIMIZER] = "optimizer",   [MV_BAND_ACTIVATION] = "activation",
		[MV_BAND_TEMPORARY] = "temporary",   [MV_BAND_OTHER] = "other",
	};

	return band < MV_BAND_COUNT ? names[band] : "other";
}

const char *mv_phase_name(enum mv_phase phase)
{
	static const char *const names[MV_PHASE_KINDS] = {
		[MV_PHASE_NONE] = "forward",
		[MV_PHASE_BACKWARD] = "backward",
		[MV_PHASE_OPTIMIZER] = "optimizer",
		[MV_PHASE_USER] = "user",
	};

	return phase < MV_PHASE_KINDS ? names[phase] : "forward";
}

const char *mv_reason_text(enum mv_reason reason)
{
	static const char *const texts[MV_REASON_COUNT] = {
		[MV_REASON_NAMED] = "named by the module tree",
		[MV_REASON_OWNED] = "held by the optimizer",
		[MV_REASON_TAGGED] = "the program said so",
		[MV_REASON_SAVED] = "kept by autograd for backward",
		[MV_REASON_SURVIVED_STEP] = "born in an optimizer step, outlived it",
		[MV_REASON_SURVIVED_BACKWARD] = "born in backward, outlived it",
		[MV_REASON_DIED_IN_BACKWARD] = "born in forward, freed by backward",
		[MV_REASON_HELD_AT_OOM] = "born in a forward whose backward had not ended",
		[MV_REASON_LIKE_EARLIER] = "like the same allocation of the step before",
		[MV_REASON_SHORT] = "freed in the phase that it was born in",
		[MV_REASON_HELD] = "held by the program: backward does not need it",
		[MV_REASON_OUTLIVED] = "outlived the step, and nothing that lasts holds it",
		[MV_REASON_RECOMPUTED] = "born in backward by a forward that was run again",
		[MV_REASON_MODULE_MADE] = "a guess: made while a module was built or moved",
		[MV_REASON_STATE_SIZED] = "a guess: made in the order of the optimizer's states",
		[MV_REASON_PARAMETER_SIZED] = "a guess: as large as a parameter, in backward",
		[MV_REASON_BEFORE_WINDOW] = "from before the recording, or what is left of it",
		[MV_REASON_OPEN_PHASE] = "born in a backward or a step that had not ended",
		[MV_REASON_UNKNOWN] = "nothing says what for",
		[MV_REASON_OUTSIDE] = "outside of the framework's pool",
	};

	return reason < MV_REASON_COUNT ? texts[reason] : texts[MV_REASON_UNKNOWN];
}

bool mv_reason_is_guess(enum mv_reason reason)
{
	switch (reason) {
	case MV_REASON_HELD_AT_OOM:
	case MV_REASON_LIKE_EARLIER:
	case MV_REASON_MODULE_MADE:
	case MV_REASON_STATE_SIZED:
	case MV_REASON_PARAMETER_SIZED:
	case MV_REASON_OPEN_PHASE:
	case MV_REASON_UNKNOWN:
		return true;
	case MV_REASON_NAMED:
	case MV_REASON_OWNED:
	case MV_REASON_TAGGED:
	case MV_REASON_SURVIVED_STEP:
	case MV_REASON_SURVIVED_BACKWARD:
	case MV_REASON_DIED_IN_BACKWARD:
	case MV_REASON_SHORT:
	case MV_REASON_OUTLIVED:
	case MV_REASON_RECOMPUTED:
	case MV_REASON_SAVED:
	case MV_REASON_HELD:
	case MV_REASON_BEFORE_WINDOW:
	case MV_REASON_OUTSIDE:
	case MV_REASON_COUNT:
		break;
	}
	return false;
}

/* ---- what the framework said ---- */

struct verdict {
	enum mv_band band;
	enum mv_reason reason;
};

/* What a hook of saved tensors got is not known to be kept.  */
static bool is_owned(const struct mv_block *block)
{
	return block->role && block->role != MV_ROLE_SAVED_HOOKED;
}

static struct verdict by_role(const struct mv_block *block)
{
	enum mv_reason named = block->name ? MV_REASON_NAMED : MV_REASON_OWNED;

	switch ((enum mv_role)block->role) {
	case MV_ROLE_PARAMETER:
	case MV_ROLE_BUFFER:
		return (struct verdict){MV_BAND_PARAMETER, named};
	case MV_ROLE_GRADIENT:
		return (struct verdict){MV_BAND_GRADIENT, named};
	case MV_ROLE_OPTIMIZER:
		return (struct verdict){MV_BAND_OPTIMIZER, MV_REASON_OWNED};
	case MV_ROLE_SAVED:
		return (struct verdict){MV_BAND_ACTIVATION, MV_REASON_SAVED};
	case MV_ROLE_ACTIVATION:
		return (struct verdict){MV_BAND_ACTIVATION, MV_REASON_TAGGED};
	case MV_ROLE_TEMPORARY:
		return (struct verdict){MV_BAND_TEMPORARY, MV_REASON_TAGGED};
	case MV_ROLE_INPUT:
		return (struct verdict){MV_BAND_OTHER, MV_REASON_TAGGED};
	case MV_ROLE_SAVED_HOOKED:
	case MV_ROLE_NONE:
	case MV_ROLE_KINDS:
		break;
	}
	return (struct verdict){MV_BAND_OTHER, MV_REASON_UNKNOWN};
}

/* ---- by life ---- */

/* The end of the stretch of LIST around TIME_NS; TIME_NS itself if there is none: its phase was never announced.  */
static uint64_t end_around(const struct mv_stretch_list *list, uint64_t time_ns)
{
	size_t at = mv_stretch_around(list, time_ns);

	return at == MV_STRETCH_NONE ? time_ns : list->at[at].end_ns;
}

/* True if an optimizer step began and ended in the life of BLOCK: no backward of its own was to come.  */
static bool saw_a_step(const struct court *court, const struct mv_block *block)
{
	return mv_stretch_whole(&court->stretches.optimizer, block->birth_ns, block->death_ns);
}

/* True if owners were told at such a step: if the optimizer held BLOCK, it would have been named.  */
static bool is_known_to_be_free(const struct court *court, const struct mv_block *block)
{
	return mv_stretch_whole(&court->stretches.told, block->birth_ns, block->death_ns);
}

/* True if memory ran out in the life of BLOCK, in the phase that it was born in and that ends at END_NS: what then died
 * was given up, not done with.  */
static bool was_given_up(const struct court *court, const struct mv_block *block, uint64_t end_ns)
{
	size_t i;

	for (i = 0; i < court->oom_count; i++) {
		uint64_t oom_ns = court->ooms[i].time_ns;

		if (oom_ns > block->birth_ns && oom_ns < block->death_ns && oom_ns <= end_ns)
			return true;
	}
	return false;
}

/* BLOCK died in the phase that it was born in and that ends at END_NS.  */
static struct verdict died_within(const struct court *court, const struct mv_block *block, uint64_t end_ns)
{
	return (struct verdict){MV_BAND_TEMPORARY,
				was_given_up(court, block, end_ns) ? MV_REASON_UNKNOWN : MV_REASON_SHORT};
}

static struct verdict born_in_optimizer(const struct court *court, const struct mv_block *block)
{
	uint64_t end_ns = end_around(&court->stretches.optimizer, block->birth_ns);

	if (block->death_ns != MV_TIME_NEVER && block->death_ns <= end_ns)
		return died_within(court, block, end_ns);
	if (end_ns == MV_TIME_NEVER)
		return (struct verdict){MV_BAND_TEMPORARY, MV_REASON_UNKNOWN};
	if (court->knows_states && is_known_to_be_free(court, block))
		return (struct verdict){MV_BAND_OTHER, MV_REASON_OUTLIVED};
	return (struct verdict){MV_BAND_OPTIMIZER, MV_REASON_SURVIVED_STEP};
}

static struct verdict born_in_backward(const struct court *court, const struct mv_block *block)
{
	uint64_t end_ns = end_around(&court->stretches.backward, block->birth_ns);

	if (block->death_ns != MV_TIME_NEVER && block->death_ns <= end_ns)
		return died_within(court, block, end_ns);
	if (end_ns == MV_TIME_NEVER)
		return (struct verdict){MV_BAND_TEMPORARY, MV_REASON_UNKNOWN};
	if (court->knows_gradients && is_known_to_be_free(court, block))
		return (struct verdict){MV_BAND_OTHER, MV_REASON_OUTLIVED};
	return (struct verdict){MV_BAND_GRADIENT, MV_REASON_SURVIVED_BACKWARD};
}

static bool may_be_saved(const struct court *court, const struct mv_block *block)
{
	return !court->knows_grad_mode || block->flags & MV_FLAG_GRAD;
}

/* True if memory ran out in the life of BLOCK, before the backward that it may have been kept for had ended: that forward
 * was given up, and what it held was freed on the way out.  */
static bool was_cut(const struct court *court, const struct mv_block *block)
{
	size_t i;

	for (i = 0; i < court->oom_count; i++) {
		uint64_t oom_ns = court->ooms[i].time_ns;

		if (oom_ns > block->birth_ns && oom_ns < block->death_ns)
			return !mv_stretch_whole(&court->stretches.backward, block->birth_ns, oom_ns) &&
			       !saw_a_step(court, block);
	}
	return false;
}

/* What it was for is left to a guess: band and reason may change.  */
static struct verdict left_open(const struct court *court, const struct mv_block *block)
{
	return (struct verdict){may_be_saved(court, block) ? MV_BAND_ACTIVATION : MV_BAND_OTHER, MV_REASON_UNKNOWN};
}

/* True if backward itself let BLOCK go: some node of the graph held it, in whatever way.  */
static bool was_freed_by_backward(const struct mv_block *block)
{
	return block->death_ns != MV_TIME_NEVER && block->free_phase == MV_PHASE_BACKWARD && block->free_thread != block->thread;
}

/* True if nothing of autograd's refers to BLOCK, and that is known: what a hook of saved tensors got may be kept or not.  */
static bool is_known_unsaved(const struct court *court, const struct mv_block *block)
{
	return court->knows_saved && block->role == MV_ROLE_NONE && !was_freed_by_backward(block);
}

/* The same, of a block born in forward I, which ended at END_NS.  */
static struct verdict unsaved(const struct court *court, const struct mv_block *block, uint64_t end_ns)
{
	if (block->death_ns != MV_TIME_NEVER && block->death_ns <= end_ns && !was_cut(court, block))
		return (struct verdict){MV_BAND_TEMPORARY, MV_REASON_SHORT};
	if (end_ns == MV_TIME_NEVER || was_given_up(court, block, end_ns))
		return (struct verdict){MV_BAND_TEMPORARY, MV_REASON_UNKNOWN};
	return (struct verdict){MV_BAND_OTHER, saw_a_step(court, block) ? MV_REASON_OUTLIVED : MV_REASON_HELD};
}

static struct verdict born_in_forward(const struct court *court, const struct mv_block *block)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	size_t next = mv_stretch_behind(backward, block->birth_ns);
	uint64_t end_ns = next < backward->count ? backward->at[next].begin_ns : MV_TIME_NEVER;

	if (is_known_unsaved(court, block))
		return unsaved(court, block, end_ns);
	if (block->death_ns == MV_TIME_NEVER) {
		if (saw_a_step(court, block))
			return (struct verdict){MV_BAND_OTHER, MV_REASON_OUTLIVED};
		return left_open(court, block);
	}
	if (was_cut(court, block))
		return left_open(court, block);
	if (block->death_ns <= end_ns)
		return (struct verdict){MV_BAND_TEMPORARY, MV_REASON_SHORT};
	if (mv_stretch_around(backward, block->death_ns) != MV_STRETCH_NONE)
		return (struct verdict){MV_BAND_ACTIVATION, MV_REASON_DIED_IN_BACKWARD};
	return (struct verdict){MV_BAND_OTHER, MV_REASON_OUTLIVED};
}

static struct verdict judge(const struct court *court, const struct mv_block *block)
{
	if (is_owned(block))
		return by_role(block);
	if (!block->is_birth_known)
		return (struct verdict){MV_BAND_OTHER, MV_REASON_BEFORE_WINDOW};
	if (!court->sees_training)
		return (struct verdict){MV_BAND_OTHER, MV_REASON_UNKNOWN};
	switch (mv_guess_phase(block)) {
	case MV_PHASE_OPTIMIZER:
		return born_in_optimizer(court, block);
	case MV_PHASE_BACKWARD:
		return born_in_backward(court, block);
	case MV_PHASE_NONE:
	case MV_PHASE_USER:
	case MV_PHASE_KINDS:
		break;
	}
	return born_in_forward(court, block);
}

/* ---- a forward that is run again in backward ---- */

static void set(struct mv_block *block, enum mv_band band, enum mv_reason reason)
{
	block->band = (uint8_t)band;
	block->reason = (uint8_t)reason;
}

static bool is_recomputed(const struct mv_block *block)
{
	return block->is_birth_known && !is_owned(block) && block->phase == MV_PHASE_BACKWARD && block->flags & MV_FLAG_GRAD;
}

/* Such a forward ends with the next birth in backward without gradients.  Walking from the back, that one is known.  */
static void judge_recomputed(struct court *court)
{
	uint64_t end_ns = MV_TIME_NEVER;
	size_t i;

	for (i = court->replay->block_count; i-- > 0;) {
		struct mv_block *block = &court->replay->blocks[i];

		if (block->phase != MV_PHASE_BACKWARD || !block->is_birth_known)
			continue;
		if (!(block->flags & MV_FLAG_GRAD))
			end_ns = block->birth_ns;
		else if (is_recomputed(block) && block->death_ns > end_ns)
			set(block, MV_BAND_ACTIVATION, MV_REASON_RECOMPUTED);
	}
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

static int guess_forward(struct court *court, size_t at)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	struct mv_guess_window window = forward(backward, at), earlier;

	if (!at)
		return 0;
	earlier = forward(backward, at - 1);
	return mv_guess_like_earlier(court->replay, &window, &earlier);
}

static int guess_backward(struct court *court)
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

static int guess_optimizer(struct court *court)
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

/* The backward behind the birth of BLOCK has come to its end, and would have freed what was kept for it.  */
static bool is_backward_over(const struct court *court, const struct mv_block *block)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	size_t next = mv_stretch_behind(backward, block->birth_ns);

	if (was_cut(court, block))
		return false;
	return next < backward->count && backward->at[next].end_ns < court->replay->end_ns;
}

/* What no guess has reached: in a forward it is taken for saved, as long as its backward may come; in another phase,
 * which has not ended, it stays temporary.  */
static void close_phases(struct court *court)
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
static int guess_cut_forwards(struct court *court)
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

static int guess(struct court *court)
{
	size_t forwards = court->stretches.backward.count;
	int err = guess_cut_forwards(court);

	/* The last forward may be followed by a backward that has not ended.  */
	if (!err && forwards)
		err = guess_forward(court, forwards - 1);
	if (!err)
		err = guess_forward(court, forwards);
	if (!err)
		mv_guess_parameters(court->replay);
	if (!err)
		err = guess_backward(court);
	if (!err)
		err = guess_optimizer(court);
	if (!err)
		close_phases(court);
	return err;
}

/* ---- all ---- */

static void look_around(struct court *court)
{
	size_t i;

	for (i = 0; i < court->replay->block_count; i++) {
		const struct mv_block *block = &court->replay->blocks[i];

		court->knows_gradients |= block->role == MV_ROLE_GRADIENT;
		court->knows_states |= block->role == MV_ROLE_OPTIMIZER;
		court->knows_saved |= block->role == MV_ROLE_SAVED || block->role == MV_ROLE_SAVED_HOOKED;
		court->knows_grad_mode |= (block->flags & MV_FLAG_GRAD) != 0;
	}
	court->sees_training = court->stretches.backward.count || court->stretches.optimizer.count ||
			       court->knows_gradients || court->knows_states || court->knows_grad_mode;
}

int mv_bands_assign(const struct mv_timeline *timeline, struct mv_replay *replay)
{
	struct court court = {.replay = replay, .ooms = mv_timeline_ooms(timeline, &court.oom_count)};
	size_t i;
	int err = mv_stretches_open(&court.stretches, replay);

	if (err)
		return err;
	look_around(&court);
	for (i = 0; i < replay->block_count; i++) {
		struct mv_block *block = &replay->blocks[i];
		struct verdict verdict = {MV_BAND_OTHER, MV_REASON_OUTSIDE};

		if (mv_timeline_is_banded(timeline, block))
			verdict = judge(&court, block);
		set(block, verdict.band, verdict.reason);
	}
	judge_recomputed(&court);
	err = guess(&court);
	mv_stretches_close(&court.stretches);
	return err;
}
