/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/cfi.h"

#include "stack/reader.h"

/* DWARF's numbers of registers, AMD64.  */
enum { REGISTER_BP = 6, REGISTER_SP = 7, REGISTER_RA = 16 };

enum { WORD_BYTES = 8, ROWS_KEPT = 8 };

/* DWARF 5, 7.24.  The first three hold a number in their low bits.  */
enum operation {
	CFA_ADVANCE = 0x40,
	CFA_OFFSET = 0x80,
	CFA_RESTORE = 0xc0,
	CFA_NOP = 0x00,
	CFA_SET_LOC = 0x01,
	CFA_ADVANCE_1 = 0x02,
	CFA_ADVANCE_2 = 0x03,
	CFA_ADVANCE_4 = 0x04,
	CFA_OFFSET_EXTENDED = 0x05,
	CFA_RESTORE_EXTENDED = 0x06,
	CFA_UNDEFINED = 0x07,
	CFA_SAME_VALUE = 0x08,
	CFA_REGISTER = 0x09,
	CFA_REMEMBER = 0x0a,
	CFA_RECALL = 0x0b,
	CFA_DEF = 0x0c,
	CFA_DEF_REGISTER = 0x0d,
	CFA_DEF_OFFSET = 0x0e,
	CFA_DEF_EXPRESSION = 0x0f,
	CFA_EXPRESSION = 0x10,
	CFA_OFFSET_EXTENDED_SF = 0x11,
	CFA_DEF_SF = 0x12,
	CFA_DEF_OFFSET_SF = 0x13,
	CFA_VAL_OFFSET = 0x14,
	CFA_VAL_OFFSET_SF = 0x15,
	CFA_VAL_EXPRESSION = 0x16,
	CFA_GNU_ARGUMENTS = 0x2e,
	CFA_GNU_NEGATIVE_OFFSET = 0x2f,
};

/* DWARF 5, 7.7.1.  */
enum { OP_DEREF = 0x06, OP_PLUS = 0x23, OP_BREG = 0x70 };

enum place {
	PLACE_SAME = 0,	 /* the register holds what it held */
	PLACE_CFA = 1,	 /* saved, OFFSET above the CFA */
	PLACE_BP = 2,	 /* saved, OFFSET above bp */
	PLACE_NONE = 3,	 /* lost, or never was */
	PLACE_OTHER = 4, /* none of these */
};

struct saved {
	enum place place;
	int64_t offset;
};

struct row {
	uint64_t cfa_register;
	int64_t cfa_offset;
	bool is_cfa_read; /* what stands there is meant, plus CFA_ADD */
	bool is_cfa_other;
	int64_t cfa_add;
	struct saved bp, ra;
};

/* What FDEs have in common.  */
struct cie {
	struct mv_reader program;
	uint64_t code_align;
	int64_t data_align;
	uint8_t pointers; /* how addresses are encoded */
	bool is_augmented; /* the FDE, too, holds a piece that can be skipped */
	bool is_signal;
};

struct run {
	struct mv_reader reader;
	const struct cie *cie;
	uint64_t place, wanted; /* what follows is about code from PLACE on */
	struct row row;
	const struct row *first; /* what RESTORE goes back to; NULL: within the CIE */
	struct row kept[ROWS_KEPT];
	unsigned kept_count;
};

/* ---- one operation ---- */

static struct saved *saved_of(struct row *row, uint64_t which)
{
	return which == REGISTER_BP ? &row->bp : which == REGISTER_RA ? &row->ra : NULL;
}

static void set_saved(struct run *run, uint64_t which, enum place place, int64_t offset)
{
	struct saved *saved = saved_of(&run->row, which);

	if (saved)
		*saved = (struct saved){place, offset};
}

/* A number from a table, times ALIGN: too large a one wraps, and is no rule in the end.  */
static int64_t times(uint64_t number, int64_t align)
{
	return (int64_t)(number * (uint64_t)align);
}

static void restore(struct run *run, uint64_t which)
{
	struct row first = run->first ? *run->first : run->row;
	struct saved *saved = saved_of(&first, which);

	if (saved)
		set_saved(run, which, saved->place, saved->offset);
}

/* The register and offset of "what stands OFFSET above REGISTER", the only expressions that compilers use.  True if
 * EXPRESSION begins so; the rest is left in it.  */
static bool read_base(struct mv_reader *expression, uint64_t *base, int64_t *offset)
{
	uint8_t op = mv_read_byte(expression);

	*base = (uint64_t)op - OP_BREG;
	*offset = mv_read_signed(expression);
	return !expression->is_bad && (*base == REGISTER_BP || *base == REGISTER_SP);
}

static void define_by_expression(struct row *row, struct mv_reader expression)
{
	row->is_cfa_other = true;
	if (!read_base(&expression, &row->cfa_register, &row->cfa_offset) || mv_read_byte(&expression) != OP_DEREF)
		return;
	row->cfa_add = 0;
	if (expression.at < expression.end && mv_read_byte(&expression) == OP_PLUS)
		row->cfa_add = (int64_t)mv_read_unsigned(&expression);
	row->is_cfa_read = true;
	row->is_cfa_other = expression.is_bad || expression.at < expression.end;
}

static void save_by_expression(struct run *run, uint64_t which, struct mv_reader expression)
{
	uint64_t base;
	int64_t offset;
	bool is_known = read_base(&expression, &base, &offset) && base == REGISTER_BP && expression.at == expression.end;

	set_saved(run, which, is_known ? PLACE_BP : PLACE_OTHER, is_known ? offset : 0);
}

static void define(struct run *run, uint64_t base, int64_t offset)
{
	run->row.cfa_register = base;
	run->row.cfa_offset = offset;
	run->row.is_cfa_read = false;
	run->row.is_cfa_other = false;
}

/* Only where the CFA is a register and an offset already.  */
static void redefine(struct run *run, uint64_t base, int64_t offset)
{
	bool is_other = run->row.is_cfa_other || run->row.is_cfa_read;

	define(run, base, offset);
	run->row.is_cfa_other = is_other;
}

static void remember(struct run *run)
{
	if (run->kept_count == ROWS_KEPT)
		run->reader.is_bad = true;
	else
		run->kept[run->kept_count++] = run->row;
}

static void recall(struct run *run)
{
	if (!run->kept_count)
		run->reader.is_bad = true;
	else
		run->row = run->kept[--run->kept_count];
}

/* Operations that tell of the CFA, or of nothing.  False: it is another one.  */
static bool do_cfa(struct run *run, uint8_t operation)
{
	struct mv_reader *reader = &run->reader;
	int64_t align = run->cie->data_align;
	uint64_t which;

	switch (operation) {
	case CFA_NOP:
		return true;
	case CFA_DEF:
		which = mv_read_unsigned(reader);
		define(run, which, (int64_t)mv_read_unsigned(reader));
		return true;
	case CFA_DEF_SF:
		which = mv_read_unsigned(reader);
		define(run, which, times((uint64_t)mv_read_signed(reader), align));
		return true;
	case CFA_DEF_REGISTER:
		redefine(run, mv_read_unsigned(reader), run->row.cfa_offset);
		return true;
	case CFA_DEF_OFFSET:
		redefine(run, run->row.cfa_register, (int64_t)mv_read_unsigned(reader));
		return true;
	case CFA_DEF_OFFSET_SF:
		redefine(run, run->row.cfa_register, times((uint64_t)mv_read_signed(reader), align));
		return true;
	case CFA_DEF_EXPRESSION:
		define_by_expression(&run->row, mv_read_piece(reader, mv_read_unsigned(reader)));
		return true;
	case CFA_GNU_ARGUMENTS:
		mv_read_unsigned(reader);
		return true;
	}
	return false;
}

/* Operations that tell of a register.  */
static void do_register(struct run *run, uint8_t operation)
{
	struct mv_reader *reader = &run->reader;
	int64_t align = run->cie->data_align;
	uint64_t which = mv_read_unsigned(reader);

	switch (operation) {
	case CFA_OFFSET_EXTENDED:
		set_saved(run, which, PLACE_CFA, times(mv_read_unsigned(reader), align));
		break;
	case CFA_OFFSET_EXTENDED_SF:
		set_saved(run, which, PLACE_CFA, times((uint64_t)mv_read_signed(reader), align));
		break;
	case CFA_GNU_NEGATIVE_OFFSET:
		set_saved(run, which, PLACE_CFA, -times(mv_read_unsigned(reader), align));
		break;
	case CFA_RESTORE_EXTENDED:
		restore(run, which);
		break;
	case CFA_UNDEFINED:
		set_saved(run, which, PLACE_NONE, 0);
		break;
	case CFA_SAME_VALUE:
		set_saved(run, which, PLACE_SAME, 0);
		break;
	case CFA_EXPRESSION:
		save_by_expression(run, which, mv_read_piece(reader, mv_read_unsigned(reader)));
		break;
	case CFA_VAL_EXPRESSION:
		mv_read_piece(reader, mv_read_unsigned(reader));
		set_saved(run, which, PLACE_OTHER, 0);
		break;
	case CFA_REGISTER:
	case CFA_VAL_OFFSET:
	case CFA_VAL_OFFSET_SF:
		mv_read_unsigned(reader);
		set_saved(run, which, PLACE_OTHER, 0);
		break;
	default:
		reader->is_bad = true;
	}
}

/* How far OPERATION goes on in the code; false: it is another one.  SET_LOC names the place itself.  */
static bool advance(struct run *run, uint8_t operation)
{
	struct mv_reader *reader = &run->reader;
	uint64_t steps;

	switch (operation) {
	case CFA_SET_LOC:
		run->place = mv_read_pointer(reader, run->cie->pointers, 0);
		return true;
	case CFA_ADVANCE_1:
		steps = mv_read_bytes(reader, 1);
		break;
	case CFA_ADVANCE_2:
		steps = mv_read_bytes(reader, 2);
		break;
	case CFA_ADVANCE_4:
		steps = mv_read_bytes(reader, 4);
		break;
	default:
		if ((operation & 0xc0) != CFA_ADVANCE)
			return false;
		steps = operation & 0x3f;
	}
	run->place += steps * run->cie->code_align;
	return true;
}

static void do_operation(struct run *run, uint8_t operation)
{
	uint8_t low = operation & 0x3f;

	if ((operation & 0xc0) == CFA_OFFSET)
		set_saved(run, low, PLACE_CFA, times(mv_read_unsigned(&run->reader), run->cie->data_align));
	else if ((operation & 0xc0) == CFA_RESTORE)
		restore(run, low);
	else if (operation == CFA_REMEMBER)
		remember(run);
	else if (operation == CFA_RECALL)
		recall(run);
	else if (!do_cfa(run, operation))
		do_register(run, operation);
}

static void run_program(struct run *run)
{
	while (run->reader.at < run->reader.end && !run->reader.is_bad) {
		uint8_t operation = mv_read_byte(&run->reader);

		if (!advance(run, operation))
			do_operation(run, operation);
		else if (run->place > run->wanted)
			return;
	}
}

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
			cie->pointers = mv_read_byte(&data);
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
	*cie = (struct cie){.pointers = MV_POINTER_ABSOLUTE};
	if (id || (version != 1 && version != 3))
		return false;
	cie->code_align = mv_read_unsigned(&reader);
	cie->data_align = mv_read_signed(&reader);
	if ((version == 1 ? mv_read_byte(&reader) : mv_read_unsigned(&reader)) != REGISTER_RA)
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

static enum mv_rule_kind kind_of(const struct row *row)
{
	if (row->cfa_register == REGISTER_SP)
		return row->is_cfa_read ? MV_RULE_AT_SP : MV_RULE_SP;
	return row->is_cfa_read ? MV_RULE_AT_BP : MV_RULE_BP;
}

/* False: it cannot be said in words above the CFA (or bp, for AT_BP).  */
static bool say_saved(const struct row *row, enum mv_rule_kind kind, int64_t *saved)
{
	*saved = row->bp.offset / WORD_BYTES;
	if (row->bp.place == PLACE_SAME) {
		*saved = MV_RULE_SAME_BP;
		return true;
	}
	return row->bp.place == (kind == MV_RULE_AT_BP ? PLACE_BP : PLACE_CFA) && is_whole(row->bp.offset) &&
	       *saved != MV_RULE_SAME_BP;
}

static struct mv_rule say_row(const struct row *row)
{
	struct mv_rule rule = {.kind = MV_RULE_OTHER};
	enum mv_rule_kind kind = kind_of(row);
	int64_t saved;

	if (row->ra.place == PLACE_NONE)
		return (struct mv_rule){.kind = MV_RULE_END};
	if (row->is_cfa_other || (row->cfa_register != REGISTER_BP && row->cfa_register != REGISTER_SP))
		return rule;
	if (row->ra.place != PLACE_CFA || row->ra.offset != -WORD_BYTES)
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

/* RUN has what the CIE says; the rest follows in READER, behind the stretch of code that the entry is about.  */
static struct mv_rule run_fde(struct run *run, struct mv_reader reader)
{
	struct row first = run->row;

	if (run->cie->is_augmented)
		mv_read_piece(&reader, mv_read_unsigned(&reader));
	run->first = &first;
	run->reader = reader;
	run->kept_count = 0;
	run_program(run);
	return run->reader.is_bad ? (struct mv_rule){.kind = MV_RULE_OTHER} : say_row(&run->row);
}

struct mv_rule mv_cfi_rule(const struct mv_fde_tables *tables, const uint8_t *fde, uintptr_t pc)
{
	struct mv_reader reader = open_entry(tables, fde);
	const uint8_t *entry = cie_of(tables, &reader);
	struct cie cie;
	struct run run = {.cie = &cie, .wanted = UINT64_MAX};
	uint64_t start, size;

	if (!entry || !read_cie(tables, entry, &cie) || cie.is_signal)
		return (struct mv_rule){.kind = MV_RULE_OTHER};
	start = mv_read_pointer(&reader, cie.pointers, 0);
	size = mv_read_form(&reader, cie.pointers);
	if (reader.is_bad || pc - start >= size)
		return (struct mv_rule){.kind = MV_RULE_OTHER};
	run.reader = cie.program;
	run_program(&run);
	if (run.reader.is_bad)
		return (struct mv_rule){.kind = MV_RULE_OTHER};
	run.place = start;
	run.wanted = pc;
	return run_fde(&run, reader);
}
