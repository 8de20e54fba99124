/* SPDX-License-Identifier: Apache-2.0 */
/* The timeline page: one HTML file that shows recordings in a browser and asks for nothing else.  The data in it:
 * export/page.h.
 *
 * Units: bytes; nanoseconds since a recording's start.  Threads: any number may write pages, each to its own file.
 * Memory: malloc; about 40 bytes a block of one recording, and its stacks, at a time; the page itself is streamed.
 * Privacy: what goes in is sizes, addresses, times, and the names of functions, files, calls and parameters.  */
#ifndef EXPORT_HTML_H
#define EXPORT_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analyze/places.h"
#include "analyze/timeline.h"
#include "format/diag.h"

/* One recording of the page.  What it points to must live until the page is written.  */
struct mv_html_recording {
	const struct mv_timeline *timeline;
	struct mv_places *places; /* of the timeline's recording: what its stacks consist of */
	const char *label; /* what tells it from the others: its file's name */
};

/* Write a page of COUNT recordings, at least one, to OUT.  Returns 0; -ENOMEM; -EIO with DIAG if OUT did not take all
 * of it, and then what it did take is no page.  One pass over the events: 1,000,000 take about half a second.  */
int mv_html_write(const struct mv_html_recording *recordings, size_t count, FILE *out, struct mv_diag *diag);

#endif
