/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_image.h"

#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mv_image_kind mv_image_kind_of(const void *image)
{
	const char *text = image;

	if (!memcmp(image, ELFMAG, SELFMAG))
		return MV_IMAGE_ELF;
	while (isspace((unsigned char)*text))
		text++;
	if (!strncmp(text, "//", 2) || !strncmp(text, "/*", 2) || !strncmp(text, ".version", 8))
		return MV_IMAGE_PTX;
	return MV_IMAGE_OPAQUE;
}

/* ---- files ---- */

char *mv_image_read(const char *path)
{
	FILE *file = path ? fopen(path, "rbe") : NULL;
	char *bytes = NULL;
	long size = -1;

	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END))
		size = ftell(file);
	if (size >= 0 && !fseek(file, 0, SEEK_SET))
		bytes = calloc(1, (size_t)size + 1);
	if (bytes && fread(bytes, 1, (size_t)size, file) != (size_t)size) {
		free(bytes);
		bytes = NULL;
	}
	fclose(file);
	return bytes;
}

/* ---- ELF ---- */

static const Elf64_Shdr *sections_of(const Elf64_Ehdr *elf)
{
	return (const Elf64_Shdr *)(const void *)((const char *)elf + elf->e_shoff);
}

static size_t elf_size(const Elf64_Ehdr *elf)
{
	size_t size = elf->e_shoff + (size_t)elf->e_shnum * sizeof(Elf64_Shdr);

	for (int i = 0; i < elf->e_shnum; i++) {
		const Elf64_Shdr *section = &sections_of(elf)[i];
		size_t end = section->sh_type == SHT_NOBITS ? 0 : section->sh_offset + section->sh_size;

		if (end > size)
			size = end;
	}
	return size;
}

static const Elf64_Sym *find_symbol(const Elf64_Ehdr *elf, const char *name, int type)
{
	const char *bytes = (const char *)elf;

	for (int i = 0; i < elf->e_shnum; i++) {
		const Elf64_Shdr *table = &sections_of(elf)[i];
		const Elf64_Sym *symbols = (const Elf64_Sym *)(const void *)(bytes + table->sh_offset);
		const char *strings;

		if (table->sh_type != SHT_SYMTAB || table->sh_link >= elf->e_shnum)
			continue;
		strings = bytes + sections_of(elf)[table->sh_link].sh_offset;
		for (size_t k = 0; k < table->sh_size / sizeof(*symbols); k++) {
			if (ELF64_ST_TYPE(symbols[k].st_info) == type && !strcmp(strings + symbols[k].st_name, name))
				return &symbols[k];
		}
	}
	return NULL;
}

/* ---- PTX ---- */

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '%';
}

/* What stands after the word NAME where it occurs as a whole at or after TEXT; NULL if it does not.  */
static const char *after_word(const char *text, const char *name)
{
	size_t length = strlen(name);
	const char *found = text;

	while ((found = strstr(found, name))) {
		if ((found == text || !is_name_char(found[-1])) && !is_name_char(found[length]))
			return found + length;
		found += length;
	}
	return NULL;
}

static bool has_entry(const char *ptx, const char *name)
{
	size_t length = strlen(name);

	while ((ptx = strstr(ptx, ".entry"))) {
		ptx += strlen(".entry");
		while (isspace((unsigned char)*ptx))
			ptx++;
		if (!strncmp(ptx, name, length) && !is_name_char(ptx[length]))
			return true;
	}
	return false;
}

/* Bytes of a type such as .b8 or .f64, preceded or not by .v2 or .v4, in a declaration from BEGIN to END.  */
static size_t element_size(const char *begin, const char *end)
{
	size_t bits = 0, vector = 1;

	for (const char *c = begin; c + 2 < end; c++) {
		if (*c != '.' || !isdigit((unsigned char)c[2]))
			continue;
		if (c[1] == 'v')
			vector = strtoul(c + 2, NULL, 10);
		else if (strchr("bsuf", c[1]))
			bits = strtoul(c + 2, NULL, 10);
	}
	return vector * bits / 8;
}

/* Product of the dimensions in "[2][3]" at TEXT.  */
static size_t element_count(const char *text)
{
	size_t count = 1;

	while (*text == '[') {
		count *= strtoul(text + 1, NULL, 10);
		text = strchr(text, ']');
		if (!text)
			break;
		text++;
	}
	return count;
}

static size_t ptx_variable_size(const char *ptx, const char *name)
{
	static const char *const spaces[] = { ".global", ".const" };

	for (size_t i = 0; i < sizeof(spaces) / sizeof(*spaces); i++) {
		for (const char *found = ptx; (found = strstr(found, spaces[i])); found++) {
			const char *end = found + strcspn(found, ";{"), *rest = after_word(found, name);

			if (rest && rest <= end)
				return element_size(found, rest) * element_count(rest);
		}
	}
	return 0;
}

/* ---- any kind ---- */

void *mv_image_copy(const void *image)
{
	enum mv_image_kind kind = mv_image_kind_of(image);
	size_t size;
	void *copy;

	if (kind == MV_IMAGE_OPAQUE)
		return NULL;
	size = kind == MV_IMAGE_PTX ? strlen(image) + 1 : elf_size(image);
	copy = malloc(size);
	if (copy)
		memcpy(copy, image, size);
	return copy;
}

bool mv_image_has_kernel(const void *image, enum mv_image_kind kind, const char *name)
{
	switch (kind) {
	case MV_IMAGE_PTX:
		return has_entry(image, name);
	case MV_IMAGE_ELF:
		return find_symbol(image, name, STT_FUNC) != NULL;
	case MV_IMAGE_OPAQUE:
		break;
	}
	return *name;
}

size_t mv_image_variable_size(const void *image, enum mv_image_kind kind, const char *name)
{
	const Elf64_Sym *symbol;

	switch (kind) {
	case MV_IMAGE_PTX:
		return ptx_variable_size(image, name);
	case MV_IMAGE_ELF:
		symbol = find_symbol(image, name, STT_OBJECT);
		return symbol ? symbol->st_size : 0;
	case MV_IMAGE_OPAQUE:
		break;
	}
	return *name ? MV_IMAGE_OPAQUE_BYTES : 0;
}
