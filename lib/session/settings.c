/* SPDX-License-Identifier: Apache-2.0 */
#include "session/settings.h"

#include <errno.h>
#include <string.h>

#include "base/choice.h"
#include "base/text.h"

typedef int (*parse_fn)(const char *value, void *field);

static int parse_bool(const char *value, void *field)
{
	return mv_text_parse_bool(value, field);
}

static int parse_size(const char *value, void *field)
{
	return mv_text_parse_size(value, field);
}

static int parse_count(const char *value, void *field)
{
	return mv_text_parse_u64(value, field);
}

static int parse_period(const char *value, void *field)
{
	if (!mv_text_equal(value, "off"))
		return mv_text_parse_time(value, field);
	*(uint64_t *)field = MV_SETTINGS_NO_SAMPLES;
	return 0;
}

static int parse_folder(const char *value, void *field)
{
	struct mv_text out = mv_text_in(field, MV_SETTINGS_OUT_BYTES);

	mv_text_add(&out, value);
	return out.is_cut ? -ENAMETOOLONG : 0;
}

static int parse_stacks(const char *value, void *field)
{
	return mv_choice_stacks(value, field);
}

struct row {
	struct mv_setting setting;
	size_t offset; /* in struct mv_settings */
	parse_fn parse;
};

static const struct row rows[] = {
	{{"MEMVIZ_ON", "1", "record (1) or pass every call on untouched (0)"},
	 offsetof(struct mv_settings, is_on), parse_bool},
	{{"MEMVIZ_OUT", "", "folder for recordings; empty: the one the program runs in"},
	 offsetof(struct mv_settings, out), parse_folder},
	{{"MEMVIZ_RING", "64MiB", "room for past events; the oldest are overwritten"},
	 offsetof(struct mv_settings, ring_bytes), parse_size},
	{{"MEMVIZ_STACKS", "native,python", "stacks to take, of native, python, frees, libunwind; or all, or none"},
	 offsetof(struct mv_settings, stacks), parse_stacks},
	{{"MEMVIZ_SNAPSHOTS", "3", "snapshots that out-of-memory errors may leave"},
	 offsetof(struct mv_settings, snapshots), parse_count},
	{{"MEMVIZ_SAMPLE", "1s", "time between samples of what is used of the card; 0: only at events; off: none"},
	 offsetof(struct mv_settings, sample_ns), parse_period},
	{{"MEMVIZ_AT_EXIT", "0", "leave a snapshot at exit, too (1)"},
	 offsetof(struct mv_settings, snapshot_at_exit), parse_bool},
	{{"MEMVIZ_COMMAND", "0", "store the arguments of the command, too, not its name alone (1)"},
	 offsetof(struct mv_settings, tells_command), parse_bool},
	{{"MEMVIZ_LABELS", "1", "have PyTorch tell what memory is for (1), or only blocks and phases (0)"},
	 offsetof(struct mv_settings, wants_labels), parse_bool},
	{{"MEMVIZ_NVTX", "0", "show NVTX ranges as phases also where a profiler has them (1)"},
	 offsetof(struct mv_settings, wants_ranges), parse_bool},
	{{"MEMVIZ_VERBOSE", "0", "say on stderr where the recording is (1)"},
	 offsetof(struct mv_settings, is_verbose), parse_bool},
};

enum { ROWS = sizeof rows / sizeof *rows };

const struct mv_setting *mv_setting(size_t n)
{
	return n < ROWS ? &rows[n].setting : NULL;
}

static void *field_of(struct mv_settings *settings, const struct row *row)
{
	return (char *)settings + row->offset;
}

/* ENTRY is NAME=VALUE; one of the rows names it, or none.  */
static void read_entry(struct mv_settings *settings, const char *entry)
{
	size_t i;

	for (i = 0; i < ROWS; i++) {
		size_t length = strlen(rows[i].setting.name);

		if (strncmp(entry, rows[i].setting.name, length) || entry[length] != '=')
			continue;
		if (rows[i].parse(entry + length + 1, field_of(settings, &rows[i]))) {
			settings->wrong = entry;
			rows[i].parse(rows[i].setting.value, field_of(settings, &rows[i]));
		}
		return;
	}
}

void mv_settings_read(struct mv_settings *settings, char *const *environment)
{
	size_t i;

	memset(settings, 0, sizeof *settings);
	for (i = 0; i < ROWS; i++)
		rows[i].parse(rows[i].setting.value, field_of(settings, &rows[i]));
	for (; environment && *environment; environment++)
		if (mv_text_starts(*environment, "MEMVIZ_"))
			read_entry(settings, *environment);
}
