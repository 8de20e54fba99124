/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "symbol/demangle.h"
#include "symbol/object.h"
#include "symbol/texts.h"

struct entry {
	uint32_t id;
	enum mv_symbols_state state;
	struct mv_object *object; /* NULL: not on this machine */
};

/* Levels stay where they are: answers point at them.  */
struct block {
	struct block *next;
	struct mv_symbol levels[];
};

struct mv_symbols {
	struct mv_symbols_sources sources;
	struct entry *entries;
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

void mv_symbols_close(struct mv_symbols *symbols)
{
	struct block *block, *next;
	size_t i;

	if (!symbols)
		return;
	for (i = 0; i < symbols->count; i++)
		mv_object_close(symbols->entries[i].object);
	for (block = symbols->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	mv_texts_release(&symbols->texts);
	free(symbols->entries);
	free(symbols);
}

/* A program has loaded hundreds of objects at most, and each frame asks once.  NULL: out of memory.  */
static struct entry *entry_of(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *wanted)
{
	struct entry *grown, *entry;
	size_t i;

	for (i = 0; i < symbols->count; i++)
		if (symbols->entries[i].id == id)
			return &symbols->entries[i];
	grown = realloc(symbols->entries, (symbols->count + 1) * sizeof *grown);
	if (!grown)
		return NULL;
	symbols->entries = grown;
	entry = &grown[symbols->count++];
	*entry = (struct entry){.id = id};
	entry->object = mv_object_open(wanted, &symbols->sources, &entry->state);
	return entry;
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

static int add_levels(struct mv_symbols *symbols, const struct mv_level *found, unsigned count,
		      struct mv_symbols_answer *answer)
{
	struct block *block = malloc(sizeof *block + count * sizeof *block->levels);
	unsigned i;

	if (!block)
		return -ENOMEM;
	block->next = symbols->blocks;
	symbols->blocks = block;
	for (i = 0; i < count; i++)
		block->levels[i] = (struct mv_symbol){
			.function = keep_demangled(symbols, found[i].function),
			.file = keep(symbols, found[i].file),
			.line = found[i].line,
		};
	answer->levels = block->levels;
	answer->level_count = count;
	return 0;
}

bool mv_symbols_find(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *wanted, uint64_t address,
		     struct mv_symbols_answer *answer)
{
	const struct entry *entry = entry_of(symbols, id, wanted);
	struct mv_level levels[MV_LEVELS_MAX];
	unsigned count;

	memset(answer, 0, sizeof *answer);
	if (!entry || !entry->object)
		return false;
	count = mv_object_find(entry->object, address, levels, &answer->start);
	if (count)
		add_levels(symbols, levels, count, answer);
	return answer->level_count || answer->start;
}
