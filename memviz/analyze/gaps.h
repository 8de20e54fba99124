/* SPDX-License-Identifier: Apache-2.0 */
/* What is free within the segments of a pool at a moment: enough in sum does not mean enough in one piece.  */
#ifndef ANALYZE_GAPS_H
#define ANALYZE_GAPS_H

#include "analyze/timeline.h"

struct mv_gaps {
	uint64_t free_bytes;
	uint64_t largest_bytes;
	uint64_t pieces;
	uint64_t segments; /* that were looked at; 0: none are known, and neither is the rest */
};

/* Look at the segments of DEVICE at TIME_NS; segments that touch count as one where they are mapped.
 * 0 or -ENOMEM.  */
int mv_gaps_find(const struct mv_timeline *timeline, uint8_t device, uint64_t time_ns, struct mv_gaps *gaps);

#endif
