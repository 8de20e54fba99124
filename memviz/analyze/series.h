/* SPDX-License-Identifier: Apache-2.0 */
/* How much each band of a card holds, from change to change.
 *
 * Use: mv_series_of, then mv_series_next until it is false; after each, the fields say what holds from TIME_NS on.
 * Changes at one time come as one.  Before the first call nothing is in use.
 * Memory: none; a copy of a series goes on by itself.  */
#ifndef ANALYZE_SERIES_H
#define ANALYZE_SERIES_H

#include "analyze/timeline.h"

struct mv_series {
	const struct mv_timeline *timeline;
	uint8_t device;
	size_t next_birth, next_death; /* in the timeline's arrays */

	uint64_t time_ns;
	uint64_t band_bytes[MV_BAND_COUNT];
	uint64_t band_blocks[MV_BAND_COUNT];
	uint64_t total_bytes;
	uint64_t device_bytes; /* device memory of the process, whoever asked for it; without what it imported */
	uint64_t pool_bytes;   /* the part of it that pools hold */
};

/* A series of the card DEVICE, before its first change.  */
struct mv_series mv_series_of(const struct mv_timeline *timeline, uint8_t device);

/* Go to the next change.  False: there is none.  */
bool mv_series_next(struct mv_series *series);

/* Go to the last change at or before TIME_NS.  */
void mv_series_seek(struct mv_series *series, uint64_t time_ns);

#endif
