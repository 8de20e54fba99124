/* SPDX-License-Identifier: Apache-2.0 */
/* Where the loaded objects keep what is known about unwinding: the frame description entry (FDE) for a place in the code.
 *
 * An object is found by the loader's _dl_find_object (glibc 2.35), which takes no lock; where there is none, by the list of
 * objects (base/walk.h).  In it, the sorted table of PT_GNU_EH_FRAME leads to the FDE: objects without that table have none
 * for us.  What is read lies in the segment that holds the table.
 *
 * Format: Linux Standard Base, Core, "Exception Frames".  Of struct dl_find_object: the GNU C Library's manual, "Dynamic
 * Linker Introspection".
 *
 * Threads: safe.  Signals: not inside the loader.  Fork: no state that a child could not go on with.
 * Memory: none; what is returned points into the object.  */
#ifndef STACK_FDE_H
#define STACK_FDE_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* The segment of an object that holds its unwind tables, all of it readable.  */
struct mv_fde_tables {
	const uint8_t *start, *end;
	const uint8_t *index; /* where PT_GNU_EH_FRAME begins; NULL: the object has none */
};

/* Look the loader's function up.  Cannot fail.  */
void mv_fde_start(void);

/* Fill *TABLES with those of the object that holds PC.  False: no object does.  */
bool mv_fde_tables(uintptr_t pc, struct mv_fde_tables *tables);

/* Those of an object with COUNT program headers, loaded with BIAS.  */
struct mv_fde_tables mv_fde_describe(const ElfW(Phdr) *headers, unsigned count, uintptr_t bias);

/* The FDE that begins last before PC, which it need not cover; NULL if there is none.  PC is an address in memory, as it is
 * in all of this.  */
const uint8_t *mv_fde_find(const struct mv_fde_tables *tables, uintptr_t pc);

#endif
