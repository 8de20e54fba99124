/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/verdict.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/elf.h"

const struct verdict_row verdict_rows[] = {
#define DRIVER(symbol, family, base, since, ...) {#symbol, base, since},
#define RUNTIME(symbol, ...)
#include "cuda/hooks.def"
#undef DRIVER
#undef RUNTIME
};

const size_t verdict_row_count = sizeof verdict_rows / sizeof *verdict_rows;

bool verdict_is_watched(const char *name)
{
	size_t i;

	for (i = 0; i < verdict_row_count; i++)
		if (!strcmp(verdict_rows[i].name, name))
			return true;
	return false;
}

static void *symbol_in(const char *library, const char *name)
{
	struct mv_elf elf;

	return mv_elf_find(library, &elf) ? mv_elf_symbol(&elf, name) : NULL;
}

void *verdict_genuine(const char *name)
{
	return symbol_in("libcuda.so", name);
}

const char *verdict_name(void *genuine)
{
	Dl_info info;

	return genuine && dladdr(genuine, &info) && info.dli_saddr == genuine ? info.dli_sname : "";
}

bool verdict_is_off(void)
{
	const char *is_on = getenv("MEMVIZ_ON");

	return is_on && !strcmp(is_on, "0");
}

void *verdict_expected(const char *name, void *genuine)
{
	return genuine && verdict_is_watched(name) && !verdict_is_off() ? symbol_in("libmemviz.so", name) : genuine;
}
