/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a recording, slot by slot: the chunks that a slot was sealed into, oldest first, then what is open.
 * Private to memviz/read.
 *
 * A slot numbers its events from the beginning of the file.  A gap in the numbers means that events are missing; an
 * open slot that begins below the end of its last chunk has been sealed already (the process died before it could
 * empty the slot), and its doubles are left out here.
 *
 * Memory: malloc; events and chunks stay in the recording.  */
#ifndef READ_TRACKS_H
#define READ_TRACKS_H

#include "read/recording.h"

struct mv_track {
	uint32_t slot;
	const struct mv_chunk **chunks; /* within the tracks' array */
	size_t chunk_count;
	const struct mv_event *open;
	uint32_t open_count;
	uint32_t events_max; /* in any of the chunks */
};

struct mv_tracks {
	struct mv_track *at;
	size_t count;
	const struct mv_chunk **chunks; /* by slot, then by sequence */
	uint64_t events;		/* in all of them */
	uint64_t missing_events;	/* gaps in the numbers, behind the first that is there */
	uint64_t gap_ns;		/* the latest moment at which one is missing; 0: none */
	uint64_t earlier_events;	/* numbers below the first that is there, of all tracks: overwritten, or lost */
	uint64_t begin_ns;		/* all tracks that lack earlier events have begun again by then */
};

/* -EINVAL with DIAG: times go backwards; -ENOMEM.  */
int mv_tracks_open(struct mv_tracks *tracks, const struct mv_recording *recording, struct mv_diag *diag);
void mv_tracks_close(struct mv_tracks *tracks);

#endif
