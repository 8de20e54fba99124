/* SPDX-License-Identifier: Apache-2.0 */
#include "export/keys.h"

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

const void *mv_keys_at(const struct mv_keys *keys, uint32_t number, size_t *length)
{
	size_t begin = number ? keys->ends[number - 1] : 0;

	if (length)
		*length = keys->ends[number] - begin;
	return keys->bytes + begin;
}

/* Where KEY stands in the table, or the free slot where it belongs.  */
static uint32_t *find_slot(const struct mv_keys *keys, const void *key, size_t length)
{
	uint32_t mask = keys->slots - 1;
	uint32_t at = (uint32_t)hash_bytes(key, length) & mask;

	for (; keys->table[at]; at = (at + 1) & mask) {
		size_t other_length;
		const void *other = mv_keys_at(keys, keys->table[at] - 1, &other_length);

		if (other_length == length && !memcmp(other, key, length))
			break;
	}
	return &keys->table[at];
}

/* Twice as many slots as keys at least, so that runs stay short.  */
static int grow_table(struct mv_keys *keys)
{
	uint32_t slots = keys->room * 2;
	uint32_t *table = calloc(slots, sizeof *table);
	uint32_t i;

	if (!table)
		return -ENOMEM;
	free(keys->table);
	keys->table = table;
	keys->slots = slots;
	for (i = 0; i < keys->count; i++) {
		size_t length;
		const void *key = mv_keys_at(keys, i, &length);

		*find_slot(keys, key, length) = i + 1;
	}
	return 0;
}

static int grow_keys(struct mv_keys *keys)
{
	uint32_t room = keys->room ? keys->room * 2 : ROOM_MIN;
	size_t *ends;

	if (room > UINT32_MAX / 4)
		return -ENOMEM;
	ends = realloc(keys->ends, room * sizeof *ends);
	if (!ends)
		return -ENOMEM;
	keys->ends = ends;
	keys->room = room;
	return grow_table(keys);
}

static int reserve_bytes(struct mv_keys *keys, size_t end)
{
	size_t room = keys->bytes_room ? keys->bytes_room : BYTES_MIN;
	uint8_t *bytes;

	if (keys->bytes && end <= keys->bytes_room)
		return 0;
	while (room < end)
		if (__builtin_mul_overflow(room, 2, &room))
			return -ENOMEM;
	bytes = realloc(keys->bytes, room);
	if (!bytes)
		return -ENOMEM;
	keys->bytes = bytes;
	keys->bytes_room = room;
	return 0;
}

int mv_keys_add(struct mv_keys *keys, const void *key, size_t length, uint32_t *number)
{
	uint32_t *slot;
	size_t begin = keys->count ? keys->ends[keys->count - 1] : 0;

	if (keys->count == keys->room && grow_keys(keys))
		return -ENOMEM;
	slot = find_slot(keys, key, length);
	if (!*slot) {
		if (reserve_bytes(keys, begin + length))
			return -ENOMEM;
		if (length)
			memcpy(keys->bytes + begin, key, length);
		keys->ends[keys->count++] = begin + length;
		*slot = keys->count;
	}
	*number = *slot - 1;
	return 0;
}

void mv_keys_clear(struct mv_keys *keys)
{
	free(keys->table);
	free(keys->ends);
	free(keys->bytes);
	memset(keys, 0, sizeof *keys);
}
