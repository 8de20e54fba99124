/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/ledgers.h"
#include "analyze/segments.h"
#include "analyze/births.h"
#include "analyze/spans.h"
#include "read/array.h"
#include "read/cursor.h"
#include "read/table.h"
#include "read/tracks.h"

uint64_t mv_replay_axis(const struct mv_replay *replay, uint64_t time_ns)
{
	uint64_t axis_ns = time_ns > replay->start_ns ? time_ns - replay->start_ns : 0;

	return axis_ns < MV_TIME_NEVER ? axis_ns : MV_TIME_NEVER - 1;
}

static int note_memory(struct mv_replay *replay, const struct mv_event *event)
{
	if (mv_array_grow(&replay->memory, &replay->memory_room, replay->memory_count, sizeof *replay->memory))
		return -ENOMEM;
	replay->memory[replay->memory_count++] = (struct mv_card_memory){
		.time_ns = mv_replay_axis(replay, event->time_ns),
		.free_bytes = event->size_bytes,
		.total_bytes = event->extra,
		.device = event->device,
	};
	return 0;
}

static int note_aside(struct mv_replay *replay, const struct mv_event *event)
{
	return mv_samples_add_aside(&replay->samples, event, mv_replay_axis(replay, event->time_ns));
}

/* What says more of them than there can be is no recorder's.  */
static int note_owner(struct mv_ledgers *ledgers, const struct mv_event *event)
{
	struct mv_replay *replay = ledgers->replay;

	if (event->role != MV_ROLE_NONE || !(event->flags & MV_FLAG_TOLD))
		return mv_ledgers_owner(ledgers, event);
	if (replay->unwound_count < MV_FORMAT_OOMS)
		replay->unwound_ns[replay->unwound_count++] = mv_replay_axis(replay, event->time_ns);
	return 0;
}

static int apply(struct mv_ledgers *ledgers, const struct mv_event *event)
{
	switch ((enum mv_event_kind)event->kind) {
	case MV_EVENT_ALLOC:
		return note_aside(ledgers->replay, event) ? -ENOMEM : mv_ledgers_alloc(ledgers, event);
	case MV_EVENT_FREE:
		return note_aside(ledgers->replay, event) ? -ENOMEM : mv_ledgers_free(ledgers, event);
	case MV_EVENT_FREE_FAILED:
		mv_ledgers_free_failed(ledgers, event);
		return 0;
	case MV_EVENT_OWNER:
		return note_owner(ledgers, event);
	case MV_EVENT_BIRTH:
		return mv_ledgers_birth(ledgers, event);
	case MV_EVENT_MEMORY_INFO:
		return note_memory(ledgers->replay, event);
	case MV_EVENT_USAGE:
		return mv_samples_add_usage(&ledgers->replay->samples, event,
					    mv_replay_axis(ledgers->replay, event->time_ns));
	case MV_EVENT_CALL:
		return mv_samples_add_call(&ledgers->replay->samples, event,
					   mv_replay_axis(ledgers->replay, event->time_ns));
	case MV_EVENT_NONE:
	case MV_EVENT_ALLOC_FAILED:
	case MV_EVENT_OOM:
	case MV_EVENT_PHASE_BEGIN:
	case MV_EVENT_PHASE_END:
	case MV_EVENT_MARK:
	case MV_EVENT_KINDS:
		return 0;
	}
	return 0;
}

static int no_memory(struct mv_diag *diag)
{
	return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
}

static int compare_times(const void *a, const void *b)
{
	uint64_t first = ((const struct mv_event *)a)->time_ns, second = ((const struct mv_event *)b)->time_ns;

	return first < second ? -1 : first > second;
}

static int note_survivor(struct mv_replay *replay, const struct mv_event *live)
{
	uint64_t time_ns = mv_replay_axis(replay, live->time_ns);

	return live->kind == MV_EVENT_CALL ? mv_samples_add_call(&replay->samples, live, time_ns)
					   : mv_samples_add_aside(&replay->samples, live, time_ns);
}

/* What was done before the horizon and still holds: blocks are settled at the end, everything else goes first.  */
static int note_survivors(struct mv_replay *replay)
{
	uint64_t horizon_ns = mv_recording_header(replay->recording)->horizon_ns;
	uint32_t i, count = mv_table_count(replay->recording, MV_REGION_LIVE);
	struct mv_event *old = malloc(((size_t)count + 1) * sizeof *old);
	size_t k, old_count = 0;
	int err = old ? 0 : -ENOMEM;

	for (i = 0; i < count && !err; i++) {
		const struct mv_event *live = mv_table_live(replay->recording, i);

		if (!live)
			live = mv_table_kept(replay->recording, i);
		if (live && live->time_ns <= horizon_ns)
			old[old_count++] = *live;
	}
	if (old_count)
		qsort(old, old_count, sizeof *old, compare_times);
	for (k = 0; k < old_count && !err; k++)
		err = note_survivor(replay, &old[k]);
	free(old);
	return err;
}

static int play(struct mv_replay *replay, struct mv_ledgers *ledgers, struct mv_spans *spans, struct mv_diag *diag)
{
	const struct mv_event *event;
	struct mv_cursor *cursor;
	int got, err = mv_cursor_open(replay->recording, &cursor, diag);

	if (err)
		return err;
	while ((got = mv_cursor_next(cursor, &event, diag)) > 0) {
		replay->end_ns = mv_replay_axis(replay, event->time_ns);
		if (mv_spans_event(spans, event) || apply(ledgers, event)) {
			got = no_memory(diag);
			break;
		}
	}
	mv_cursor_close(cursor);
	return got;
}

/* Until when events may be missing, by the recording's clock.  */
static uint64_t incomplete_until(const struct mv_recording *recording)
{
	uint64_t horizon_ns = mv_recording_header(recording)->horizon_ns, gap_ns = mv_recording_tracks(recording)->gap_ns;

	return horizon_ns > gap_ns ? horizon_ns : gap_ns;
}

/* The end is the latest of what the header says and of what happened.  */
static void set_end(struct mv_replay *replay)
{
	const struct mv_file_header *header = mv_recording_header(replay->recording);
	uint64_t end_ns = mv_replay_axis(replay, header->end_ns);
	size_t i;

	if (end_ns > replay->end_ns)
		replay->end_ns = end_ns;
	for (i = 0; i < replay->block_count; i++)
		if (replay->blocks[i].birth_ns > replay->end_ns)
			replay->end_ns = replay->blocks[i].birth_ns;
	if (replay->begin_ns > replay->end_ns)
		replay->begin_ns = replay->end_ns;
}

int mv_replay_run(const struct mv_recording *recording, struct mv_replay *replay, struct mv_diag *diag)
{
	struct mv_ledgers ledgers = {.replay = replay};
	struct mv_spans spans;
	int err;

	*replay = (struct mv_replay){.recording = recording, .start_ns = mv_recording_header(recording)->start_ns};
	replay->begin_ns = mv_replay_axis(replay, mv_recording_header(recording)->horizon_ns);
	ledgers.incomplete_ns = mv_replay_axis(replay, incomplete_until(recording));
	mv_spans_start(&spans, replay);
	err = note_survivors(replay) ? no_memory(diag) : play(replay, &ledgers, &spans, diag);
	if (!err && (mv_ledgers_settle(&ledgers, incomplete_until(recording)) ||
		     (ledgers.is_out_of_order && mv_births_restore(replay)) || mv_segments_mark(replay)))
		err = no_memory(diag);
	if (!err) {
		mv_spans_finish(&spans);
		set_end(replay);
	}
	mv_spans_release(&spans);
	mv_ledgers_release(&ledgers);
	if (err)
		mv_replay_release(replay);
	return err;
}

void mv_replay_release(struct mv_replay *replay)
{
	free(replay->blocks);
	free(replay->deaths);
	free(replay->spans);
	free(replay->memory);
	mv_samples_release(&replay->samples);
	memset(replay, 0, sizeof *replay);
}
