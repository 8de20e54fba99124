/* SPDX-License-Identifier: Apache-2.0 */
/* Events → blocks with their lives, and what happened between.  Private to memviz/analyze; everybody else uses
 * timeline.h.
 *
 * What is left of a long run begins at its horizon: events from before it may be missing.  A block that was alive then
 * is known from the chunk that its birth stands in, if that is still there; otherwise from the table of what is alive
 * at the end; otherwise from its free, which carries the size and the stack of the allocation.  A block from before the
 * horizon that neither died nor is alive at the end lost its free: it is left out.
 *
 * Memory: malloc; released by mv_replay_release.  */
#ifndef ANALYZE_REPLAY_H
#define ANALYZE_REPLAY_H

#include "analyze/samples.h"
#include "analyze/timeline.h"
#include "read/recording.h"

struct mv_replay {
	const struct mv_recording *recording;
	uint64_t start_ns; /* of the recording's clock: the origin of the time axis */
	uint64_t begin_ns; /* on the axis: complete from here on */
	uint64_t end_ns;   /* on the axis */

	struct mv_block *blocks; /* in the order of their births */
	size_t block_count, block_room;
	uint32_t *deaths; /* indexes of blocks */
	size_t death_count, death_room;
	struct mv_span *spans; /* in the order of their beginnings */
	size_t span_count, span_room;
	struct mv_card_memory *memory;
	size_t memory_count, memory_room;
	struct mv_samples samples;
	uint64_t unwound_ns[MV_FORMAT_OOMS]; /* when all owners had been told that memory had when it ran out */
	size_t unwound_count;
};

/* Replay RECORDING, which must outlive what is made of it.  -EINVAL with DIAG: a chunk's body is damaged; -ENOMEM.  */
int mv_replay_run(const struct mv_recording *recording, struct mv_replay *replay, struct mv_diag *diag);
void mv_replay_release(struct mv_replay *replay);

/* The place of TIME_NS, of the recording's clock, on the time axis.  */
uint64_t mv_replay_axis(const struct mv_replay *replay, uint64_t time_ns);

#endif
