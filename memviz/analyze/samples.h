/* SPDX-License-Identifier: Apache-2.0 */
/* What the recorder's sampler said of the cards, and the calls that change memory which no ledger shows.
 *
 * Units: bytes; nanoseconds of the timeline's axis.  Memory: malloc; released by mv_samples_release.  */
#ifndef ANALYZE_SAMPLES_H
#define ANALYZE_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memviz/format.h"

/* One sample of one card.  */
struct mv_sample {
	uint64_t time_ns;
	uint64_t number; /* of all samples of the recording, from 1 */
	uint8_t device;
	uint32_t known; /* bit N: term N of enum mv_term is told */
	uint64_t bytes[MV_TERM_KINDS];
};

static inline bool mv_sample_tells(const struct mv_sample *sample, enum mv_term term)
{
	return sample->known & 1u << term;
}

/* An MV_EVENT_CALL.  */
struct mv_card_call {
	uint64_t time_ns;
	uint16_t api;
	uint8_t device;
};

/* Both in the order of time.  */
struct mv_samples {
	struct mv_sample *samples;
	size_t sample_count, sample_room;
	struct mv_card_call *calls;
	size_t call_count, call_room;
};

/* Take in EVENT, an MV_EVENT_USAGE or an MV_EVENT_CALL, that happened at TIME_NS of the axis.  0 or -ENOMEM.  */
int mv_samples_add_usage(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns);
int mv_samples_add_call(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns);

void mv_samples_release(struct mv_samples *samples);

#endif
