/* SPDX-License-Identifier: Apache-2.0 */
/* Gives blocks their labels beside their bands.  Private to memviz/analyze.  */
#ifndef ANALYZE_SUBLABELS_H
#define ANALYZE_SUBLABELS_H

#include "analyze/replay.h"

/* Fill SUBLABEL and SUBLABEL_NS of the blocks of REPLAY, which have their bands, where TIMELINE's bands are made of them.  0 or
 * -ENOMEM.  */
int mv_sublabels_assign(const struct mv_timeline *timeline, struct mv_replay *replay);

#endif
