/* SPDX-License-Identifier: Apache-2.0 */
/* Which band a block belongs to, and why.  Private to memviz/analyze.
 *
 * A block has one band for its whole life, decided from what is known at the end: by the first row of the table of rules
 * (analyze/bandrules.c) that fits what is known of it (analyze/evidence.h).  What the end of the file cut off, or memory running
 * out, is judged by likeness afterwards: as the same allocation of the step before; where there is none, see
 * analyze/guess.h; otherwise a forward's blocks are activations until their backward has ended.
 *
 * Where nothing of training is ever seen, everything is other.  */
#ifndef ANALYZE_BANDS_H
#define ANALYZE_BANDS_H

#include "analyze/replay.h"

/* Fill BAND and REASON of all blocks of REPLAY, whose cards TIMELINE knows.  0 or -ENOMEM.  */
int mv_bands_assign(const struct mv_timeline *timeline, struct mv_replay *replay);

#endif
