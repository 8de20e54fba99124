/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of unwind tables, which make row after row of a table: for each stretch of code, where the CFA is (rule.h) and
 * where registers have been saved.
 *
 * Format: DWARF 5, 6.4.2 and 7.24; registers: System V ABI, AMD64, figure 3.36.
 * Units: bytes.  Threads, signals: pure functions.  */
#ifndef STACK_ROWS_H
#define STACK_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/reader.h"

/* DWARF's numbers of registers, AMD64.  */
enum { MV_REGISTER_BP = 6, MV_REGISTER_SP = 7, MV_REGISTER_RA = 16 };

enum { MV_ROWS_KEPT = 8 };

enum mv_row_place {
	MV_ROW_SAME = 0,  /* the register holds what it held */
	MV_ROW_CFA = 1,	  /* saved, OFFSET above the CFA */
	MV_ROW_BP = 2,	  /* saved, OFFSET above bp */
	MV_ROW_NONE = 3,  /* lost, or never was */
	MV_ROW_OTHER = 4, /* none of these */
};

struct mv_row_saved {
	enum mv_row_place place;
	int64_t offset;
};

/* CFA is CFA_OFFSET above the register.  */
struct mv_row {
	uint64_t cfa_register;
	int64_t cfa_offset;
	bool is_cfa_read; /* what stands there is meant, plus CFA_ADD */
	bool is_cfa_other; /* none of these */
	int64_t cfa_add;
	struct mv_row_saved bp, ra;
};

/* How the numbers of a program are to be read.  */
struct mv_row_units {
	uint64_t code_align;
	int64_t data_align;
	uint8_t pointers; /* how addresses are encoded */
};

/* The caller sets the first five fields; of the others, ROW is what the program begins with, and KEPT_COUNT is zero.  */
struct mv_rows {
	struct mv_reader reader; /* the program */
	const struct mv_row_units *units;
	uint64_t place, wanted; /* what follows is about code from PLACE on */
	const struct mv_row *first; /* what RESTORE goes back to; NULL: RESTORE changes nothing */
	struct mv_row row;
	struct mv_row kept[MV_ROWS_KEPT];
	unsigned kept_count;
};

/* Run the program up to what is about code behind WANTED, or to its end.  ROW is what holds at WANTED then, unless READER is
 * bad.  */
void mv_rows_run(struct mv_rows *rows);

#endif
