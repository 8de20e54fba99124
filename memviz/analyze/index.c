/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

static struct mv_index_entry *place_of(const struct mv_index *index, uint32_t kind, uint64_t key)
{
	size_t at = mv_hash_add(kind, key) & (index->size - 1);

	while (index->entries[at].is_used && (index->entries[at].key != key || index->entries[at].kind != kind))
		at = (at + 1) & (index->size - 1);
	return &index->entries[at];
}

uint32_t *mv_index_find(const struct mv_index *index, uint32_t kind, uint64_t key)
{
	struct mv_index_entry *entry = index->size ? place_of(index, kind, key) : NULL;

	return entry && entry->is_used ? &entry->value : NULL;
}

static int grow(struct mv_index *index)
{
	struct mv_index larger = {.size = index->size ? index->size * 2 : 256, .count = index->count};
	size_t i;

	larger.entries = calloc(larger.size, sizeof *larger.entries);
	if (!larger.entries)
		return -1;
	for (i = 0; i < index->size; i++)
		if (index->entries[i].is_used)
			*place_of(&larger, index->entries[i].kind, index->entries[i].key) = index->entries[i];
	free(index->entries);
	*index = larger;
	return 0;
}

uint32_t *mv_index_at(struct mv_index *index, uint32_t kind, uint64_t key, uint32_t fresh)
{
	struct mv_index_entry *entry;

	if (index->count * 2 >= index->size && grow(index))
		return NULL;
	entry = place_of(index, kind, key);
	if (!entry->is_used) {
		*entry = (struct mv_index_entry){key, kind, fresh, 1};
		index->count++;
	}
	return &entry->value;
}

void mv_index_release(struct mv_index *index)
{
	free(index->entries);
	memset(index, 0, sizeof *index);
}
