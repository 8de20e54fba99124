/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/besides_tell.h"
#include "cmd/report_paper.h"

/* Text begins where that of the sums does.  */
void mv_report_print_besides(const struct mv_paper *paper)
{
	struct mv_besides_line lines[MV_BESIDES_LINES];
	size_t i, count = mv_besides_tell(&paper->view->report->besides, lines);

	if (!count)
		return;
	mv_paper_heading(paper, "BESIDES");
	for (i = 0; i < count; i++)
		fprintf(paper->out, "  %-14s%s\n", lines[i].name, lines[i].text);
}
