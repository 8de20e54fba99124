/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cmd/report_view.h"
#include "memviz/format.h"
#include "read/recording.h"

static const struct {
	const char *name, *text;
} losses[MV_LOSS_COUNT] = {
	[MV_LOSS_BUSY] = {"busy", "events that arrived, in a signal handler, while the recorder was at work"},
	[MV_LOSS_LOCK] = {"lock", "events for which the recorder could not get a lock in time"},
	[MV_LOSS_LIVE_FULL] = {"live_full", "allocations that the table of what is alive had no room for"},
	[MV_LOSS_TEXT_FULL] = {"text_full", "strings that there was no room for"},
	[MV_LOSS_STACKS_FULL] = {"stacks_full", "stacks that there was no room for; the events are there"},
	[MV_LOSS_ENCODE] = {"encode", "events of chunks that could not be compressed"},
	[MV_LOSS_ORPHAN_FREE] = {"orphan_free", "frees of memory from before the recording; nothing else is missing"},
	[MV_LOSS_STACK_CUT] = {"stack_cut", "stacks that were deeper than the recorder follows"},
	[MV_LOSS_SNAPSHOT] = {"snapshot", "snapshots that could not be written"},
	[MV_LOSS_MODULES_FULL] = {"modules_full", "loaded libraries that there was no room for"},
	[MV_LOSS_CUT] = {"cut", "events, all there were: somebody cut the recording's file while it was written"},
	[MV_LOSS_THREADS_FULL] = {"threads_full", "threads that there was no room for; what they did is there"},
	[MV_LOSS_STACK_FAILED] = {"stack_failed", "stacks that could not be taken; the events are there"},
	[MV_LOSS_UNWATCHED] = {"unwatched", "functions that the recorder does not know and that may take memory: what they did"},
	[MV_LOSS_BYPASSED] = {"bypassed", "libraries that reach the driver without the recorder: what they did"},
};

const char *mv_loss_name(unsigned loss)
{
	return loss < MV_LOSS_COUNT ? losses[loss].name : "unknown";
}

const char *mv_loss_text(unsigned loss)
{
	return loss < MV_LOSS_COUNT ? losses[loss].text : "for a reason that this version does not know";
}

bool mv_loss_is_any(const struct mv_recording *recording)
{
	const struct mv_file_header *header = mv_recording_header(recording);
	bool is_any = mv_recording_missing(recording) > 0;
	unsigned i;

	for (i = 0; i < MV_LOSS_COUNT; i++)
		is_any |= header->losses[i] > 0;
	return is_any;
}

static void print_loss(uint64_t count, const char *text)
{
	if (count)
		printf("  %11llu %s\n", (unsigned long long)count, text);
}

void mv_loss_print(const struct mv_recording *recording)
{
	const struct mv_file_header *header = mv_recording_header(recording);
	unsigned i;

	print_loss(mv_recording_missing(recording), "events between others");
	for (i = 0; i < MV_LOSS_COUNT; i++)
		print_loss(header->losses[i], mv_loss_text(i));
}
