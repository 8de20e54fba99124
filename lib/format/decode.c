/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "format/codec.h"
#include "format/pack.h"
#include "format/varint.h"

struct reader {
	const uint8_t *body, *at, *end;
	uint64_t offset; /* of BODY in the file */
	uint64_t first_ns;
	struct mv_diag *diag;
};

static int damaged(const struct reader *reader, const char *text)
{
	return mv_diag_set(reader->diag, -EINVAL, reader->offset + (uint64_t)(reader->at - reader->body), text);
}

/* The bytes of the next column, at most LIMIT, into the codec's buffer.  */
static int get_column(struct mv_codec *codec, struct reader *reader, uint64_t limit, uint32_t *bytes)
{
	uint32_t head[2];

	if (reader->end - reader->at < MV_CODEC_HEAD_BYTES)
		return damaged(reader, "a column was expected, the chunk ends");
	memcpy(head, reader->at, sizeof head);
	if (head[0] > limit || head[1] > head[0])
		return damaged(reader, "the column's length is impossible");
	if (head[1] > (size_t)(reader->end - reader->at) - MV_CODEC_HEAD_BYTES)
		return damaged(reader, "the column ends behind the chunk");
	if (head[1] == head[0])
		memcpy(codec->numbers, reader->at + MV_CODEC_HEAD_BYTES, head[0]);
	else if (!mv_unpack(codec->unpacker, codec->numbers, head[0], reader->at + MV_CODEC_HEAD_BYTES, head[1]))
		return damaged(reader, "the column is not a zstd frame of the right length");
	reader->at += MV_CODEC_HEAD_BYTES + head[1];
	*bytes = head[0];
	return 0;
}

static int get_tags(struct mv_codec *codec, struct reader *reader, uint32_t count)
{
	uint32_t bytes = 0;
	int err = get_column(codec, reader, (uint64_t)count * MV_CHUNK_TAG_BYTES, &bytes);

	if (err)
		return err;
	if (!bytes || bytes % MV_CHUNK_TAG_BYTES)
		return damaged(reader, "the column of tags before has an impossible length");
	codec->tag_count = bytes / MV_CHUNK_TAG_BYTES;
	memcpy(codec->tags, codec->numbers, bytes);
	return 0;
}

/* Set the field of event I that COLUMN carries.  False: the number is impossible.  */
static bool set_number(struct mv_codec *codec, const struct reader *reader, struct mv_event *events, uint32_t i,
		       enum mv_column column, uint64_t number)
{
	struct mv_event *event = &events[i];

	switch (column) {
	case MV_COLUMN_TAGS:
	case MV_COLUMN_COUNT:
		return false;
	case MV_COLUMN_TAG:
		if (number >= codec->tag_count)
			return false;
		codec->tag[i] = (uint32_t)number;
		memcpy(&event->thread, &codec->tags[number], MV_CHUNK_TAG_BYTES);
		return true;
	case MV_COLUMN_DISTANCE:
		codec->distance[i] = (uint32_t)number;
		return !number || (number <= i && events[i - number].kind == MV_EVENT_ALLOC);
	case MV_COLUMN_TIME_LOW:
		event->time_ns = number;
		return true;
	case MV_COLUMN_TIME_HIGH:
		return number <= UINT64_MAX >> 8 &&
		       !__builtin_add_overflow(i ? event[-1].time_ns : reader->first_ns, event->time_ns | number << 8,
					       &event->time_ns);
	case MV_COLUMN_SIZE:
		event->size_bytes = mv_codec_birth(codec, events, i)->size_bytes + mv_varint_unfold(number);
		return true;
	case MV_COLUMN_EXTRA:
		event->extra = mv_codec_event(events, codec->kin[i])->extra + mv_varint_unfold(number);
		return true;
	case MV_COLUMN_STACK:
		event->stack = (uint32_t)number;
		return true;
	case MV_COLUMN_REF:
		event->ref = mv_codec_birth(codec, events, i)->stack + (uint32_t)mv_varint_unfold(number);
		return true;
	case MV_COLUMN_STEP:
		event->step = (i ? event[-1].step : 0) + (uint32_t)mv_varint_unfold(number);
		return true;
	case MV_COLUMN_ADDRESS:
	case MV_COLUMN_ADDRESS_7:
		break;
	}
	event->address |= number << 8 * (column - MV_COLUMN_ADDRESS);
	return true;
}

static bool get_number(const uint8_t **at, const uint8_t *end, enum mv_column column, uint64_t *number)
{
	if (!mv_codec_is_bytes(column))
		return mv_varint_get(at, end, number);
	if (*at == end)
		return false;
	*number = *(*at)++;
	return true;
}

static int get_numbers(struct mv_codec *codec, struct reader *reader, struct mv_event *events, uint32_t count,
		       enum mv_column column)
{
	const uint8_t *at = codec->numbers, *end;
	uint32_t i, bytes = 0;
	int err = get_column(codec, reader, (uint64_t)count * MV_VARINT_BYTES, &bytes);

	if (err)
		return err;
	end = at + bytes;
	for (i = 0; i < count; i++) {
		uint64_t number = 0;

		if (!mv_codec_has(codec, column, i))
			continue;
		if (bytes && !get_number(&at, end, column, &number))
			return damaged(reader, "the column before has too few numbers");
		if (!set_number(codec, reader, events, i, column, number))
			return damaged(reader, "the column before has an impossible number");
	}
	return at == end ? 0 : damaged(reader, "the column before has too many numbers");
}

/* Frees whose allocation is in the chunk have its address.  */
static void repeat_addresses(struct mv_codec *codec, struct mv_event *events, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (codec->distance[i])
			events[i].address = events[i - codec->distance[i]].address;
}

int mv_chunk_decode(struct mv_codec *codec, const struct mv_chunk *chunk, const uint8_t *body, uint64_t offset,
		    struct mv_event *events, struct mv_diag *diag)
{
	struct reader reader = {body, body, body + chunk->body_bytes, offset, chunk->first_ns, diag};
	uint32_t count = chunk->event_count;
	int column, err;

	if (!count || count > codec->events)
		return damaged(&reader, "the chunk's number of events is impossible");
	if (!codec->unpacker)
		codec->unpacker = mv_unpack_in(codec->workspace, mv_codec_workspace_bytes());
	codec->packer = NULL;
	if (!codec->unpacker)
		return mv_diag_set(diag, -ENOMEM, offset, "zstd refuses its workspace");
	memset(events, 0, count * sizeof *events);
	/* Until tags and distances are read.  */
	memset(codec->kin, 0xff, count * sizeof *codec->kin); /* MV_CODEC_NONE */
	memset(codec->distance, 0, count * sizeof *codec->distance);
	err = get_tags(codec, &reader, count);
	for (column = MV_COLUMN_TAG; column < MV_COLUMN_COUNT && !err; column++) {
		err = get_numbers(codec, &reader, events, count, (enum mv_column)column);
		if (column == MV_COLUMN_DISTANCE && !err)
			mv_codec_find_kin(codec, count);
	}
	if (err)
		return err;
	repeat_addresses(codec, events, count);
	if (reader.at != reader.end)
		return damaged(&reader, "the chunk's end was expected");
	if (events[count - 1].time_ns != chunk->last_ns)
		return damaged(&reader, "the chunk's last event has another time than its header");
	return 0;
}
