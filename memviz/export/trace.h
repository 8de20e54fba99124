/* SPDX-License-Identifier: Apache-2.0 */
/* The strings, frames and stacks of one recording as the page numbers them (export/page.h): only what is referred to,
 * each once.  Private to memviz/export.
 *
 * Use: mv_trace_open, ids in any order, mv_trace_write, mv_trace_close.  Threads: one at a time.  Memory: malloc.  */
#ifndef EXPORT_TRACE_H
#define EXPORT_TRACE_H

#include "export/html.h"
#include "export/keys.h"

struct mv_trace {
	struct mv_places *places;
	struct mv_keys strings;
	struct mv_keys frames;
	struct mv_keys stacks;
	uint32_t *origins; /* of each of them: 1 + how far out its origin is; 0: nobody asked */
	uint32_t origins_room;
	struct mv_keys seen; /* stacks of the recording, */
	uint32_t *seen_page;   /* and their numbers in the page */
	uint32_t seen_room;
};

/* Start with the empty string, no frame, no stack; what these are is asked of PLACES, which must live longer.  -ENOMEM;
 * then there is nothing to close.  */
int mv_trace_open(struct mv_trace *trace, struct mv_places *places);
void mv_trace_close(struct mv_trace *trace);

/* *ID in the page of TEXT (NULL: the empty string), and of the recording's STACK.  -ENOMEM.  */
int mv_trace_string(struct mv_trace *trace, const char *text, uint32_t *id);
int mv_trace_stack(struct mv_trace *trace, uint32_t stack, uint32_t *id);

/* Write the streams strings, frames and stacks.  -ENOMEM, -EIO.  */
int mv_trace_write(const struct mv_trace *trace, FILE *out, const char *prefix);

#endif
