/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/elffile.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

static bool is_readable(Elf *elf)
{
	const char *ident = elf_kind(elf) == ELF_K_ELF ? elf_getident(elf, NULL) : NULL;

	return ident && ident[EI_CLASS] == ELFCLASS64 && ident[EI_DATA] == ELFDATA2LSB;
}

static uint64_t stamp_of(const struct stat *status)
{
	uint64_t stamp = mv_hash_add((uint64_t)status->st_size, (uint64_t)status->st_mtim.tv_sec);

	stamp = mv_hash_add(stamp, (uint64_t)status->st_mtim.tv_nsec);
	return stamp ? stamp : 1;
}

bool mv_elffile_open(struct mv_elffile *file, const char *path)
{
	struct stat status;

	elf_version(EV_CURRENT);
	*file = (struct mv_elffile){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	if (file->fd >= 0 && !fstat(file->fd, &status) && S_ISREG(status.st_mode)) {
		file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
		file->stamp = stamp_of(&status);
	}
	if (file->elf && is_readable(file->elf))
		return true;
	mv_elffile_close(file);
	return false;
}

bool mv_elffile_open_image(struct mv_elffile *file, void *image, size_t size)
{
	elf_version(EV_CURRENT);
	*file = (struct mv_elffile){.fd = -1, .elf = elf_memory(image, size)};
	if (file->elf && is_readable(file->elf))
		return true;
	mv_elffile_close(file);
	return false;
}

void mv_elffile_close(struct mv_elffile *file)
{
	elf_end(file->elf);
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct mv_elffile){.fd = -1};
}

uint32_t mv_elffile_build_id(const struct mv_elffile *file, const uint8_t **bytes)
{
	const void *id;
	ssize_t size = file->elf ? dwelf_elf_gnu_build_id(file->elf, &id) : 0;

	*bytes = size > 0 ? id : NULL;
	return size > 0 ? (uint32_t)size : 0;
}

Elf_Scn *mv_elffile_section(const struct mv_elffile *file, const char *name, uint32_t type, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (!file->elf || elf_getshdrstrndx(file->elf, &names))
		return NULL;
	while ((section = elf_nextscn(file->elf, section))) {
		const char *own;

		if (!gelf_getshdr(section, header) || header->sh_type == SHT_NOBITS)
			continue;
		own = name ? elf_strptr(file->elf, names, header->sh_name) : NULL;
		if (name ? own && !strcmp(own, name) : header->sh_type == type)
			return section;
	}
	return NULL;
}
