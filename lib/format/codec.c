/* SPDX-License-Identifier: Apache-2.0 */
#include "format/codec.h"

#include "format/pack.h"
#include "format/varint.h"

static size_t aligned(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

static uint32_t table_size(uint32_t events)
{
	uint32_t size = 64;

	while (size < events * 2)
		size *= 2;
	return size;
}

size_t mv_codec_workspace_bytes(void)
{
	size_t pack = mv_pack_workspace_bytes(), unpack = mv_unpack_workspace_bytes();

	return aligned(pack > unpack ? pack : unpack);
}

static void *carve(uint8_t **at, size_t bytes)
{
	void *piece = *at;

	*at += aligned(bytes);
	return piece;
}

/* Lay a codec out from AT on.  Returns the end; with CODEC NULL only that.  */
static uint8_t *lay_out(struct mv_codec *codec, uint8_t *at, uint32_t events)
{
	struct mv_codec scratch;
	size_t n = events;

	if (!codec)
		codec = &scratch;
	codec->workspace = carve(&at, mv_codec_workspace_bytes());
	codec->numbers = carve(&at, n * MV_CHUNK_TAG_BYTES * MV_CODEC_COLUMNS);
	codec->addresses = carve(&at, n * sizeof *codec->addresses);
	codec->distance = carve(&at, n * sizeof *codec->distance);
	codec->tag = carve(&at, n * sizeof *codec->tag);
	codec->kin = carve(&at, n * sizeof *codec->kin);
	codec->last = carve(&at, n * sizeof *codec->last);
	codec->tags = carve(&at, n * sizeof *codec->tags);
	codec->table_size = table_size(events);
	codec->table = carve(&at, codec->table_size * sizeof *codec->table);
	return at;
}

size_t mv_codec_bytes(uint32_t events)
{
	uint8_t *none = (uint8_t *)64;

	return aligned(sizeof(struct mv_codec)) + (size_t)(lay_out(NULL, none, events) - none);
}

struct mv_codec *mv_codec_in(void *memory, uint32_t events)
{
	struct mv_codec *codec = memory;

	if (events > MV_CHUNK_EVENTS_MAX)
		return NULL;
	memset(codec, 0, sizeof *codec);
	codec->events = events;
	lay_out(codec, (uint8_t *)memory + aligned(sizeof *codec), events);
	return codec;
}

size_t mv_chunk_body_bytes_max(uint32_t count)
{
	size_t bytes = MV_COLUMN_COUNT * MV_CODEC_HEAD_BYTES + (size_t)count * MV_CHUNK_TAG_BYTES;
	int column;

	for (column = MV_COLUMN_TAG; column < MV_COLUMN_COUNT; column++)
		bytes += (size_t)count * (mv_codec_is_bytes((enum mv_column)column) ? 1 : MV_VARINT_BYTES);
	return bytes;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is written as it lies in memory");
_Static_assert(offsetof(struct mv_event, thread) + MV_CHUNK_TAG_BYTES == offsetof(struct mv_event, references),
	       "the tag is what lies between");
_Static_assert(MV_CHUNK_TAG_BYTES >= (int)MV_VARINT_BYTES, "a column of numbers fits where the tags fit");
