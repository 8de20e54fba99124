/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/symbols.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "symbol/cachefolder.h"
#include "symbol/demangle.h"
#include "symbol/object.h"
#include "symbol/texts.h"

enum { BUILD_ID_BYTES = 32, FRESH_MIN = 64 };

_Static_assert((int)MV_LEVELS_MAX == (int)MV_CACHEFILE_LEVELS, "what is found can be kept");

struct entry {
	uint32_t id;
	enum mv_symbols_state state;
	struct mv_object *object; /* NULL: not on this machine */
	uint8_t build_id[BUILD_ID_BYTES];
	struct mv_cachefile_key key;
	struct mv_cachefile known;	  /* from earlier times */
	struct mv_cachefile_entry *fresh; /* found by now */
	size_t fresh_count, fresh_room;
};

/* Levels stay where they are: answers point at them.  */
struct block {
	struct block *next;
	struct mv_symbol levels[];
};

struct mv_symbols {
	struct mv_symbols_sources sources;
	struct entry **entries;
	size_t count;
	struct mv_texts texts;
	struct block *blocks;
};

struct mv_symbols *mv_symbols_open(const struct mv_symbols_sources *sources)
{
	struct mv_symbols *symbols = calloc(1, sizeof *symbols);

	if (symbols && sources)
		symbols->sources = *sources;
	return symbols;
}

static int by_address(const void *a, const void *b)
{
	const struct mv_cachefile_entry *one = a, *two = b;

	return one->address < two->address ? -1 : one->address > two->address;
}

/* An address that was asked for twice was found twice.  */
static void drop_doubles(struct entry *entry)
{
	size_t i, kept = 0;

	qsort(entry->fresh, entry->fresh_count, sizeof *entry->fresh, by_address);
	for (i = 0; i < entry->fresh_count; i++)
		if (!kept || entry->fresh[kept - 1].address != entry->fresh[i].address)
			entry->fresh[kept++] = entry->fresh[i];
	entry->fresh_count = kept;
}

static void write_found(const struct mv_symbols *symbols, struct entry *entry)
{
	struct mv_cachefile made;

	if (!entry->fresh_count)
		return;
	drop_doubles(entry);
	if (mv_cachefile_make(&made, &entry->known, &entry->key, entry->fresh, entry->fresh_count))
		mv_cachefolder_write(symbols->sources.cache_folder, &entry->key, &made);
	mv_cachefile_release(&made);
}

static void close_entry(const struct mv_symbols *symbols, struct entry *entry)
{
	write_found(symbols, entry);
	mv_object_close(entry->object);
	mv_cachefile_release(&entry->known);
	free(entry->fresh);
	free(entry);
}

void mv_symbols_close(struct mv_symbols *symbols)
{
	struct block *block, *next;
	size_t i;

	if (!symbols)
		return;
	for (i = 0; i < symbols->count; i++)
		close_entry(symbols, symbols->entries[i]);
	for (block = symbols->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	mv_texts_release(&symbols->texts);
	free(symbols->entries);
	free(symbols);
}

/* ---- objects ---- */

static void open_known(const struct mv_symbols *symbols, struct entry *entry, const struct mv_symbols_object *wanted)
{
	if (!entry->object || !symbols->sources.cache_folder || !wanted->build_id_bytes ||
	    wanted->build_id_bytes > BUILD_ID_BYTES)
		return;
	memcpy(entry->build_id, wanted->build_id, wanted->build_id_bytes);
	entry->key = (struct mv_cachefile_key){entry->build_id, wanted->build_id_bytes, mv_object_stamp(entry->object)};
	mv_cachefolder_read(symbols->sources.cache_folder, &entry->key, &entry->known);
}

static struct entry *open_entry(const struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *wanted)
{
	struct entry *entry = calloc(1, sizeof *entry);

	if (!entry)
		return NULL;
	entry->id = id;
	entry->object = mv_object_open(wanted, &symbols->sources, &entry->state);
	open_known(symbols, entry, wanted);
	return entry;
}

/* A program has loaded hundreds of objects at most, and each frame asks once.  NULL: out of memory.  */
static struct entry *entry_of(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *wanted)
{
	struct entry **grown;
	size_t i;

	for (i = 0; i < symbols->count; i++)
		if (symbols->entries[i]->id == id)
			return symbols->entries[i];
	grown = realloc(symbols->entries, (symbols->count + 1) * sizeof *grown);
	if (!grown)
		return NULL;
	symbols->entries = grown;
	grown[symbols->count] = open_entry(symbols, id, wanted);
	return grown[symbols->count] ? grown[symbols->count++] : NULL;
}

enum mv_symbols_state mv_symbols_look(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *object)
{
	const struct entry *entry = entry_of(symbols, id, object);

	return entry ? entry->state : MV_SYMBOLS_ABSENT;
}

/* ---- answers ---- */

/* Text out of a file, fit to be shown; NULL for none, or without memory.  */
static const char *keep(struct mv_symbols *symbols, const char *text)
{
	char *clean = text && *text ? strdup(text) : NULL;
	uint32_t number = MV_TEXTS_NONE;

	if (clean) {
		mv_utf8_clean(clean, (const uint8_t *)text, strlen(text));
		number = mv_texts_add(&symbols->texts, clean);
	}
	free(clean);
	return number == MV_TEXTS_NONE ? NULL : symbols->texts.strings[number];
}

static const char *keep_demangled(struct mv_symbols *symbols, const char *name)
{
	char *plain = name ? mv_demangle(name) : NULL;
	const char *kept = keep(symbols, plain);

	free(plain);
	return kept;
}

/* COUNT levels that stay where they are.  NULL: out of memory.  */
static struct mv_symbol *make_levels(struct mv_symbols *symbols, unsigned count)
{
	struct block *block = malloc(sizeof *block + count * sizeof *block->levels);

	if (!block)
		return NULL;
	block->next = symbols->blocks;
	symbols->blocks = block;
	return block->levels;
}

static void find_new(struct mv_symbols *symbols, struct entry *entry, uint64_t address, struct mv_symbols_answer *answer)
{
	struct mv_level found[MV_LEVELS_MAX];
	unsigned i, count = mv_object_find(entry->object, address, found, &answer->start);
	struct mv_symbol *levels = count ? make_levels(symbols, count) : NULL;

	for (i = 0; levels && i < count; i++)
		levels[i] = (struct mv_symbol){keep_demangled(symbols, found[i].function), keep(symbols, found[i].file),
					       found[i].line};
	answer->levels = levels;
	answer->level_count = levels ? count : 0;
}

static void find_known(struct mv_symbols *symbols, const struct entry *entry, size_t index, struct mv_symbols_answer *answer)
{
	struct mv_symbol known[MV_CACHEFILE_LEVELS], *levels;
	struct mv_cachefile_entry at;

	mv_cachefile_at(&entry->known, index, &at, known);
	*answer = at.answer;
	levels = answer->level_count ? make_levels(symbols, answer->level_count) : NULL;
	if (levels)
		memcpy(levels, known, answer->level_count * sizeof *levels);
	answer->level_count = levels ? answer->level_count : 0;
	answer->levels = levels;
}

/* For the next time.  */
static void remember(struct entry *entry, uint64_t address, const struct mv_symbols_answer *answer)
{
	struct mv_cachefile_entry *grown;

	if (!entry->key.build_id)
		return;
	if (entry->fresh_count == entry->fresh_room) {
		size_t room = entry->fresh_room ? entry->fresh_room * 2 : FRESH_MIN;

		grown = realloc(entry->fresh, room * sizeof *grown);
		if (!grown)
			return;
		entry->fresh = grown;
		entry->fresh_room = room;
	}
	entry->fresh[entry->fresh_count++] = (struct mv_cachefile_entry){address, *answer};
}

bool mv_symbols_find(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *wanted, uint64_t address,
		     struct mv_symbols_answer *answer)
{
	struct entry *entry = entry_of(symbols, id, wanted);
	size_t index;

	memset(answer, 0, sizeof *answer);
	if (!entry || !entry->object)
		return false;
	if (mv_cachefile_find(&entry->known, address, &index)) {
		find_known(symbols, entry, index, answer);
	} else {
		find_new(symbols, entry, address, answer);
		remember(entry, address, answer);
	}
	return answer->level_count || answer->start;
}
