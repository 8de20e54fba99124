/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/harvest.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyze/summary.h"
#include "analyze/timeline.h"
#include "base/text.h"
#include "cmd/naming.h"
#include "cmd/report_view.h"
#include "cmd/tell.h"
#include "read/array.h"
#include "read/table.h"

enum { NAMED_MAX = 6, PATH_BYTES = 4096, SECOND_NS = 1000000000 };

struct find {
	const struct mv_harvest_place *place;
	char *name; /* in its folder; malloc */
	uint64_t size_bytes;
	bool is_snapshot, is_unfinished, has_losses;
	uint32_t oom_count;
	bool is_oom_survived; /* the latest one */
};

struct harvest {
	const char *token;
	uint64_t start_ns;
	struct find *finds;
	size_t count, room;
};

/* A recording of this run carries its token; one of a recorder that knows no tokens is this run's if it began within.  */
static bool is_ours(const struct harvest *harvest, const struct mv_recording *recording)
{
	const char *token = mv_table_note_value(recording, "run");

	if (*token)
		return mv_text_equal(token, harvest->token);
	return mv_recording_header(recording)->start_realtime_ns >= harvest->start_ns;
}

static void add(struct harvest *harvest, const struct mv_harvest_place *place, const char *name,
		const struct mv_recording *recording, uint64_t size)
{
	const struct mv_file_header *header = mv_recording_header(recording);
	uint32_t ooms = header->oom_count, last = ooms < MV_FORMAT_OOMS ? ooms : MV_FORMAT_OOMS;

	if (mv_array_grow(&harvest->finds, &harvest->room, harvest->count, sizeof *harvest->finds))
		return;
	harvest->finds[harvest->count++] = (struct find){
		.place = place,
		.name = strdup(name),
		.size_bytes = size,
		.is_snapshot = header->state == MV_FILE_SNAPSHOT,
		.is_unfinished = mv_recording_is_unfinished(recording),
		.has_losses = mv_loss_is_any(recording),
		.oom_count = ooms,
		.is_oom_survived = last && header->ooms[last - 1].outcome == MV_OOM_SURVIVED,
	};
	if (!harvest->finds[harvest->count - 1].name)
		harvest->count--;
}

static void look_at(struct harvest *harvest, const struct mv_harvest_place *place, const char *name)
{
	struct mv_recording *recording;
	char path[2 * PATH_BYTES];
	struct stat status;

	snprintf(path, sizeof path, "%s/%s", place->folder, name);
	/* What was not touched since the run began needs no opening.  A second's grace: clocks of file systems are coarse.  */
	if (stat(path, &status) || (uint64_t)status.st_mtime + 1 < harvest->start_ns / SECOND_NS)
		return;
	if (mv_recording_open(path, &recording, NULL))
		return;
	if (is_ours(harvest, recording))
		add(harvest, place, name, recording, (uint64_t)status.st_size);
	mv_recording_close(recording);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct find *)a)->name, ((const struct find *)b)->name);
}

static void gather_in(struct harvest *harvest, const struct mv_harvest_place *place)
{
	DIR *folder = opendir(place->folder);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (mv_text_ends(entry->d_name, ".memviz"))
			look_at(harvest, place, entry->d_name);
	if (folder)
		closedir(folder);
}

static void gather(struct harvest *harvest, const struct mv_harvest_place *places)
{
	for (; places->folder; places++)
		gather_in(harvest, places);
	if (harvest->count)
		qsort(harvest->finds, harvest->count, sizeof *harvest->finds, by_name);
}

/* ---- telling ---- */

static void show(const struct find *find, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s%s%s", find->place->shown, *find->place->shown ? "/" : "", find->name);
}

static void tell_files(const struct harvest *harvest)
{
	char path[PATH_BYTES], size[MV_TELL_BYTES];
	size_t i;

	if (!harvest->count)
		mv_tell("nothing was recorded: what could be recorded used no CUDA, or the recorder has said why");
	for (i = 0; i < harvest->count && i < NAMED_MAX; i++) {
		const struct find *find = &harvest->finds[i];

		show(find, path);
		mv_tell("recorded %s (%s)%s%s", path, mv_tell_size(find->size_bytes, size),
			find->is_unfinished ? ", not finished: the program was killed, runs on, or left by _exit" : "",
			find->has_losses ? "; something was lost: memviz info says what" : "");
	}
	if (harvest->count > NAMED_MAX)
		mv_tell("and %zu more", harvest->count - NAMED_MAX);
}

/* The better of two to show: an error that ended the program, in a snapshot of that moment.  */
static bool is_worse(const struct find *a, const struct find *b)
{
	if (a->is_oom_survived != b->is_oom_survived)
		return !a->is_oom_survived;
	return a->is_snapshot && !b->is_snapshot;
}

static const struct find *worst(const struct harvest *harvest)
{
	const struct find *best = NULL;
	size_t i;

	for (i = 0; i < harvest->count; i++)
		if (harvest->finds[i].oom_count && (!best || is_worse(&harvest->finds[i], best)))
			best = &harvest->finds[i];
	return best;
}

static void tell_oom(const struct find *find)
{
	char path[2 * PATH_BYTES], shown[PATH_BYTES];
	struct mv_timeline *timeline;
	struct mv_summary summary;
	struct mv_naming naming;
	const struct mv_oom *ooms;
	size_t i, count;

	snprintf(path, sizeof path, "%s/%s", find->place->folder, find->name);
	show(find, shown);
	if (mv_timeline_open(path, &timeline, NULL))
		return;
	mv_naming_read(&naming, NULL);
	ooms = mv_timeline_ooms(timeline, &count);
	if (count && !mv_summary_make(timeline, &ooms[count - 1], &naming.sources, shown, &summary))
		for (i = 0; i < MV_SUMMARY_LINES; i++)
			if (*summary.line[i])
				mv_tell("%s%s", i ? "  " : "", summary.line[i]);
	mv_timeline_close(timeline);
}

static void tell_next(const struct harvest *harvest)
{
	char path[PATH_BYTES];

	if (!harvest->count)
		return;
	show(&harvest->finds[0], path);
	mv_tell("timeline: memviz html %s -o timeline.html", path);
}

void mv_harvest(const struct mv_harvest_place *places, const char *token, uint64_t start_ns, bool is_quiet)
{
	struct harvest harvest = {.token = token, .start_ns = start_ns};
	const struct find *oom;
	size_t i;

	gather(&harvest, places);
	if (!is_quiet)
		tell_files(&harvest);
	oom = worst(&harvest);
	if (oom)
		tell_oom(oom);
	else if (!is_quiet)
		tell_next(&harvest);
	for (i = 0; i < harvest.count; i++)
		free(harvest.finds[i].name);
	free(harvest.finds);
}
