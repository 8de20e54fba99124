/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cmd/naming.h"
#include "cmd/report_paper.h"
#include "cmd/tell.h"
#include "read/table.h"

enum { BAR_COLUMNS = 30, PLACE_COLUMNS = MV_PAPER_PLACE_COLUMNS, UNNAMED_LINES = 3, FINDING_BYTES = 320 };

/* ---- pieces ---- */

static const char *band_colour(int band)
{
	static const char *const colours[MV_BAND_COUNT] = {"34", "33", "35", "32", "36", "90"};

	return colours[band];
}

/* Bars are as long as their share of the largest.  */
static void bar(const struct mv_paper *paper, int band, uint64_t bytes, uint64_t largest)
{
	unsigned i, length = largest ? (unsigned)((double)bytes / (double)largest * BAR_COLUMNS + 0.5) : 0;

	if (bytes && !length)
		length = 1;
	fputs(length ? "  " : "", paper->out);
	if (paper->is_coloured)
		fprintf(paper->out, "\033[%sm", band_colour(band));
	for (i = 0; i < length; i++)
		fputs(paper->is_utf8 ? "\u2587" : "#", paper->out);
	fputs(paper->is_coloured ? "\033[0m\n" : "\n", paper->out);
}

static unsigned percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned)((double)part * 100 / (double)whole + 0.5) : 0;
}

/* ---- parts ---- */

static const char *name_of_moment(const char *at)
{
	if (!strcmp(at, "peak"))
		return "the peak: ";
	if (!strcmp(at, "oom"))
		return "out of memory: ";
	return strcmp(at, "end") ? "" : "the end: ";
}

static void print_title(const struct mv_paper *paper)
{
	const struct mv_report *report = paper->view->report;
	const struct mv_recording *recording = mv_timeline_recording(report->timeline);
	const struct mv_file_header *header = mv_timeline_header(report->timeline);
	const char *name = mv_timeline_text(report->timeline, report->card->name);
	char time[MV_TELL_BYTES];

	fprintf(paper->out, "%s, process %u", mv_recording_program(recording), header->pid);
	if (header->rank >= 0)
		fprintf(paper->out, ", rank %d", header->rank);
	fprintf(paper->out, ", cuda:%u%s%s\n", report->card->device, *name ? " " : "", name);
	fprintf(paper->out, "%s%s after the recording began", name_of_moment(paper->view->at),
		mv_tell_time(report->time_ns, time));
	if (report->step)
		fprintf(paper->out, ", in step %u", report->step + 1);
	fputc('\n', paper->out);
}

static void print_oom(const struct mv_paper *paper)
{
	const struct mv_oom *oom = paper->view->report->oom;
	char size[MV_TELL_BYTES], text[PLACE_COLUMNS + 1];

	if (!oom)
		return;
	fprintf(paper->out, "\n  %s were asked for and did not fit%s\n", mv_tell_size(oom->requested_bytes, size),
		oom->outcome == MV_OOM_SURVIVED ? "; the program went on" : "");
	if (mv_places_write_origin(paper->view->places, oom->stack, text, sizeof text))
		fprintf(paper->out, "  by %s\n", text);
}

/* Those that are too small to be seen as a share are in the JSON.  */
static void print_labels(const struct mv_paper *paper, const struct mv_report_band *band, uint64_t sum)
{
	char size[MV_TELL_BYTES];
	int i;

	for (i = 1; i < MV_SUBLABEL_COUNT; i++)
		if (percent(band->labels[i].bytes, sum))
			fprintf(paper->out, "    of it     %10s  %s\n", mv_tell_size(band->labels[i].bytes, size),
				mv_sublabel_text((enum mv_sublabel)i));
	if (percent(band->guessed_bytes, sum))
		fprintf(paper->out, "    of it     %10s  guessed\n", mv_tell_size(band->guessed_bytes, size));
}

static void print_finding(const struct mv_paper *paper)
{
	const struct mv_finding *finding = paper->view->finding;
	char bytes[FINDING_BYTES];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	if (!finding->label)
		return;
	mv_finding_add_what(finding, &text);
	fprintf(paper->out, "\n  %s\n", bytes);
	if (!finding->place)
		return;
	text = mv_text_in(bytes, sizeof bytes);
	mv_finding_add_where(finding, &text);
	fprintf(paper->out, "  %s\n", bytes);
}

static void print_bands(const struct mv_paper *paper)
{
	const struct mv_report *report = paper->view->report;
	uint64_t largest = 0, sum = 0;
	char size[MV_TELL_BYTES];
	int i;

	for (i = 0; i < MV_BAND_COUNT; i++) {
		sum += report->bands[i].bytes;
		if (report->bands[i].bytes > largest)
			largest = report->bands[i].bytes;
	}
	mv_paper_heading(paper, "BAND               BYTES  SHARE  BLOCKS");
	for (i = MV_BAND_COUNT; i-- > 0;) {
		const struct mv_report_band *band = &report->bands[i];

		fprintf(paper->out, "  %-12s%10s  %3u %%  %6llu", mv_band_name((enum mv_band)i),
			mv_tell_size(band->bytes, size), percent(band->bytes, sum), (unsigned long long)band->blocks);
		bar(paper, i, band->bytes, largest);
		print_labels(paper, band, sum);
	}
}

static void print_stack(const struct mv_paper *paper, const struct mv_report_stack *stack)
{
	char size[MV_TELL_BYTES];
	int i, best = 0;

	for (i = 0; i < MV_BAND_COUNT; i++)
		if (stack->band_bytes[i] > stack->band_bytes[best])
			best = i;
	fprintf(paper->out, "  %10s    %s%s, %llu block%s\n", mv_tell_size(stack->bytes, size),
		stack->band_bytes[best] < stack->bytes ? "mostly " : "", mv_band_name((enum mv_band)best),
		(unsigned long long)stack->blocks, stack->blocks == 1 ? "" : "s");
	mv_report_print_frames(paper, stack->stack);
}

static void print_stacks(const struct mv_paper *paper)
{
	const struct mv_report *report = paper->view->report;
	size_t i;

	if (!report->stack_count)
		return;
	mv_paper_heading(paper, paper->is_utf8 ? "WHO ASKED FOR MOST OF IT  (\u25b8 the line to look at)" :
						 "WHO ASKED FOR MOST OF IT  (> the line to look at)");
	for (i = 0; i < report->stack_count && i < paper->view->top; i++)
		print_stack(paper, &report->stacks[i]);
}

static void print_block(const struct mv_paper *paper, const struct mv_block *block)
{
	const struct mv_timeline *timeline = paper->view->report->timeline;
	const char *name = mv_timeline_text(timeline, block->name);
	char size[MV_TELL_BYTES], text[PLACE_COLUMNS + 1] = "no stack was taken";

	mv_places_write_origin(paper->view->places, block->stack, text, sizeof text);
	fprintf(paper->out, "  %10s    %-12s%s\n", mv_tell_size(block->size_bytes, size),
		mv_band_name((enum mv_band)block->band), *name ? name : text);
	fprintf(paper->out, "                %s\n", mv_reason_text((enum mv_reason)block->reason));
}

static void print_blocks(const struct mv_paper *paper)
{
	const struct mv_report *report = paper->view->report;
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(report->timeline, &count);

	if (!report->largest_count)
		return;
	mv_paper_heading(paper, "LARGEST BLOCKS");
	for (i = 0; i < report->largest_count && i < paper->view->top; i++)
		print_block(paper, &blocks[report->largest[i]]);
}

static void gap(const struct mv_paper *paper, bool *is_first, const char *count, const char *what)
{
	if (*is_first)
		mv_paper_heading(paper, "WHAT IS MISSING");
	*is_first = false;
	fprintf(paper->out, "  %10s    %s\n", count, what);
}

/* Files that functions have no names of; memviz info has all of them.  */
static void print_unnamed(const struct mv_paper *paper, bool *is_first)
{
	struct mv_names *names = mv_places_names(paper->view->places);
	size_t i, count = 0;
	const struct mv_names_object *objects = names ? mv_names_missing(names, &count) : NULL;
	char text[160], id[MV_NAMING_ID_BYTES];

	for (i = 0; i < count && i < UNNAMED_LINES; i++) {
		mv_naming_build_id(&objects[i], id);
		snprintf(text, sizeof text, "in %.48s (build id %.8s): %s", mv_text_base_name(objects[i].path), *id ? id : "none",
			 mv_naming_state(objects[i].state));
		gap(paper, is_first, "names", text);
	}
	snprintf(text, sizeof text, "in %zu more files: see memviz info", count - i);
	if (count > i)
		gap(paper, is_first, "names", text);
}

static void print_missing(const struct mv_paper *paper)
{
	const struct mv_timeline *timeline = paper->view->report->timeline;
	const struct mv_file_header *header = mv_timeline_header(timeline);
	uint64_t between = mv_recording_missing(mv_timeline_recording(timeline));
	const char *start = mv_table_note_value(mv_timeline_recording(timeline), "start");
	char count[32], text[96], begin[MV_TELL_BYTES];
	bool is_first = true;
	unsigned i;

	if (*start)
		gap(paper, &is_first, "the start", start);
	if (mv_recording_is_unfinished(mv_timeline_recording(timeline)))
		gap(paper, &is_first, "the end", "the program runs on, was killed, or left by _exit");
	if (mv_timeline_begin(timeline)) {
		snprintf(text, sizeof text, "it is complete from %s on",
			 mv_tell_time(mv_timeline_begin(timeline), begin));
		gap(paper, &is_first, "the past", text);
	}
	snprintf(count, sizeof count, "%llu", (unsigned long long)between);
	if (between)
		gap(paper, &is_first, count, "events between others");
	for (i = 0; i < MV_LOSS_COUNT; i++) {
		snprintf(count, sizeof count, "%llu", (unsigned long long)header->losses[i]);
		if (header->losses[i])
			gap(paper, &is_first, count, mv_loss_text(i));
	}
	print_unnamed(paper, &is_first);
}

void mv_report_print(const struct mv_report_view *view, FILE *out)
{
	struct mv_paper paper = {view, out, mv_tell_is_coloured(out), mv_tell_is_utf8()};

	print_title(&paper);
	print_oom(&paper);
	print_finding(&paper);
	print_bands(&paper);
	mv_report_print_sums(&paper);
	mv_report_print_besides(&paper);
	print_stacks(&paper);
	print_blocks(&paper);
	print_missing(&paper);
}
