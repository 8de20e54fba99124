/* SPDX-License-Identifier: Apache-2.0 */
/* Columns are written in the order of enum mv_column.  */
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

/* ---- columns ----
 *
 * One loop for each field, over all events: what a field's columns share is computed once.  */

/* A column under way.  ANY is the or of its numbers.  */
struct writer {
	uint8_t *start, *at;
	uint64_t any;
};

static struct writer writer_at(struct mv_codec *codec, uint32_t column)
{
	uint8_t *start = codec->numbers + (size_t)column * codec->events * MV_CHUNK_TAG_BYTES;

	return (struct writer){start, start, 0};
}

static void put(struct writer *writer, uint64_t number)
{
	writer->any |= number;
	writer->at = mv_varint_put(writer->at, number);
}

static void put_byte(struct writer *writer, uint64_t number)
{
	writer->any |= number & 0xff;
	*writer->at++ = (uint8_t)number;
}

/* The column's numbers as BODY has them, packed if that is shorter.  Returns the end.  */
static uint8_t *store_column(struct mv_codec *codec, const struct writer *writer, uint8_t *body)
{
	size_t raw = writer->any ? (size_t)(writer->at - writer->start) : 0;
	size_t packed = raw > 16 ? mv_pack(codec->packer, body + MV_CODEC_HEAD_BYTES, raw - 1, writer->start, raw) : 0;
	uint32_t head[2];

	if (!packed) {
		memcpy(body + MV_CODEC_HEAD_BYTES, writer->start, raw);
		packed = raw;
	}
	head[0] = (uint32_t)raw;
	head[1] = (uint32_t)packed;
	memcpy(body, head, sizeof head);
	return body + MV_CODEC_HEAD_BYTES + packed;
}

static uint8_t *store_tags(struct mv_codec *codec, uint32_t count, uint8_t *body)
{
	struct writer tags = writer_at(codec, 0), tag = writer_at(codec, 1), distance = writer_at(codec, 2);
	uint32_t i;

	tags.any = 1;
	tags.at += codec->tag_count * sizeof *codec->tags;
	memcpy(tags.start, codec->tags, (size_t)(tags.at - tags.start));
	for (i = 0; i < count; i++) {
		put(&tag, codec->tag[i]);
		put(&distance, codec->distance[i]);
	}
	body = store_column(codec, &tags, body);
	body = store_column(codec, &tag, body);
	return store_column(codec, &distance, body);
}

static uint8_t *store_times(struct mv_codec *codec, const struct mv_event *events, uint32_t count, uint8_t *body)
{
	struct writer low = writer_at(codec, 0), high = writer_at(codec, 1);
	uint64_t last = events[0].time_ns;
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint64_t since = events[i].time_ns - last;

		last = events[i].time_ns;
		put_byte(&low, since);
		put(&high, since >> 8);
	}
	body = store_column(codec, &low, body);
	return store_column(codec, &high, body);
}

/* What a free repeats: size and stack of its allocation, and what its kin had.  */
static uint8_t *store_repeated(struct mv_codec *codec, const struct mv_event *events, uint32_t count, uint8_t *body)
{
	struct writer size = writer_at(codec, 0), extra = writer_at(codec, 1), stack = writer_at(codec, 2);
	struct writer ref = writer_at(codec, 3);
	uint32_t i;

	for (i = 0; i < count; i++) {
		const struct mv_event *event = &events[i], *birth = mv_codec_birth(codec, events, i);

		put(&size, mv_varint_fold(event->size_bytes - birth->size_bytes));
		put(&extra, mv_varint_fold(event->extra - mv_codec_event(events, codec->kin[i])->extra));
		put(&stack, event->stack);
		put(&ref, mv_varint_fold((uint64_t)event->ref - birth->stack));
	}
	body = store_column(codec, &size, body);
	body = store_column(codec, &extra, body);
	body = store_column(codec, &stack, body);
	return store_column(codec, &ref, body);
}

static uint8_t *store_steps(struct mv_codec *codec, const struct mv_event *events, uint32_t count, uint8_t *body)
{
	struct writer step = writer_at(codec, 0);
	uint32_t last = 0, i;

	for (i = 0; i < count; i++) {
		put(&step, mv_varint_fold((uint64_t)events[i].step - last));
		last = events[i].step;
	}
	return store_column(codec, &step, body);
}

/* The addresses that no allocation in the chunk has said, in the codec's array.  Returns how many; *ANY is their or.  */
static uint32_t gather_addresses(struct mv_codec *codec, const struct mv_event *events, uint32_t count, uint64_t *any)
{
	uint32_t i, gathered = 0;

	*any = 0;
	for (i = 0; i < count; i++) {
		if (codec->distance[i])
			continue;
		*any |= events[i].address;
		codec->addresses[gathered++] = events[i].address;
	}
	return gathered;
}

static uint8_t *store_addresses(struct mv_codec *codec, const struct mv_event *events, uint32_t count, uint8_t *body)
{
	uint64_t any;
	uint32_t i, gathered = gather_addresses(codec, events, count, &any);
	int shift;

	for (shift = 0; shift < 64; shift += 8) {
		struct writer byte = writer_at(codec, 0);

		byte.any = any >> shift & 0xff;
		for (i = 0; byte.any && i < gathered; i++)
			*byte.at++ = (uint8_t)(codec->addresses[i] >> shift);
		body = store_column(codec, &byte, body);
	}
	return body;
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
	at = store_tags(codec, count, at);
	at = store_times(codec, events, count, at);
	at = store_repeated(codec, events, count, at);
	at = store_steps(codec, events, count, at);
	at = store_addresses(codec, events, count, at);
	chunk->magic = MV_CHUNK_MAGIC;
	chunk->event_count = count;
	chunk->first_ns = events[0].time_ns;
	chunk->last_ns = events[count - 1].time_ns;
	chunk->body_bytes = (uint32_t)(at - body);
	return 0;
}
