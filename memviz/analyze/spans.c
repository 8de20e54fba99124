/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/spans.h"

#include <errno.h>
#include <stdlib.h>

#include "read/array.h"

#define NO_SPAN UINT32_MAX

void mv_spans_start(struct mv_spans *spans, struct mv_replay *replay)
{
	*spans = (struct mv_spans){.replay = replay, .inferred = NO_SPAN};
}

static int append(struct mv_spans *spans, const struct mv_event *event, uint8_t phase, uint32_t *index)
{
	struct mv_replay *replay = spans->replay;
	size_t count = replay->span_count;

	if (count >= NO_SPAN || mv_array_grow(&replay->spans, &replay->span_room, count, sizeof *replay->spans) ||
	    mv_array_grow(&spans->outer, &spans->outer_room, count, sizeof *spans->outer))
		return -ENOMEM;
	replay->spans[count] = (struct mv_span){
		.begin_ns = mv_replay_axis(replay, event->time_ns),
		.end_ns = MV_TIME_NEVER,
		.thread = event->thread,
		.name = event->kind == MV_EVENT_PHASE_BEGIN ? event->ref : 0,
		.step = event->step,
		.phase = phase,
		.is_told = event->kind == MV_EVENT_PHASE_BEGIN && event->flags & MV_FLAG_TOLD,
	};
	spans->outer[count] = NO_SPAN;
	*index = (uint32_t)replay->span_count++;
	return 0;
}

static void end_inferred(struct mv_spans *spans)
{
	if (spans->inferred != NO_SPAN)
		spans->replay->spans[spans->inferred].end_ns = spans->inferred_end_ns;
	spans->inferred = NO_SPAN;
}

static int begin(struct mv_spans *spans, const struct mv_event *event)
{
	uint32_t index, *innermost;

	if (event->phase == MV_PHASE_NONE || event->phase >= MV_PHASE_KINDS)
		return 0;
	if (event->phase == MV_PHASE_BACKWARD) {
		end_inferred(spans);
		spans->announced++;
	}
	innermost = mv_index_at(&spans->open, 0, event->thread, NO_SPAN);
	if (!innermost || append(spans, event, event->phase, &index))
		return -ENOMEM;
	spans->outer[index] = *innermost;
	*innermost = index;
	return 0;
}

/* A phase that ends ends those within it too: their ends were lost.  */
static void finish(struct mv_spans *spans, const struct mv_event *event)
{
	struct mv_span *all = spans->replay->spans;
	uint32_t at, depth = 0, *innermost = mv_index_find(&spans->open, 0, event->thread);

	if (!innermost)
		return;
	for (at = *innermost; at != NO_SPAN && all[at].phase != event->phase; at = spans->outer[at])
		if (++depth == MV_SPANS_DEPTH)
			return;
	while (at != NO_SPAN) {
		uint32_t ended = *innermost;

		all[ended].end_ns = mv_replay_axis(spans->replay, event->time_ns);
		if (all[ended].phase == MV_PHASE_BACKWARD)
			spans->announced--;
		*innermost = spans->outer[ended];
		if (ended == at)
			return;
	}
}

static int infer(struct mv_spans *spans, const struct mv_event *event)
{
	if (event->ledger != MV_LEDGER_BLOCK || spans->announced)
		return 0;
	if (event->phase == MV_PHASE_BACKWARD) {
		spans->inferred_end_ns = mv_replay_axis(spans->replay, event->time_ns);
		if (spans->inferred == NO_SPAN)
			return append(spans, event, MV_PHASE_BACKWARD, &spans->inferred);
	} else if (event->kind == MV_EVENT_ALLOC) {
		end_inferred(spans);
	}
	return 0;
}

int mv_spans_event(struct mv_spans *spans, const struct mv_event *event)
{
	switch ((enum mv_event_kind)event->kind) {
	case MV_EVENT_PHASE_BEGIN:
		return begin(spans, event);
	case MV_EVENT_PHASE_END:
		finish(spans, event);
		return 0;
	case MV_EVENT_ALLOC:
	case MV_EVENT_FREE:
		return infer(spans, event);
	case MV_EVENT_NONE:
	case MV_EVENT_FREE_FAILED:
	case MV_EVENT_ALLOC_FAILED:
	case MV_EVENT_OOM:
	case MV_EVENT_OWNER:
	case MV_EVENT_MARK:
	case MV_EVENT_MEMORY_INFO:
	case MV_EVENT_USAGE:
	case MV_EVENT_CALL:
	case MV_EVENT_BIRTH:
	case MV_EVENT_KINDS:
		return 0;
	}
	return 0;
}

/* An inferred backward in which nothing has followed yet may be going on, at an out-of-memory error say.  */
void mv_spans_finish(struct mv_spans *spans)
{
	spans->inferred = NO_SPAN;
}

void mv_spans_release(struct mv_spans *spans)
{
	mv_index_release(&spans->open);
	free(spans->outer);
}
