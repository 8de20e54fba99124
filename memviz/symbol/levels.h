/* SPDX-License-Identifier: Apache-2.0 */
/* What an object's debug information (DWARF) says of an address: the line, and all functions that the compiler put
 * into each other there.  Private to memviz/symbol.
 *
 * libdw asks every unit, and in it every function, for each address.  Here units are sorted once, and the functions of a
 * unit when an address in it is first asked for.
 *
 * Threads: one at a time.  Memory: malloc, and what libdw keeps of the units that were asked.  */
#ifndef SYMBOL_LEVELS_H
#define SYMBOL_LEVELS_H

#include "symbol/elffile.h"

enum { MV_LEVELS_MAX = 64 };

/* Strings live as long as the information is open.  */
struct mv_level {
	const char *function; /* as it stands in the object, so perhaps mangled; NULL: not known */
	const char *file;     /* NULL: not known */
	uint32_t line;	      /* 0: not known */
	bool is_linkage;      /* FUNCTION is a symbol's name; otherwise what the source says, without class and parameters */
};

struct mv_levels;

/* The debug information in FILE, which must stay open.  NULL: there is none in it.  */
struct mv_levels *mv_levels_open(const struct mv_elffile *file);
void mv_levels_close(struct mv_levels *levels);

/* Fill FOUND with what is at ADDRESS, innermost first: each but the last was inlined into the next, the last is a
 * function of its own.  The first has the line of ADDRESS, each other one that of the call.  Returns how many; of more
 * than MV_LEVELS_MAX the innermost.  0: nothing is known.  */
unsigned mv_levels_find(struct mv_levels *levels, uint64_t address, struct mv_level found[MV_LEVELS_MAX]);

#endif
