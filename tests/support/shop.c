/* SPDX-License-Identifier: Apache-2.0 */
#include "support/shop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/elffile.h"

/* What must be where tests/unit/objects.c looks for it: the calls of ask are in lines 3, 4 and 5.  */
static const char source[] =
	"int ask(int);\n"
	"#define INTO_ANOTHER static inline __attribute__((always_inline))\n"
	"INTO_ANOTHER int inner(int n) { return ask(n) + 3; }\n"
	"INTO_ANOTHER int middle(int n) { return inner(n) * 2; }\n"
	"__attribute__((noinline)) int outer(int n) { return middle(n) + 1; }\n"
	"static __attribute__((noinline)) int hidden(int n) { return ask(n + 1) * ask(n); }\n"
	"int exported(int n) { return hidden(n) + outer(n); }\n"
	"__asm__(\".text\\n.globl unsized\\n.type unsized, @function\\nunsized:\\n.cfi_startproc\\n\"\n"
	"	\"nop\\nnop\\nnop\\nnop\\nret\\n.cfi_endproc\\nnop\\nnop\\nnop\\nnop\\n\");\n";

bool shop_run(const struct shop *shop, const char *command, ...)
{
	char line[1024];
	va_list list;
	int n = snprintf(line, sizeof line, "cd %s && exec >/dev/null 2>&1 && ", shop->folder);

	va_start(list, command);
	vsnprintf(line + n, sizeof line - (size_t)n, command, list);
	va_end(list);
	return system(line) == 0;
}

const char *shop_path(const struct shop *shop, const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s", shop->folder, name);
	return path;
}

bool shop_open(struct shop *shop)
{
	FILE *file;
	unsigned i;

	memset(shop, 0, sizeof *shop);
	shop->build_id_bytes = sizeof shop->build_id;
	strcpy(shop->folder, "/tmp/memviz-shop-XXXXXX");
	if (!mkdtemp(shop->folder))
		return false;
	for (i = 0; i < sizeof shop->build_id; i++)
		shop->build_id[i] = (uint8_t)(0xa0 + i);
	file = fopen(shop_path(shop, "shop.c"), "w");
	if (!file)
		return false;
	fputs(source, file);
	fclose(file);
	return shop_run(shop, "cc -O2 -g -shared -fPIC -Wl,--build-id=0xa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3 -o whole.so shop.c");
}

void shop_close(struct shop *shop)
{
	if (shop->folder[0])
		shop_run(shop, "rm -rf %s", shop->folder);
}

struct mv_symbols_object shop_object(const struct shop *shop, const char *name)
{
	return (struct mv_symbols_object){shop_path(shop, name), shop->build_id, shop->build_id_bytes};
}

uint64_t shop_address(const struct shop *shop, const char *symbol, uint64_t *size)
{
	struct mv_elffile file;
	GElf_Shdr header = {0};
	Elf_Data *data = NULL;
	uint64_t address = 0;
	GElf_Sym found;
	int i;

	if (!mv_elffile_open(&file, shop_path(shop, "whole.so")))
		return 0;
	data = elf_getdata(mv_elffile_section(&file, NULL, SHT_SYMTAB, &header), NULL);
	for (i = 1; data && !address && gelf_getsym(data, i, &found); i++)
		if (!strcmp(elf_strptr(file.elf, header.sh_link, found.st_name), symbol)) {
			address = found.st_value;
			*size = found.st_size;
		}
	mv_elffile_close(&file);
	return address;
}
