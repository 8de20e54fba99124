/* SPDX-License-Identifier: Apache-2.0 */
/* What is worth knowing of a block beside its band: some blocks have one such label from a moment of their lives on.  A label
 * never changes the band.
 *
 * Threads: pure.  Memory: none.  */
#ifndef ANALYZE_SUBLABEL_H
#define ANALYZE_SUBLABEL_H

#include "analyze/timeline.h"

/* The rules: analyze/sublabelrules.c.  */
enum mv_sublabel {
	MV_SUBLABEL_NONE = 0,
	MV_SUBLABEL_IN_FLIGHT,	/* temporary memory of a backward: gradients on their way */
	MV_SUBLABEL_RECOMPUTED, /* an activation of a forward that backward has run again: checkpointing */
	MV_SUBLABEL_HELD,	/* a result of forward that backward does not need, and the program holds */
	MV_SUBLABEL_RELEASED,	/* an activation that is still held after the backward that it was kept for */
	MV_SUBLABEL_VAIN,	/* an activation that was freed before any backward: gradients were recorded for nothing */
	MV_SUBLABEL_WAITING,	/* an activation of a forward that keeps more than any before, and whose backward has not come */
	MV_SUBLABEL_GROWING,	/* one of more and more that the program keeps, step after step */
	MV_SUBLABEL_SHAPED,	/* stays for good, and is one of a series as large as the parameters */
	MV_SUBLABEL_COUNT,
};

/* The label that BLOCK has at TIME_NS, at which it is alive.  */
static inline enum mv_sublabel mv_sublabel_at(const struct mv_block *block, uint64_t time_ns)
{
	return block->sublabel_ns <= time_ns ? (enum mv_sublabel)block->sublabel : MV_SUBLABEL_NONE;
}

const char *mv_sublabel_name(enum mv_sublabel label); /* for programs: "held_after_release"; "" for none */
const char *mv_sublabel_text(enum mv_sublabel label); /* for people: "recomputed in backward" */

#endif
