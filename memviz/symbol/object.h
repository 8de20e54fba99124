/* SPDX-License-Identifier: Apache-2.0 */
/* One object on this machine, and what can be known from it.  Private to memviz/symbol, as is elfutils.
 *
 * Opening looks at build ids and finds the files; tables of symbols and debug information are read when the first
 * address is asked for.
 *
 * Threads: one at a time.  Memory: malloc, and the files mapped by elfutils.  */
#ifndef SYMBOL_OBJECT_H
#define SYMBOL_OBJECT_H

#include "symbol/levels.h"
#include "symbol/symbols.h"

struct mv_object;

/* Open the object, if it, or a file with its debug information, is on this machine.  *STATE: what was found.  NULL: it is
 * not here, or there is no memory.  */
struct mv_object *mv_object_open(const struct mv_symbols_object *object, const struct mv_symbols_sources *sources,
				 enum mv_symbols_state *state);
void mv_object_close(struct mv_object *object);

/* What names come from at the moment: another number when a file is replaced, or one with debug information is
 * installed or removed.  */
uint64_t mv_object_stamp(const struct mv_object *object);

/* Fill LEVELS with what is at ADDRESS, as mv_levels_find does, and *START with where the function begins, 0 if that is not
 * known.  Strings live as long as the object.  Returns how many levels; 0: no name is known.  */
unsigned mv_object_find(struct mv_object *object, uint64_t address, struct mv_level levels[MV_LEVELS_MAX], uint64_t *start);

#endif
