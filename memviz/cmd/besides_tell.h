/* SPDX-License-Identifier: Apache-2.0 */
/* What takes memory of a card without being in its bands, in words: for info and report.  */
#ifndef CMD_BESIDES_TELL_H
#define CMD_BESIDES_TELL_H

#include <stddef.h>

#include "analyze/besides.h"

enum { MV_BESIDES_LINES = 8, MV_BESIDES_BYTES = 160 };

struct mv_besides_line {
	const char *name;		/* "graphs" */
	char text[MV_BESIDES_BYTES]; /* "1 executable; 3 allocations captured, 48 MiB" */
};

/* Write what there is of BESIDES.  Returns how many lines.  */
size_t mv_besides_tell(const struct mv_besides *besides, struct mv_besides_line lines[MV_BESIDES_LINES]);

#endif
