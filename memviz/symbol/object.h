/* SPDX-License-Identifier: Apache-2.0 */
/* One object's symbols and lines, through elfutils, which nobody outside of memviz/symbol includes.  Private.
 *
 * Threads: one at a time.  Memory: malloc, and the file mapped by elfutils.  */
#ifndef SYMBOL_OBJECT_H
#define SYMBOL_OBJECT_H

#include "symbol/symbols.h"

struct mv_object;

/* Open the object, if it is on this machine and the same.  NULL: it is not, or cannot be read.  */
struct mv_object *mv_object_open(const struct mv_symbols_object *object);
void mv_object_close(struct mv_object *object);

/* The symbol of the function around ADDRESS, as it stands in the object; NULL: none.  */
const char *mv_object_symbol(struct mv_object *object, uint64_t address);

struct mv_object_source {
	const char *inlined; /* symbol of the function that the line is in, if that was inlined into another; or NULL */
	const char *file;
	uint32_t line; /* 0: not known */
};

/* Where ADDRESS is in the source.  False: nothing is known.  Strings live as long as the object.  */
bool mv_object_source(struct mv_object *object, uint64_t address, struct mv_object_source *source);

#endif
