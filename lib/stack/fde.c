/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/fde.h"

#include <elf.h>
#include <string.h>

#include "base/elf.h"
#include "base/sys.h"
#include "base/walk.h"
#include "stack/reader.h"

/* As dlfcn.h of glibc 2.35 has it, for processors that need no base of data.  */
struct found_object {
	unsigned long long flags;
	const void *start, *end;
	const struct link_map *map;
	const void *index;
	unsigned long long reserved[7];
};

static int (*g_find)(void *pc, struct found_object *found);

void mv_fde_start(void)
{
	__atomic_store_n((void **)&g_find, mv_elf_symbol_anywhere("_dl_find_object", NULL), __ATOMIC_RELEASE);
}

/* ---- the object ---- */

static bool holds(const ElfW(Phdr) *header, uintptr_t bias, uintptr_t address)
{
	return header->p_type == PT_LOAD && address - (bias + header->p_vaddr) < header->p_memsz;
}

struct mv_fde_tables mv_fde_describe(const ElfW(Phdr) *headers, unsigned count, uintptr_t bias)
{
	struct mv_fde_tables tables = {NULL, NULL, NULL};
	uintptr_t index = 0;
	unsigned i;

	for (i = 0; i < count; i++)
		if (headers[i].p_type == PT_GNU_EH_FRAME)
			index = bias + headers[i].p_vaddr;
	for (i = 0; index && i < count; i++) {
		/* What is not in the file is zeros.  */
		if (!holds(&headers[i], bias, index) || !(headers[i].p_flags & PF_R))
			continue;
		tables.start = (const uint8_t *)(bias + headers[i].p_vaddr);
		tables.end = tables.start + headers[i].p_filesz;
		tables.index = (const uint8_t *)index;
	}
	if (tables.index >= tables.end)
		tables.index = NULL;
	return tables;
}

struct search {
	uintptr_t pc;
	struct mv_fde_tables *tables;
};

static int describe_if_it_holds(struct dl_phdr_info *info, size_t size, void *context)
{
	struct search *search = context;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		if (!holds(&info->dlpi_phdr[i], info->dlpi_addr, search->pc))
			continue;
		*search->tables = mv_fde_describe(info->dlpi_phdr, info->dlpi_phnum, info->dlpi_addr);
		return 1;
	}
	return 0;
}

static bool find_in_list(uintptr_t pc, struct mv_fde_tables *tables)
{
	struct search search = {pc, tables};

	return mv_walk_objects(describe_if_it_holds, &search);
}

/* The program headers, which lie behind the file's own in the first page; 0 if the object does not begin with that.  */
static unsigned headers_of(const struct found_object *found, const ElfW(Phdr) **headers)
{
	const ElfW(Ehdr) *file = found->start;

	if (memcmp(file->e_ident, ELFMAG, SELFMAG) || file->e_phentsize != sizeof **headers ||
	    file->e_phoff > MV_SYS_PAGE_BYTES || file->e_phnum > (MV_SYS_PAGE_BYTES - file->e_phoff) / sizeof **headers)
		return 0;
	*headers = (const ElfW(Phdr) *)((const char *)found->start + file->e_phoff);
	return file->e_phnum;
}

bool mv_fde_tables(uintptr_t pc, struct mv_fde_tables *tables)
{
	int (*find)(void *, struct found_object *) = __atomic_load_n(&g_find, __ATOMIC_ACQUIRE);
	const ElfW(Phdr) *headers;
	struct found_object found;
	unsigned count;

	if (!find)
		return find_in_list(pc, tables);
	if (find((void *)pc, &found))
		return false;
	count = headers_of(&found, &headers);
	if (!count)
		return find_in_list(pc, tables);
	*tables = mv_fde_describe(headers, count, found.map->l_addr);
	return true;
}

/* ---- its table ---- */

/* What every linker writes: relative to the table's own beginning, four bytes each.  */
enum { INDEX_VERSION = 1, INDEX_ENCODING = 0x3b };

struct entry {
	int32_t start, fde; /* relative to the index */
};

static struct entry entry_at(const uint8_t *entries, uint64_t i)
{
	struct entry entry;

	memcpy(&entry, entries + i * sizeof entry, sizeof entry);
	return entry;
}

/* The last of COUNT entries that begins at or before PLACE; the first if none does.  */
static struct entry search_entries(const uint8_t *entries, uint64_t count, int64_t place)
{
	uint64_t low = 0, high = count;

	while (high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		if (place < entry_at(entries, middle).start)
			high = middle;
		else
			low = middle;
	}
	return entry_at(entries, low);
}

const uint8_t *mv_fde_find(const struct mv_fde_tables *tables, uintptr_t pc)
{
	struct mv_reader reader = {.at = tables->index, .end = tables->end};
	uintptr_t index = (uintptr_t)tables->index, fde;
	uint8_t head[4];
	uint64_t count;
	size_t i;

	if (!tables->index)
		return NULL;
	for (i = 0; i < sizeof head; i++)
		head[i] = mv_read_byte(&reader);
	mv_read_pointer(&reader, head[1], index);
	count = mv_read_pointer(&reader, head[2], index);
	if (reader.is_bad || head[0] != INDEX_VERSION || head[3] != INDEX_ENCODING || !count ||
	    count > (uint64_t)(reader.end - reader.at) / sizeof(struct entry))
		return NULL;
	fde = index + (uintptr_t)(intptr_t)search_entries(reader.at, count, (int64_t)(pc - index)).fde;
	return fde - (uintptr_t)tables->start < (uintptr_t)(tables->end - tables->start) ? (const uint8_t *)fde : NULL;
}
