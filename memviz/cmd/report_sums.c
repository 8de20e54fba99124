/* SPDX-License-Identifier: Apache-2.0 */
/* How it adds up: from the blocks of the pool to what is in use of the card.  */
#include <string.h>

#include "cmd/report_paper.h"
#include "cmd/tell.h"
#include "read/table.h"

enum { PART_BYTES = 128, NAME_BYTES = 24, LONG_NS = 1000000000 };

static void print_gaps(const struct mv_report *report, char *text, size_t size)
{
	char largest[MV_TELL_BYTES];

	if (report->gaps.pieces)
		snprintf(text, size, "free in the pool, in %llu pieces, the largest %s",
			 (unsigned long long)report->gaps.pieces, mv_tell_size(report->gaps.largest_bytes, largest));
	else
		snprintf(text, size, "free in the pool");
}

static void print_pool(const struct mv_paper *paper)
{
	const struct mv_report *report = paper->view->report;
	char text[96];

	mv_paper_row(paper, "allocated", report->allocated_bytes, "in blocks of the framework's pool: the bands above");
	if (report->reserved_bytes > report->allocated_bytes) {
		print_gaps(report, text, sizeof text);
		mv_paper_row(paper, "+ unused", report->reserved_bytes - report->allocated_bytes, text);
	}
	mv_paper_row(paper, "= reserved", report->reserved_bytes, "what the pool holds of the driver");
	if (report->device_bytes > report->reserved_bytes)
		mv_paper_row(paper, "+ direct", report->device_bytes - report->reserved_bytes,
			     "asked of the driver outside of the pool");
}

/* What a part of the equation is, for people; those that everybody knows of are shown above.  */
static const char *part_text(const struct mv_equation *equation, int part, char text[PART_BYTES])
{
	switch ((enum mv_part)part) {
	case MV_PART_ROUNDING:
		return "to whole pages of 2 MiB";
	case MV_PART_POOLS:
		return "reserved by the driver's pool, not handed out";
	case MV_PART_GRAPHS:
		return "reserved by the driver for graphs";
	case MV_PART_CONTEXT:
		return equation->is_first_lost ? "context and all that came before the first sample" :
						 "this process's own at its first sample (NVML)";
	case MV_PART_MODULES:
		snprintf(text, PART_BYTES, "growth around %u call%s: code, limits (NVML)", equation->changes,
			 equation->changes == 1 ? "" : "s");
		return text;
	case MV_PART_OTHERS:
		return "other processes (NVML)";
	case MV_PART_UNEXPLAINED:
		if (!equation->parts[part].bytes)
			return "nothing is left over";
		if (equation->parts[part].bytes < 0)
			return "counted more than once: shared memory, perhaps";
		return equation->managed_bytes ? "nobody says what it is; managed memory, perhaps" : "nobody says what it is";
	case MV_PART_LEDGER:
	case MV_PART_COUNT:
		break;
	}
	return "";
}

static void print_part(const struct mv_paper *paper, const char *name, int64_t bytes, const char *text)
{
	char signed_name[NAME_BYTES];

	snprintf(signed_name, sizeof signed_name, "%c %s", bytes < 0 ? '-' : '+', name);
	mv_paper_row(paper, signed_name, (uint64_t)(bytes < 0 ? mv_bytes_minus(0, bytes) : bytes), text);
}

/* Why NVML did not say more, if the recording says that.  */
static void print_why(const struct mv_paper *paper, const char *what)
{
	const char *nvml = mv_table_note_value(mv_timeline_recording(paper->view->report->timeline), "nvml");

	if (*nvml && strcmp(nvml, "asked"))
		fprintf(paper->out, "  %-24s   %s: %s\n", "", what, nvml);
}

/* Where nobody said what is this process's, the context and other processes are in the rest, and it is called so.  */
static void print_rest(const struct mv_paper *paper, const struct mv_equation *equation)
{
	int64_t bytes = equation->parts[MV_PART_UNEXPLAINED].bytes;
	char text[PART_BYTES];

	if (equation->parts[MV_PART_CONTEXT].basis != MV_BASIS_UNKNOWN) {
		print_part(paper, "unexplained", bytes, part_text(equation, MV_PART_UNEXPLAINED, text));
		return;
	}
	if (bytes)
		print_part(paper, "others", bytes, "the context, libraries, other processes");
	print_why(paper, "not told apart");
}

static void print_parts(const struct mv_paper *paper, const struct mv_equation *equation)
{
	char text[PART_BYTES];
	int i;

	for (i = MV_PART_LEDGER + 1; i < MV_PART_UNEXPLAINED; i++)
		if (equation->parts[i].bytes)
			print_part(paper, mv_part_name((enum mv_part)i), equation->parts[i].bytes,
				   part_text(equation, i, text));
	print_rest(paper, equation);
}

/* Nothing that is known of may have changed since; then it is as good as new for a while.  */
static void print_used(const struct mv_paper *paper, const struct mv_equation *equation, uint64_t capacity)
{
	uint64_t time_ns = paper->view->report->time_ns;
	uint64_t apart_ns = equation->said_ns < time_ns ? time_ns - equation->said_ns : equation->said_ns - time_ns;
	bool is_same = equation->said_bytes == equation->used_bytes;
	char text[PART_BYTES], size[MV_TELL_BYTES], time[MV_TELL_BYTES] = "";
	const char *when = equation->said_ns < time_ns ? " before" : " later";

	if (!is_same || apart_ns > LONG_NS)
		mv_tell_time(apart_ns, time);
	snprintf(text, sizeof text, "of %s, %s %s said%s%s%s", mv_tell_size(capacity, size), is_same ? "as" : "from what",
		 equation->source == MV_SOURCE_NVML ? "NVML" : "the driver", *time ? " " : "", time, *time ? when : "");
	mv_paper_row(paper, "= in use", equation->used_bytes, text);
}

static void print_driver(const struct mv_paper *paper)
{
	const struct mv_report *report = paper->view->report;
	const struct mv_equation *equation = &report->equation;
	uint64_t capacity = equation->total_bytes ? equation->total_bytes : report->card->capacity_bytes;

	if (equation->source == MV_SOURCE_NONE) {
		mv_paper_row(paper, "= in use", report->device_bytes, "by this process; nobody was asked for the card's");
		print_why(paper, "not known of others");
		return;
	}
	print_parts(paper, equation);
	print_used(paper, equation, capacity);
	if (equation->reserved_bytes)
		mv_paper_row(paper, "kept back", equation->reserved_bytes, "by the driver and the firmware");
	if (capacity > equation->used_bytes + equation->reserved_bytes)
		mv_paper_row(paper, "free", capacity - equation->used_bytes - equation->reserved_bytes, "on the card");
}

void mv_report_print_sums(const struct mv_paper *paper)
{
	const struct mv_report *report = paper->view->report;

	mv_paper_heading(paper, "HOW IT ADDS UP");
	if (report->card->has_pool)
		print_pool(paper);
	else
		mv_paper_row(paper, "device memory", report->device_bytes, "asked of the driver: the bands above");
	print_driver(paper);
}
