/* SPDX-License-Identifier: Apache-2.0 */
/* Phases: from their beginnings and ends, and from what threads were doing when they allocated.  Private to
 * memviz/analyze.
 *
 * A recording need not say when backward begins: the threads that run it are known, so the stretch from the first to
 * the last of their events, before the program allocates elsewhere again, is taken for one where none was announced.  */
#ifndef ANALYZE_SPANS_H
#define ANALYZE_SPANS_H

#include "analyze/index.h"
#include "analyze/replay.h"

enum { MV_SPANS_DEPTH = 64 }; /* phases within each other on one thread; what is deeper is not followed */

struct mv_spans {
	struct mv_replay *replay;
	struct mv_index open;	/* thread → its innermost open span */
	uint32_t *outer;	/* of each span: the one around it on its thread */
	size_t outer_room;
	uint32_t announced;	/* open spans of backward that were announced */
	uint32_t inferred;	/* the open span of backward that was not, or UINT32_MAX */
	uint64_t inferred_end_ns; /* the last sign of it */
};

void mv_spans_start(struct mv_spans *spans, struct mv_replay *replay);

/* Look at EVENT, of any kind.  0 or -ENOMEM.  */
int mv_spans_event(struct mv_spans *spans, const struct mv_event *event);

/* After the last event: what is open stays open.  */
void mv_spans_finish(struct mv_spans *spans);
void mv_spans_release(struct mv_spans *spans);

#endif
