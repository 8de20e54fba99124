/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/naming.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/tell.h"
#include "symbol/hex.h"

/* $XDG_CACHE_HOME/memviz/symbols, or the same in ~/.cache (XDG Base Directory Specification).  */
static const char *find_cache(char path[MV_NAMING_PATH_BYTES])
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct mv_text text = mv_text_in(path, MV_NAMING_PATH_BYTES);

	if (cache && *cache == '/') {
		mv_text_add(&text, cache);
	} else if (home && *home == '/') {
		mv_text_add(&text, home);
		mv_text_add(&text, "/.cache");
	} else {
		return NULL;
	}
	mv_text_add(&text, "/memviz/symbols");
	return text.is_cut ? NULL : path;
}

static bool is_cache_wanted(void)
{
	const char *value = getenv("MEMVIZ_CACHE");
	bool is_wanted;

	if (!value || !*value)
		return true;
	if (!mv_text_parse_bool(value, &is_wanted))
		return is_wanted;
	mv_tell("MEMVIZ_CACHE=%s is neither yes nor no; names are kept", value);
	return true;
}

static const char *given(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

void mv_naming_read(struct mv_naming *naming, const struct mv_naming_choice *choice)
{
	static const struct mv_naming_choice none;

	memset(naming, 0, sizeof *naming);
	choice = choice ? choice : &none;
	naming->sources.debug_folder = choice->debug_dir ? choice->debug_dir : given("MEMVIZ_DEBUG_DIR");
	naming->sources.asks_debuginfod = choice->debuginfod;
	if (!choice->no_cache && is_cache_wanted())
		naming->sources.cache_folder = find_cache(naming->cache);
	if (choice->debuginfod && !given("DEBUGINFOD_URLS"))
		mv_tell("--debuginfod: DEBUGINFOD_URLS names no server to ask");
}

const char *mv_naming_state(enum mv_symbols_state state)
{
	return state == MV_SYMBOLS_OTHER ? "another build is here" : "not here";
}

const char *mv_naming_build_id(const struct mv_names_object *object, char bytes[MV_NAMING_ID_BYTES])
{
	struct mv_text text = mv_text_in(bytes, MV_NAMING_ID_BYTES);
	uint32_t room = sizeof object->module->build_id, count = object->module->build_id_bytes;

	mv_hex_add(&text, object->module->build_id, count < room ? count : room);
	return bytes;
}
