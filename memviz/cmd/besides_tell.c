/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/besides_tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/tell.h"

/* Append to TEXT; what does not fit is cut.  */
static void add(char text[MV_BESIDES_BYTES], const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char text[MV_BESIDES_BYTES], const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, MV_BESIDES_BYTES - length, format, arguments);
	va_end(arguments);
}

/* "3 modules", behind a comma where something stands already.  */
static void add_count(char text[MV_BESIDES_BYTES], uint64_t count, const char *what)
{
	if (count)
		add(text, "%s%llu %s%s", *text ? ", " : "", (unsigned long long)count, what, count == 1 ? "" : "s");
}

/* "3 arrays, 1.5 MiB".  */
static void add_sized(char text[MV_BESIDES_BYTES], uint64_t count, const char *what, uint64_t bytes)
{
	char size[MV_TELL_BYTES];

	add_count(text, count, what);
	if (count)
		add(text, ", %s", mv_tell_size(bytes, size));
}

static void tell_limits(const struct mv_besides *besides, char text[MV_BESIDES_BYTES])
{
	static const char *const names[MV_BESIDES_LIMITS] = {"a thread's stack", "printf's queue", "the heap of malloc"};
	char size[MV_TELL_BYTES];
	int i;

	for (i = 0; i < MV_BESIDES_LIMITS; i++)
		if (besides->is_limit_set[i])
			add(text, "%s%s set to %s", *text ? ", " : "", names[i], mv_tell_size(besides->limits[i], size));
}

static void tell_graphs(const struct mv_besides *besides, char text[MV_BESIDES_BYTES])
{
	add_count(text, besides->graphs, "executable graph");
	add_sized(text, besides->node_count, "captured allocation", besides->node_bytes);
}

static void tell_imported(const struct mv_besides *besides, char text[MV_BESIDES_BYTES])
{
	add_sized(text, besides->imported_count, "piece", besides->imported_bytes);
	add_count(text, besides->unsized_count, "piece");
	if (besides->unsized_count)
		add(text, " of unknown size");
	if (*text)
		add(text, ": not counted here");
}

static void tell_arrays(const struct mv_besides *besides, char text[MV_BESIDES_BYTES])
{
	add_sized(text, besides->array_count, "array", besides->array_bytes);
	if (*text)
		add(text, " without padding: counted");
}

static void tell_teams(const struct mv_besides *besides, char text[MV_BESIDES_BYTES])
{
	add_sized(text, besides->team_count, "multicast object", besides->team_bytes);
	if (*text)
		add(text, " of addresses");
}

static void tell_shared(const struct mv_besides *besides, char text[MV_BESIDES_BYTES])
{
	add_count(text, besides->exports, "time");
	if (besides->exports)
		add(text, " offered to other processes");
	if (besides->is_checkpointed)
		add(text, "%scheckpointed: its memory is on the host", *text ? "; " : "");
}

static void tell_code(const struct mv_besides *besides, char text[MV_BESIDES_BYTES])
{
	/* Every program has one.  */
	add_count(text, besides->contexts > 1 ? besides->contexts : 0, "context");
	add_count(text, besides->modules, "loaded module");
	add_count(text, besides->pools, "pool");
}

size_t mv_besides_tell(const struct mv_besides *besides, struct mv_besides_line lines[MV_BESIDES_LINES])
{
	static const struct {
		const char *name;
		void (*tell)(const struct mv_besides *besides, char text[MV_BESIDES_BYTES]);
	} kinds[] = {
		{"hidden", tell_code},	   {"limits", tell_limits}, {"graphs", tell_graphs}, {"arrays", tell_arrays},
		{"imported", tell_imported}, {"multicast", tell_teams}, {"shared", tell_shared},
	};
	size_t i, count = 0;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		lines[count].name = kinds[i].name;
		lines[count].text[0] = 0;
		kinds[i].tell(besides, lines[count].text);
		count += lines[count].text[0] != 0;
	}
	return count;
}
