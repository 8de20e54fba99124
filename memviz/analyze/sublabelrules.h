/* SPDX-License-Identifier: Apache-2.0 */
/* The rules by which a block gets a label beside its band: a table, of which the first row that fits decides.  Private to
 * memviz/analyze.
 *
 * As in analyze/bandrules.h each row is a property of how frameworks train, never of a program; the table is the manual.  */
#ifndef ANALYZE_SUBLABELRULES_H
#define ANALYZE_SUBLABELRULES_H

#include "analyze/sublabel.h"

/* What is known of a block and of what happened behind its birth (analyze/sublabelfacts.c).  Moments are MV_TIME_NEVER if
 * they were not seen.  */
struct mv_sublabel_facts {
	const struct mv_block *block;
	enum mv_phase phase;	/* the stretch that it was born in, as in analyze/evidence.h */
	bool has_grad;		/* gradients were being recorded, for all that is known */
	bool is_in_plain;	/* born in a backward that does not record gradients itself, behind something it made */
	bool is_result;		/* born in forward behind something that autograd keeps of that forward, and not kept itself */
	bool is_made_once;	/* its stack made nothing else in any other forward, and it saw two whole backwards */
	bool is_given_up;	/* memory ran out in its life */
	bool is_like_unneeded;	/* no backward ever came for what its stack made and autograd kept, as far as its end is known */
	bool is_series;		/* lasts, and is one of a series as large as the parameters, in their order */
	uint64_t plenty_ns;	/* far more was kept than of any forward before, of which it is a part, and no backward came */
	uint64_t growing_ns;	/* its stack began to pile up blocks that outlive their steps, of which it is one */
	uint64_t needed_ns;	/* the next backward began, in its life */
	uint64_t released_ns;	/* the backward ended that has used it, in its life */
};

struct mv_sublabelrule {
	unsigned bands;	 /* bits 1 << enum mv_band of those that it is for */
	unsigned phases; /* bits 1 << enum mv_phase of those in which the block was born; 0: all */
	/* From when on it holds; MV_TIME_NEVER: it does not.  */
	uint64_t (*since)(const struct mv_sublabel_facts *facts);
	enum mv_sublabel label;
};

/* The row that fits, and *SINCE_NS, from when on; NULL: there is none.  */
const struct mv_sublabelrule *mv_sublabelrules_find(const struct mv_sublabel_facts *facts, uint64_t *since_ns);

#endif
