/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/sublabelrules.h"

#define SINCE(name) static uint64_t name(const struct mv_sublabel_facts *it)

static uint64_t from_birth_if(const struct mv_sublabel_facts *it, bool holds)
{
	return holds ? it->block->birth_ns : MV_TIME_NEVER;
}

SINCE(made_by_backward)
{
	return from_birth_if(it, it->block->role != MV_ROLE_WORKSPACE && it->block->role != MV_ROLE_TEMPORARY);
}

SINCE(made_by_forward_run_again)
{
	return from_birth_if(it, it->has_grad && it->is_in_plain);
}

SINCE(lasts_like_parameters)
{
	return from_birth_if(it, it->is_series);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A list that results are appended to.  */
SINCE(more_come_and_none_goes)
{
	return later(it->growing_ns, it->block->birth_ns);
}

SINCE(more_wait_than_ever)
{
	return later(it->plenty_ns, it->block->birth_ns);
}

/* A cache that was filled once is the program's business, and not left over from a forward.  */
SINCE(backward_has_begun_without_it)
{
	return it->is_result && it->has_grad && !it->is_made_once ? it->needed_ns : MV_TIME_NEVER;
}

SINCE(backward_has_used_it)
{
	return it->released_ns;
}

SINCE(no_backward_came)
{
	bool has_ended = it->block->death_ns != MV_TIME_NEVER && !it->is_given_up;

	return from_birth_if(it, it->block->role == MV_ROLE_SAVED && it->needed_ns == MV_TIME_NEVER && (has_ended || it->is_like_unneeded));
}

#define BAND(name) (1u << MV_BAND_##name)
#define BACKWARD (1u << MV_PHASE_BACKWARD)
#define FORWARD (1u << MV_PHASE_NONE)

static const struct mv_sublabelrule rules[] = {
	/* What a backward makes for itself: gradients of what lies between parameters, waiting for the node that takes them.  */
	{BAND(TEMPORARY), BACKWARD, made_by_backward, MV_SUBLABEL_IN_FLIGHT},
	/* A backward that records no gradients keeps nothing itself: what is kept there, a forward has made again.  */
	{BAND(ACTIVATION), BACKWARD, made_by_forward_run_again, MV_SUBLABEL_RECOMPUTED},
	/* An average of the weights, a momentum by hand, a reference: which of them, nothing says.  */
	{BAND(OTHER), FORWARD, lasts_like_parameters, MV_SUBLABEL_SHAPED},
	/* Each step leaves one more: whatever it is, it cannot go on for ever.  */
	{BAND(OTHER), FORWARD, more_come_and_none_goes, MV_SUBLABEL_GROWING},
	/* A result whose backward began and which autograd did not keep: only a variable of the program's does.  */
	{BAND(OTHER), FORWARD, backward_has_begun_without_it, MV_SUBLABEL_HELD},
	/* Backward lets go of what it has used; what stays belongs to a variable, or to a graph that one of them leads to.  */
	{BAND(ACTIVATION), FORWARD, backward_has_used_it, MV_SUBLABEL_RELEASED},
	/* The same, when memory runs out in it; or a batch larger than all before.  */
	{BAND(ACTIVATION), FORWARD, more_wait_than_ever, MV_SUBLABEL_WAITING},
	/* Evaluation, or a rollout, for which nobody has told PyTorch that no gradients are wanted.  One that memory ran out in is
	 * like those before.  */
	{BAND(ACTIVATION), FORWARD, no_backward_came, MV_SUBLABEL_VAIN},
};

const struct mv_sublabelrule *mv_sublabelrules_find(const struct mv_sublabel_facts *facts, uint64_t *since_ns)
{
	size_t i;

	for (i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct mv_sublabelrule *rule = &rules[i];

		if (!(rule->bands & 1u << facts->block->band) || (rule->phases && !(rule->phases & 1u << facts->phase)))
			continue;
		*since_ns = rule->since(facts);
		if (*since_ns != MV_TIME_NEVER)
			return rule;
	}
	return NULL;
}
