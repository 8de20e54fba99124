/* SPDX-License-Identifier: Apache-2.0 */
/* elfutils finds a symbol by looking at all of them, so functions are sorted once.  */
#include "symbol/object.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct function {
	uint64_t start, end;
	const char *name;
};

struct mv_object {
	Dwfl *dwfl;
	Dwfl_Module *module;
	struct function *functions; /* by START */
	size_t count;
	uint64_t longest_bytes; /* of any of them */
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/* The descriptor becomes elfutils' if it succeeds.  */
static Dwfl_Module *report(Dwfl *dwfl, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Dwfl_Module *module;

	if (fd < 0)
		return NULL;
	dwfl_report_begin(dwfl);
	/* At base 0, so that addresses are those of the file.  */
	module = dwfl_report_elf(dwfl, path, path, fd, 0, true);
	if (!module)
		close(fd);
	dwfl_report_end(dwfl, NULL, NULL);
	return module;
}

static bool is_the_same(Dwfl_Module *module, const struct mv_symbols_object *object)
{
	const unsigned char *bytes;
	GElf_Addr address;
	Elf *elf = dwfl_module_getelf(module, &address);
	int size = elf ? dwfl_module_build_id(module, &bytes, &address) : -1;

	if (!object->build_id_bytes)
		return elf;
	return size >= (int)object->build_id_bytes && !memcmp(bytes, object->build_id, object->build_id_bytes);
}

static int by_start(const void *a, const void *b)
{
	const struct function *one = a, *two = b;

	if (one->start != two->start)
		return one->start < two->start ? -1 : 1;
	return one->end < two->end ? -1 : one->end > two->end;
}

static void add(struct mv_object *object, const GElf_Sym *symbol, GElf_Addr address, const char *name)
{
	int kind = GELF_ST_TYPE(symbol->st_info);
	struct function *function = &object->functions[object->count];

	if ((kind != STT_FUNC && kind != STT_GNU_IFUNC) || !symbol->st_size || symbol->st_shndx == SHN_UNDEF || !name)
		return;
	if (__builtin_add_overflow(address, symbol->st_size, &function->end))
		return;
	function->start = address;
	function->name = name;
	object->count++;
	if (symbol->st_size > object->longest_bytes)
		object->longest_bytes = symbol->st_size;
}

static void read_functions(struct mv_object *object)
{
	int i, all = dwfl_module_getsymtab(object->module);

	object->functions = all > 0 ? malloc((size_t)all * sizeof *object->functions) : NULL;
	for (i = 1; i < all && object->functions; i++) {
		GElf_Sym symbol;
		GElf_Addr address;
		const char *name = dwfl_module_getsym_info(object->module, i, &symbol, &address, NULL, NULL, NULL);

		add(object, &symbol, address, name);
	}
	if (object->count)
		qsort(object->functions, object->count, sizeof *object->functions, by_start);
}

struct mv_object *mv_object_open(const struct mv_symbols_object *wanted)
{
	struct mv_object *object = calloc(1, sizeof *object);

	if (!object)
		return NULL;
	object->dwfl = dwfl_begin(&callbacks);
	object->module = object->dwfl ? report(object->dwfl, wanted->path) : NULL;
	if (!object->module || !is_the_same(object->module, wanted)) {
		mv_object_close(object);
		return NULL;
	}
	read_functions(object);
	return object;
}

void mv_object_close(struct mv_object *object)
{
	if (!object)
		return;
	free(object->functions);
	if (object->dwfl)
		dwfl_end(object->dwfl);
	free(object);
}

/* The last function that begins at or before ADDRESS, and those before it that may reach as far.  */
const char *mv_object_symbol(struct mv_object *object, uint64_t address)
{
	size_t low = 0, high = object->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (object->functions[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0 && address - object->functions[low].start < object->longest_bytes)
		if (address < object->functions[low].end)
			return object->functions[low].name;
	return NULL;
}

/* ---- debug information ---- */

/* The compilation unit of ADDRESS.  Compilers that write no table of addresses leave nothing but to ask each.  */
static Dwarf_Die *unit_of(struct mv_object *object, uint64_t address, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(object->module, address, bias);

	if (unit)
		return unit;
	while ((unit = dwfl_module_nextcu(object->module, unit, bias)))
		if (dwarf_haspc(unit, address - *bias) > 0)
			return unit;
	return NULL;
}

static const char *name_of(Dwarf_Die *function)
{
	Dwarf_Attribute attribute;
	const char *linkage = dwarf_formstring(dwarf_attr_integrate(function, DW_AT_linkage_name, &attribute));

	return linkage ? linkage : dwarf_diename(function);
}

/* The innermost function at ADDRESS, if it is one that was inlined into another: the line is in it.  */
static const char *inlined_at(Dwarf_Die *unit, Dwarf_Addr address)
{
	Dwarf_Die *scopes = NULL;
	const char *name = NULL;
	int i, count = dwarf_getscopes(unit, address, &scopes);

	for (i = 0; i < count && !name && dwarf_tag(&scopes[i]) != DW_TAG_subprogram; i++)
		if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine)
			name = name_of(&scopes[i]);
	free(scopes);
	return name;
}

bool mv_object_source(struct mv_object *object, uint64_t address, struct mv_object_source *source)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = unit_of(object, address, &bias);
	Dwarf_Line *line = unit ? dwarf_getsrc_die(unit, address - bias) : NULL;
	int number = 0;

	*source = (struct mv_object_source){NULL, NULL, 0};
	if (!line)
		return false;
	dwarf_lineno(line, &number);
	source->inlined = inlined_at(unit, address - bias);
	source->file = dwarf_linesrc(line, NULL, NULL);
	source->line = number > 0 ? (uint32_t)number : 0;
	return source->file != NULL;
}
