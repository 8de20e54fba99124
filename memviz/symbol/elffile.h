/* SPDX-License-Identifier: Apache-2.0 */
/* An object's file, or one with its debug information, opened for elfutils.  Private to memviz/symbol.
 *
 * Threads: one at a time.  Memory: the file is mapped until it is closed.  */
#ifndef SYMBOL_ELFFILE_H
#define SYMBOL_ELFFILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

struct mv_elffile {
	Elf *elf; /* NULL: not open */
	int fd;	  /* -1: there is none */
	uint64_t stamp; /* of the file as it is: changes when it is replaced or written; 0: not open */
};

/* Open the file at PATH.  False: there is none, or it is no object of 64 bits in this machine's byte order.  */
bool mv_elffile_open(struct mv_elffile *file, const char *path);

/* The same of SIZE bytes at IMAGE, which stay the caller's and must live longer.  */
bool mv_elffile_open_image(struct mv_elffile *file, void *image, size_t size);

/* A closed one can be closed again.  */
void mv_elffile_close(struct mv_elffile *file);

/* Its build id: how many bytes, at *BYTES; 0: it has none.  */
uint32_t mv_elffile_build_id(const struct mv_elffile *file, const uint8_t **bytes);

/* The first section called NAME, or, without one, of TYPE.  NULL: there is none with bytes in the file.  */
Elf_Scn *mv_elffile_section(const struct mv_elffile *file, const char *name, uint32_t type, GElf_Shdr *header);

#endif
