/* SPDX-License-Identifier: Apache-2.0 */
/* Where a loaded object keeps the addresses of functions that it has from others: the places, in its global offset table,
 * through which it calls them.  The loader fills them in when it loads the object, or when a function is first called;
 * an object's own pointers, kept anywhere else, are not touched by this.
 *
 * Threads: a place is one word and is read by running code while it is set: whoever calls gets the old function or the
 * new one.  The loader may be filling in the places of an object that it is about to load: mv_got_is_settled.
 * Memory: none.  */
#ifndef BASE_GOT_H
#define BASE_GOT_H

#include <stdbool.h>

#include "base/elf.h"

struct mv_got_place {
	void **at;
	const char *name; /* of the function, as the object asked for it */
};

/* Call VISIT for each place of ELF that belongs to a symbol which ELF does not define, until it returns true.  Returns
 * what VISIT returned last.  About 5 ns for each, plus VISIT.  */
bool mv_got_each(const struct mv_elf *elf, bool (*visit)(const struct mv_got_place *place, void *context), void *context);

/* False while the loader may not be through with PLACE of ELF.  A system call where the place is among those that it
 * makes read-only in the end.  */
bool mv_got_is_settled(const struct mv_elf *elf, const struct mv_got_place *place);

/* Put VALUE into a settled PLACE of ELF, which is as writable afterwards as before.  -errno: nothing has changed.  */
int mv_got_set(const struct mv_elf *elf, const struct mv_got_place *place, void *value);

#endif
