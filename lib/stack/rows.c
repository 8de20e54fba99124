/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/rows.h"

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

static struct mv_row_saved *saved_of(struct mv_row *row, uint64_t which)
{
	return which == MV_REGISTER_BP ? &row->bp : which == MV_REGISTER_RA ? &row->ra : NULL;
}

static void set_saved(struct mv_rows *rows, uint64_t which, enum mv_row_place place, int64_t offset)
{
	struct mv_row_saved *saved = saved_of(&rows->row, which);

	if (saved)
		*saved = (struct mv_row_saved){place, offset};
}

/* A number from a table, times ALIGN: too large a one wraps, and is no rule in the end.  */
static int64_t times(uint64_t number, int64_t align)
{
	return (int64_t)(number * (uint64_t)align);
}

static void restore(struct mv_rows *rows, uint64_t which)
{
	struct mv_row first = rows->first ? *rows->first : rows->row;
	struct mv_row_saved *saved = saved_of(&first, which);

	if (saved)
		set_saved(rows, which, saved->place, saved->offset);
}

/* The register and offset of "what stands OFFSET above REGISTER", the only expressions that compilers use.  True if
 * EXPRESSION begins so; the rest is left in it.  */
static bool read_base(struct mv_reader *expression, uint64_t *base, int64_t *offset)
{
	uint8_t op = mv_read_byte(expression);

	*base = (uint64_t)op - OP_BREG;
	*offset = mv_read_signed(expression);
	return !expression->is_bad && (*base == MV_REGISTER_BP || *base == MV_REGISTER_SP);
}

static void define_by_expression(struct mv_row *row, struct mv_reader expression)
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

static void save_by_expression(struct mv_rows *rows, uint64_t which, struct mv_reader expression)
{
	uint64_t base;
	int64_t offset;
	bool is_known = read_base(&expression, &base, &offset) && base == MV_REGISTER_BP && expression.at == expression.end;

	set_saved(rows, which, is_known ? MV_ROW_BP : MV_ROW_OTHER, is_known ? offset : 0);
}

static void define(struct mv_rows *rows, uint64_t base, int64_t offset)
{
	rows->row.cfa_register = base;
	rows->row.cfa_offset = offset;
	rows->row.is_cfa_read = false;
	rows->row.is_cfa_other = false;
}

/* Only where the CFA is a register and an offset already.  */
static void redefine(struct mv_rows *rows, uint64_t base, int64_t offset)
{
	bool is_other = rows->row.is_cfa_other || rows->row.is_cfa_read;

	define(rows, base, offset);
	rows->row.is_cfa_other = is_other;
}

static void remember(struct mv_rows *rows)
{
	if (rows->kept_count == MV_ROWS_KEPT)
		rows->reader.is_bad = true;
	else
		rows->kept[rows->kept_count++] = rows->row;
}

static void recall(struct mv_rows *rows)
{
	if (!rows->kept_count)
		rows->reader.is_bad = true;
	else
		rows->row = rows->kept[--rows->kept_count];
}

/* Operations that tell of the CFA, or of nothing.  False: it is another one.  */
static bool do_cfa(struct mv_rows *rows, uint8_t operation)
{
	struct mv_reader *reader = &rows->reader;
	int64_t align = rows->units->data_align;
	uint64_t which;

	switch (operation) {
	case CFA_NOP:
		return true;
	case CFA_DEF:
		which = mv_read_unsigned(reader);
		define(rows, which, (int64_t)mv_read_unsigned(reader));
		return true;
	case CFA_DEF_SF:
		which = mv_read_unsigned(reader);
		define(rows, which, times((uint64_t)mv_read_signed(reader), align));
		return true;
	case CFA_DEF_REGISTER:
		redefine(rows, mv_read_unsigned(reader), rows->row.cfa_offset);
		return true;
	case CFA_DEF_OFFSET:
		redefine(rows, rows->row.cfa_register, (int64_t)mv_read_unsigned(reader));
		return true;
	case CFA_DEF_OFFSET_SF:
		redefine(rows, rows->row.cfa_register, times((uint64_t)mv_read_signed(reader), align));
		return true;
	case CFA_DEF_EXPRESSION:
		define_by_expression(&rows->row, mv_read_piece(reader, mv_read_unsigned(reader)));
		return true;
	case CFA_GNU_ARGUMENTS:
		mv_read_unsigned(reader);
		return true;
	}
	return false;
}

/* Operations that tell of a register.  */
static void do_register(struct mv_rows *rows, uint8_t operation)
{
	struct mv_reader *reader = &rows->reader;
	int64_t align = rows->units->data_align;
	uint64_t which = mv_read_unsigned(reader);

	switch (operation) {
	case CFA_OFFSET_EXTENDED:
		set_saved(rows, which, MV_ROW_CFA, times(mv_read_unsigned(reader), align));
		break;
	case CFA_OFFSET_EXTENDED_SF:
		set_saved(rows, which, MV_ROW_CFA, times((uint64_t)mv_read_signed(reader), align));
		break;
	case CFA_GNU_NEGATIVE_OFFSET:
		set_saved(rows, which, MV_ROW_CFA, -times(mv_read_unsigned(reader), align));
		break;
	case CFA_RESTORE_EXTENDED:
		restore(rows, which);
		break;
	case CFA_UNDEFINED:
		set_saved(rows, which, MV_ROW_NONE, 0);
		break;
	case CFA_SAME_VALUE:
		set_saved(rows, which, MV_ROW_SAME, 0);
		break;
	case CFA_EXPRESSION:
		save_by_expression(rows, which, mv_read_piece(reader, mv_read_unsigned(reader)));
		break;
	case CFA_VAL_EXPRESSION:
		mv_read_piece(reader, mv_read_unsigned(reader));
		set_saved(rows, which, MV_ROW_OTHER, 0);
		break;
	case CFA_REGISTER:
	case CFA_VAL_OFFSET:
	case CFA_VAL_OFFSET_SF:
		mv_read_unsigned(reader);
		set_saved(rows, which, MV_ROW_OTHER, 0);
		break;
	default:
		reader->is_bad = true;
	}
}

/* How far OPERATION goes on in the code; false: it is another one.  SET_LOC names the place itself.  */
static bool advance(struct mv_rows *rows, uint8_t operation)
{
	struct mv_reader *reader = &rows->reader;
	uint64_t steps;

	switch (operation) {
	case CFA_SET_LOC:
		rows->place = mv_read_pointer(reader, rows->units->pointers, 0);
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
	rows->place += steps * rows->units->code_align;
	return true;
}

static void do_operation(struct mv_rows *rows, uint8_t operation)
{
	uint8_t low = operation & 0x3f;

	if ((operation & 0xc0) == CFA_OFFSET)
		set_saved(rows, low, MV_ROW_CFA, times(mv_read_unsigned(&rows->reader), rows->units->data_align));
	else if ((operation & 0xc0) == CFA_RESTORE)
		restore(rows, low);
	else if (operation == CFA_REMEMBER)
		remember(rows);
	else if (operation == CFA_RECALL)
		recall(rows);
	else if (!do_cfa(rows, operation))
		do_register(rows, operation);
}

void mv_rows_run(struct mv_rows *rows)
{
	while (rows->reader.at < rows->reader.end && !rows->reader.is_bad) {
		uint8_t operation = mv_read_byte(&rows->reader);

		if (!advance(rows, operation))
			do_operation(rows, operation);
		else if (rows->place > rows->wanted)
			return;
	}
}
