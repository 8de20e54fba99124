/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/cfi.h"

#include "stack/reader.h"
#include "stack/rows.h"

enum { WORD_BYTES = 8 };

/* What FDEs have in common.  */
struct cie {
	struct mv_reader program;
	struct mv_row_units units;
	bool is_augmented; /* the FDE, too, holds a piece that can be skipped */
	bool is_signal;
};

/* ---- entries ---- */

/* An entry's content.  Those longer than 4 GiB, which begin otherwise, are not read.  */
static struct mv_reader open_entry(const struct mv_fde_tables *tables, const uint8_t *entry)
{
	struct mv_reader reader = {.at = entry, .end = tables->end};
	uint64_t size = mv_read_bytes(&reader, 4);
	struct mv_reader piece = mv_read_piece(&reader, size);

	piece.is_bad = reader.is_bad || !size || size == UINT32_MAX;
	return piece;
}

/* What the letters of a CIE's augmentation announce.  */
static void read_augmentation(struct cie *cie, struct mv_reader letters, struct mv_reader data)
{
	while (letters.at < letters.end && !data.is_bad) {
		switch (mv_read_byte(&letters)) {
		case 'R':
			cie->units.pointers = mv_read_byte(&data);
			break;
		case 'P':
			/* The personality routine's address may be read indirectly: only its size matters.  */
			mv_read_form(&data, mv_read_byte(&data) & MV_POINTER_FORM);
			break;
		case 'L':
			mv_read_byte(&data);
			break;
		case 'S':
			cie->is_signal = true;
			break;
		}
	}
}

static struct mv_reader read_letters(struct mv_reader *reader)
{
	struct mv_reader letters = {.at = reader->at};

	while (mv_read_byte(reader))
		;
	letters.end = reader->is_bad ? letters.at : reader->at - 1;
	return letters;
}

/* False: damaged, or not of the form that we know.  */
static bool read_cie(const struct mv_fde_tables *tables, const uint8_t *entry, struct cie *cie)
{
	struct mv_reader reader = open_entry(tables, entry), letters, data;
	uint64_t id = mv_read_bytes(&reader, 4);
	uint8_t version = mv_read_byte(&reader);

	letters = read_letters(&reader);
	*cie = (struct cie){.units.pointers = MV_POINTER_ABSOLUTE};
	if (id || (version != 1 && version != 3))
		return false;
	cie->units.code_align = mv_read_unsigned(&reader);
	cie->units.data_align = mv_read_signed(&reader);
	if ((version == 1 ? mv_read_byte(&reader) : mv_read_unsigned(&reader)) != MV_REGISTER_RA)
		return false;
	cie->is_augmented = letters.at < letters.end;
	if (cie->is_augmented) {
		if (mv_read_byte(&letters) != 'z')
			return false;
		data = mv_read_piece(&reader, mv_read_unsigned(&reader));
		read_augmentation(cie, letters, data);
	}
	cie->program = reader;
	return !reader.is_bad;
}

/* The CIE lies as many bytes before the number that says so.  NULL: outside.  */
static const uint8_t *cie_of(const struct mv_fde_tables *tables, struct mv_reader *reader)
{
	const uint8_t *here = reader->at;
	uint64_t distance = mv_read_bytes(reader, 4);

	return !reader->is_bad && distance && distance <= (uint64_t)(here - tables->start) ? here - distance : NULL;
}

/* ---- the rule ---- */

static bool is_whole(int64_t bytes)
{
	return bytes % WORD_BYTES == 0;
}

static enum mv_rule_kind kind_of(const struct mv_row *row)
{
	if (row->cfa_register == MV_REGISTER_SP)
		return row->is_cfa_read ? MV_RULE_AT_SP : MV_RULE_SP;
	return row->is_cfa_read ? MV_RULE_AT_BP : MV_RULE_BP;
}

/* False: it cannot be said in words above the CFA (or bp, for AT_BP).  */
static bool say_saved(const struct mv_row *row, enum mv_rule_kind kind, int64_t *saved)
{
	*saved = row->bp.offset / WORD_BYTES;
	if (row->bp.place == MV_ROW_SAME) {
		*saved = MV_RULE_SAME_BP;
		return true;
	}
	return row->bp.place == (kind == MV_RULE_AT_BP ? MV_ROW_BP : MV_ROW_CFA) && is_whole(row->bp.offset) &&
	       *saved != MV_RULE_SAME_BP;
}

static struct mv_rule say_row(const struct mv_row *row)
{
	struct mv_rule rule = {.kind = MV_RULE_OTHER};
	enum mv_rule_kind kind = kind_of(row);
	int64_t saved;

	if (row->ra.place == MV_ROW_NONE)
		return (struct mv_rule){.kind = MV_RULE_END};
	if (row->is_cfa_other || (row->cfa_register != MV_REGISTER_BP && row->cfa_register != MV_REGISTER_SP))
		return rule;
	if (row->ra.place != MV_ROW_CFA || row->ra.offset != -WORD_BYTES)
		return rule;
	if (!is_whole(row->cfa_offset) || (row->is_cfa_read && !is_whole(row->cfa_add)) || !say_saved(row, kind, &saved))
		return rule;
	return (struct mv_rule){
		.kind = kind,
		.offset = row->cfa_offset / WORD_BYTES,
		.add = row->is_cfa_read ? row->cfa_add / WORD_BYTES : 0,
		.saved = saved,
	};
}

/* ROWS has what the CIE says; the rest follows in READER, behind the stretch of code that the entry is about.  */
static struct mv_rule run_fde(struct mv_rows *rows, bool is_augmented, struct mv_reader reader)
{
	struct mv_row first = rows->row;

	if (is_augmented)
		mv_read_piece(&reader, mv_read_unsigned(&reader));
	rows->first = &first;
	rows->reader = reader;
	rows->kept_count = 0;
	mv_rows_run(rows);
	return rows->reader.is_bad ? (struct mv_rule){.kind = MV_RULE_OTHER} : say_row(&rows->row);
}

struct mv_rule mv_cfi_rule(const struct mv_fde_tables *tables, const uint8_t *fde, uintptr_t pc)
{
	struct mv_reader reader = open_entry(tables, fde);
	const uint8_t *entry = cie_of(tables, &reader);
	struct cie cie;
	struct mv_rows rows = {.units = &cie.units, .wanted = UINT64_MAX};
	uint64_t start, size;

	if (!entry || !read_cie(tables, entry, &cie) || cie.is_signal)
		return (struct mv_rule){.kind = MV_RULE_OTHER};
	start = mv_read_pointer(&reader, cie.units.pointers, 0);
	size = mv_read_form(&reader, cie.units.pointers);
	if (reader.is_bad || pc - start >= size)
		return (struct mv_rule){.kind = MV_RULE_OTHER};
	rows.reader = cie.program;
	mv_rows_run(&rows);
	if (rows.reader.is_bad)
		return (struct mv_rule){.kind = MV_RULE_OTHER};
	rows.place = start;
	rows.wanted = pc;
	return run_fde(&rows, cie.is_augmented, reader);
}
