/* SPDX-License-Identifier: Apache-2.0 */
/* Names of gradients that nobody was asked about.  Private to memviz/analyze.
 *
 * Where gradients are made anew in each step, only those of some steps have been told.  A backward makes them in the same
 * order each time: the Nth gradient of a stack is that of the same parameter in every step that makes as many of them, if
 * it is as large, and if no two steps that were told contradict each other.  */
#ifndef ANALYZE_NAMESAKES_H
#define ANALYZE_NAMESAKES_H

#include "analyze/replay.h"

/* Give the gradients of REPLAY that have no name those of their namesakes.  0 or -ENOMEM.  */
int mv_namesakes_assign(struct mv_replay *replay);

#endif
