/* SPDX-License-Identifier: Apache-2.0 */
#include "export/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { ROOM_MIN = 64, BYTES_MIN = 4096 };

static uint64_t hash_bytes(const uint8_t *bytes, size_t length)
{
	uint64_t hash = length;
	uint64_t word;

	for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
		memcpy(&word, bytes, sizeof word);
		hash = mv_hash_add(hash, word);
	}
	word = 0;
	if (length)
		memcpy(&word, bytes, length);
	return mv_hash_add(hash, word);
}

const void *mv_intern_key(const struct mv_intern *intern, uint32_t number, size_t *length)
{
	size_t begin = number ? intern->ends[number - 1] : 0;

	if (length)
		*length = intern->ends[number] - begin;
	return intern->bytes + begin;
}

/* Where KEY stands in the table, or the free slot where it belongs.  */
static uint32_t *find_slot(const struct mv_intern *intern, const void *key, size_t length)
{
	uint32_t mask = intern->slots - 1;
	uint32_t at = (uint32_t)hash_bytes(key, length) & mask;

	for (; intern->table[at]; at = (at + 1) & mask) {
		size_t other_length;
		const void *other = mv_intern_key(intern, intern->table[at] - 1, &other_length);

		if (other_length == length && !memcmp(other, key, length))
			break;
	}
	return &intern->table[at];
}

/* Twice as many slots as keys at least, so that runs stay short.  */
static int grow_table(struct mv_intern *intern)
{
	uint32_t slots = intern->room * 2;
	uint32_t *table = calloc(slots, sizeof *table);
	uint32_t i;

	if (!table)
		return -ENOMEM;
	free(intern->table);
	intern->table = table;
	intern->slots = slots;
	for (i = 0; i < intern->count; i++) {
		size_t length;
		const void *key = mv_intern_key(intern, i, &length);

		*find_slot(intern, key, length) = i + 1;
	}
	return 0;
}

static int grow_keys(struct mv_intern *intern)
{
	uint32_t room = intern->room ? intern->room * 2 : ROOM_MIN;
	size_t *ends;

	if (room > UINT32_MAX / 4)
		return -ENOMEM;
	ends = realloc(intern->ends, room * sizeof *ends);
	if (!ends)
		return -ENOMEM;
	intern->ends = ends;
	intern->room = room;
	return grow_table(intern);
}

static int reserve_bytes(struct mv_intern *intern, size_t end)
{
	size_t room = intern->bytes_room ? intern->bytes_room : BYTES_MIN;
	uint8_t *bytes;

	if (intern->bytes && end <= intern->bytes_room)
		return 0;
	while (room < end)
		if (__builtin_mul_overflow(room, 2, &room))
			return -ENOMEM;
	bytes = realloc(intern->bytes, room);
	if (!bytes)
		return -ENOMEM;
	intern->bytes = bytes;
	intern->bytes_room = room;
	return 0;
}

int mv_intern_add(struct mv_intern *intern, const void *key, size_t length, uint32_t *number)
{
	uint32_t *slot;
	size_t begin = intern->count ? intern->ends[intern->count - 1] : 0;

	if (intern->count == intern->room && grow_keys(intern))
		return -ENOMEM;
	slot = find_slot(intern, key, length);
	if (!*slot) {
		if (reserve_bytes(intern, begin + length))
			return -ENOMEM;
		if (length)
			memcpy(intern->bytes + begin, key, length);
		intern->ends[intern->count++] = begin + length;
		*slot = intern->count;
	}
	*number = *slot - 1;
	return 0;
}

void mv_intern_clear(struct mv_intern *intern)
{
	free(intern->table);
	free(intern->ends);
	free(intern->bytes);
	memset(intern, 0, sizeof *intern);
}
