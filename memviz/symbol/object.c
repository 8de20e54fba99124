/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "symbol/debugfile.h"
#include "symbol/extent.h"
#include "symbol/functions.h"
#include "symbol/minidebug.h"

struct mv_object {
	struct mv_elffile file;	 /* not open where there is only */
	struct mv_elffile debug; /* what was stripped from it */
	struct mv_minidebug mini;
	bool is_read;
	/* Once it is: */
	struct mv_intervals functions;
	struct mv_extents extents;
	struct mv_levels *levels; /* NULL: no debug information */
};

/* ---- opening ---- */

static bool is_the_same(const struct mv_elffile *file, const struct mv_symbols_object *object)
{
	const uint8_t *bytes;
	uint32_t count = mv_elffile_build_id(file, &bytes);

	return !object->build_id_bytes ||
	       (count >= object->build_id_bytes && !memcmp(bytes, object->build_id, object->build_id_bytes));
}

/* What lies at its path, if it is the very one.  */
static enum mv_symbols_state open_own(struct mv_object *object, const struct mv_symbols_object *wanted)
{
	if (!mv_elffile_open(&object->file, wanted->path))
		return MV_SYMBOLS_ABSENT;
	if (is_the_same(&object->file, wanted))
		return MV_SYMBOLS_HERE;
	mv_elffile_close(&object->file);
	return MV_SYMBOLS_OTHER;
}

struct mv_object *mv_object_open(const struct mv_symbols_object *wanted, const struct mv_symbols_sources *sources,
				 enum mv_symbols_state *state)
{
	struct mv_object *object = calloc(1, sizeof *object);

	*state = MV_SYMBOLS_ABSENT;
	if (!object)
		return NULL;
	object->mini.file.fd = -1;
	*state = open_own(object, wanted);
	if (mv_debugfile_open(&object->debug, wanted, &object->file, sources))
		*state = MV_SYMBOLS_HERE;
	if (*state == MV_SYMBOLS_HERE)
		return object;
	mv_object_close(object);
	return NULL;
}

void mv_object_close(struct mv_object *object)
{
	if (!object)
		return;
	mv_levels_close(object->levels);
	mv_intervals_release(&object->functions);
	mv_minidebug_close(&object->mini);
	mv_elffile_close(&object->debug);
	mv_elffile_close(&object->file);
	free(object);
}

uint64_t mv_object_stamp(const struct mv_object *object)
{
	return mv_hash_add(object->file.stamp, object->debug.stamp);
}

/* ---- reading ---- */

/* Some of them are in several tables; what is heaviest counts.  */
static void read_functions(struct mv_object *object)
{
	struct mv_intervals *functions = &object->functions;

	if (mv_functions_add(functions, &object->debug, SHT_SYMTAB, MV_FUNCTIONS_ALL) <= 0)
		mv_functions_add(functions, &object->file, SHT_SYMTAB, MV_FUNCTIONS_ALL);
	if (mv_minidebug_open(&object->mini, &object->file))
		mv_functions_add(functions, &object->mini.file, SHT_SYMTAB, MV_FUNCTIONS_MINI);
	mv_functions_add(functions, &object->file, SHT_DYNSYM, MV_FUNCTIONS_EXPORTED);
	mv_intervals_sort(functions);
}

static void read_all(struct mv_object *object)
{
	read_functions(object);
	mv_extents_open(&object->extents, &object->file);
	object->levels = mv_levels_open(&object->debug);
	if (!object->levels)
		object->levels = mv_levels_open(&object->file);
	object->is_read = true;
}

/* ---- one address ---- */

/* Nothing but the function around, or, where the length of one that begins here is not said, the one that the tables for
 * unwinding have around ADDRESS.  The nearest name before ADDRESS would be somebody else's.  */
static const struct mv_interval *function_around(const struct mv_object *object, uint64_t address, uint64_t *start)
{
	const struct mv_interval *function = mv_intervals_around(&object->functions, address);
	struct mv_extent extent;
	bool has_extent = mv_extents_find(&object->extents, address, &extent);

	if (!function && has_extent)
		function = mv_intervals_starting(&object->functions, extent.start);
	*start = function ? function->start : has_extent ? extent.start : 0;
	return function;
}

static bool is_mangled(const char *symbol)
{
	return mv_text_starts(symbol, "_Z") || mv_text_starts(symbol, "_R");
}

unsigned mv_object_find(struct mv_object *object, uint64_t address, struct mv_level levels[MV_LEVELS_MAX], uint64_t *start)
{
	const struct mv_interval *function;
	unsigned count = 0;
	struct mv_level *last;

	if (!object->is_read)
		read_all(object);
	function = function_around(object, address, start);
	if (object->levels)
		count = mv_levels_find(object->levels, address, levels);
	if (!function)
		return count;
	if (!count)
		levels[count++] = (struct mv_level){NULL, NULL, 0, false};
	/* A symbol's name says more than "operator()".  */
	last = &levels[count - 1];
	if (!last->function || (!last->is_linkage && is_mangled(mv_functions_name(function))))
		last->function = mv_functions_name(function);
	return count;
}
