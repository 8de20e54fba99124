/* SPDX-License-Identifier: Apache-2.0 */
/* Every block of a pool was asked for through the pool's own functions, which say nothing about any of them: the frames
 * that all such stacks have in common at their innermost end are left out, so that stacks begin where the pool was
 * called.  Private to memviz/analyze.  */
#ifndef ANALYZE_PLUMBING_H
#define ANALYZE_PLUMBING_H

#include "analyze/replay.h"

/* Shorten the stacks of all blocks in the block ledger, and those of the COUNT errors OOMS of the same pool.  At least
 * one frame is left of each, and Python's frames all.  */
void mv_plumbing_strip(struct mv_replay *replay, struct mv_oom *ooms, size_t count);

#endif
