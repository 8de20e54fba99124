/* SPDX-License-Identifier: Apache-2.0 */
/* snapshots FILE EVENTS COUNT: a program that has recorded EVENTS and sets snapshots aside.
 *
 * Run under the recorder.  It tells of the blocks of FILE, a recording, again and again; takes COUNT snapshots and prints
 * the milliseconds that each took, a line for each; then waits until its input ends, for snapshots from outside.  */
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "memviz/memviz.h"
#include "read/cursor.h"

/* What is still alive at the end of one round is not allocated again in the next.  */
enum { ROUND_SHIFT = 48 };

/* 1 if EVENT was told.  */
static long tell(const struct mv_event *event, uint64_t round)
{
	const void *address = (const void *)(uintptr_t)(event->address + (round << ROUND_SHIFT));

	if (event->ledger != MV_LEDGER_BLOCK)
		return 0;
	if (event->kind == MV_EVENT_ALLOC)
		memviz_block_alloc(address, event->size_bytes, event->device, event->extra);
	else if (event->kind == MV_EVENT_FREE)
		memviz_block_free(address);
	else
		return 0;
	return 1;
}

/* Returns how many events were told, WANTED at most.  */
static long tell_all(const struct mv_recording *recording, uint64_t round, long wanted)
{
	const struct mv_event *event;
	struct mv_cursor *cursor;
	long told = 0;

	if (mv_cursor_open(recording, &cursor, NULL))
		return 0;
	while (told < wanted && mv_cursor_next(cursor, &event, NULL) == 1)
		told += tell(event, round);
	mv_cursor_close(cursor);
	return told;
}

static int record(const char *path, long events)
{
	struct mv_recording *recording;
	struct mv_diag diag = {0};
	long told = 0, now = 1;
	uint64_t round;

	if (mv_recording_open(path, &recording, &diag)) {
		fprintf(stderr, "snapshots: %s: %s\n", path, diag.text);
		return -1;
	}
	for (round = 0; told < events && now; round++)
		told += now = tell_all(recording, round, events - told);
	mv_recording_close(recording);
	return told < events ? -1 : 0;
}

int main(int argc, char **argv)
{
	int i;

	if (argc != 4) {
		fprintf(stderr, "usage: snapshots FILE EVENTS COUNT\n");
		return 2;
	}
	if (record(argv[1], atol(argv[2])))
		return 1;
	for (i = atoi(argv[3]); i; i--) {
		double start = measure_now_ns();

		if (memviz_snapshot())
			return 1;
		printf("%.3f\n", (measure_now_ns() - start) / 1e6);
	}
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
