/* SPDX-License-Identifier: Apache-2.0 */
/* The objects that the loader has mapped into this process, and the symbols that they export, read from memory.
 *
 * dlsym, dladdr and dlopen wait for the loader's lock, which another thread may hold while it waits for a lock that our
 * caller holds (a constructor that allocates, say).  dl_iterate_phdr takes a lock that is never held while foreign
 * code runs, so everything here can be called from inside a hook.
 *
 * Threads: safe.  Signals: not inside the loader.  Fork: no state.
 * Memory: none; strings and notes point into the mapped objects and live as long as those stay loaded.  */
#ifndef BASE_ELF_H
#define BASE_ELF_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mv_elf {
	const char *path;	   /* as the loader knows it; "" for the program itself */
	uintptr_t bias;		   /* what the loader added to the addresses in the file */
	uintptr_t start, end;	   /* of all its loaded segments; END is one past the last byte */
	const uint8_t *build_id;   /* NULL where the object carries none */
	unsigned build_id_bytes;
	const ElfW(Dyn) *dynamic;  /* NULL for an object without one */
	uintptr_t guarded_start, guarded_end; /* whose pages the loader makes read-only once all is bound; empty: none */
};

/* How often objects were added and removed since the process began; two equal readings: nothing changed between.  */
struct mv_elf_changes {
	uint64_t added, removed;
};

/* Call VISIT for each loaded object, in the loader's order, until it returns true.  VISIT must not call the loader.
 * Returns what VISIT returned last.  About 80 ns for 20 objects, plus VISIT.  */
bool mv_elf_each(bool (*visit)(const struct mv_elf *elf, void *context), void *context);

/* Read the counts of changes.  */
struct mv_elf_changes mv_elf_changes(void);

/* Find the first object whose file name begins with NAME ("libc10.so", "libcudart.so").  Fills *ELF if found.  */
bool mv_elf_find(const char *name, struct mv_elf *elf);

/* Find the object that holds ADDRESS.  */
bool mv_elf_holding(const void *address, struct mv_elf *elf);

/* The address of the function or variable NAME that ELF exports, or NULL.  Where a name has several versions, the
 * first in the table; indirect functions are not resolved and count as absent.  */
void *mv_elf_symbol(const struct mv_elf *elf, const char *name);

/* Call VISIT with the name of each symbol that ELF has from other objects, until it returns true.  Returns what VISIT
 * returned last.  About 30 ns for each; an object whose symbols the linker did not sort by hash has none.  */
bool mv_elf_each_import(const struct mv_elf *elf, bool (*visit)(const char *name, void *context), void *context);

/* The symbol NAME of the object whose file name begins with LIBRARY, looked for until it is found and then kept in *KEPT,
 * which starts as NULL.  */
void *mv_elf_kept(void **kept, const char *library, const char *name);

/* The same of any object but the one that holds KEPT.  */
void *mv_elf_kept_anywhere(void **kept, const char *name);

/* As mv_elf_symbol over all loaded objects, in the loader's order, leaving out the one that holds EXCEPT (NULL: none).  */
void *mv_elf_symbol_anywhere(const char *name, const void *except);

/* The same, but first of the object that holds CALLER and of those that it needs: what it was linked against, where several
 * have the name.  */
void *mv_elf_symbol_for(const void *caller, const char *name, const void *except);

/* Entry TAG of ELF's dynamic section: where it leads to, in memory; its number.  0: there is none.  */
uintptr_t mv_elf_dynamic_address(const struct mv_elf *elf, ElfW(Sxword) tag);
uint64_t mv_elf_dynamic_number(const struct mv_elf *elf, ElfW(Sxword) tag);

/* The name that ELF gives to itself (DT_SONAME), or "".  */
const char *mv_elf_soname(const struct mv_elf *elf);

/* True if ELF names the object SONAME as one that it needs.  */
bool mv_elf_needs(const struct mv_elf *elf, const char *soname);

#endif
