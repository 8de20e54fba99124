/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/finding.h"

#include <errno.h>
#include <stdlib.h>

#include "read/table.h"

/* What is less than this share of all blocks is not worth a word, nor what is less than that.  */
enum { WORTH_ONE_IN = 50, WORTH_BYTES = 1 << 20 };
/* A line that so much of it is from is the line; so many stacks are looked at, the largest.  */
enum { MOST_PERCENT = 80, STACKS_MAX = 1000 };
enum { PLACE_BYTES = 96, FRAMES = MV_TABLE_STACK_FRAMES };

/* Stacks, of which only what has the label counts, the largest first.  */
struct holders {
	struct mv_report_stack *at; /* malloc */
	size_t count;
	uint64_t bytes;
};

/* ---- what is held ---- */

static bool is_avoidable(enum mv_sublabel label)
{
	return label == MV_SUBLABEL_HELD || label == MV_SUBLABEL_RELEASED || label == MV_SUBLABEL_VAIN ||
	       label == MV_SUBLABEL_GROWING || label == MV_SUBLABEL_WAITING;
}

static enum mv_sublabel largest_label(const struct mv_report *report)
{
	uint64_t sums[MV_SUBLABEL_COUNT] = {0}, all = 0;
	enum mv_sublabel best = MV_SUBLABEL_NONE;
	int band, label;

	for (band = 0; band < MV_BAND_COUNT; band++) {
		all += report->bands[band].bytes;
		for (label = 1; label < MV_SUBLABEL_COUNT; label++)
			if (is_avoidable((enum mv_sublabel)label))
				sums[label] += report->bands[band].labels[label].bytes;
	}
	for (label = 1; label < MV_SUBLABEL_COUNT; label++)
		if (sums[label] > sums[best])
			best = (enum mv_sublabel)label;
	return sums[best] >= WORTH_BYTES && sums[best] >= all / WORTH_ONE_IN ? best : MV_SUBLABEL_NONE;
}

static int collect(const struct mv_report *report, enum mv_sublabel label, struct holders *holders)
{
	size_t i;

	holders->at = malloc((report->stack_count + 1) * sizeof *holders->at);
	if (!holders->at)
		return -ENOMEM;
	for (i = 0; i < report->stack_count; i++) {
		const struct mv_report_stack *stack = &report->stacks[i];
		struct mv_report_sum sum = stack->labels[label];

		if (!sum.blocks)
			continue;
		holders->at[holders->count++] =
			(struct mv_report_stack){.stack = stack->stack, .bytes = sum.bytes, .blocks = sum.blocks};
		holders->bytes += sum.bytes;
	}
	qsort(holders->at, holders->count, sizeof *holders->at, mv_report_by_bytes);
	return 0;
}

/* ---- where it is from ---- */

static bool is_from(struct mv_places *places, uint32_t stack, const struct mv_place *place)
{
	const struct mv_place *frames[FRAMES];
	size_t i, count = mv_places_own(places, stack, frames, FRAMES);

	for (i = 0; i < count; i++)
		if (frames[i] == place)
			return true;
	return false;
}

/* Sum up in FINDING what of HOLDERS is from PLACE.  */
static void sum_up(const struct holders *holders, struct mv_places *places, const struct mv_place *place, struct mv_finding *finding)
{
	size_t i;

	finding->place = place;
	finding->bytes = finding->blocks = 0;
	for (i = 0; i < holders->count && i < STACKS_MAX; i++) {
		if (!is_from(places, holders->at[i].stack, place))
			continue;
		finding->bytes += holders->at[i].bytes;
		finding->blocks += holders->at[i].blocks;
	}
}

/* Without a line of the user's own: where the largest part is from.  */
static void take_largest(const struct holders *holders, struct mv_places *places, struct mv_finding *finding)
{
	finding->place = mv_places_origin(places, holders->at[0].stack);
	finding->caller = NULL;
	finding->bytes = holders->at[0].bytes;
	finding->blocks = holders->at[0].blocks;
}

static void find_place(const struct holders *holders, struct mv_places *places, struct mv_finding *finding)
{
	const struct mv_place *frames[FRAMES];
	size_t i, count = mv_places_own(places, holders->at[0].stack, frames, FRAMES);

	for (i = 0; i < count; i++) {
		sum_up(holders, places, frames[i], finding);
		finding->caller = i + 1 < count ? frames[i + 1] : NULL;
		if (finding->bytes >= holders->bytes / 100 * MOST_PERCENT)
			return;
	}
	take_largest(holders, places, finding);
}

int mv_finding_make(const struct mv_report *report, struct mv_places *places, struct mv_finding *finding)
{
	struct holders holders = {.count = 0};
	int err;

	*finding = (struct mv_finding){.label = largest_label(report)};
	if (!finding->label)
		return 0;
	err = collect(report, finding->label, &holders);
	if (!err && holders.count)
		find_place(&holders, places, finding);
	if (err || !holders.count)
		*finding = (struct mv_finding){.label = MV_SUBLABEL_NONE};
	free(holders.at);
	return err;
}

/* ---- in words ---- */

void mv_finding_add_what(const struct mv_finding *finding, struct mv_text *text)
{
	static const struct {
		const char *before, *behind; /* the bytes */
	} words[MV_SUBLABEL_COUNT] = {
		[MV_SUBLABEL_HELD] = {"your code holds ", " that backward does not need"},
		[MV_SUBLABEL_GROWING] = {"your code keeps ", ", and more with every step"},
		[MV_SUBLABEL_WAITING] = {"", " of activations wait for a backward, more than in any step before: no_grad, if none is meant to come"},
		[MV_SUBLABEL_VAIN] = {"", " are kept for a backward that never comes: no_grad would spare them"},
		[MV_SUBLABEL_RELEASED] = {"", " of activations are still held after their backward"},
	};

	if (!words[finding->label].behind)
		return;
	mv_text_add(text, words[finding->label].before);
	mv_text_add_size(text, finding->bytes);
	mv_text_add(text, words[finding->label].behind);
}

void mv_finding_add_where(const struct mv_finding *finding, struct mv_text *text)
{
	char place[PLACE_BYTES];

	mv_place_write(finding->place, place, sizeof place);
	mv_text_add(text, "made by ");
	mv_text_add(text, place);
	if (!finding->caller)
		return;
	mv_place_write(finding->caller, place, sizeof place);
	mv_text_add(text, ", from ");
	mv_text_add(text, place);
}

void mv_finding_add(const struct mv_finding *finding, struct mv_text *text)
{
	mv_finding_add_what(finding, text);
	if (!finding->place)
		return;
	mv_text_add(text, ", ");
	mv_finding_add_where(finding, text);
}
