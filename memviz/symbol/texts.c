/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/texts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { SLOTS_MIN = 256, ROOM_MIN = 64 };

static uint64_t hash_of(const char *string, size_t length)
{
	uint64_t word, hash = length;
	size_t i;

	for (i = 0; i < length; i += sizeof word) {
		word = 0;
		memcpy(&word, string + i, length - i < sizeof word ? length - i : sizeof word);
		hash = mv_hash_add(hash, word);
	}
	return hash;
}

/* The slot of STRING, or the free one where it would be.  */
static uint32_t *slot_of(const struct mv_texts *texts, const char *string)
{
	size_t at = hash_of(string, strlen(string)) & (texts->slot_count - 1);

	while (texts->slots[at] && strcmp(texts->strings[texts->slots[at] - 1], string))
		at = (at + 1) & (texts->slot_count - 1);
	return &texts->slots[at];
}

/* At most half of the slots are in use.  */
static int make_slots(struct mv_texts *texts)
{
	size_t i, more = texts->slot_count ? texts->slot_count * 2 : SLOTS_MIN;
	uint32_t *slots;

	if (texts->count * 2 < texts->slot_count)
		return 0;
	slots = calloc(more, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	free(texts->slots);
	texts->slots = slots;
	texts->slot_count = more;
	for (i = 0; i < texts->count; i++)
		*slot_of(texts, texts->strings[i]) = (uint32_t)i + 1;
	return 0;
}

static int make_room(struct mv_texts *texts)
{
	size_t room = texts->room ? texts->room * 2 : ROOM_MIN;
	char **grown;

	if (texts->count < texts->room)
		return 0;
	grown = texts->count < INT32_MAX ? realloc(texts->strings, room * sizeof *grown) : NULL;
	if (!grown)
		return -ENOMEM;
	texts->strings = grown;
	texts->room = room;
	return 0;
}

uint32_t mv_texts_add(struct mv_texts *texts, const char *string)
{
	uint32_t *slot;

	if (make_slots(texts) || make_room(texts))
		return MV_TEXTS_NONE;
	slot = slot_of(texts, string);
	if (*slot)
		return *slot - 1;
	texts->strings[texts->count] = strdup(string);
	if (!texts->strings[texts->count])
		return MV_TEXTS_NONE;
	texts->bytes += strlen(string) + 1;
	*slot = (uint32_t)++texts->count;
	return *slot - 1;
}

void mv_texts_release(struct mv_texts *texts)
{
	while (texts->count)
		free(texts->strings[--texts->count]);
	free(texts->strings);
	free(texts->slots);
	memset(texts, 0, sizeof *texts);
}
