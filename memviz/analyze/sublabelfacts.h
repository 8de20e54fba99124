/* SPDX-License-Identifier: Apache-2.0 */
/* What a recording shows of blocks, as far as their labels beside the bands depend on it: facts, no verdicts.  Private to
 * memviz/analyze.
 *
 * Use: mv_sublabel_court_open once the bands stand, mv_sublabel_facts_of for the last block first and so on,
 * mv_sublabel_court_close.  Memory: malloc, a byte a block and 40 a stack.  */
#ifndef ANALYZE_SUBLABELFACTS_H
#define ANALYZE_SUBLABELFACTS_H

#include "analyze/index.h"
#include "analyze/replay.h"
#include "analyze/stretches.h"
#include "analyze/sublabelrules.h"

/* Blocks of one stack that outlived the steps that they were made in, in the order of birth: up to the last one, and from the one
 * on before which there was none left.  */
struct mv_sublabel_pile {
	uint32_t forward, forwards; /* the last one's, and how many different ones */
	uint64_t first_death_ns, last_death_ns; /* of its blocks */
	uint64_t growing_ns; /* from when on blocks of several steps were there; MV_TIME_NEVER: they never were */
	bool is_passing;     /* some went and others stayed: as many come as go */
};

/* What one stack has made in forwards.  Forward I ends with backward I.  */
struct mv_sublabel_line {
	uint32_t first_forward, last_forward; /* in which it made something */
	uint32_t forward;   /* of the block that was asked for last, */
	uint64_t begin_ns;  /* its first birth there, of those asked for, */
	uint64_t behind_ns; /* and in forwards behind that one; MV_TIME_NEVER: none */
	struct mv_sublabel_pile pile;
	bool is_needed, is_unneeded; /* a backward began in the life of something that autograd kept; or never did */
	bool is_used_later; /* a backward freed something of its that an earlier backward had left alone */
};

/* What holds for the whole recording.  */
struct mv_sublabel_court {
	struct mv_replay *replay;
	const struct mv_oom *ooms;
	size_t oom_count;
	struct mv_stretches stretches;
	bool knows_saved, knows_grad_mode; /* as in analyze/evidence.h */
	uint64_t *kept_ns;  /* of each forward: the first birth of what autograd keeps of it, */
	uint64_t *plain_ns; /* of each backward: the first without gradients; MV_TIME_NEVER: none */
	bool *is_series;    /* by index of block */
	size_t kept_forward;	  /* the last one of which autograd keeps something, */
	uint64_t kept_bytes;	  /* how much; of a forward without a backward, to the end or until memory ran out */
	uint64_t most_kept_bytes; /* of any forward whose backward came */
	uint64_t plenty_ns;	  /* from when on the last one has far more; MV_TIME_NEVER: it has not */
	struct mv_index numbers; /* device, stack → index in LINES */
	struct mv_sublabel_line *lines;
	size_t line_count, line_room;
};

/* Look at REPLAY as a whole, whose cards TIMELINE knows.  0 or -ENOMEM; then there is nothing to close.  */
int mv_sublabel_court_open(struct mv_sublabel_court *court, const struct mv_timeline *timeline, struct mv_replay *replay);
void mv_sublabel_court_close(struct mv_sublabel_court *court);

/* What is known of BLOCK.  */
struct mv_sublabel_facts mv_sublabel_facts_of(struct mv_sublabel_court *court, const struct mv_block *block);

#endif
