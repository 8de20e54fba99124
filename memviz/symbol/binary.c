/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/binary.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#else
#error "memviz runs on x86-64 and aarch64"
#endif

static bool loader_is_musl(Elf *elf, const GElf_Phdr *segment)
{
	size_t size;
	const char *bytes = elf_rawfile(elf, &size);

	if (!bytes || segment->p_offset > size || segment->p_filesz > size - segment->p_offset)
		return false;
	return memmem(bytes + segment->p_offset, segment->p_filesz, "ld-musl", strlen("ld-musl"));
}

static void look_at_elf(Elf *elf, struct mv_binary *binary)
{
	size_t i, count = 0;
	GElf_Phdr segment;
	GElf_Ehdr header;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return;
	binary->is_elf = true;
	binary->is_foreign = header.e_machine != OWN_MACHINE || header.e_ident[EI_CLASS] != ELFCLASS64;
	binary->is_static = true;
	elf_getphdrnum(elf, &count);
	for (i = 0; i < count && gelf_getphdr(elf, (int)i, &segment); i++) {
		if (segment.p_type != PT_INTERP)
			continue;
		binary->is_static = false;
		binary->is_musl = loader_is_musl(elf, &segment);
	}
}

int mv_binary_look(const char *path, struct mv_binary *binary)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf *elf;

	memset(binary, 0, sizeof *binary);
	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf)
		look_at_elf(elf, binary);
	elf_end(elf);
	close(fd);
	return 0;
}
