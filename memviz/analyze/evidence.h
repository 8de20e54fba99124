/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording shows of its blocks, as far as their bands depend on it: facts, no verdicts.  Private to
 * memviz/analyze.  */
#ifndef ANALYZE_EVIDENCE_H
#define ANALYZE_EVIDENCE_H

#include "analyze/origin.h"
#include "analyze/replay.h"
#include "analyze/stretches.h"

/* What holds for the whole recording: how much evidence is worth depends on what the recorder could see.  */
struct mv_court {
	struct mv_replay *replay;
	const struct mv_oom *ooms;
	size_t oom_count;
	struct mv_stretches stretches;
	bool knows_gradients; /* the owners of gradients were read at least once, */
	bool knows_states;    /* those of the optimizer's states */
	bool knows_saved;     /* all that autograd keeps is known */
	bool knows_grad_mode; /* whether gradients were being recorded is known */
	bool sees_training;   /* anything of a framework that trains: without it, lives say nothing */
	uint64_t recorded_until_ns; /* see mv_evidence_of */
	bool *is_collected;	    /* by index of block; malloc */
	struct mv_origin origin;    /* what stacks say */
};

/* What is known of one block.  Its phase is the stretch that it was born in: a backward, an optimizer step, or a forward,
 * which lasts until the next backward begins.  */
struct mv_evidence {
	const struct mv_block *block;
	enum mv_phase phase;	   /* MV_PHASE_NONE: forward, the program's own phases included */
	bool is_owned;		   /* its role says more than that a hook of saved tensors got it */
	bool is_over;		   /* its phase has ended, */
	bool is_short;		   /* and it had died by then, */
	bool is_given_up;	   /* and memory ran out in its life before that: it died because the program gave up */
	bool saw_unwound;	   /* all owners of that moment were told afterwards, in its life, too */
	bool is_cut;		   /* memory ran out in its life before the backward that it may have been kept for had ended */
	bool saw_step;		   /* an optimizer step began and ended in its life */
	bool saw_told;		   /* the owners of all that optimizers hold were told in its life */
	bool missed_step;	   /* it had died before the next optimizer step behind its birth began, and there was one */
	bool has_grad;		   /* gradients were being recorded, for all that is known */
	bool is_unsaved;	   /* autograd did not keep it, nor was it backward that let it go; and that is known */
	bool outlived_recorded;	   /* born while gradients were recorded in backward, and outlived that */
	bool died_in_backward;
	bool is_gathered;	   /* FSDP made it for parameters of all ranks */
	bool is_collected;	   /* at some time in its life several of its stack were alive */
};

/* Look at REPLAY as a whole.  0 or -ENOMEM.  */
int mv_court_open(struct mv_court *court, const struct mv_timeline *timeline, struct mv_replay *replay);
void mv_court_close(struct mv_court *court);

/* What is known of BLOCK.  To be asked of the last one first, and so on: for a forward that is run again in backward ends
 * with the next birth there without gradients.  */
struct mv_evidence mv_evidence_of(struct mv_court *court, const struct mv_block *block);

/* True if memory ran out in the life of BLOCK, before the backward that it may have been kept for had ended: that forward
 * was given up, and what it held was freed on the way out.  */
bool mv_evidence_is_cut(const struct mv_court *court, const struct mv_block *block);

#endif
