/* SPDX-License-Identifier: Apache-2.0 */
/* Which device memory is a pool's: that in which blocks were ever seen.  Private to memviz/analyze.
 *
 * The replay finds most of it on the way.  What it cannot see there is seen here, when all lives are known and in order:
 * memory from before the window, which comes to light after the blocks within, and blocks that reach over several
 * mappings.  */
#ifndef ANALYZE_SEGMENTS_H
#define ANALYZE_SEGMENTS_H

#include "analyze/replay.h"

/* Set IS_POOL of the device memory and mappings of REPLAY that hold blocks.  0 or -ENOMEM.  */
int mv_segments_mark(struct mv_replay *replay);

#endif
