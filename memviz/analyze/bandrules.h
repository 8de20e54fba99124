/* SPDX-License-Identifier: Apache-2.0 */
/* The rules by which a block gets its band: a table, of which the first row that fits decides.  Private to memviz/analyze.
 *
 * Each row is a property of how frameworks train, never of a program; the table is the manual (bandrules.c).  What ends in
 * MV_REASON_UNKNOWN is left to likeness (analyze/bands.c).  */
#ifndef ANALYZE_BANDRULES_H
#define ANALYZE_BANDRULES_H

#include "analyze/evidence.h"

struct mv_bandrule {
	unsigned roles;	 /* bits 1 << enum mv_role of those that it is for; 0: all */
	unsigned phases; /* bits 1 << enum mv_phase of those in which the block was born; 0: all */
	bool (*holds)(const struct mv_court *court, const struct mv_evidence *evidence); /* NULL: always */
	enum mv_band band;
	enum mv_reason reason;
};

/* The row that fits; there is always one.  */
const struct mv_bandrule *mv_bandrules_find(const struct mv_court *court, const struct mv_evidence *evidence);

#endif
