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

#include "analyze/timeline.h"
#include "format/diag.h"

/* A place in a stack, as well as it is known.  Strings may be NULL or in any encoding; they stay valid until the next
 * call of what filled this in.  */
struct mv_html_frame {
	const char *function;
	const char *file;   /* source file */
	const char *module; /* native frames: the loaded object */
	uint64_t offset;    /* native frames: of the return address in the module; 0: not known */
	uint32_t line;	    /* 0: not known */
	uint32_t kind;	    /* enum mv_frame_kind */
};

/* Who knows what functions addresses belong to.  FRAMES_OF fills FRAMES[ROOM] with the frames of STACK, innermost
 * first, and returns how many there are, at most ROOM.  NULL: native frames are shown as module and offset.  */
struct mv_html_stacks {
	size_t (*frames_of)(void *context, uint32_t stack, struct mv_html_frame *frames, size_t room);
	void *context;
};

/* One recording of the page.  What it points to must live until the page is written.  */
struct mv_html_recording {
	const struct mv_timeline *timeline;
	struct mv_html_stacks stacks;
	const char *label; /* what tells it from the others: its file's name */
};

/* Write a page of COUNT recordings, at least one, to OUT.  Returns 0; -ENOMEM; -EIO with DIAG if OUT did not take all
 * of it, and then what it did take is no page.  One pass over the events: 1,000,000 take about half a second.  */
int mv_html_write(const struct mv_html_recording *recordings, size_t count, FILE *out, struct mv_diag *diag);

#endif
