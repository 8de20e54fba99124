/* SPDX-License-Identifier: Apache-2.0 */
/* What function an address belongs to, where the object is on this machine: name, source file and line.
 *
 * An object is used only if it is the very one that was recorded, by its build id.  Names come from debug information, in
 * the object or in a file beside it; then from its symbol table, the small one that distributions leave in stripped
 * objects, or what it exports.  A name is given only to an address that lies inside of the function: in stripped libraries
 * the nearest exported name is somebody else's, for a quarter to most of the code.  Where there is no name, there may be
 * where the function begins, which is the same for all addresses in it, and in everybody's copy of that build.
 *
 * Threads: one at a time.  Memory: malloc, the symbols of every object that was asked for.  Cost: the first address of an
 * object reads its symbols, up to a second for the largest libraries; the others some microseconds; what was found before
 * is read from the cache.  */
#ifndef SYMBOL_SYMBOLS_H
#define SYMBOL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mv_symbols;

/* Where names may come from besides the objects themselves and /usr/lib/debug.  Strings must live longer than what is
 * opened with them.  */
struct mv_symbols_sources {
	const char *debug_folder; /* laid out as /usr/lib/debug, or flat; NULL: none */
	const char *cache_folder; /* what was found is kept there; made if it is not there; NULL: it is not kept */
	bool asks_debuginfod;	  /* the servers in DEBUGINFOD_URLS may be asked */
};

/* An object as it was loaded.  */
struct mv_symbols_object {
	const char *path;
	const uint8_t *build_id;
	uint32_t build_id_bytes; /* 0: it had none, and the file at PATH is trusted */
};

enum mv_symbols_state {
	MV_SYMBOLS_HERE,
	MV_SYMBOLS_ABSENT, /* there is nothing at its path that could be it */
	MV_SYMBOLS_OTHER,  /* another build lies at its path, and is not used */
};

/* One function of those that an address is in.  */
struct mv_symbol {
	const char *function; /* demangled; NULL: not known */
	const char *file;     /* NULL: not known */
	uint32_t line;	      /* 0: not known */
};

/* What is known of an address.  Lives until mv_symbols_close; all text is fit to be shown.  */
struct mv_symbols_answer {
	const struct mv_symbol *levels; /* innermost first: each but the last was inlined into the next, at its line */
	uint32_t level_count;		/* 0: no name is known */
	uint64_t start;			/* where the function begins, as the object counts addresses; 0: not known */
};

/* SOURCES is copied; NULL: none, and nothing is kept.  NULL: out of memory.  */
struct mv_symbols *mv_symbols_open(const struct mv_symbols_sources *sources);

/* Writes what was found to the cache.  */
void mv_symbols_close(struct mv_symbols *symbols);

/* Find what is at ADDRESS, as the object's own file counts addresses.  ID stands for the object: the same number for the
 * same object.  False: nothing is known; *ANSWER is all zero.  */
bool mv_symbols_find(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *object, uint64_t address,
		     struct mv_symbols_answer *answer);

/* Whether the object ID is here; nothing is read of it but its build id.  */
enum mv_symbols_state mv_symbols_look(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *object);

#endif
