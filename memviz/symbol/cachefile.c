/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/cachefile.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "symbol/texts.h"

enum { VERSION = 1, ID_BYTES = 32 };

#define MAGIC "\211MVNAME\n"

struct header {
	uint8_t magic[8];
	uint32_t version;
	uint32_t build_id_bytes;
	uint8_t build_id[ID_BYTES];
	uint64_t stamp;
	uint32_t entries;
	uint32_t levels;
	uint64_t text_bytes;
	uint64_t checksum; /* of all that follows */
};

struct entry {
	uint64_t address;
	uint64_t start;
	uint32_t first_level; /* behind those of the entry before */
	uint32_t level_count;
};

struct level {
	uint32_t function; /* offsets in the text */
	uint32_t file;
	uint32_t line;
	uint32_t spare;
};

_Static_assert(sizeof(struct header) == 80 && sizeof(struct entry) == 24 && sizeof(struct level) == 16,
	       "layout of the file");

/* ---- parts ---- */

static const struct header *header_of(const struct mv_cachefile *cache)
{
	return (const struct header *)cache->bytes;
}

static const struct entry *entries_of(const struct mv_cachefile *cache)
{
	return (const struct entry *)(header_of(cache) + 1);
}

static const struct level *levels_of(const struct mv_cachefile *cache)
{
	return (const struct level *)(entries_of(cache) + header_of(cache)->entries);
}

static const char *text_of(const struct mv_cachefile *cache)
{
	return (const char *)(levels_of(cache) + header_of(cache)->levels);
}

/* 0: more than any.  */
static uint64_t size_of(const struct header *header)
{
	if (header->text_bytes > MV_CACHEFILE_BYTES)
		return 0;
	return sizeof *header + header->entries * (uint64_t)sizeof(struct entry) +
	       header->levels * (uint64_t)sizeof(struct level) + header->text_bytes;
}

/* Against accidents: whoever forges a file can forge this.  */
static uint64_t checksum_of(const struct header *header)
{
	const uint8_t *bytes = (const uint8_t *)(header + 1);
	uint64_t word, size = size_of(header) - sizeof *header, sum = size, at;

	for (at = 0; at < size; at += sizeof word) {
		word = 0;
		memcpy(&word, bytes + at, size - at < sizeof word ? size - at : sizeof word);
		sum = mv_hash_add(sum, word);
	}
	return sum;
}

void mv_cachefile_seal(struct mv_cachefile *cache)
{
	struct header *header = (struct header *)cache->bytes;

	if (cache->size_bytes >= sizeof *header && size_of(header) == cache->size_bytes)
		header->checksum = checksum_of(header);
}

/* ---- checking ---- */

static bool is_about(const struct header *header, const struct mv_cachefile_key *key)
{
	return !memcmp(header->magic, MAGIC, sizeof header->magic) && header->version == VERSION &&
	       header->stamp == key->stamp && key->build_id_bytes <= ID_BYTES &&
	       header->build_id_bytes == key->build_id_bytes &&
	       !memcmp(header->build_id, key->build_id, key->build_id_bytes);
}

static bool are_entries_right(const struct mv_cachefile *cache)
{
	const struct entry *entries = entries_of(cache);
	uint64_t levels = 0;
	uint32_t i;

	for (i = 0; i < header_of(cache)->entries; i++) {
		if (i && entries[i].address <= entries[i - 1].address)
			return false;
		if (entries[i].level_count > MV_CACHEFILE_LEVELS || entries[i].first_level != levels)
			return false;
		levels += entries[i].level_count;
	}
	return levels == header_of(cache)->levels;
}

static bool is_text_right(const struct mv_cachefile *cache)
{
	const struct level *levels = levels_of(cache);
	uint64_t bytes = header_of(cache)->text_bytes;
	const char *text = text_of(cache);
	uint32_t i;

	if (!bytes || text[0] || text[bytes - 1])
		return false;
	for (i = 0; i < header_of(cache)->levels; i++)
		if (levels[i].function >= bytes || levels[i].file >= bytes)
			return false;
	return true;
}

static bool is_right(const struct mv_cachefile *cache, const struct mv_cachefile_key *key)
{
	const struct header *header = header_of(cache);

	return cache->size_bytes >= sizeof *header && is_about(header, key) &&
	       size_of(header) == cache->size_bytes && header->checksum == checksum_of(header) && are_entries_right(cache) &&
	       is_text_right(cache);
}

static void clean_text(struct mv_cachefile *cache)
{
	char *text = (char *)text_of(cache), *end = text + header_of(cache)->text_bytes;

	while (text < end) {
		size_t length = strlen(text);

		mv_utf8_clean(text, (const uint8_t *)text, length);
		text += length + 1;
	}
}

bool mv_cachefile_take(struct mv_cachefile *cache, void *bytes, size_t size, const struct mv_cachefile_key *key)
{
	*cache = (struct mv_cachefile){bytes, size};
	if (is_right(cache, key)) {
		clean_text(cache);
		return true;
	}
	mv_cachefile_release(cache);
	return false;
}

void mv_cachefile_release(struct mv_cachefile *cache)
{
	free(cache->bytes);
	*cache = (struct mv_cachefile){NULL, 0};
}

/* ---- reading ---- */

size_t mv_cachefile_count(const struct mv_cachefile *cache)
{
	return cache->bytes ? header_of(cache)->entries : 0;
}

bool mv_cachefile_find(const struct mv_cachefile *cache, uint64_t address, size_t *index)
{
	size_t low = 0, high = mv_cachefile_count(cache);
	const struct entry *entries = high ? entries_of(cache) : NULL;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return entries && low < mv_cachefile_count(cache) && entries[low].address == address;
}

static const char *string_at(const struct mv_cachefile *cache, uint32_t offset)
{
	return offset ? text_of(cache) + offset : NULL;
}

void mv_cachefile_at(const struct mv_cachefile *cache, size_t index, struct mv_cachefile_entry *entry,
		     struct mv_symbol levels[MV_CACHEFILE_LEVELS])
{
	const struct entry *from = &entries_of(cache)[index];
	const struct level *level = &levels_of(cache)[from->first_level];
	uint32_t i;

	for (i = 0; i < from->level_count; i++)
		levels[i] = (struct mv_symbol){string_at(cache, level[i].function), string_at(cache, level[i].file),
					       level[i].line};
	*entry = (struct mv_cachefile_entry){from->address, {levels, from->level_count, from->start}};
}

/* ---- making ---- */

/* What is to be written, before it is known how much it is.  */
struct draft {
	struct entry *entries;
	struct level *levels; /* FUNCTION and FILE are numbers of strings */
	uint32_t entry_count, level_count;
	struct mv_texts texts;
};

static uint32_t number_of(struct draft *draft, const char *string)
{
	return mv_texts_add(&draft->texts, string ? string : "");
}

static bool add(struct draft *draft, const struct mv_cachefile_entry *entry)
{
	const struct mv_symbols_answer *answer = &entry->answer;
	uint32_t i;

	draft->entries[draft->entry_count++] =
		(struct entry){entry->address, answer->start, draft->level_count, answer->level_count};
	for (i = 0; i < answer->level_count; i++) {
		struct level *level = &draft->levels[draft->level_count++];

		*level = (struct level){number_of(draft, answer->levels[i].function), number_of(draft, answer->levels[i].file),
					answer->levels[i].line, 0};
		if (level->function == MV_TEXTS_NONE || level->file == MV_TEXTS_NONE)
			return false;
	}
	return true;
}

/* Both lists are by address.  */
static bool merge(struct draft *draft, const struct mv_cachefile *old, const struct mv_cachefile_entry *entries, size_t count)
{
	struct mv_symbol levels[MV_CACHEFILE_LEVELS];
	struct mv_cachefile_entry known;
	size_t i = 0, k, old_count = mv_cachefile_count(old);
	bool is_whole = number_of(draft, "") == 0;

	for (k = 0; k < old_count && is_whole; k++) {
		mv_cachefile_at(old, k, &known, levels);
		for (; i < count && entries[i].address < known.address && is_whole; i++)
			is_whole = add(draft, &entries[i]);
		if (i < count && entries[i].address == known.address)
			i++;
		is_whole = is_whole && add(draft, &known);
	}
	for (; i < count && is_whole; i++)
		is_whole = add(draft, &entries[i]);
	return is_whole;
}

static bool make_draft(struct draft *draft, const struct mv_cachefile *old, const struct mv_cachefile_entry *entries,
		       size_t count)
{
	size_t i, levels = old->bytes ? header_of(old)->levels : 0;

	for (i = 0; i < count; i++)
		levels += entries[i].answer.level_count;
	/* Both are counted in 32 bits, and far below that if they are to fit.  */
	count += mv_cachefile_count(old);
	if (count > MV_CACHEFILE_BYTES / sizeof(struct entry) || levels > MV_CACHEFILE_BYTES / sizeof(struct level))
		return false;
	draft->entries = malloc((count + 1) * sizeof *draft->entries);
	draft->levels = malloc((levels + 1) * sizeof *draft->levels);
	return draft->entries && draft->levels && merge(draft, old, entries, count - mv_cachefile_count(old));
}

static void *append(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	return (uint8_t *)to + bytes;
}

/* In a draft levels hold numbers of strings, in a file their offsets.  */
static bool place_text(struct draft *draft)
{
	uint32_t *offsets = malloc((draft->texts.count + 1) * sizeof *offsets), i, at = 0;

	for (i = 0; offsets && i < draft->texts.count; i++) {
		offsets[i] = at;
		at += (uint32_t)strlen(draft->texts.strings[i]) + 1;
	}
	for (i = 0; offsets && i < draft->level_count; i++) {
		draft->levels[i].function = offsets[draft->levels[i].function];
		draft->levels[i].file = offsets[draft->levels[i].file];
	}
	free(offsets);
	return offsets;
}

static bool write_draft(struct draft *draft, const struct mv_cachefile_key *key, struct mv_cachefile *made)
{
	struct header header = {
		.magic = MAGIC, .version = VERSION, .build_id_bytes = key->build_id_bytes, .stamp = key->stamp,
		.entries = draft->entry_count, .levels = draft->level_count, .text_bytes = draft->texts.bytes,
	};
	void *to;
	size_t i;

	made->size_bytes = size_of(&header);
	if (made->size_bytes > MV_CACHEFILE_BYTES || key->build_id_bytes > ID_BYTES || !place_text(draft))
		return false;
	made->bytes = malloc(made->size_bytes);
	if (!made->bytes)
		return false;
	memcpy(header.build_id, key->build_id, key->build_id_bytes);
	to = append(made->bytes, &header, sizeof header);
	to = append(to, draft->entries, draft->entry_count * sizeof *draft->entries);
	to = append(to, draft->levels, draft->level_count * sizeof *draft->levels);
	for (i = 0; i < draft->texts.count; i++)
		to = append(to, draft->texts.strings[i], strlen(draft->texts.strings[i]) + 1);
	mv_cachefile_seal(made);
	return true;
}

bool mv_cachefile_make(struct mv_cachefile *made, const struct mv_cachefile *old, const struct mv_cachefile_key *key,
		       const struct mv_cachefile_entry *entries, size_t count)
{
	struct draft draft = {NULL, NULL, 0, 0, {NULL, 0, 0, NULL, 0, 0}};
	bool is_made;

	*made = (struct mv_cachefile){NULL, 0};
	is_made = make_draft(&draft, old, entries, count) && write_draft(&draft, key, made);
	mv_texts_release(&draft.texts);
	free(draft.entries);
	free(draft.levels);
	return is_made;
}
