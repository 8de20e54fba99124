/* SPDX-License-Identifier: Apache-2.0 */
#include "base/elf.h"

#include <elf.h>
#include <string.h>

#include "base/text.h"
#include "base/walk.h"

struct visitor {
	bool (*visit)(const struct mv_elf *elf, void *context);
	void *context;
};

static void add_segment(struct mv_elf *elf, uintptr_t start, size_t size)
{
	if (!elf->start || start < elf->start)
		elf->start = start;
	if (start + size > elf->end)
		elf->end = start + size;
}

/* A note is three words (name size, description size, type), the name and the description, each padded to four.  */
static void find_build_id(struct mv_elf *elf, const uint8_t *note, size_t size)
{
	ElfW(Nhdr) head;

	while (size >= sizeof head) {
		size_t name_bytes, used;

		memcpy(&head, note, sizeof head);
		name_bytes = (head.n_namesz + 3u) & ~3u;
		used = sizeof head + name_bytes + ((head.n_descsz + 3u) & ~3u);
		if (used > size)
			return;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && !memcmp(note + sizeof head, "GNU", 4)) {
			elf->build_id = note + sizeof head + name_bytes;
			elf->build_id_bytes = head.n_descsz;
			return;
		}
		note += used;
		size -= used;
	}
}

static struct mv_elf describe(const struct dl_phdr_info *info)
{
	struct mv_elf elf = {.path = info->dlpi_name ? info->dlpi_name : "", .bias = info->dlpi_addr};
	int i;

	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type == PT_LOAD)
			add_segment(&elf, at, segment->p_memsz);
		else if (segment->p_type == PT_DYNAMIC)
			elf.dynamic = (const ElfW(Dyn) *)at;
		else if (segment->p_type == PT_GNU_RELRO)
			elf.guarded_start = at, elf.guarded_end = at + segment->p_memsz;
		else if (segment->p_type == PT_NOTE && !elf.build_id)
			find_build_id(&elf, (const uint8_t *)at, segment->p_memsz);
	}
	return elf;
}

static int visit_one(struct dl_phdr_info *info, size_t size, void *context)
{
	struct visitor *visitor = context;
	struct mv_elf elf = describe(info);

	(void)size;
	return visitor->visit(&elf, visitor->context);
}

bool mv_elf_each(bool (*visit)(const struct mv_elf *elf, void *context), void *context)
{
	struct visitor visitor = {visit, context};

	return mv_walk_objects(visit_one, &visitor) != 0;
}

static int read_changes(struct dl_phdr_info *info, size_t size, void *context)
{
	struct mv_elf_changes *changes = context;

	(void)size;
	changes->added = info->dlpi_adds;
	changes->removed = info->dlpi_subs;
	return 1;
}

struct mv_elf_changes mv_elf_changes(void)
{
	struct mv_elf_changes changes = {0, 0};

	mv_walk_objects(read_changes, &changes);
	return changes;
}

/* ---- finding an object ---- */

struct search {
	const char *name;
	uintptr_t address;
	struct mv_elf *found;
};

static bool has_name(const struct mv_elf *elf, void *context)
{
	struct search *search = context;

	if (!mv_text_starts(mv_text_base_name(elf->path), search->name))
		return false;
	*search->found = *elf;
	return true;
}

bool mv_elf_find(const char *name, struct mv_elf *elf)
{
	struct search search = {.name = name, .found = elf};

	return mv_elf_each(has_name, &search);
}

static bool holds_address(const struct mv_elf *elf, void *context)
{
	struct search *search = context;

	if (search->address < elf->start || search->address >= elf->end)
		return false;
	*search->found = *elf;
	return true;
}

bool mv_elf_holding(const void *address, struct mv_elf *elf)
{
	struct search search = {.address = (uintptr_t)address, .found = elf};

	return mv_elf_each(holds_address, &search);
}

/* ---- symbols ---- */

/* The dynamic section's entry TAG, as an address in memory.  The loader has added the bias already on most
 * processors, but not in objects that it did not load itself (the kernel's vdso).  */
uintptr_t mv_elf_dynamic_address(const struct mv_elf *elf, ElfW(Sxword) tag)
{
	const ElfW(Dyn) *entry;

	for (entry = elf->dynamic; entry && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == tag)
			return entry->d_un.d_ptr < elf->bias ? entry->d_un.d_ptr + elf->bias : entry->d_un.d_ptr;
	return 0;
}

uint64_t mv_elf_dynamic_number(const struct mv_elf *elf, ElfW(Sxword) tag)
{
	const ElfW(Dyn) *entry;

	for (entry = elf->dynamic; entry && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == tag)
			return entry->d_un.d_val;
	return 0;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static void *defined_address(const struct mv_elf *elf, const ElfW(Sym) *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	if (symbol->st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_OBJECT))
		return NULL;
	return (void *)(elf->bias + symbol->st_value);
}

/* DT_GNU_HASH: four words (buckets, first hashed symbol, filter words, filter shift), the filter, the buckets, and a
 * chain of hashes beside the symbols whose lowest bit ends a bucket.  */
void *mv_elf_symbol(const struct mv_elf *elf, const char *name)
{
	const uint32_t *table = (const uint32_t *)mv_elf_dynamic_address(elf, DT_GNU_HASH);
	const ElfW(Sym) *symbols = (const ElfW(Sym) *)mv_elf_dynamic_address(elf, DT_SYMTAB);
	const char *strings = (const char *)mv_elf_dynamic_address(elf, DT_STRTAB);
	const uint32_t *buckets, *chain;
	uint32_t hash = gnu_hash(name), i;

	if (!table || !symbols || !strings || !table[0])
		return NULL;
	buckets = table + 4 + table[2] * (sizeof(ElfW(Addr)) / 4);
	chain = buckets + table[0];
	i = buckets[hash % table[0]];
	if (i < table[1])
		return NULL;
	for (;; i++) {
		uint32_t other = chain[i - table[1]];

		if ((other | 1) == (hash | 1) && mv_text_equal(strings + symbols[i].st_name, name))
			return defined_address(elf, &symbols[i]);
		if (other & 1)
			return NULL;
	}
}

/* Symbols that are defined elsewhere stand before those that are in the hash table.  */
bool mv_elf_each_import(const struct mv_elf *elf, bool (*visit)(const char *name, void *context), void *context)
{
	const uint32_t *table = (const uint32_t *)mv_elf_dynamic_address(elf, DT_GNU_HASH);
	const ElfW(Sym) *symbols = (const ElfW(Sym) *)mv_elf_dynamic_address(elf, DT_SYMTAB);
	const char *strings = (const char *)mv_elf_dynamic_address(elf, DT_STRTAB);
	uint32_t i;

	for (i = 1; table && symbols && strings && i < table[1]; i++)
		if (symbols[i].st_shndx == SHN_UNDEF && visit(strings + symbols[i].st_name, context))
			return true;
	return false;
}

void *mv_elf_kept(void **kept, const char *library, const char *name)
{
	void *address = __atomic_load_n(kept, __ATOMIC_RELAXED);
	struct mv_elf elf;

	if (!address && mv_elf_find(library, &elf)) {
		address = mv_elf_symbol(&elf, name);
		__atomic_store_n(kept, address, __ATOMIC_RELAXED);
	}
	return address;
}

struct symbol_search {
	const char *name;
	uintptr_t except;
	const struct mv_elf *caller; /* only this, and what it needs; NULL: any object */
	void *found;
};

/* What an object is, its file's name may not say: packages carry libcudart-e409450e.so.11.0.  */
static bool is_linked_with(const struct mv_elf *caller, const struct mv_elf *elf)
{
	return elf->start == caller->start || mv_elf_needs(caller, mv_elf_soname(elf));
}

static bool has_symbol(const struct mv_elf *elf, void *context)
{
	struct symbol_search *search = context;

	if (search->except >= elf->start && search->except < elf->end)
		return false;
	if (search->caller && !is_linked_with(search->caller, elf))
		return false;
	search->found = mv_elf_symbol(elf, search->name);
	return search->found != NULL;
}

void *mv_elf_symbol_anywhere(const char *name, const void *except)
{
	struct symbol_search search = {.name = name, .except = (uintptr_t)except};

	mv_elf_each(has_symbol, &search);
	return search.found;
}

void *mv_elf_symbol_for(const void *caller, const char *name, const void *except)
{
	struct mv_elf calling;
	struct symbol_search search = {.name = name, .except = (uintptr_t)except, .caller = &calling};

	if (mv_elf_holding(caller, &calling) && mv_elf_each(has_symbol, &search))
		return search.found;
	return mv_elf_symbol_anywhere(name, except);
}

void *mv_elf_kept_anywhere(void **kept, const char *name)
{
	void *address = __atomic_load_n(kept, __ATOMIC_RELAXED);

	if (!address) {
		address = mv_elf_symbol_anywhere(name, kept);
		__atomic_store_n(kept, address, __ATOMIC_RELAXED);
	}
	return address;
}

const char *mv_elf_soname(const struct mv_elf *elf)
{
	const char *strings = (const char *)mv_elf_dynamic_address(elf, DT_STRTAB);
	const ElfW(Dyn) *entry;

	for (entry = elf->dynamic; strings && entry && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_SONAME)
			return strings + entry->d_un.d_val;
	return "";
}

bool mv_elf_needs(const struct mv_elf *elf, const char *soname)
{
	const char *strings = (const char *)mv_elf_dynamic_address(elf, DT_STRTAB);
	const ElfW(Dyn) *entry;

	for (entry = elf->dynamic; strings && entry && entry->d_tag != DT_NULL; entry++)
		if (entry->d_tag == DT_NEEDED && mv_text_equal(strings + entry->d_un.d_val, soname))
			return true;
	return false;
}
