/* SPDX-License-Identifier: Apache-2.0 */
/* An out-of-memory error in some lines, for the person whose run has died: what was asked for, by which line of their
 * program, what filled the card, why it did not fit, what need not have been there, and what to open next.
 *
 * Memory: malloc; text is the caller's.  */
#ifndef ANALYZE_SUMMARY_H
#define ANALYZE_SUMMARY_H

#include <stddef.h>

#include "analyze/timeline.h"
#include "symbol/symbols.h"

enum { MV_SUMMARY_LINES = 6, MV_SUMMARY_BYTES = 240 };

/* Lines that have nothing to say are empty.  */
struct mv_summary {
	char line[MV_SUMMARY_LINES][MV_SUMMARY_BYTES];
};

/* Describe OOM, of TIMELINE; PATH is the recording's, for the last line; SOURCES: of names of native functions
 * (symbol/symbols.h), or NULL.  0 or -ENOMEM.  */
int mv_summary_make(const struct mv_timeline *timeline, const struct mv_oom *oom, const struct mv_symbols_sources *sources,
		    const char *path, struct mv_summary *summary);

#endif
