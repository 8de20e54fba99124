/* SPDX-License-Identifier: Apache-2.0 */
/* Where names of native functions come from, as the person who looks wants it: by options, by MEMVIZ_DEBUG_DIR and
 * MEMVIZ_CACHE; and saying of which files they are not to be had.  */
#ifndef CMD_NAMING_H
#define CMD_NAMING_H

#include "analyze/native_names.h"
#include "cmd/command.h"

/* The options of each command that names functions.  */
#define MV_NAMING_OPTION_DEBUG_DIR \
	{"debug-dir", "DIR", "look there, too, for debug information, which has\nthe names of functions, files and lines", 0}
#define MV_NAMING_OPTION_DEBUGINFOD \
	{"debuginfod", NULL, "ask the servers in DEBUGINFOD_URLS for it", 0}
#define MV_NAMING_OPTION_NO_CACHE \
	{"no-cache", NULL, "neither read nor keep names in ~/.cache/memviz", 0}

/* What was given for them; NULL: not given.  */
struct mv_naming_choice {
	const char *debug_dir, *debuginfod, *no_cache;
};

enum { MV_NAMING_PATH_BYTES = 4096, MV_NAMING_ID_BYTES = 80 };

struct mv_naming {
	struct mv_symbols_sources sources;
	char cache[MV_NAMING_PATH_BYTES]; /* the folder, if SOURCES has one */
};

/* Fill NAMING, which must stay where it is; CHOICE may be NULL.  */
void mv_naming_read(struct mv_naming *naming, const struct mv_naming_choice *choice);

/* Why names of a file are not to be had: "not here", "another build is here".  */
const char *mv_naming_state(enum mv_symbols_state state);

/* OBJECT's build id as people write it, "" if there is none, into TEXT, which is returned.  */
const char *mv_naming_build_id(const struct mv_names_object *object, char text[MV_NAMING_ID_BYTES]);

#endif
