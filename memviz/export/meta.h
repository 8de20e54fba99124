/* SPDX-License-Identifier: Apache-2.0 */
/* META, the page's facts that are not streams: see export/page.h.  Private to memviz/export.  */
#ifndef EXPORT_META_H
#define EXPORT_META_H

#include "export/lives.h"

/* What all recordings have in common: {"version", "recordings": COUNT, "bands": [text], "reasons": [text], "labels": [text],
 * "guesses": [of each reason 1 if it is one]}.  */
void mv_meta_write_page(FILE *out, size_t count);

/* One recording: who, how it ended, what was lost, facts about the run, OOMs, and its cards with their COUNTS.  Stacks of OOMs must be in
 * TRACE already.  Failures to write show in ferror(OUT); -ENOMEM.  */
int mv_meta_write_recording(FILE *out, const char *prefix, const struct mv_html_recording *recording,
			    struct mv_trace *trace, const struct mv_lives_counts *counts);

#endif
