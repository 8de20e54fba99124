/* SPDX-License-Identifier: Apache-2.0 */
/* Where functions begin and end, by the tables for unwinding, which also stripped objects have.  Private to
 * memviz/symbol.
 *
 * Read: .eh_frame_hdr and .eh_frame (Linux Standard Base, Core, 10.6) as the linkers write them: a sorted table of 32-bit
 * distances.  */
#ifndef SYMBOL_EXTENT_H
#define SYMBOL_EXTENT_H

#include "symbol/elffile.h"

struct mv_extents {
	const uint8_t *table;  /* pairs of int32_t: function, entry; from HEADER_ADDRESS; NULL: there is none */
	uint32_t count;
	uint64_t header_address;
	uint64_t frame_address;
	Elf_Data *frames;      /* .eh_frame and what follows it */
	const unsigned char *ident;
};

struct mv_extent {
	uint64_t start, end;
};

/* Find the tables of FILE, which must stay open.  Without any, no extent is found.  */
void mv_extents_open(struct mv_extents *extents, const struct mv_elffile *file);

/* The function around ADDRESS.  False: it is in none that the tables know.  */
bool mv_extents_find(const struct mv_extents *extents, uint64_t address, struct mv_extent *extent);

#endif
