/* SPDX-License-Identifier: Apache-2.0 */
/* Births and deaths in the order of time, where some were noted late.  Private to memviz/analyze.  */
#ifndef ANALYZE_BIRTHS_H
#define ANALYZE_BIRTHS_H

#include "analyze/replay.h"

/* Sort REPLAY's blocks by their births and its deaths by their times; blocks of size 0 are left out.  0 or -ENOMEM, and
 * then nothing has changed.  Linear but for those that stand out of order.  */
int mv_births_restore(struct mv_replay *replay);

#endif
