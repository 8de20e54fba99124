/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/symbols.h"

#include <stdlib.h>
#include <string.h>

#include "symbol/demangle.h"
#include "symbol/object.h"

struct entry {
	uint32_t id;
	struct mv_object *object; /* NULL: not on this machine */
};

struct mv_symbols {
	struct entry *entries;
	size_t count;
	char **names; /* demangled, to be freed */
	size_t name_count;
};

struct mv_symbols *mv_symbols_open(void)
{
	return calloc(1, sizeof(struct mv_symbols));
}

void mv_symbols_close(struct mv_symbols *symbols)
{
	size_t i;

	if (!symbols)
		return;
	for (i = 0; i < symbols->count; i++)
		mv_object_close(symbols->entries[i].object);
	for (i = 0; i < symbols->name_count; i++)
		free(symbols->names[i]);
	free(symbols->entries);
	free(symbols->names);
	free(symbols);
}

/* A program has loaded hundreds of objects at most, and each frame asks once.  */
static struct mv_object *object_of(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *wanted)
{
	struct entry *grown;
	size_t i;

	for (i = 0; i < symbols->count; i++)
		if (symbols->entries[i].id == id)
			return symbols->entries[i].object;
	grown = realloc(symbols->entries, (symbols->count + 1) * sizeof *grown);
	if (!grown)
		return NULL;
	symbols->entries = grown;
	grown[symbols->count] = (struct entry){id, mv_object_open(wanted)};
	return grown[symbols->count++].object;
}

static const char *keep_demangled(struct mv_symbols *symbols, const char *name)
{
	char **grown = realloc(symbols->names, (symbols->name_count + 1) * sizeof *grown);
	char *plain = grown ? mv_demangle(name) : NULL;

	if (grown)
		symbols->names = grown;
	if (plain)
		grown[symbols->name_count++] = plain;
	return plain;
}

bool mv_symbols_find(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *wanted, uint64_t address,
		     struct mv_symbol *symbol)
{
	struct mv_object *object = object_of(symbols, id, wanted);
	struct mv_object_source source;
	const char *name;

	memset(symbol, 0, sizeof *symbol);
	if (!object)
		return false;
	mv_object_source(object, address, &source);
	name = source.inlined ? source.inlined : mv_object_symbol(object, address);
	if (name)
		symbol->function = keep_demangled(symbols, name);
	symbol->file = source.file;
	symbol->line = source.line;
	return symbol->function || symbol->file;
}
