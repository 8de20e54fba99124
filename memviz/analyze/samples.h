/* SPDX-License-Identifier: Apache-2.0 */
/* What the recorder's sampler said of the cards, the calls that change memory which no ledger shows, and allocations that
 * are no blocks.
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

/* What SAMPLE says of TERM; 0: nothing, or there is no sample.  */
static inline uint64_t mv_sample_told(const struct mv_sample *sample, enum mv_term term)
{
	return sample && mv_sample_tells(sample, term) ? sample->bytes[term] : 0;
}

/* Differences of counts of bytes are signed.  A damaged file may say anything: there they wrap, as sums do.  */
static inline int64_t mv_bytes_plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static inline int64_t mv_bytes_minus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* An MV_EVENT_CALL.  What lives on is there also when its event has been overwritten.  */
struct mv_card_call {
	uint64_t time_ns;
	uint64_t object, size_bytes, extra; /* as the change says */
	uint16_t api;
	uint8_t device;
	uint8_t change; /* enum mv_change, or what a newer recorder says */
};

/* Memory of a graph's, whose address was given out though nothing was there; or another process's, whose size nobody
 * knows.  */
struct mv_aside {
	uint64_t time_ns;
	uint64_t address;
	uint64_t size_bytes; /* 0: not known */
	uint8_t device;
	uint8_t flags; /* MV_FLAG_CAPTURED or MV_FLAG_IMPORTED */
	bool is_end;
};

/* All in the order of time.  */
struct mv_samples {
	struct mv_sample *samples;
	size_t sample_count, sample_room;
	struct mv_card_call *calls;
	size_t call_count, call_room;
	struct mv_aside *asides;
	size_t aside_count, aside_room;
};

/* Take in EVENT, an MV_EVENT_USAGE or an MV_EVENT_CALL, that happened at TIME_NS of the axis.  0 or -ENOMEM.  */
int mv_samples_add_usage(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns);
int mv_samples_add_call(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns);

/* Take in EVENT, an allocation or a free, if it is one of an aside.  0 or -ENOMEM.  */
int mv_samples_add_aside(struct mv_samples *samples, const struct mv_event *event, uint64_t time_ns);

void mv_samples_release(struct mv_samples *samples);

#endif
