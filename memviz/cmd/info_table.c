/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/info_table.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/timeline.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/tell.h"
#include "read/array.h"
#include "read/table.h"

enum { PATH_BYTES = 4096, CELL_BYTES = 80 };

enum column { RANK, PROCESS, PARENT, COMMAND, STATE, STEPS, PEAK, OOMS, NAME, COLUMNS };

static const char *const titles[COLUMNS] = {
	[RANK] = "RANK", [PROCESS] = "PROCESS", [PARENT] = "PARENT", [COMMAND] = "COMMAND", [STATE] = "STATE",
	[STEPS] = "STEPS", [PEAK] = "PEAK", [OOMS] = "OOMS", [NAME] = "FILE",
};

struct row {
	int32_t rank;
	uint64_t start_ns;
	char cell[COLUMNS][CELL_BYTES];
};

struct table {
	struct row *rows; /* malloc */
	size_t count, room;
};

static void set(struct row *row, enum column column, const char *text)
{
	snprintf(row->cell[column], CELL_BYTES, "%.79s", *text ? text : "-");
}

static void set_number(struct row *row, enum column column, uint64_t number)
{
	snprintf(row->cell[column], CELL_BYTES, "%llu", (unsigned long long)number);
}

/* Of all cards together: a rank has one, as a rule.  */
static void set_peak(struct row *row, const struct mv_timeline *timeline)
{
	size_t i, count;
	const struct mv_card *cards = mv_timeline_cards(timeline, &count);
	uint64_t bytes = 0;

	for (i = 0; i < count; i++)
		bytes += cards[i].peak_bytes;
	mv_tell_size(bytes, row->cell[PEAK]);
}

static void fill(struct row *row, const char *name, const struct mv_timeline *timeline)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);
	const struct mv_recording *recording = mv_timeline_recording(timeline);
	const char *command = mv_table_note_value(recording, "command");

	*row = (struct row){.rank = header->rank, .start_ns = header->start_realtime_ns};
	set(row, RANK, "");
	if (header->rank >= 0)
		set_number(row, RANK, (uint64_t)header->rank);
	set_number(row, PROCESS, header->pid);
	set(row, PARENT, mv_table_note_value(recording, "parent"));
	set(row, COMMAND, *command ? command : mv_recording_program(recording));
	set(row, STATE, mv_recording_is_unfinished(recording) ? "not finished" : "finished");
	set_number(row, STEPS, header->step);
	set_peak(row, timeline);
	set_number(row, OOMS, header->oom_count);
	set(row, NAME, name);
}

/* What can be read becomes a row, unless it is a snapshot.  */
static int add(struct table *table, const char *folder, const char *name)
{
	struct mv_timeline *timeline;
	struct mv_diag diag = {0};
	char path[2 * PATH_BYTES];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	if (mv_timeline_open(path, &timeline, &diag))
		return mv_tell_recording(path, &diag);
	if (mv_timeline_header(timeline)->state != MV_FILE_SNAPSHOT &&
	    !mv_array_grow(&table->rows, &table->room, table->count, sizeof *table->rows))
		fill(&table->rows[table->count++], name, timeline);
	mv_timeline_close(timeline);
	return MV_EXIT_DONE;
}

/* Those without a rank come last.  */
static int by_rank(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	if (one->rank != other->rank)
		return (uint32_t)one->rank < (uint32_t)other->rank ? -1 : 1;
	return one->start_ns < other->start_ns ? -1 : one->start_ns > other->start_ns;
}

static void print(const struct table *table)
{
	int width[COLUMNS], column;
	size_t i;

	for (column = 0; column < COLUMNS; column++) {
		width[column] = (int)strlen(titles[column]);
		for (i = 0; i < table->count; i++)
			if ((int)strlen(table->rows[i].cell[column]) > width[column])
				width[column] = (int)strlen(table->rows[i].cell[column]);
	}
	for (i = 0; i <= table->count; i++) {
		for (column = 0; column < COLUMNS - 1; column++)
			printf("%-*s  ", width[column], i ? table->rows[i - 1].cell[column] : titles[column]);
		printf("%s\n", i ? table->rows[i - 1].cell[NAME] : titles[NAME]);
	}
}

static int is_recording(const struct dirent *entry)
{
	return mv_text_ends(entry->d_name, ".memviz");
}

static int gather(struct table *table, const char *folder)
{
	struct dirent **entries;
	int i, count = scandir(folder, &entries, is_recording, alphasort), code = MV_EXIT_DONE;

	if (count < 0) {
		mv_tell("%s: cannot be read (%s)", folder, strerror(errno));
		return MV_EXIT_INPUT;
	}
	for (i = 0; i < count; i++) {
		int now = add(table, folder, entries[i]->d_name);

		code = now > code ? now : code;
		free(entries[i]);
	}
	free(entries);
	return code;
}

int mv_info_table(const char *folder)
{
	struct table table = {NULL, 0, 0};
	int code = gather(&table, folder);

	if (table.count) {
		qsort(table.rows, table.count, sizeof *table.rows, by_rank);
		print(&table);
	} else if (code == MV_EXIT_DONE) {
		mv_tell("%s: no recordings are there", folder);
		code = MV_EXIT_INPUT;
	}
	free(table.rows);
	return code;
}
