/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "analyze/places.h"
#include "analyze/timeline.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/naming.h"
#include "cmd/output.h"
#include "cmd/rulefile.h"
#include "cmd/tell.h"
#include "export/html.h"

enum { OPTION_OUTPUT, OPTION_NATIVE, OPTION_DEBUG_DIR, OPTION_DEBUGINFOD, OPTION_NO_CACHE, OPTION_RULES };

static const struct mv_option options[] = {
	[OPTION_OUTPUT] = {"output", "FILE", "the page to write; - is stdout", 'o'},
	[OPTION_NATIVE] = {"native", NULL, "name the C and C++ functions of libraries, too, where\nthe libraries are on this machine", 0},
	[OPTION_DEBUG_DIR] = MV_NAMING_OPTION_DEBUG_DIR,
	[OPTION_DEBUGINFOD] = MV_NAMING_OPTION_DEBUGINFOD,
	[OPTION_NO_CACHE] = MV_NAMING_OPTION_NO_CACHE,
	[OPTION_RULES] = MV_RULEFILE_OPTION,
	{NULL, NULL, NULL, 0},
};

/* Recordings of several ranks go into one page; hundreds would not be one that a browser opens.  */
enum { FILES_MAX = 256 };

/* How all of them are read.  */
struct reading {
	enum mv_places_names names;
	struct mv_naming naming;
	struct mv_rulebook *book;
};

struct source {
	struct mv_timeline *timeline;
	struct mv_places *places;
};

static int open_source(const char *path, const struct reading *how, struct source *source, struct mv_html_recording *recording)
{
	struct mv_diag diag = {0};

	if (mv_timeline_open_by(how->book, path, &source->timeline, &diag))
		return mv_tell_recording(path, &diag);
	if (mv_places_open(mv_timeline_recording(source->timeline), how->names, &how->naming.sources, &source->places)) {
		mv_tell("out of memory");
		return MV_EXIT_BAD;
	}
	*recording = (struct mv_html_recording){
		.timeline = source->timeline,
		.places = source->places,
		.label = mv_text_base_name(path),
	};
	return MV_EXIT_DONE;
}

static int write_page(const struct mv_html_recording *recordings, size_t count, const char *path)
{
	struct mv_diag diag = {0};
	struct mv_output output;

	if (!mv_output_open(&output, path))
		return MV_EXIT_BAD;
	if (mv_html_write(recordings, count, output.file, &diag)) {
		mv_tell("%s: %s", path, diag.text[0] ? diag.text : "out of memory");
		mv_output_drop(&output);
		return MV_EXIT_BAD;
	}
	return mv_output_finish(&output) ? MV_EXIT_DONE : MV_EXIT_BAD;
}

static int make_page(const struct mv_args *args, struct source *sources, struct mv_html_recording *recordings)
{
	struct reading how = {.names = args->value[OPTION_NATIVE] ? MV_PLACES_ALL_NAMES : MV_PLACES_OWN_NAMES};
	int i, code = MV_EXIT_DONE;

	for (i = 0; i < args->rest_count; i++)
		if (!mv_output_spares(args->value[OPTION_OUTPUT], args->rest[i]))
			return MV_EXIT_USAGE;
	mv_naming_read(&how.naming, &(struct mv_naming_choice){args->value[OPTION_DEBUG_DIR], args->value[OPTION_DEBUGINFOD],
								args->value[OPTION_NO_CACHE]});
	if (!mv_rulefile_read(args->value[OPTION_RULES], &how.naming.sources, &how.book))
		return MV_EXIT_INPUT;
	for (i = 0; i < args->rest_count && code == MV_EXIT_DONE; i++)
		code = open_source(args->rest[i], &how, &sources[i], &recordings[i]);
	mv_rulebook_close(how.book);
	if (code == MV_EXIT_DONE)
		code = write_page(recordings, (size_t)args->rest_count, args->value[OPTION_OUTPUT]);
	return code;
}

static int run(const struct mv_args *args)
{
	struct source *sources = calloc((size_t)args->rest_count, sizeof *sources);
	struct mv_html_recording *recordings = calloc((size_t)args->rest_count, sizeof *recordings);
	int i, code;

	if (!args->value[OPTION_OUTPUT]) {
		mv_tell("html: -o FILE is missing; try memviz help html");
		code = MV_EXIT_USAGE;
	} else if (!sources || !recordings) {
		mv_tell("out of memory");
		code = MV_EXIT_BAD;
	} else {
		code = make_page(args, sources, recordings);
	}
	for (i = 0; sources && i < args->rest_count; i++) {
		mv_places_close(sources[i].places);
		mv_timeline_close(sources[i].timeline);
	}
	free(sources);
	free(recordings);
	return code;
}

const struct mv_command mv_command_html = {
	.name = "html",
	.usage = "[options] FILE … -o OUT",
	.summary = "Make the timeline: a page that any browser opens, offline",
	.options = options,
	.rest_min = 1,
	.rest_max = FILES_MAX,
	.run = run,
};
