/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a report's text, and what they are written with.  Private to memviz/cmd/report_*.c.  */
#ifndef CMD_REPORT_PAPER_H
#define CMD_REPORT_PAPER_H

#include "cmd/report_view.h"

struct mv_paper {
	const struct mv_report_view *view;
	FILE *out;
	bool is_coloured, is_utf8;
};

/* How long a line of a stack may be, beside what is before it.  */
enum { MV_PAPER_PLACE_COLUMNS = 62 };

/* An empty line and a line that stands out.  */
void mv_paper_heading(const struct mv_paper *paper, const char *text);

/* A line of a sum.  */
void mv_paper_row(const struct mv_paper *paper, const char *name, uint64_t bytes, const char *comment);

/* "HOW IT ADDS UP": report_sums.c.  */
void mv_report_print_sums(const struct mv_paper *paper);

/* "BESIDES", if there is something: report_besides.c.  */
void mv_report_print_besides(const struct mv_paper *paper);

/* The frames of STACK, a line each or folded: report_frames.c.  */
void mv_report_print_frames(const struct mv_paper *paper, uint32_t stack);

#endif
