/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/report_paper.h"

#include "cmd/tell.h"

void mv_paper_heading(const struct mv_paper *paper, const char *text)
{
	fprintf(paper->out, paper->is_coloured ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

void mv_paper_row(const struct mv_paper *paper, const char *name, uint64_t bytes, const char *comment)
{
	char size[MV_TELL_BYTES];

	fprintf(paper->out, "  %-14s%10s   %s\n", name, mv_tell_size(bytes, size), comment);
}
