/* SPDX-License-Identifier: Apache-2.0 */
/* What encoding and decoding of chunks share: the memory of a codec, and where an event's expectation comes from.
 * Private to lib/format.  */
#ifndef FORMAT_CODEC_H
#define FORMAT_CODEC_H

#include <stdint.h>
#include <string.h>

#include "format/chunk.h"

/* One event of zeros stands before the events, so that "no kin" is an index like any other: -1.  */
enum { MV_CODEC_NONE = -1, MV_CODEC_HEAD_BYTES = 8, MV_CODEC_COLUMNS = 4 };

struct mv_tag {
	uint64_t low, high;
};

struct mv_codec {
	uint32_t events; /* limit */
	uint32_t tag_count;
	void *packer;	    /* NULL unless the last chunk was encoded, */
	void *unpacker;	    /* decoded: the two share WORKSPACE */
	uint8_t *workspace;
	uint8_t *numbers;   /* MV_CODEC_COLUMNS at once: up to MV_CHUNK_TAG_BYTES for each event */
	uint64_t *addresses; /* encoding: one for each event */
	uint32_t *distance; /* of each event, as in MV_COLUMN_DISTANCE */
	uint32_t *tag;	    /* of each event, as in MV_COLUMN_TAG */
	int32_t *kin;	    /* of each event: index of its kin, or MV_CODEC_NONE */
	int32_t *last;	    /* of each tag: the last event seen with it, or MV_CODEC_NONE */
	struct mv_tag *tags;
	uint32_t *table; /* encoding: hash tables of TABLE_SIZE entries; each 1 + an index, 0: free */
	uint32_t table_size;
};

size_t mv_codec_workspace_bytes(void);

static inline struct mv_tag mv_codec_tag_of(const struct mv_event *event)
{
	struct mv_tag tag;

	memcpy(&tag, &event->thread, MV_CHUNK_TAG_BYTES);
	return tag;
}

/* Fill codec->kin for COUNT events from codec->distance and codec->tag.  */
static inline void mv_codec_find_kin(struct mv_codec *codec, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < codec->tag_count; i++)
		codec->last[i] = MV_CODEC_NONE;
	for (i = 0; i < count; i++) {
		int32_t *last = &codec->last[codec->tag[i]];

		codec->kin[i] = codec->distance[i] ? (int32_t)(i - codec->distance[i]) : *last;
		*last = (int32_t)i;
	}
}

/* An event of the chunk, or of zeros.  */
static inline const struct mv_event *mv_codec_event(const struct mv_event *events, int32_t index)
{
	static const struct mv_event zero;

	return index == MV_CODEC_NONE ? &zero : &events[index];
}

/* A free's allocation in the same chunk, or an event of zeros.  */
static inline const struct mv_event *mv_codec_birth(const struct mv_codec *codec, const struct mv_event *events, uint32_t i)
{
	return mv_codec_event(events, codec->distance[i] ? (int32_t)(i - codec->distance[i]) : MV_CODEC_NONE);
}

/* Columns of one byte for each number.  */
static inline int mv_codec_is_bytes(enum mv_column column)
{
	return column == MV_COLUMN_TIME_LOW || column >= MV_COLUMN_ADDRESS;
}

/* True if event I has a number in COLUMN.  */
static inline int mv_codec_has(const struct mv_codec *codec, enum mv_column column, uint32_t i)
{
	return column < MV_COLUMN_ADDRESS || !codec->distance[i];
}

#endif
