/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/functions.h"

#include <errno.h>
#include <string.h>

enum { SOURCE_SHIFT = 8, BINDING_SHIFT = 4, UNDERSCORES_MAX = 3 };

static bool is_function(const GElf_Sym *symbol)
{
	int kind = GELF_ST_TYPE(symbol->st_info);

	return (kind == STT_FUNC || kind == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF && symbol->st_value;
}

/* Of the names of one function, people know what is exported, and has no underscores before it.  */
static uint32_t weigh(const GElf_Sym *symbol, const char *name, enum mv_functions_source source)
{
	static const uint32_t bindings[] = {[STB_LOCAL] = 0, [STB_GLOBAL] = 2, [STB_WEAK] = 1};
	unsigned binding = GELF_ST_BIND(symbol->st_info);
	size_t underscores = strspn(name, "_");
	uint32_t weight = (uint32_t)source << SOURCE_SHIFT;

	weight += (binding <= STB_WEAK ? bindings[binding] : 0) << BINDING_SHIFT;
	return weight + UNDERSCORES_MAX - (uint32_t)(underscores < UNDERSCORES_MAX ? underscores : UNDERSCORES_MAX);
}

static int add(struct mv_intervals *functions, const GElf_Sym *symbol, const char *name, enum mv_functions_source source)
{
	struct mv_interval function = {.start = symbol->st_value, .value = (uintptr_t)name};

	if (__builtin_add_overflow(symbol->st_value, symbol->st_size, &function.end))
		return 0;
	function.weight = weigh(symbol, name, source);
	return mv_intervals_add(functions, &function);
}

int mv_functions_add(struct mv_intervals *functions, const struct mv_elffile *file, uint32_t type,
		     enum mv_functions_source source)
{
	GElf_Shdr header;
	Elf_Scn *section = mv_elffile_section(file, NULL, type, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	size_t before = functions->count, count = data ? data->d_size / sizeof(Elf64_Sym) : 0;
	GElf_Sym symbol;
	size_t i;

	for (i = 1; i < count && i <= INT32_MAX && gelf_getsym(data, (int)i, &symbol); i++) {
		const char *name = is_function(&symbol) ? elf_strptr(file->elf, header.sh_link, symbol.st_name) : NULL;

		if (name && *name && add(functions, &symbol, name, source))
			return -ENOMEM;
	}
	return (int)(functions->count - before);
}
