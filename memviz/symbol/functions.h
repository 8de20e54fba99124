/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that an object's symbol tables tell of.  Private to memviz/symbol.
 *
 * elfutils finds a symbol by looking at all of them, so they are sorted once.  */
#ifndef SYMBOL_FUNCTIONS_H
#define SYMBOL_FUNCTIONS_H

#include "symbol/elffile.h"
#include "symbol/intervals.h"

/* Where a name comes from; of several for one function the later kind is taken.  */
enum mv_functions_source {
	MV_FUNCTIONS_EXPORTED, /* .dynsym */
	MV_FUNCTIONS_MINI,     /* .gnu_debugdata */
	MV_FUNCTIONS_ALL,      /* .symtab */
};

/* Add the functions of FILE's symbol table of TYPE, SHT_SYMTAB or SHT_DYNSYM.  Names stay in FILE.  Returns how many there
 * were; -ENOMEM.  Finding: mv_intervals_sort first; then as the intervals', with mv_functions_name.  */
int mv_functions_add(struct mv_intervals *functions, const struct mv_elffile *file, uint32_t type,
		     enum mv_functions_source source);

/* Its symbol, as it stands in the object.  */
static inline const char *mv_functions_name(const struct mv_interval *function)
{
	return (const char *)(uintptr_t)function->value;
}

#endif
