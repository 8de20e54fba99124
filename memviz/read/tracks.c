/* SPDX-License-Identifier: Apache-2.0 */
#include "read/tracks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_slot(const void *a, const void *b)
{
	const struct mv_chunk *one = *(const struct mv_chunk *const *)a, *two = *(const struct mv_chunk *const *)b;

	if (one->slot != two->slot)
		return one->slot < two->slot ? -1 : 1;
	return one->sequence < two->sequence ? -1 : one->sequence > two->sequence;
}

/* Room for every chunk and every slot: no track has neither.  */
static int set_aside(struct mv_tracks *tracks, size_t chunk_count, uint32_t slot_count)
{
	memset(tracks, 0, sizeof *tracks);
	tracks->chunks = malloc((chunk_count + 1) * sizeof *tracks->chunks);
	tracks->at = calloc(chunk_count + slot_count + 1, sizeof *tracks->at);
	return tracks->chunks && tracks->at ? 0 : -ENOMEM;
}

static void begin_tracks(struct mv_tracks *tracks, size_t chunk_count)
{
	struct mv_track *track = NULL;
	size_t i;

	for (i = 0; i < chunk_count; i++) {
		const struct mv_chunk *chunk = tracks->chunks[i];

		if (!track || track->slot != chunk->slot) {
			track = &tracks->at[tracks->count++];
			*track = (struct mv_track){.slot = chunk->slot, .chunks = &tracks->chunks[i]};
		}
		track->chunk_count++;
		tracks->events += chunk->event_count;
		if (chunk->event_count > track->events_max)
			track->events_max = chunk->event_count;
	}
}

/* Tracks that have chunks come first, in the order of their slots.  */
static struct mv_track *track_of(struct mv_tracks *tracks, size_t sealed, uint32_t slot)
{
	size_t low = 0, high = sealed;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tracks->at[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < sealed && tracks->at[low].slot == slot)
		return &tracks->at[low];
	tracks->at[tracks->count] = (struct mv_track){.slot = slot};
	return &tracks->at[tracks->count++];
}

/* The number of the event behind CHUNK; a number that would not fit is as good as the largest.  */
static uint64_t ordinal_behind(const struct mv_chunk *chunk)
{
	uint64_t end;

	return __builtin_add_overflow(chunk->first_ordinal, chunk->event_count, &end) ? UINT64_MAX : end;
}

static void note_gap(struct mv_tracks *tracks, uint64_t from, uint64_t to, uint64_t next_ns)
{
	if (to <= from)
		return;
	if (__builtin_add_overflow(tracks->missing_events, to - from, &tracks->missing_events))
		tracks->missing_events = UINT64_MAX;
	if (next_ns > tracks->gap_ns)
		tracks->gap_ns = next_ns;
}

static void note_begin(struct mv_tracks *tracks, uint64_t ordinal, uint64_t first_ns)
{
	if (!ordinal)
		return;
	if (__builtin_add_overflow(tracks->earlier_events, ordinal, &tracks->earlier_events))
		tracks->earlier_events = UINT64_MAX;
	if (first_ns > tracks->begin_ns)
		tracks->begin_ns = first_ns;
}

static void add_slot(struct mv_tracks *tracks, size_t sealed, uint32_t index, const struct mv_slot *slot, uint32_t count)
{
	struct mv_track *track = track_of(tracks, sealed, index);
	uint64_t doubles = 0, end = 0;

	if (track->chunk_count) {
		end = ordinal_behind(track->chunks[track->chunk_count - 1]);
		doubles = end > slot->first_ordinal ? end - slot->first_ordinal : 0;
	}
	if (doubles > count)
		doubles = count;
	track->open = (const struct mv_event *)(slot + 1) + doubles;
	track->open_count = count - (uint32_t)doubles;
	tracks->events += track->open_count;
	if (track->chunk_count && track->open_count)
		note_gap(tracks, end, slot->first_ordinal, track->open[0].time_ns);
	if (!track->chunk_count && track->open_count)
		note_begin(tracks, slot->first_ordinal, track->open[0].time_ns);
}

static int backwards(const struct mv_recording *recording, const void *at, struct mv_diag *diag)
{
	return mv_diag_set(diag, -EINVAL, mv_recording_offset(recording, at), "times go backwards from one event to the next");
}

static int check_track(struct mv_tracks *tracks, const struct mv_track *track, const struct mv_recording *recording,
		       struct mv_diag *diag)
{
	uint64_t last_ns = 0;
	uint32_t k;
	size_t i;

	for (i = 0; i < track->chunk_count; i++) {
		if (track->chunks[i]->first_ns <= last_ns && i)
			return backwards(recording, track->chunks[i], diag);
		last_ns = track->chunks[i]->last_ns;
		if (!i)
			note_begin(tracks, track->chunks[0]->first_ordinal, track->chunks[0]->first_ns);
		if (i)
			note_gap(tracks, ordinal_behind(track->chunks[i - 1]), track->chunks[i]->first_ordinal,
				 track->chunks[i]->first_ns);
	}
	for (k = 0; k < track->open_count; k++) {
		if (track->open[k].time_ns <= last_ns && (k || track->chunk_count))
			return backwards(recording, &track->open[k], diag);
		last_ns = track->open[k].time_ns;
	}
	return 0;
}

int mv_tracks_open(struct mv_tracks *tracks, const struct mv_recording *recording, struct mv_diag *diag)
{
	uint32_t i, slots = mv_recording_slots(recording);
	const struct mv_chunk *const *chunks;
	size_t count, k, sealed;
	int err = 0;

	chunks = mv_recording_chunks(recording, &count);
	if (set_aside(tracks, count, slots)) {
		mv_tracks_close(tracks);
		return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
	}
	if (count)
		memcpy(tracks->chunks, chunks, count * sizeof *chunks);
	qsort(tracks->chunks, count, sizeof *tracks->chunks, by_slot);
	begin_tracks(tracks, count);
	sealed = tracks->count;
	for (i = 0; i < slots; i++) {
		uint32_t events;
		const struct mv_slot *slot = mv_recording_slot(recording, i, &events);

		if (events)
			add_slot(tracks, sealed, i, slot, events);
	}
	for (k = 0; k < tracks->count && !err; k++)
		err = check_track(tracks, &tracks->at[k], recording, diag);
	if (err)
		mv_tracks_close(tracks);
	return err;
}

void mv_tracks_close(struct mv_tracks *tracks)
{
	free(tracks->at);
	free(tracks->chunks);
	memset(tracks, 0, sizeof *tracks);
}
