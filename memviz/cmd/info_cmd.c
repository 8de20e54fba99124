/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "analyze/timeline.h"
#include "cmd/besides_tell.h"
#include "cmd/command.h"
#include "cmd/info_table.h"
#include "cmd/naming.h"
#include "cmd/report_view.h"
#include "cmd/tell.h"
#include "read/table.h"

enum { OPTION_DEBUG_DIR };

static const struct mv_option options[] = {
	[OPTION_DEBUG_DIR] = MV_NAMING_OPTION_DEBUG_DIR,
	{NULL, NULL, NULL, 0},
};

enum { SECOND_NS = 1000000000 };

static void field(const char *name, const char *value)
{
	printf("  %-11s %s\n", name, value);
}

static void print_state(const struct mv_timeline *timeline)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);

	if (mv_recording_is_unfinished(mv_timeline_recording(timeline)))
		field("state", "not finished: its program runs, or was killed");
	else if (header->state == MV_FILE_FINISHED)
		field("state", "finished");
	else if (header->reason == MV_REASON_OOM)
		field("state", "snapshot of an out-of-memory error");
	else if (header->reason == MV_REASON_EXIT)
		field("state", "snapshot at the program's exit");
	else
		field("state", "snapshot on request");
}

static void print_note(const struct mv_timeline *timeline, const char *key)
{
	const char *value = mv_table_note_value(mv_timeline_recording(timeline), key);

	if (*value)
		field(key, value);
}

/* What stands with the process already.  */
static bool is_of_process(const char *key)
{
	return !strcmp(key, "command") || !strcmp(key, "parent");
}

static void print_process(const struct mv_timeline *timeline)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);
	char text[128];

	snprintf(text, sizeof text, "%s, process %u", mv_recording_program(mv_timeline_recording(timeline)), header->pid);
	field("program", text);
	print_note(timeline, "command");
	print_note(timeline, "parent");
	if (header->rank < 0)
		return;
	snprintf(text, sizeof text, header->world_size > 0 ? "%d of %d" : "%d", header->rank, header->world_size);
	field("rank", text);
}

static void print_when(const struct mv_timeline *timeline)
{
	time_t seconds = (time_t)(mv_timeline_header(timeline)->start_realtime_ns / SECOND_NS);
	char text[128], length[MV_TELL_BYTES];
	struct tm local;
	size_t n = localtime_r(&seconds, &local) ? strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &local) : 0;

	snprintf(text + n, sizeof text - n, "%sfor %s", n ? ", " : "", mv_tell_time(mv_timeline_end(timeline), length));
	field("began", text);
}

/* Of several notes with one key the last holds.  */
static bool is_overruled(const struct mv_recording *recording, uint32_t index)
{
	const char *key = mv_recording_text(recording, mv_table_note(recording, index)->key);
	uint32_t i, count = mv_table_count(recording, MV_REGION_NOTES);

	for (i = index + 1; i < count; i++)
		if (!strcmp(key, mv_recording_text(recording, mv_table_note(recording, i)->key)))
			return true;
	return false;
}

static void print_versions(const struct mv_timeline *timeline)
{
	const struct mv_recording *recording = mv_timeline_recording(timeline);
	const struct mv_file_header *header = mv_timeline_header(timeline);
	uint32_t i, count = mv_table_count(recording, MV_REGION_NOTES);
	char text[64];

	snprintf(text, sizeof text, "%u.%u", header->version_major, header->version_minor);
	field("format", text);
	for (i = 0; i < count; i++) {
		const struct mv_note *note = mv_table_note(recording, i);
		const char *key = mv_recording_text(recording, note->key);
		const char *value = mv_recording_text(recording, note->value);

		if (*key && *value && !is_of_process(key) && !is_overruled(recording, i))
			field(key, value);
	}
}

static void print_cards(const struct mv_timeline *timeline)
{
	size_t i, count;
	const struct mv_card *cards = mv_timeline_cards(timeline, &count);
	char text[192], capacity[MV_TELL_BYTES], peak[MV_TELL_BYTES];

	for (i = 0; i < count; i++) {
		const char *name = mv_timeline_text(timeline, cards[i].name);

		snprintf(text, sizeof text, "cuda:%u %.80s%s%s, peak %s", cards[i].device, name, *name ? ", " : "",
			 cards[i].capacity_bytes ? mv_tell_size(cards[i].capacity_bytes, capacity) : "capacity not known",
			 mv_tell_size(cards[i].peak_bytes, peak));
		field("card", text);
	}
}

/* What of each card no band shows, as it is at the end.  */
static void print_besides(const struct mv_timeline *timeline)
{
	struct mv_besides_line lines[MV_BESIDES_LINES];
	struct mv_besides besides;
	size_t i, k, line_count, count;
	const struct mv_card *cards = mv_timeline_cards(timeline, &count);
	char text[MV_BESIDES_BYTES + 16];

	for (i = 0; i < count; i++) {
		if (mv_besides_find(timeline, cards[i].device, mv_timeline_end(timeline), &besides))
			continue;
		line_count = mv_besides_tell(&besides, lines);
		for (k = 0; k < line_count; k++) {
			snprintf(text, sizeof text, "cuda:%u %s", cards[i].device, lines[k].text);
			field(lines[k].name, text);
		}
	}
}

/* The number of a stack in a damaged file may be anything.  */
static unsigned add_new(uint8_t *seen, uint32_t stack_count, uint32_t stack)
{
	if (!stack || stack >= stack_count || seen[stack])
		return 0;
	seen[stack] = 1;
	return 1;
}

/* How many different stacks BLOCKS were asked for and freed by.  */
static unsigned count_stacks(const struct mv_recording *recording, const struct mv_block *blocks, size_t block_count)
{
	uint32_t stack_count = mv_table_count(recording, MV_REGION_STACKS);
	uint8_t *seen = calloc((size_t)stack_count + 1, 1);
	unsigned count = 0;
	size_t i;

	for (i = 0; seen && i < block_count; i++)
		count += add_new(seen, stack_count, blocks[i].stack) + add_new(seen, stack_count, blocks[i].free_stack);
	free(seen);
	return count;
}

static void print_contents(const struct mv_timeline *timeline)
{
	const struct mv_recording *recording = mv_timeline_recording(timeline);
	size_t block_count, ooms;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &block_count);
	char text[160];

	mv_timeline_ooms(timeline, &ooms);
	snprintf(text, sizeof text, "%llu events, %zu blocks, %u stacks, %u threads, %u steps",
		 (unsigned long long)mv_recording_events(recording), block_count,
		 count_stacks(recording, blocks, block_count),
		 mv_table_count(recording, MV_REGION_THREADS), mv_timeline_header(timeline)->step);
	field("holds", text);
	snprintf(text, sizeof text, "%u", mv_timeline_header(timeline)->oom_count);
	field("ooms", text);
}

static void print_coverage(const struct mv_timeline *timeline)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);
	char text[160], begin[MV_TELL_BYTES];

	if (!mv_timeline_begin(timeline)) {
		field("coverage", "from the first event");
		return;
	}
	snprintf(text, sizeof text, "from %s on; %llu earlier events were overwritten",
		 mv_tell_time(mv_timeline_begin(timeline), begin), (unsigned long long)header->events_evicted);
	field("coverage", text);
}

static void print_losses(const struct mv_timeline *timeline)
{
	const struct mv_recording *recording = mv_timeline_recording(timeline);

	field("losses", mv_loss_is_any(recording) ? "" : "none");
	mv_loss_print(recording);
}

static void print_nameless(const struct mv_names *names, const struct mv_names_object *object)
{
	const char *state = mv_names_are_packed(names) ? "had no names when it was packed" : mv_naming_state(object->state);
	char id[MV_NAMING_ID_BYTES];

	mv_naming_build_id(object, id);
	printf("  %-11s %s (%s%s): %s\n", "", object->path, *id ? "build id " : "no build id", id, state);
}

static void print_objects(struct mv_names *names)
{
	size_t i, count, here = 0;
	const struct mv_names_object *objects = mv_names_objects(names, &count);
	char text[128];

	for (i = 0; i < count; i++)
		here += objects[i].state == MV_SYMBOLS_HERE;
	snprintf(text, sizeof text, "%zu of %zu libraries and programs %s", here, count,
		 mv_names_are_packed(names) ? "have them in the file itself" : "are here");
	if (count)
		field("names", text);
	for (i = 0; i < count; i++)
		if (objects[i].state != MV_SYMBOLS_HERE)
			print_nameless(names, &objects[i]);
}

/* What names of native functions can be had of, and of what not.  */
static void print_names(const struct mv_timeline *timeline, const struct mv_naming_choice *choice)
{
	struct mv_naming naming;
	struct mv_names *names;

	mv_naming_read(&naming, choice);
	if (mv_names_open(mv_timeline_recording(timeline), &naming.sources, &names))
		return;
	print_objects(names);
	mv_names_close(names);
}

static int print_file(const char *path, const struct mv_naming_choice *choice)
{
	struct mv_timeline *timeline;
	struct mv_diag diag = {0};

	if (mv_timeline_open(path, &timeline, &diag))
		return mv_tell_recording(path, &diag);
	printf("%s\n", path);
	print_process(timeline);
	print_when(timeline);
	print_state(timeline);
	print_contents(timeline);
	print_coverage(timeline);
	print_losses(timeline);
	print_cards(timeline);
	print_besides(timeline);
	print_names(timeline, choice);
	print_versions(timeline);
	mv_timeline_close(timeline);
	return MV_EXIT_DONE;
}

static bool is_folder(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISDIR(status.st_mode);
}

static int run(const struct mv_args *args)
{
	const struct mv_naming_choice choice = {.debug_dir = args->value[OPTION_DEBUG_DIR]};
	int i, code = MV_EXIT_DONE;

	for (i = 0; i < args->rest_count; i++) {
		int now = is_folder(args->rest[i]) ? mv_info_table(args->rest[i]) : print_file(args->rest[i], &choice);

		code = now > code ? now : code;
	}
	return code;
}

const struct mv_command mv_command_info = {
	.name = "info",
	.usage = "[options] FILE|FOLDER …",
	.summary = "Say what recordings hold, how complete they are, what was lost",
	.details = "For a FOLDER, a table of the recordings in it, by rank.",
	.options = options,
	.rest_min = 1,
	.rest_max = -1,
	.run = run,
};
