/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/sublabelfacts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/guess.h"
#include "read/array.h"

/* ---- stretches ---- */

static bool is_forward(const struct mv_block *block)
{
	return block->is_birth_known && mv_guess_phase(block) == MV_PHASE_NONE;
}

/* The forward that BLOCK was born in has the number of the backward behind it.  */
static size_t forward_of(const struct mv_sublabel_court *court, const struct mv_block *block)
{
	return mv_stretch_behind(&court->stretches.backward, block->birth_ns);
}

static size_t whole_backwards(const struct mv_sublabel_court *court, const struct mv_block *block)
{
	return mv_stretch_whole(&court->stretches.backward, block->birth_ns, block->death_ns);
}

/* ---- how a block ends ---- */

static uint64_t needed_ns(const struct mv_sublabel_court *court, const struct mv_block *block, size_t forward)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;

	return forward < backward->count && backward->at[forward].begin_ns < block->death_ns ? backward->at[forward].begin_ns
											      : MV_TIME_NEVER;
}

static bool is_given_up(const struct mv_sublabel_court *court, const struct mv_block *block)
{
	size_t i = 0;

	while (i < court->oom_count && !mv_block_is_alive_at(block, court->ooms[i].time_ns))
		i++;
	return i < court->oom_count;
}

/* ---- what a stack makes ---- */

static struct mv_sublabel_line *find_line(const struct mv_sublabel_court *court, const struct mv_block *block)
{
	uint32_t *number = block->stack ? mv_index_find(&court->numbers, block->device, block->stack) : NULL;

	return number ? &court->lines[*number] : NULL;
}

/* From how many steps blocks lie on a pile that grows: those of two may be on their way from one step to the next.  */
enum { PILE_FORWARDS = 3 };

/* The program holds BLOCK beyond the forward that it was made in.  */
static bool outlives_forward(const struct mv_sublabel_court *court, const struct mv_block *block, size_t forward)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;

	return forward < backward->count ? backward->at[forward].end_ns < block->death_ns : block->death_ns == MV_TIME_NEVER;
}

static void add_to_pile(struct mv_sublabel_pile *pile, const struct mv_block *block, uint32_t forward)
{
	if (pile->last_death_ns <= block->birth_ns)
		pile->forwards = 0;
	else if (pile->forwards && pile->first_death_ns <= block->birth_ns)
		pile->is_passing = true;
	if (!pile->forwards)
		pile->first_death_ns = pile->last_death_ns = block->death_ns;
	pile->forwards += !pile->forwards || pile->forward != forward;
	pile->forward = forward;
	pile->first_death_ns = block->death_ns < pile->first_death_ns ? block->death_ns : pile->first_death_ns;
	pile->last_death_ns = block->death_ns > pile->last_death_ns ? block->death_ns : pile->last_death_ns;
	if (pile->forwards == PILE_FORWARDS && block->birth_ns < pile->growing_ns)
		pile->growing_ns = block->birth_ns;
}

/* What autograd kept, and its end is known.  */
static void note_need(const struct mv_sublabel_court *court, struct mv_sublabel_line *line, const struct mv_block *block, size_t forward)
{
	bool is_needed = needed_ns(court, block, forward) != MV_TIME_NEVER;

	if (block->role != MV_ROLE_SAVED)
		return;
	line->is_needed |= is_needed;
	line->is_unneeded |= !is_needed && block->death_ns != MV_TIME_NEVER && !is_given_up(court, block);
}

static int add_line(struct mv_sublabel_court *court, const struct mv_block *block)
{
	uint32_t forward = (uint32_t)forward_of(court, block), *number;
	struct mv_sublabel_line *line;

	if (!block->stack)
		return 0;
	number = mv_index_at(&court->numbers, block->device, block->stack, (uint32_t)court->line_count);
	if (!number)
		return -ENOMEM;
	if (*number == court->line_count) {
		if (mv_array_grow(&court->lines, &court->line_room, court->line_count, sizeof *line))
			return -ENOMEM;
		court->lines[court->line_count++] = (struct mv_sublabel_line){
			.first_forward = forward, .forward = UINT32_MAX, .begin_ns = MV_TIME_NEVER, .behind_ns = MV_TIME_NEVER,
			.pile.growing_ns = MV_TIME_NEVER};
	}
	line = &court->lines[*number];
	line->last_forward = forward;
	if (outlives_forward(court, block, forward))
		add_to_pile(&line->pile, block, forward);
	note_need(court, line, block, forward);
	line->is_used_later |= mv_stretches_died_in_backward(&court->stretches, block) && whole_backwards(court, block);
	return 0;
}

/* BLOCK is the one before those that LINE knows of.  */
static void go_back_to(struct mv_sublabel_line *line, const struct mv_block *block, size_t forward)
{
	if (line->forward != forward)
		line->behind_ns = line->begin_ns;
	line->forward = (uint32_t)forward;
	line->begin_ns = block->birth_ns;
}

/* ---- the whole recording ---- */

static void note_first(uint64_t *first_ns, uint64_t time_ns)
{
	if (time_ns < *first_ns)
		*first_ns = time_ns;
}

static void look_at_backward(struct mv_sublabel_court *court, const struct mv_block *block)
{
	size_t at = mv_stretch_around(&court->stretches.backward, block->birth_ns);

	if (block->phase == MV_PHASE_BACKWARD && at != MV_STRETCH_NONE && !(block->flags & MV_FLAG_GRAD))
		note_first(&court->plain_ns[at], block->birth_ns);
}

/* So many times what was kept of any forward before is far more.  */
enum { PLENTY_TIMES = 2 };

/* Until the end, or until memory ran out, no backward had come for BLOCK.  */
static bool is_waiting(const struct mv_sublabel_court *court, const struct mv_block *block)
{
	return mv_block_is_kept(block) && forward_of(court, block) == court->stretches.backward.count &&
	       (block->death_ns == MV_TIME_NEVER || is_given_up(court, block));
}

/* Blocks come in the order of birth, and so do forwards.  */
static void look_at_kept(struct mv_sublabel_court *court, const struct mv_block *block)
{
	size_t forward = forward_of(court, block);

	note_first(&court->kept_ns[forward], block->birth_ns);
	if (court->kept_forward != forward)
		court->kept_bytes = 0;
	court->kept_forward = forward;
	if (is_waiting(court, block) || forward < court->stretches.backward.count)
		court->kept_bytes += block->size_bytes;
	if (forward < court->stretches.backward.count && court->kept_bytes > court->most_kept_bytes)
		court->most_kept_bytes = court->kept_bytes;
	if (court->most_kept_bytes && court->kept_bytes / PLENTY_TIMES > court->most_kept_bytes)
		note_first(&court->plenty_ns, block->birth_ns);
}

static int look_at(struct mv_sublabel_court *court, const struct mv_block *block)
{
	court->knows_grad_mode |= (block->flags & MV_FLAG_GRAD) != 0;
	court->knows_saved |= mv_block_is_kept(block);
	if (!block->is_birth_known)
		return 0;
	look_at_backward(court, block);
	if (!is_forward(block))
		return 0;
	if (mv_block_is_kept(block))
		look_at_kept(court, block);
	return add_line(court, block);
}

static void note_series(struct mv_replay *replay, size_t index, void *court)
{
	(void)replay;
	((struct mv_sublabel_court *)court)->is_series[index] = true;
}

static int look_around(struct mv_sublabel_court *court, const struct mv_timeline *timeline)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	size_t i;
	int err = 0;

	court->kept_ns = malloc((backward->count + 1) * sizeof *court->kept_ns);
	court->plain_ns = malloc((backward->count + 1) * sizeof *court->plain_ns);
	court->is_series = calloc(court->replay->block_count + 1, sizeof *court->is_series);
	if (!court->kept_ns || !court->plain_ns || !court->is_series)
		return -ENOMEM;
	for (i = 0; i <= backward->count; i++)
		court->kept_ns[i] = court->plain_ns[i] = MV_TIME_NEVER;
	for (i = 0; i < court->replay->block_count && !err; i++)
		if (mv_timeline_is_banded(timeline, &court->replay->blocks[i]))
			err = look_at(court, &court->replay->blocks[i]);
	if (!err && backward->count > 1)
		err = mv_guess_series(court->replay, backward->at[1].begin_ns, backward->at[1].end_ns, note_series, court);
	return err;
}

int mv_sublabel_court_open(struct mv_sublabel_court *court, const struct mv_timeline *timeline, struct mv_replay *replay)
{
	int err;

	memset(court, 0, sizeof *court);
	court->replay = replay;
	court->plenty_ns = MV_TIME_NEVER;
	court->ooms = mv_timeline_ooms(timeline, &court->oom_count);
	err = mv_stretches_open(&court->stretches, replay);
	if (!err)
		err = look_around(court, timeline);
	if (err)
		mv_sublabel_court_close(court);
	return err;
}

void mv_sublabel_court_close(struct mv_sublabel_court *court)
{
	mv_stretches_close(&court->stretches);
	mv_index_release(&court->numbers);
	free(court->lines);
	free(court->kept_ns);
	free(court->plain_ns);
	free(court->is_series);
	memset(court, 0, sizeof *court);
}

/* ---- one block ---- */

/* Which backward has used BLOCK is not said.  At the latest it was the last one before its death; but a stack that makes the
 * same again in a later forward has come round, and with it the step that BLOCK was for.  Where a backward frees it, or is
 * known to free what comes from there although others went before, or where autograd keeps it anew, it is still needed.  */
static uint64_t released_ns(const struct mv_sublabel_court *court, const struct mv_block *block, const struct mv_sublabel_line *line)
{
	const struct mv_stretch_list *backward = &court->stretches.backward;
	uint64_t last_ns = MV_TIME_NEVER, round_ns = line ? line->behind_ns : MV_TIME_NEVER;

	if (!whole_backwards(court, block) || mv_stretches_died_in_backward(&court->stretches, block) || block->kept_steps > 1 ||
	    (line && line->is_used_later))
		return MV_TIME_NEVER;
	if (block->death_ns != MV_TIME_NEVER)
		last_ns = backward->at[mv_stretch_behind(backward, block->death_ns) - 1].end_ns;
	return round_ns < last_ns ? round_ns : last_ns;
}

static uint64_t growing_ns(const struct mv_sublabel_court *court, const struct mv_sublabel_line *line, const struct mv_block *block,
			   size_t forward)
{
	return line && !line->pile.is_passing && line->pile.growing_ns < block->death_ns && outlives_forward(court, block, forward)
		       ? line->pile.growing_ns
		       : MV_TIME_NEVER;
}

static bool is_in_plain(const struct mv_sublabel_court *court, const struct mv_block *block)
{
	size_t at;

	if (block->phase != MV_PHASE_BACKWARD)
		return false;
	at = mv_stretch_around(&court->stretches.backward, block->birth_ns);
	return at != MV_STRETCH_NONE && court->plain_ns[at] < block->birth_ns;
}

static void add_forward(struct mv_sublabel_court *court, struct mv_sublabel_facts *facts)
{
	const struct mv_block *block = facts->block;
	size_t forward = forward_of(court, block), whole = whole_backwards(court, block);
	struct mv_sublabel_line *line = find_line(court, block);

	if (line)
		go_back_to(line, block, forward);
	facts->is_result = court->knows_saved && !block->role && !block->is_freed_by_graph && court->kept_ns[forward] < block->birth_ns;
	facts->is_made_once = whole > 1 && (!line || line->first_forward == line->last_forward);
	facts->plenty_ns = is_waiting(court, block) ? court->plenty_ns : MV_TIME_NEVER;
	facts->growing_ns = growing_ns(court, line, block, forward);
	facts->is_like_unneeded = line && line->is_unneeded && !line->is_needed;
	facts->needed_ns = needed_ns(court, block, forward);
	facts->released_ns = released_ns(court, block, line);
}

struct mv_sublabel_facts mv_sublabel_facts_of(struct mv_sublabel_court *court, const struct mv_block *block)
{
	struct mv_sublabel_facts facts = {
		.block = block,
		.phase = mv_guess_phase(block),
		.has_grad = !court->knows_grad_mode || block->flags & MV_FLAG_GRAD,
		.is_in_plain = is_in_plain(court, block),
		.is_given_up = is_given_up(court, block),
		.is_series = court->is_series[block - court->replay->blocks],
		.plenty_ns = MV_TIME_NEVER,
		.growing_ns = MV_TIME_NEVER,
		.needed_ns = MV_TIME_NEVER,
		.released_ns = MV_TIME_NEVER,
	};

	if (is_forward(block))
		add_forward(court, &facts);
	return facts;
}
