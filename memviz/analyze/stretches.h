/* SPDX-License-Identifier: Apache-2.0 */
/* The run, cut into forwards, backwards and optimizer steps.  Private to memviz/analyze.
 *
 * Backwards and optimizer steps of all threads are thrown together, so that each list is in order and free of overlaps.
 * Forward I is what lies before the beginning of backward I, and behind the one before it; an optimizer step may stand
 * within.  */
#ifndef ANALYZE_STRETCHES_H
#define ANALYZE_STRETCHES_H

#include "analyze/replay.h"

struct mv_stretch {
	uint64_t begin_ns;
	uint64_t end_ns; /* MV_TIME_NEVER: had not ended */
};

struct mv_stretch_list {
	struct mv_stretch *at;
	size_t count;
};

struct mv_stretches {
	struct mv_stretch_list backward, optimizer;
	struct mv_stretch_list told; /* of OPTIMIZER those before which owners were told */
};

#define MV_STRETCH_NONE SIZE_MAX

/* 0 or -ENOMEM.  */
int mv_stretches_open(struct mv_stretches *stretches, const struct mv_replay *replay);
void mv_stretches_close(struct mv_stretches *stretches);

/* The stretch that TIME_NS lies in, or MV_STRETCH_NONE.  */
size_t mv_stretch_around(const struct mv_stretch_list *list, uint64_t time_ns);

/* True if BLOCK was freed while backward ran.  */
bool mv_stretches_died_in_backward(const struct mv_stretches *stretches, const struct mv_block *block);

/* The first stretch that begins behind TIME_NS; the list's count if there is none.  */
size_t mv_stretch_behind(const struct mv_stretch_list *list, uint64_t time_ns);

/* How many stretches both begin behind FROM_NS and end before TO_NS.  */
size_t mv_stretch_whole(const struct mv_stretch_list *list, uint64_t from_ns, uint64_t to_ns);

#endif
