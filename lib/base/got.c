/* SPDX-License-Identifier: Apache-2.0 */
#include "base/got.h"

#include <unistd.h>

#include "base/sys.h"

#if defined(__x86_64__)
enum { TYPE_CALLED = R_X86_64_JUMP_SLOT, TYPE_TAKEN = R_X86_64_GLOB_DAT };
#else
enum { TYPE_CALLED = R_AARCH64_JUMP_SLOT, TYPE_TAKEN = R_AARCH64_GLOB_DAT };
#endif

struct relocations {
	const ElfW(Rela) *first;
	size_t count;
};

static struct relocations relocations_of(const struct mv_elf *elf, ElfW(Sxword) table, ElfW(Sxword) size)
{
	const ElfW(Rela) *first = (const ElfW(Rela) *)mv_elf_dynamic_address(elf, table);

	return (struct relocations){first, first ? mv_elf_dynamic_number(elf, size) / sizeof *first : 0};
}

static bool visit_all(const struct mv_elf *elf, struct relocations relocations,
		      bool (*visit)(const struct mv_got_place *place, void *context), void *context)
{
	const ElfW(Sym) *symbols = (const ElfW(Sym) *)mv_elf_dynamic_address(elf, DT_SYMTAB);
	const char *strings = (const char *)mv_elf_dynamic_address(elf, DT_STRTAB);
	size_t i;

	for (i = 0; symbols && strings && i < relocations.count; i++) {
		const ElfW(Rela) *entry = &relocations.first[i];
		const ElfW(Sym) *symbol = &symbols[ELF64_R_SYM(entry->r_info)];
		struct mv_got_place place = {(void **)(elf->bias + entry->r_offset), strings + symbol->st_name};
		unsigned type = ELF64_R_TYPE(entry->r_info);

		if ((type == TYPE_CALLED || type == TYPE_TAKEN) && symbol->st_shndx == SHN_UNDEF &&
		    visit(&place, context))
			return true;
	}
	return false;
}

bool mv_got_each(const struct mv_elf *elf, bool (*visit)(const struct mv_got_place *place, void *context), void *context)
{
	/* Both processors that we run on have the long form of entries, here and there.  */
	return visit_all(elf, relocations_of(elf, DT_JMPREL, DT_PLTRELSZ), visit, context) ||
	       visit_all(elf, relocations_of(elf, DT_RELA, DT_RELASZ), visit, context);
}

/* As the loader does it: whole pages, so that the last one stays writable where it is shared with other data.  */
static bool is_guarded(const struct mv_elf *elf, const struct mv_got_place *place)
{
	uintptr_t page = (uintptr_t)getpagesize(), at = (uintptr_t)place->at;

	return at >= (elf->guarded_start & -page) && at < (elf->guarded_end & -page);
}

bool mv_got_is_settled(const struct mv_elf *elf, const struct mv_got_place *place)
{
	return !is_guarded(elf, place) || !mv_sys_writable(place->at);
}

int mv_got_set(const struct mv_elf *elf, const struct mv_got_place *place, void *value)
{
	uintptr_t page = (uintptr_t)getpagesize();
	void *start = (void *)((uintptr_t)place->at & -page);
	int err = is_guarded(elf, place) ? mv_sys_protect(start, page, true) : 0;

	if (err)
		return err;
	__atomic_store_n(place->at, value, __ATOMIC_RELEASE);
	if (is_guarded(elf, place))
		mv_sys_protect(start, page, false);
	return 0;
}
