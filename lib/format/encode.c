/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/hash.h"
#include "format/codec.h"
#include "format/pack.h"
#include "format/varint.h"

/* ---- tags ---- */

static bool tag_equal(struct mv_tag a, struct mv_tag b)
{
	return a.low == b.low && a.high == b.high;
}

/* The number of TAG, which is new or in the table.  */
static uint32_t number_of_tag(struct mv_codec *codec, struct mv_tag tag)
{
	uint32_t mask = codec->table_size - 1;
	uint32_t at = (uint32_t)mv_hash_add(tag.low, tag.high) & mask;

	for (; codec->table[at]; at = (at + 1) & mask)
		if (tag_equal(codec->tags[codec->table[at] - 1], tag))
			return codec->table[at] - 1;
	codec->tags[codec->tag_count] = tag;
	codec->table[at] = ++codec->tag_count;
	return codec->tag_count - 1;
}

static void find_tags(struct mv_codec *codec, const struct mv_event *events, uint32_t count)
{
	uint32_t i;

	memset(codec->table, 0, codec->table_size * sizeof *codec->table);
	codec->tag_count = 0;
	for (i = 0; i < count; i++)
		codec->tag[i] = number_of_tag(codec, mv_codec_tag_of(&events[i]));
}

/* ---- births ---- */

static bool is_same_block(const struct mv_event *birth, const struct mv_event *event)
{
	return birth->address == event->address && birth->ledger == event->ledger;
}

/* The table's entry for the block that EVENT allocates or frees: 1 + its allocation's index, 0: none so far.  */
static uint32_t *birth_entry(struct mv_codec *codec, const struct mv_event *events, const struct mv_event *event)
{
	uint32_t mask = codec->table_size - 1;
	uint32_t at = (uint32_t)mv_hash_u64(event->address ^ event->ledger) & mask;

	while (codec->table[at] && !is_same_block(&events[codec->table[at] - 1], event))
		at = (at + 1) & mask;
	return &codec->table[at];
}

static void find_births(struct mv_codec *codec, const struct mv_event *events, uint32_t count)
{
	uint32_t i;

	memset(codec->table, 0, codec->table_size * sizeof *codec->table);
	for (i = 0; i < count; i++) {
		uint32_t *entry;

		codec->distance[i] = 0;
		if (events[i].kind != MV_EVENT_ALLOC && events[i].kind != MV_EVENT_FREE)
			continue;
		entry = birth_entry(codec, events, &events[i]);
		if (events[i].kind == MV_EVENT_ALLOC)
			*entry = i + 1;
		else if (*entry)
			codec->distance[i] = i + 1 - *entry;
	}
}

/* ---- columns ---- */

static uint64_t time_since_last(const struct mv_event *events, uint32_t i)
{
	return i ? events[i].time_ns - events[i - 1].time_ns : 0;
}

static uint64_t number(const struct mv_codec *codec, const struct mv_event *events, uint32_t i, enum mv_column column)
{
	const struct mv_event *event = &events[i];

	switch (column) {
	case MV_COLUMN_TAGS:
	case MV_COLUMN_COUNT:
		return 0;
	case MV_COLUMN_TAG:
		return codec->tag[i];
	case MV_COLUMN_DISTANCE:
		return codec->distance[i];
	case MV_COLUMN_TIME_LOW:
		return time_since_last(events, i) & 0xff;
	case MV_COLUMN_TIME_HIGH:
		return time_since_last(events, i) >> 8;
	case MV_COLUMN_SIZE:
		return mv_varint_fold(event->size_bytes - mv_codec_birth(codec, events, i)->size_bytes);
	case MV_COLUMN_EXTRA:
		return mv_varint_fold(event->extra - mv_codec_event(events, codec->kin[i])->extra);
	case MV_COLUMN_STACK:
		return event->stack;
	case MV_COLUMN_REF:
		return mv_varint_fold((uint64_t)event->ref - mv_codec_birth(codec, events, i)->stack);
	case MV_COLUMN_STEP:
		return mv_varint_fold((uint64_t)event->step - (i ? event[-1].step : 0));
	case MV_COLUMN_ADDRESS:
	case MV_COLUMN_ADDRESS_7:
		break;
	}
	return (uint8_t)(event->address >> 8 * (column - MV_COLUMN_ADDRESS));
}

/* Write the column's numbers.  Returns their bytes, 0 if all are zero.  Inlined with COLUMN constant, so that what it
 * decides is decided outside the loop.  */
static inline __attribute__((always_inline)) size_t put_numbers(struct mv_codec *codec, const struct mv_event *events,
								uint32_t count, enum mv_column column)
{
	uint8_t *at = codec->numbers;
	uint64_t any = 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint64_t value;

		if (!mv_codec_has(codec, column, i))
			continue;
		value = number(codec, events, i, column);
		any |= value;
		if (mv_codec_is_bytes(column))
			*at++ = (uint8_t)value;
		else
			at = mv_varint_put(at, value);
	}
	return any ? (size_t)(at - codec->numbers) : 0;
}

static size_t put_tags(struct mv_codec *codec)
{
	size_t bytes = codec->tag_count * sizeof *codec->tags;

	memcpy(codec->numbers, codec->tags, bytes);
	return bytes;
}

static size_t put_column(struct mv_codec *codec, const struct mv_event *events, uint32_t count, enum mv_column column)
{
	switch (column) {
	case MV_COLUMN_TAGS:
		return put_tags(codec);
	case MV_COLUMN_TAG:
		return put_numbers(codec, events, count, MV_COLUMN_TAG);
	case MV_COLUMN_DISTANCE:
		return put_numbers(codec, events, count, MV_COLUMN_DISTANCE);
	case MV_COLUMN_TIME_LOW:
		return put_numbers(codec, events, count, MV_COLUMN_TIME_LOW);
	case MV_COLUMN_TIME_HIGH:
		return put_numbers(codec, events, count, MV_COLUMN_TIME_HIGH);
	case MV_COLUMN_SIZE:
		return put_numbers(codec, events, count, MV_COLUMN_SIZE);
	case MV_COLUMN_EXTRA:
		return put_numbers(codec, events, count, MV_COLUMN_EXTRA);
	case MV_COLUMN_STACK:
		return put_numbers(codec, events, count, MV_COLUMN_STACK);
	case MV_COLUMN_REF:
		return put_numbers(codec, events, count, MV_COLUMN_REF);
	case MV_COLUMN_STEP:
		return put_numbers(codec, events, count, MV_COLUMN_STEP);
	case MV_COLUMN_ADDRESS:
	case MV_COLUMN_ADDRESS_7:
	case MV_COLUMN_COUNT:
		break;
	}
	return put_numbers(codec, events, count, column);
}

/* Write RAW bytes of the codec's buffer to AT, packed if that is shorter.  Returns the end.  */
static uint8_t *store_column(struct mv_codec *codec, size_t raw, uint8_t *at)
{
	size_t packed = raw > 16 ? mv_pack(codec->packer, at + MV_CODEC_HEAD_BYTES, raw - 1, codec->numbers, raw) : 0;
	uint32_t head[2];

	if (!packed) {
		memcpy(at + MV_CODEC_HEAD_BYTES, codec->numbers, raw);
		packed = raw;
	}
	head[0] = (uint32_t)raw;
	head[1] = (uint32_t)packed;
	memcpy(at, head, sizeof head);
	return at + MV_CODEC_HEAD_BYTES + packed;
}

static bool times_rise(const struct mv_event *events, uint32_t count)
{
	uint32_t i;

	for (i = 1; i < count; i++)
		if (events[i].time_ns < events[i - 1].time_ns)
			return false;
	return true;
}

int mv_chunk_encode(struct mv_codec *codec, struct mv_chunk *chunk, const struct mv_event *events, uint32_t count,
		    uint8_t *body)
{
	uint8_t *at = body;
	int column;

	if (!count || count > codec->events || !times_rise(events, count))
		return -EINVAL;
	if (!codec->packer)
		codec->packer = mv_pack_in(codec->workspace, mv_codec_workspace_bytes());
	codec->unpacker = NULL;
	if (!codec->packer)
		return -ENOMEM;
	find_tags(codec, events, count);
	find_births(codec, events, count);
	mv_codec_find_kin(codec, count);
	for (column = 0; column < MV_COLUMN_COUNT; column++)
		at = store_column(codec, put_column(codec, events, count, (enum mv_column)column), at);
	chunk->magic = MV_CHUNK_MAGIC;
	chunk->event_count = count;
	chunk->first_ns = events[0].time_ns;
	chunk->last_ns = events[count - 1].time_ns;
	chunk->body_bytes = (uint32_t)(at - body);
	return 0;
}
