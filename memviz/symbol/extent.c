/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/extent.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

enum { ENTRY_BYTES = 8, HEADER_BYTES = 12, VERSION = 1, FORMAT_MASK = 0x0f };

/* The bytes of the file that are loaded at ADDRESS, up to the end of what is loaded with them.  */
static Elf_Data *loaded_at(Elf *elf, uint64_t address)
{
	size_t i, count = 0;
	GElf_Phdr segment;

	elf_getphdrnum(elf, &count);
	for (i = 0; i < count && gelf_getphdr(elf, (int)i, &segment); i++) {
		uint64_t at = address - segment.p_vaddr;

		if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && at < segment.p_filesz)
			return elf_getdata_rawchunk(elf, (int64_t)(segment.p_offset + at), segment.p_filesz - at, ELF_T_BYTE);
	}
	return NULL;
}

static bool find_header(Elf *elf, GElf_Phdr *segment)
{
	size_t i, count = 0;

	elf_getphdrnum(elf, &count);
	for (i = 0; i < count && gelf_getphdr(elf, (int)i, segment); i++)
		if (segment->p_type == PT_GNU_EH_FRAME)
			return true;
	return false;
}

static int32_t read_i32(const uint8_t *from)
{
	int32_t value;

	memcpy(&value, from, sizeof value);
	return value;
}

/* What follows the version says how the rest is written: only what linkers do write is read.  */
static bool is_usual(const uint8_t *header)
{
	return header[0] == VERSION && header[1] == (DW_EH_PE_pcrel | DW_EH_PE_sdata4) && header[2] == DW_EH_PE_udata4 &&
	       header[3] == (DW_EH_PE_datarel | DW_EH_PE_sdata4);
}

void mv_extents_open(struct mv_extents *extents, const struct mv_elffile *file)
{
	GElf_Phdr segment;
	Elf_Data *header = NULL;
	const uint8_t *bytes;

	*extents = (struct mv_extents){0};
	if (file->elf && find_header(file->elf, &segment))
		header = loaded_at(file->elf, segment.p_vaddr);
	if (!header || header->d_size < HEADER_BYTES || !is_usual(header->d_buf))
		return;
	bytes = header->d_buf;
	extents->header_address = segment.p_vaddr;
	extents->frame_address = segment.p_vaddr + 4 + (uint64_t)(int64_t)read_i32(bytes + 4);
	extents->frames = loaded_at(file->elf, extents->frame_address);
	extents->ident = (const unsigned char *)elf_getident(file->elf, NULL);
	extents->count = (uint32_t)read_i32(bytes + 8);
	if (extents->frames && extents->count <= (header->d_size - HEADER_BYTES) / ENTRY_BYTES)
		extents->table = bytes + HEADER_BYTES;
}

/* The number I of the pair AT, as an address.  */
static uint64_t address_in(const struct mv_extents *extents, size_t at, int i)
{
	return extents->header_address + (uint64_t)(int64_t)read_i32(extents->table + at * ENTRY_BYTES + 4 * i);
}

static size_t format_bytes(uint8_t encoding)
{
	switch (encoding & FORMAT_MASK) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return 8;
	case DW_EH_PE_udata4:
	case DW_EH_PE_sdata4:
		return 4;
	default:
		return 0;
	}
}

/* How the entries of CIE write addresses: after 'z' its augmentation says so, letter by letter.  */
static size_t address_bytes(const Dwarf_CIE *cie)
{
	const uint8_t *data = cie->augmentation_data, *end = data + cie->augmentation_data_size;
	const char *letter = cie->augmentation;

	if (*letter != 'z')
		return format_bytes(DW_EH_PE_absptr);
	for (letter++; *letter && data < end; letter++) {
		if (*letter == 'R')
			return format_bytes(*data);
		if (*letter == 'L')
			data++;
		else if (*letter == 'P')
			data += 1 + format_bytes(*data);
		else if (*letter != 'S' && *letter != 'B')
			break;
	}
	return format_bytes(DW_EH_PE_absptr);
}

/* The length of the function that the entry at OFFSET of the frames is about; 0: it cannot be told.  */
static uint64_t length_of(const struct mv_extents *extents, uint64_t offset)
{
	Dwarf_CFI_Entry entry, cie;
	uint64_t length = 0;
	Dwarf_Off next;
	size_t bytes;

	if (dwarf_next_cfi(extents->ident, extents->frames, true, offset, &next, &entry) || dwarf_cfi_cie_p(&entry) ||
	    dwarf_next_cfi(extents->ident, extents->frames, true, entry.fde.CIE_pointer, &next, &cie) || !dwarf_cfi_cie_p(&cie))
		return 0;
	bytes = address_bytes(&cie.cie);
	if (entry.fde.end < entry.fde.start || (size_t)(entry.fde.end - entry.fde.start) < 2 * bytes)
		return 0;
	memcpy(&length, entry.fde.start + bytes, bytes);
	return length;
}

bool mv_extents_find(const struct mv_extents *extents, uint64_t address, struct mv_extent *extent)
{
	size_t low = 0, high = extents->table ? extents->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address_in(extents, middle, 0) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	extent->start = address_in(extents, low - 1, 0);
	extent->end = extent->start + length_of(extents, address_in(extents, low - 1, 1) - extents->frame_address);
	return address - extent->start < extent->end - extent->start;
}
