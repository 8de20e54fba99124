/* SPDX-License-Identifier: Apache-2.0 */
/* The one thing that is most worth knowing of a moment: memory that need not be there, and the line that it is from.
 *
 * It is the largest of what is held though backward does not need it, grows with every step, is still held after its backward,
 * waits for one in unusual amount, or was kept for one that never came (analyze/sublabel.h); the line is the innermost of the
 * user's own Python code that most of it was made by or below.  Little memory is not worth a word.
 *
 * Memory: malloc, within mv_finding_make; places are the caller's.  */
#ifndef ANALYZE_FINDING_H
#define ANALYZE_FINDING_H

#include "analyze/places.h"
#include "analyze/report.h"
#include "base/text.h"

struct mv_finding {
	enum mv_sublabel label; /* MV_SUBLABEL_NONE: nothing is worth knowing, and all else is 0 */
	uint64_t bytes;		/* that are from PLACE */
	uint64_t blocks;
	const struct mv_place *place;  /* NULL: not known */
	const struct mv_place *caller; /* of PLACE, and the user's own, too; NULL: there is none */
};

/* Find it for REPORT's moment; PLACES: of its recording.  0 or -ENOMEM.  */
int mv_finding_make(const struct mv_report *report, struct mv_places *places, struct mv_finding *finding);

/* Add to TEXT what it is, "your code holds 412 MiB that backward does not need"; where that is from, if there is a place, "made by
 * model.py:74 in head, from train.py:88 in main"; or both, with a comma between.  */
void mv_finding_add_what(const struct mv_finding *finding, struct mv_text *text);
void mv_finding_add_where(const struct mv_finding *finding, struct mv_text *text);
void mv_finding_add(const struct mv_finding *finding, struct mv_text *text);

#endif
