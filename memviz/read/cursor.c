/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of lanes, one for each slot, by the time of the lane's next event.  Threads take turns for many events, so
 * that the lane on top mostly stays there.  */
#include "read/cursor.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "format/chunk.h"
#include "read/tracks.h"

struct lane {
	const struct mv_track *track;
	size_t next_chunk;	      /* of the track's; beyond the last one the open events, then nothing */
	struct mv_event *decoded;     /* room for the track's largest chunk; NULL before the first */
	const struct mv_event *at, *end;
};

struct mv_cursor {
	const struct mv_recording *recording;
	struct lane *lanes; /* a heap while COUNT of them have events left */
	size_t count, lane_count;
	struct mv_codec *codec; /* NULL before the first chunk */
	bool is_started;
};

static int no_memory(struct mv_diag *diag)
{
	return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
}

static uint32_t largest_chunk(const struct mv_tracks *tracks)
{
	uint32_t most = 0;
	size_t i;

	for (i = 0; i < tracks->count; i++)
		if (tracks->at[i].events_max > most)
			most = tracks->at[i].events_max;
	return most;
}

static int open_codec(struct mv_cursor *cursor, uint32_t events)
{
	void *memory;

	if (!events)
		return 0;
	memory = aligned_alloc(64, mv_codec_bytes(events));
	if (!memory)
		return -ENOMEM;
	cursor->codec = mv_codec_in(memory, events);
	if (!cursor->codec)
		free(memory);
	return cursor->codec ? 0 : -EINVAL;
}

int mv_cursor_open(const struct mv_recording *recording, struct mv_cursor **cursor, struct mv_diag *diag)
{
	const struct mv_tracks *tracks = mv_recording_tracks(recording);
	struct mv_cursor *made = calloc(1, sizeof *made);
	size_t i;

	*cursor = made;
	if (!made)
		return no_memory(diag);
	made->recording = recording;
	made->lanes = calloc(tracks->count + 1, sizeof *made->lanes);
	if (!made->lanes || open_codec(made, largest_chunk(tracks))) {
		mv_cursor_close(made);
		*cursor = NULL;
		return no_memory(diag);
	}
	made->lane_count = tracks->count;
	for (i = 0; i < tracks->count; i++)
		made->lanes[i].track = &tracks->at[i];
	return 0;
}

void mv_cursor_close(struct mv_cursor *cursor)
{
	size_t i;

	if (!cursor)
		return;
	for (i = 0; i < cursor->lane_count; i++)
		free(cursor->lanes[i].decoded);
	free(cursor->lanes);
	free(cursor->codec);
	free(cursor);
}

static int decode(struct mv_cursor *cursor, struct lane *lane, struct mv_diag *diag)
{
	const struct mv_chunk *chunk = lane->track->chunks[lane->next_chunk++];
	int err;

	if (!lane->decoded)
		lane->decoded = malloc(lane->track->events_max * sizeof *lane->decoded);
	if (!lane->decoded)
		return no_memory(diag);
	err = mv_chunk_decode(cursor->codec, chunk, (const uint8_t *)(chunk + 1),
			      mv_recording_offset(cursor->recording, chunk + 1), lane->decoded, diag);
	lane->at = lane->decoded;
	lane->end = lane->decoded + chunk->event_count;
	return err;
}

/* Events behind the lane's last: the next chunk, then what is open.  0: there are none.  */
static int refill(struct mv_cursor *cursor, struct lane *lane, struct mv_diag *diag)
{
	const struct mv_track *track = lane->track;

	if (lane->next_chunk < track->chunk_count) {
		int err = decode(cursor, lane, diag);

		return err ? err : 1;
	}
	if (lane->next_chunk++ > track->chunk_count || !track->open_count)
		return 0;
	lane->at = track->open;
	lane->end = track->open + track->open_count;
	return 1;
}

static bool is_earlier(const struct mv_cursor *cursor, size_t a, size_t b)
{
	return cursor->lanes[a].at->time_ns < cursor->lanes[b].at->time_ns;
}

static void sink(struct mv_cursor *cursor, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		struct lane lane;

		if (child >= cursor->count)
			return;
		if (child + 1 < cursor->count && is_earlier(cursor, child + 1, child))
			child++;
		if (!is_earlier(cursor, child, at))
			return;
		lane = cursor->lanes[at];
		cursor->lanes[at] = cursor->lanes[child];
		cursor->lanes[child] = lane;
		at = child;
	}
}

/* Put the lane at AT, which has no events left, behind those that do.  */
static void retire(struct mv_cursor *cursor, size_t at)
{
	struct lane lane = cursor->lanes[at];

	cursor->count--;
	cursor->lanes[at] = cursor->lanes[cursor->count];
	cursor->lanes[cursor->count] = lane;
}

static int start(struct mv_cursor *cursor, struct mv_diag *diag)
{
	size_t at = 0;

	cursor->is_started = true;
	cursor->count = cursor->lane_count;
	while (at < cursor->count) {
		int got = refill(cursor, &cursor->lanes[at], diag);

		if (got < 0)
			return got;
		if (got)
			at++;
		else
			retire(cursor, at);
	}
	for (at = cursor->count / 2; at-- > 0;)
		sink(cursor, at);
	return 0;
}

/* Move the top lane past the event that was handed out last.  */
static int advance(struct mv_cursor *cursor, struct mv_diag *diag)
{
	struct lane *top = &cursor->lanes[0];

	if (++top->at == top->end) {
		int got = refill(cursor, top, diag);

		if (got < 0)
			return got;
		if (!got)
			retire(cursor, 0);
	}
	sink(cursor, 0);
	return 0;
}

static bool is_known(const struct mv_event *event)
{
	return event->kind != MV_EVENT_NONE && event->kind < MV_EVENT_KINDS && event->ledger < MV_LEDGER_KINDS;
}

int mv_cursor_next(struct mv_cursor *cursor, const struct mv_event **event, struct mv_diag *diag)
{
	do {
		int err = 0;

		if (!cursor->is_started)
			err = start(cursor, diag);
		else if (cursor->count)
			err = advance(cursor, diag);
		if (err)
			return err;
		if (!cursor->count)
			return 0;
		*event = cursor->lanes[0].at;
	} while (!is_known(*event));
	return 1;
}

uint64_t mv_cursor_offset(const struct mv_cursor *cursor)
{
	const struct lane *top = &cursor->lanes[0];
	bool is_sealed = top->next_chunk && top->next_chunk <= top->track->chunk_count;

	return mv_recording_offset(cursor->recording,
				   is_sealed ? (const void *)top->track->chunks[top->next_chunk - 1]
					     : (const void *)top->at);
}
