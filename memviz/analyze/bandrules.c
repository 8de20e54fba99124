/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/bandrules.h"

#define FITS(name) static bool name(const struct mv_court *court, const struct mv_evidence *it)

enum {
	REUSED_STEPS = 3, /* a tensor that is kept for so many steps' backwards is data, not a result of one of them */
};

FITS(has_name)
{
	(void)court;
	return it->block->name != 0;
}

FITS(is_reused)
{
	(void)court;
	return it->block->kept_steps >= REUSED_STEPS;
}

FITS(is_of_unknown_birth)
{
	(void)court;
	return !it->block->is_birth_known;
}

FITS(is_without_training)
{
	(void)it;
	return !court->sees_training;
}

FITS(is_short)
{
	(void)court;
	return it->is_short && !it->is_given_up;
}

FITS(is_short_or_open)
{
	(void)court;
	return it->is_short || !it->is_over;
}

FITS(is_no_state)
{
	return court->knows_states && it->saw_told;
}

FITS(is_gone_before_next)
{
	(void)court;
	return it->missed_step;
}

FITS(is_left_over)
{
	(void)court;
	return it->is_given_up && it->saw_unwound;
}

FITS(is_no_gradient)
{
	return court->knows_gradients && it->saw_told;
}

FITS(is_recomputed)
{
	(void)court;
	return it->outlived_recorded && !it->is_unsaved;
}

FITS(is_gathered)
{
	(void)court;
	return it->is_gathered;
}

FITS(is_collected)
{
	(void)court;
	return !it->has_grad && it->is_collected;
}

FITS(is_kept_by_graph)
{
	(void)court;
	return it->block->is_freed_by_graph && !it->is_short;
}

FITS(is_unsaved_and_short)
{
	(void)court;
	return it->is_unsaved && it->is_short && !it->is_cut;
}

FITS(is_unsaved_after_step)
{
	(void)court;
	return it->is_unsaved && it->saw_step;
}

FITS(is_unsaved_and_open)
{
	(void)court;
	return it->is_unsaved && (!it->is_over || it->is_given_up);
}

FITS(is_unsaved)
{
	(void)court;
	return it->is_unsaved;
}

FITS(is_alive_after_step)
{
	(void)court;
	return it->block->death_ns == MV_TIME_NEVER && it->saw_step;
}

FITS(is_open_with_gradients)
{
	(void)court;
	return (it->block->death_ns == MV_TIME_NEVER || it->is_cut) && it->has_grad;
}

FITS(is_open)
{
	(void)court;
	return it->block->death_ns == MV_TIME_NEVER || it->is_cut;
}

FITS(died_before_backward)
{
	(void)court;
	return it->is_short;
}

FITS(died_in_backward)
{
	(void)court;
	return it->died_in_backward;
}

#define ROLE(name) (1u << MV_ROLE_##name)
#define STEP (1u << MV_PHASE_OPTIMIZER)
#define BACKWARD (1u << MV_PHASE_BACKWARD)
#define FORWARD (1u << MV_PHASE_NONE)

static const struct mv_bandrule rules[] = {
	/* What the framework or the program said.  */
	{ROLE(PARAMETER) | ROLE(BUFFER), 0, has_name, MV_BAND_PARAMETER, MV_REASON_NAMED},
	{ROLE(PARAMETER) | ROLE(BUFFER), 0, NULL, MV_BAND_PARAMETER, MV_REASON_OWNED},
	{ROLE(GRADIENT), 0, has_name, MV_BAND_GRADIENT, MV_REASON_NAMED},
	{ROLE(GRADIENT), 0, NULL, MV_BAND_GRADIENT, MV_REASON_OWNED},
	{ROLE(OPTIMIZER), 0, NULL, MV_BAND_OPTIMIZER, MV_REASON_OWNED},
	{ROLE(ACTIVATION), 0, NULL, MV_BAND_ACTIVATION, MV_REASON_TAGGED},
	{ROLE(TEMPORARY), 0, NULL, MV_BAND_TEMPORARY, MV_REASON_TAGGED},
	{ROLE(INPUT), 0, NULL, MV_BAND_OTHER, MV_REASON_TAGGED},
	{0, 0, is_gathered, MV_BAND_PARAMETER, MV_REASON_GATHERED},
	{ROLE(WORKSPACE), 0, is_short, MV_BAND_TEMPORARY, MV_REASON_WORKSPACE},
	{ROLE(WORKSPACE), 0, NULL, MV_BAND_OTHER, MV_REASON_WORKSPACE},
	{ROLE(COPIED), 0, NULL, MV_BAND_OTHER, MV_REASON_COPIED},
	{ROLE(SAVED), 0, is_reused, MV_BAND_OTHER, MV_REASON_REUSED},
	{ROLE(SAVED), 0, NULL, MV_BAND_ACTIVATION, MV_REASON_SAVED},

	/* Where lives say nothing.  */
	{0, 0, is_of_unknown_birth, MV_BAND_OTHER, MV_REASON_BEFORE_WINDOW},
	{0, 0, is_without_training, MV_BAND_OTHER, MV_REASON_UNKNOWN},

	/* Born in an optimizer's step: gone by its end, or a state, unless it is seen later that no optimizer holds it: it would
	 * be there at the next step.  */
	{0, STEP, is_short, MV_BAND_TEMPORARY, MV_REASON_SHORT},
	{0, STEP, is_short_or_open, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN},
	{0, STEP, is_no_state, MV_BAND_OTHER, MV_REASON_OUTLIVED},
	{0, STEP, is_gone_before_next, MV_BAND_OTHER, MV_REASON_OUTLIVED},
	{0, STEP, NULL, MV_BAND_OPTIMIZER, MV_REASON_SURVIVED_STEP},

	/* Born in backward: what a forward that is run again leaves behind; gone by its end; what backward was at when memory
	 * ran out, and the error keeps; or a gradient, with the same exception.  */
	{0, BACKWARD, is_recomputed, MV_BAND_ACTIVATION, MV_REASON_RECOMPUTED},
	{0, BACKWARD, is_short, MV_BAND_TEMPORARY, MV_REASON_SHORT},
	{0, BACKWARD, is_short_or_open, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN},
	{0, BACKWARD, is_left_over, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN},
	{0, BACKWARD, is_no_gradient, MV_BAND_OTHER, MV_REASON_OUTLIVED},
	{0, BACKWARD, NULL, MV_BAND_GRADIENT, MV_REASON_SURVIVED_BACKWARD},

	/* Born in forward.  Several of one line that live at the same time, without gradients: the program collects them.  */
	{0, FORWARD, is_collected, MV_BAND_OTHER, MV_REASON_COLLECTED},
	/* What dies with a node of the graph was kept by it, if not as autograd keeps tensors.  */
	{0, FORWARD, is_kept_by_graph, MV_BAND_ACTIVATION, MV_REASON_GRAPH},
	/* All that autograd keeps is known, and this is not among it.  */
	{0, FORWARD, is_unsaved_and_short, MV_BAND_TEMPORARY, MV_REASON_SHORT},
	{0, FORWARD, is_unsaved_after_step, MV_BAND_OTHER, MV_REASON_OUTLIVED},
	{0, FORWARD, is_unsaved_and_open, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN},
	{0, FORWARD, is_unsaved, MV_BAND_OTHER, MV_REASON_HELD},
	/* That is not known: lives tell.  */
	{0, FORWARD, is_alive_after_step, MV_BAND_OTHER, MV_REASON_OUTLIVED},
	{0, FORWARD, is_open_with_gradients, MV_BAND_ACTIVATION, MV_REASON_UNKNOWN},
	{0, FORWARD, is_open, MV_BAND_OTHER, MV_REASON_UNKNOWN},
	{0, FORWARD, died_before_backward, MV_BAND_TEMPORARY, MV_REASON_SHORT},
	{0, FORWARD, died_in_backward, MV_BAND_ACTIVATION, MV_REASON_DIED_IN_BACKWARD},
	{0, 0, NULL, MV_BAND_OTHER, MV_REASON_OUTLIVED},
};

const struct mv_bandrule *mv_bandrules_find(const struct mv_court *court, const struct mv_evidence *evidence)
{
	const struct mv_bandrule *rule = rules;

	while ((rule->roles && !(rule->roles & 1u << evidence->block->role)) ||
	       (rule->phases && !(rule->phases & 1u << evidence->phase)) || (rule->holds && !rule->holds(court, evidence)))
		rule++;
	return rule;
}
