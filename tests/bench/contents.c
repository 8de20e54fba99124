/* SPDX-License-Identifier: Apache-2.0 */
/* contents FILE: what a recording holds, for figures: a line for each number, "name value".
 *
 * events	all that can be read: in the ring's chunks and in open slots
 * ring_events	those in chunks
 * ring_bytes	of those chunks as they lie in the file: headers, compressed columns, padding to the next
 * file_bytes	the whole file: tables, the live table and open slots as well
 * stacks	different ones, of its events
 * stack_bytes	of what is there for them: modules, frames, frames that hang on each other, and the texts that these name
 * missing	events that were overwritten, or lost in any way  */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/cursor.h"
#include "read/recording.h"
#include "read/table.h"
#include "read/tracks.h"

enum { CHUNK_ALIGNMENT = 64, TEXT_ALIGNMENT = 4 };

static uint64_t bytes_of(const struct mv_chunk *chunk)
{
	return (sizeof *chunk + chunk->body_bytes + CHUNK_ALIGNMENT - 1) / CHUNK_ALIGNMENT * CHUNK_ALIGNMENT;
}

static uint64_t missing(const struct mv_recording *recording)
{
	const struct mv_file_header *header = mv_recording_header(recording);
	uint64_t sum = header->events_evicted + mv_recording_missing(recording);
	int i;

	for (i = 0; i < MV_LOSS_COUNT; i++)
		sum += header->losses[i];
	return sum;
}

/* Bytes of the text ID, unless it is in SEEN already.  */
static uint64_t text_bytes(const struct mv_recording *recording, uint8_t *seen, uint32_t id)
{
	size_t length = strlen(mv_recording_text(recording, id));

	if (!length || seen[id])
		return 0;
	seen[id] = 1;
	return (sizeof(uint32_t) + length + TEXT_ALIGNMENT - 1) / TEXT_ALIGNMENT * TEXT_ALIGNMENT;
}

static uint64_t frame_text_bytes(const struct mv_recording *recording, uint8_t *seen, const struct mv_frame *frame)
{
	switch (frame->kind) {
	case MV_FRAME_NATIVE:
		return frame->a ? text_bytes(recording, seen, mv_table_module(recording, frame->a)->path) : 0;
	case MV_FRAME_PYTHON:
		return text_bytes(recording, seen, frame->a) + text_bytes(recording, seen, (uint32_t)frame->b);
	default:
		return text_bytes(recording, seen, frame->a);
	}
}

/* Other texts, names of parameters for example, are not the stacks'.  */
static uint64_t all_text_bytes(const struct mv_recording *recording)
{
	uint32_t frames = mv_table_count(recording, MV_REGION_FRAMES), i;
	uint8_t *seen = calloc(mv_recording_text_bytes(recording) / TEXT_ALIGNMENT + 1, 1);
	uint64_t bytes = 0;

	for (i = 1; seen && i < frames; i++)
		bytes += frame_text_bytes(recording, seen, mv_table_frame(recording, i));
	free(seen);
	return bytes;
}

static uint64_t stack_bytes(const struct mv_recording *recording)
{
	const struct mv_file_header *header = mv_recording_header(recording);

	return header->used_bytes[MV_REGION_MODULES] + header->used_bytes[MV_REGION_FRAMES] +
	       header->used_bytes[MV_REGION_STACKS] + all_text_bytes(recording);
}

static uint64_t count_stacks(struct mv_cursor *cursor, uint8_t *seen, uint64_t nodes)
{
	const struct mv_event *event;
	struct mv_diag diag = {0};
	uint64_t count = 0;

	while (mv_cursor_next(cursor, &event, &diag) == 1)
		if (event->stack && event->stack <= nodes && !seen[event->stack]) {
			seen[event->stack] = 1;
			count++;
		}
	return count;
}

static uint64_t stacks(const struct mv_recording *recording)
{
	uint64_t nodes = mv_recording_header(recording)->used_bytes[MV_REGION_STACKS] / sizeof(struct mv_stack), count = 0;
	uint8_t *seen = calloc(nodes + 1, 1);
	struct mv_cursor *cursor;
	struct mv_diag diag = {0};

	if (seen && !mv_cursor_open(recording, &cursor, &diag)) {
		count = count_stacks(cursor, seen, nodes);
		mv_cursor_close(cursor);
	}
	free(seen);
	return count;
}

static void print(const struct mv_recording *recording)
{
	uint64_t ring_events = 0, ring_bytes = 0;
	size_t i, count;
	const struct mv_chunk *const *chunks = mv_recording_chunks(recording, &count);

	for (i = 0; i < count; i++) {
		ring_events += chunks[i]->event_count;
		ring_bytes += bytes_of(chunks[i]);
	}
	printf("events %" PRIu64 "\nring_events %" PRIu64 "\nring_bytes %" PRIu64 "\n",
	       mv_recording_tracks(recording)->events, ring_events, ring_bytes);
	printf("stacks %" PRIu64 "\nstack_bytes %" PRIu64 "\n", stacks(recording), stack_bytes(recording));
	printf("file_bytes %" PRIu64 "\nmissing %" PRIu64 "\n", mv_recording_header(recording)->file_bytes,
	       missing(recording));
}

int main(int argc, char **argv)
{
	struct mv_recording *recording;
	struct mv_diag diag = {0};

	if (argc != 2 || mv_recording_open(argv[1], &recording, &diag)) {
		fprintf(stderr, "contents: %s\n", argc == 2 ? diag.text : "FILE is missing");
		return 1;
	}
	print(recording);
	mv_recording_close(recording);
	return 0;
}
