/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/summary.h"

#include <errno.h>
#include <string.h>

#include "analyze/finding.h"
#include "analyze/places.h"
#include "analyze/report.h"
#include "base/text.h"
#include "read/recording.h"

enum { PLACE_BYTES = 96 };

static struct mv_text line(struct mv_summary *summary, int number)
{
	return mv_text_in(summary->line[number], MV_SUMMARY_BYTES);
}

/* BYTES so that they are told from OTHER: 2.3 GiB that do not fit into 2.3 GiB say nothing.  */
static void add_size_beside(struct mv_text *text, uint64_t bytes, uint64_t other)
{
	char here[32], there[32];
	struct mv_text a = mv_text_in(here, sizeof here), b = mv_text_in(there, sizeof there);

	mv_text_add_size(&a, bytes);
	mv_text_add_size(&b, other);
	if (bytes == other || !mv_text_equal(here, there)) {
		mv_text_add(text, here);
		return;
	}
	mv_text_add_u64(text, bytes >> 10);
	mv_text_add(text, " KiB");
}

static void say_what(struct mv_summary *summary, const struct mv_report *report)
{
	struct mv_text text = line(summary, 0);
	const char *name = mv_timeline_text(report->timeline, report->card->name);

	mv_text_add(&text, "out of memory: ");
	add_size_beside(&text, report->oom->requested_bytes, report->oom->free_bytes);
	mv_text_add(&text, " did not fit on cuda:");
	mv_text_add_u64(&text, report->card->device);
	if (*name || report->card->capacity_bytes)
		mv_text_add(&text, " (");
	mv_text_add(&text, name);
	if (*name && report->card->capacity_bytes)
		mv_text_add(&text, ", ");
	if (report->card->capacity_bytes)
		mv_text_add_size(&text, report->card->capacity_bytes);
	if (*name || report->card->capacity_bytes)
		mv_text_add(&text, ")");
	if (report->step) {
		mv_text_add(&text, " in step ");
		mv_text_add_u64(&text, report->step + 1);
	}
	if (report->oom->outcome == MV_OOM_SURVIVED)
		mv_text_add(&text, "; the program went on");
}

/* "model.py:40 in block, from train.py:88 in main".  */
static void add_places(struct mv_text *text, struct mv_places *places, uint32_t stack)
{
	const struct mv_place *origin = mv_places_origin(places, stack);
	const struct mv_place *outermost = mv_places_entry(places, stack);
	char place[PLACE_BYTES];

	if (!mv_places_write_origin(places, stack, place, sizeof place)) {
		mv_text_add(text, "not known: no stack was taken");
		return;
	}
	mv_text_add(text, place);
	if (!outermost || outermost == origin)
		return;
	mv_place_write(outermost, place, sizeof place);
	mv_text_add(text, ", from ");
	mv_text_add(text, place);
}

static void say_who(struct mv_summary *summary, const struct mv_report *report, struct mv_places *places)
{
	struct mv_text text = line(summary, 1);

	mv_text_add(&text, "asked for by   ");
	add_places(&text, places, report->oom->stack);
}

static enum mv_band largest_unsaid(const struct mv_report *report, const bool *is_said)
{
	enum mv_band best = MV_BAND_COUNT;
	int i;

	for (i = 0; i < MV_BAND_COUNT; i++) {
		uint64_t bytes = report->bands[i].bytes;

		if (!is_said[i] && bytes &&
		    (best == MV_BAND_COUNT || bytes > report->bands[best].bytes))
			best = (enum mv_band)i;
	}
	return best;
}

static void say_bands(struct mv_summary *summary, const struct mv_report *report)
{
	struct mv_text text = line(summary, 2);
	bool is_said[MV_BAND_COUNT] = {false};
	enum mv_band band;
	int said = 0;

	mv_text_add(&text, "filled by      ");
	while ((band = largest_unsaid(report, is_said)) != MV_BAND_COUNT) {
		is_said[band] = true;
		if (said++)
			mv_text_add(&text, ", ");
		mv_text_add(&text, mv_band_name(band));
		mv_text_add(&text, " ");
		mv_text_add_size(&text, report->bands[band].bytes);
	}
	if (!said)
		mv_text_add(&text, "nothing of this program's");
}

static void add_pool_room(struct mv_text *text, const struct mv_report *report)
{
	uint64_t spare = report->reserved_bytes > report->allocated_bytes ? report->reserved_bytes - report->allocated_bytes
									  : 0;

	if (!report->card->has_pool)
		return;
	mv_text_add(text, "; ");
	mv_text_add_size(text, spare);
	mv_text_add(text, " unused in the pool");
	if (!report->gaps.segments || !spare)
		return;
	mv_text_add(text, ", in pieces of at most ");
	mv_text_add_size(text, report->gaps.largest_bytes);
}

/* What the card holds beside this process: its context and other programs.  */
static void add_others(struct mv_text *text, const struct mv_report *report)
{
	uint64_t used = report->equation.used_bytes;

	if (report->equation.source == MV_SOURCE_NONE || used <= report->device_bytes)
		return;
	mv_text_add(text, "; ");
	mv_text_add_size(text, used - report->device_bytes);
	mv_text_add(text, " outside of its allocations");
}

static void say_room(struct mv_summary *summary, const struct mv_report *report)
{
	struct mv_text text = line(summary, 3);

	mv_text_add(&text, "room           ");
	if (report->oom->total_bytes) {
		add_size_beside(&text, report->oom->free_bytes, report->oom->requested_bytes);
		mv_text_add(&text, " free on the card");
	} else {
		mv_text_add(&text, "free memory of the card is not known");
	}
	add_pool_room(&text, report);
	add_others(&text, report);
}

static int say_finding(struct mv_summary *summary, const struct mv_report *report, struct mv_places *places)
{
	struct mv_text text = line(summary, 4);
	struct mv_finding finding;
	int err = mv_finding_make(report, places, &finding);

	if (err || !finding.label)
		return err;
	mv_text_add(&text, "worth knowing  ");
	mv_finding_add(&finding, &text);
	return 0;
}

static void say_next(struct mv_summary *summary, const char *path)
{
	struct mv_text text = line(summary, 5);

	mv_text_add(&text, "timeline       memviz html ");
	mv_text_add(&text, path);
	mv_text_add(&text, " -o oom.html");
}

static int say_all(struct mv_summary *summary, const struct mv_report *report, const struct mv_symbols_sources *sources,
		   const char *path)
{
	struct mv_places *places;
	int err = mv_places_open(mv_timeline_recording(report->timeline), MV_PLACES_OWN_NAMES, sources, &places);

	if (err)
		return err;
	say_what(summary, report);
	say_who(summary, report, places);
	say_bands(summary, report);
	say_room(summary, report);
	err = say_finding(summary, report, places);
	say_next(summary, path);
	mv_places_close(places);
	return err;
}

int mv_summary_make(const struct mv_timeline *timeline, const struct mv_oom *oom, const struct mv_symbols_sources *sources,
		    const char *path, struct mv_summary *summary)
{
	const struct mv_card *card = mv_timeline_card(timeline, oom->device);
	struct mv_card unknown = {.device = oom->device};
	struct mv_report report;
	int err = mv_report_make(timeline, card ? card : &unknown, 0, oom, &report);

	memset(summary, 0, sizeof *summary);
	if (err)
		return err;
	err = say_all(summary, &report, sources, path);
	mv_report_release(&report);
	return err;
}
