/* SPDX-License-Identifier: Apache-2.0 */
/* What function an address belongs to, where the object is on this machine: name, source file and line.
 *
 * An object is used only if it is the very one that was recorded, by its build id.  A name is given only to an address
 * that lies inside of the function: in stripped libraries the nearest exported name is somebody else's, for a quarter to
 * most of the code.  Debug information beside the object is found where the system keeps it.
 *
 * Threads: one at a time.  Memory: malloc, the symbols of every object that was asked for; strings live until
 * mv_symbols_close.  Cost: the first address of an object reads its symbols, up to a second for the largest
 * libraries; the others about a microsecond, or some more with debug information.  */
#ifndef SYMBOL_SYMBOLS_H
#define SYMBOL_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct mv_symbols;

/* An object as it was loaded.  */
struct mv_symbols_object {
	const char *path;
	const uint8_t *build_id;
	uint32_t build_id_bytes; /* 0: it had none, and the file at PATH is trusted */
};

struct mv_symbol {
	const char *function; /* demangled; NULL: not known */
	const char *file;     /* NULL: not known */
	uint32_t line;	      /* 0: not known */
};

/* NULL: out of memory.  */
struct mv_symbols *mv_symbols_open(void);
void mv_symbols_close(struct mv_symbols *symbols);

/* Find what is at ADDRESS, as the object's own file counts addresses.  ID stands for the object: the same number for the
 * same object.  False: nothing is known; *SYMBOL is all zero.  */
bool mv_symbols_find(struct mv_symbols *symbols, uint32_t id, const struct mv_symbols_object *object, uint64_t address,
		     struct mv_symbol *symbol);

#endif
