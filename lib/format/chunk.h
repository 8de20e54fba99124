/* SPDX-License-Identifier: Apache-2.0 */
/* Events ⇄ the body of a chunk.
 *
 * The small fields of an event (thread, api, kind …) form its tag; a chunk has few different ones, so an event carries
 * the number of its tag.  A free repeats its allocation, if that is in the same chunk, and says only how many events
 * back it is.  Every other field is a column of its own.  A training step repeats the step before, so most columns are
 * zeros or one long repetition, which zstd finds; what does not repeat, the last bits of times and of addresses, stands
 * in columns of bytes apart from what does.
 *
 * A body is a sequence of columns in the order of enum mv_column:
 *
 *	u32	bytes of the column (0: all its numbers are zero)
 *	u32	bytes that follow; the same number: stored as they are, fewer: one zstd frame
 *	…
 *
 * Threads: one codec serves one thread at a time.
 * Memory: all of a codec lies in memory that the caller gives; never malloc.  */
#ifndef FORMAT_CHUNK_H
#define FORMAT_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#include "format/diag.h"
#include "memviz/format.h"

enum {
	MV_CHUNK_EVENTS_MAX = 1 << 16, /* in one chunk */
	MV_CHUNK_TAG_BYTES = 16,       /* of struct mv_event, from its field THREAD on */
};

/* One number of variable length for each event, unless it says otherwise.  "Kin" is a free's allocation in the same
 * chunk, otherwise the last event with the same tag, otherwise an event of zeros.  */
enum mv_column {
	MV_COLUMN_TAGS = 0,	 /* MV_CHUNK_TAG_BYTES for each different tag, in the order of their first use */
	MV_COLUMN_TAG = 1,	 /* which */
	MV_COLUMN_DISTANCE = 2,	 /* how many events back a free's allocation is; 0: not in the chunk */
	MV_COLUMN_TIME_LOW = 3,	 /* since the event before; the first: since the chunk's first_ns: the lowest byte */
	MV_COLUMN_TIME_HIGH = 4, /* and the rest */
	MV_COLUMN_SIZE = 5,	 /* folded difference from the allocation's, otherwise from 0 */
	MV_COLUMN_EXTRA = 6,	 /* folded difference from the kin's */
	MV_COLUMN_STACK = 7,	 /* as it is */
	MV_COLUMN_REF = 8,	 /* folded difference from the allocation's stack, otherwise from 0 */
	MV_COLUMN_STEP = 9,	 /* folded difference from the event before */
	MV_COLUMN_ADDRESS = 10,	 /* the lowest byte of each address that no allocation in the chunk has said; */
	MV_COLUMN_ADDRESS_7 = 17, /* the columns up to this: the other bytes */
	MV_COLUMN_COUNT = 18,
};

struct mv_codec;

/* Bytes of memory that a codec for chunks of up to EVENTS needs; about 120 an event and 1 MiB.  */
size_t mv_codec_bytes(uint32_t events);

/* Make a codec for chunks of up to EVENTS events in MEMORY, aligned to 64.  NULL: EVENTS is over the limit.  */
struct mv_codec *mv_codec_in(void *memory, uint32_t events);

/* The most bytes that the body of COUNT events can take.  */
size_t mv_chunk_body_bytes_max(uint32_t count);

/* Write COUNT events, in the order of their times, as the body of a chunk, and fill what CHUNK says of it: magic,
 * event_count, first_ns, last_ns, body_bytes.  BODY has room for mv_chunk_body_bytes_max(COUNT).
 * -EINVAL: COUNT is 0 or over the codec's limit, or times go backwards.  */
int mv_chunk_encode(struct mv_codec *codec, struct mv_chunk *chunk, const struct mv_event *events, uint32_t count,
		    uint8_t *body);

/* Read the body of CHUNK, whose checksum the caller has verified or not: hostile bytes are safe.  OFFSET is the body's
 * place in its file, for DIAG.  EVENTS has room for chunk->event_count.  -EINVAL: damaged.  */
int mv_chunk_decode(struct mv_codec *codec, const struct mv_chunk *chunk, const uint8_t *body, uint64_t offset,
		    struct mv_event *events, struct mv_diag *diag);

#endif
