/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/moment.h"
#include "cmd/naming.h"
#include "cmd/option.h"
#include "cmd/output.h"
#include "cmd/report_view.h"
#include "cmd/rulefile.h"
#include "cmd/tell.h"

enum {
	OPTION_AT,
	OPTION_DEVICE,
	OPTION_TOP,
	OPTION_FRAMES,
	OPTION_NATIVE,
	OPTION_DEBUG_DIR,
	OPTION_DEBUGINFOD,
	OPTION_NO_CACHE,
	OPTION_RULES,
	OPTION_JSON,
	OPTION_OUTPUT,
};

static const struct mv_option options[] = {
	[OPTION_AT] = {"at", "WHEN", "the moment: peak, oom, end, or +SECONDS from the start;\nwithout it, oom if memory ran out, otherwise peak", 'a'},
	[OPTION_DEVICE] = {"device", "N", "the card, as the program counts them; without it,\nthe one that ran out, or was fullest", 'd'},
	[OPTION_TOP] = {"top", "N", "how many stacks and blocks to show (5; with --json 10)", 'n'},
	[OPTION_FRAMES] = {"frames", "WHICH", "of each stack: own (your lines), folded (all, but what\nonly passes calls on as one line), all", 0},
	[OPTION_NATIVE] = {"native", NULL, "name C and C++ functions, where the libraries are on\nthis machine; with it --frames is folded", 0},
	[OPTION_DEBUG_DIR] = MV_NAMING_OPTION_DEBUG_DIR,
	[OPTION_DEBUGINFOD] = MV_NAMING_OPTION_DEBUGINFOD,
	[OPTION_NO_CACHE] = MV_NAMING_OPTION_NO_CACHE,
	[OPTION_RULES] = MV_RULEFILE_OPTION,
	[OPTION_JSON] = {"json", NULL, "for programs: see memviz-report(1)", 'j'},
	[OPTION_OUTPUT] = {"output", "FILE", "write there instead of to stdout", 'o'},
	{NULL, NULL, NULL, 0},
};

enum { TOP_TEXT = 5, TOP_JSON = 10, TOP_MAX = MV_REPORT_LARGEST };

static int write_view(const struct mv_report_view *view, bool is_json, const char *path)
{
	struct mv_output output;
	int err = 0;

	if (!mv_output_open(&output, path))
		return MV_EXIT_BAD;
	if (is_json)
		err = mv_report_print_json(view, output.file);
	else
		mv_report_print(view, output.file);
	if (err) {
		mv_tell("out of memory");
		mv_output_drop(&output);
		return MV_EXIT_BAD;
	}
	return mv_output_finish(&output) ? MV_EXIT_DONE : MV_EXIT_BAD;
}

static int parse_top(const struct mv_args *args, unsigned *top)
{
	uint64_t value;

	*top = args->value[OPTION_JSON] ? TOP_JSON : TOP_TEXT;
	if (!args->value[OPTION_TOP])
		return MV_OPTION_GO_ON;
	if (mv_text_parse_u64(args->value[OPTION_TOP], &value) || value > TOP_MAX) {
		mv_tell("report: --top=%s is not a number up to 1000; try memviz help report", args->value[OPTION_TOP]);
		return MV_EXIT_USAGE;
	}
	*top = (unsigned)value;
	return MV_OPTION_GO_ON;
}

static int parse_frames(const struct mv_args *args, enum mv_report_frames *frames)
{
	static const char *const names[] = {"own", "folded", "all"};
	const char *wanted = args->value[OPTION_FRAMES];
	size_t i;

	*frames = args->value[OPTION_NATIVE] ? MV_REPORT_FOLDED : MV_REPORT_OWN;
	for (i = 0; wanted && i < sizeof names / sizeof *names; i++)
		if (mv_text_equal(wanted, names[i])) {
			*frames = (enum mv_report_frames)i;
			return MV_OPTION_GO_ON;
		}
	if (!wanted)
		return MV_OPTION_GO_ON;
	mv_tell("report: --frames=%s is none of own, folded, all; try memviz help report", wanted);
	return MV_EXIT_USAGE;
}

static int show(const struct mv_args *args, const struct mv_timeline *timeline, const struct mv_moment *moment,
		const struct mv_naming *naming, unsigned top, enum mv_report_frames frames)
{
	struct mv_report_view view = {.at = moment->name, .top = top, .frames = frames};
	enum mv_places_names names = args->value[OPTION_NATIVE] ? MV_PLACES_ALL_NAMES : MV_PLACES_OWN_NAMES;
	const char *output = args->value[OPTION_OUTPUT];
	struct mv_report report;
	struct mv_finding finding;
	int code = MV_EXIT_BAD;

	if (mv_report_make(timeline, moment->card, moment->time_ns, moment->oom, &report)) {
		mv_tell("out of memory");
		return code;
	}
	view.report = &report;
	view.finding = &finding;
	if (mv_places_open(mv_timeline_recording(timeline), names, &naming->sources, &view.places) ||
	    mv_finding_make(&report, view.places, &finding))
		mv_tell("out of memory");
	else
		code = write_view(&view, args->value[OPTION_JSON], output ? output : "-");
	mv_places_close(view.places);
	mv_report_release(&report);
	return code;
}

static int run(const struct mv_args *args)
{
	const char *path = args->rest[0];
	struct mv_rulebook *book = NULL;
	struct mv_timeline *timeline = NULL;
	struct mv_moment moment;
	struct mv_diag diag = {0};
	enum mv_report_frames frames;
	struct mv_naming naming;
	unsigned top;
	int code = parse_top(args, &top);

	if (code == MV_OPTION_GO_ON)
		code = parse_frames(args, &frames);
	if (code != MV_OPTION_GO_ON)
		return code;
	if (!mv_output_spares(args->value[OPTION_OUTPUT], path))
		return MV_EXIT_USAGE;
	mv_naming_read(&naming, &(struct mv_naming_choice){args->value[OPTION_DEBUG_DIR], args->value[OPTION_DEBUGINFOD],
							   args->value[OPTION_NO_CACHE]});
	if (!mv_rulefile_read(args->value[OPTION_RULES], &naming.sources, &book))
		return MV_EXIT_INPUT;
	if (mv_timeline_open_by(book, path, &timeline, &diag))
		code = mv_tell_recording(path, &diag);
	mv_rulebook_close(book);
	if (!timeline)
		return code;
	code = mv_moment_find(timeline, path, args->value[OPTION_AT], args->value[OPTION_DEVICE], &moment);
	if (code == MV_OPTION_GO_ON)
		code = show(args, timeline, &moment, &naming, top, frames);
	mv_timeline_close(timeline);
	return code;
}

const struct mv_command mv_command_report = {
	.name = "report",
	.usage = "[options] FILE",
	.summary = "Say what filled the card at a moment, and who asked for it",
	.options = options,
	.rest_min = 1,
	.rest_max = 1,
	.run = run,
};
