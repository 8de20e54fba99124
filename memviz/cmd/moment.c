/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/moment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/command.h"
#include "cmd/option.h"
#include "cmd/tell.h"

static int usage(const char *at)
{
	mv_tell("report: --at=%s is not peak, oom, end or +SECONDS; try memviz help report", at);
	return MV_EXIT_USAGE;
}

/* The error to report: the latest, on DEVICE if that was chosen.  */
static const struct mv_oom *find_oom(const struct mv_timeline *timeline, const struct mv_card *card)
{
	size_t count;
	const struct mv_oom *ooms = mv_timeline_ooms(timeline, &count);

	while (count--)
		if (!card || ooms[count].device == card->device)
			return &ooms[count];
	return NULL;
}

static const struct mv_card *fullest(const struct mv_timeline *timeline)
{
	size_t i, count;
	const struct mv_card *cards = mv_timeline_cards(timeline, &count), *best = NULL;

	for (i = 0; i < count; i++)
		if (!best || cards[i].peak_bytes > best->peak_bytes)
			best = &cards[i];
	return best;
}

static int chosen_card(const struct mv_timeline *timeline, const char *path, const char *device,
		       const struct mv_card **card)
{
	uint64_t number;

	*card = NULL;
	if (!device)
		return MV_OPTION_GO_ON;
	if (mv_text_parse_u64(device, &number) || number > UINT8_MAX) {
		mv_tell("report: --device=%s is not a number of a card; try memviz help report", device);
		return MV_EXIT_USAGE;
	}
	*card = mv_timeline_card(timeline, (uint8_t)number);
	if (*card)
		return MV_OPTION_GO_ON;
	mv_tell("%s: the program did not use card %s", path, device);
	return MV_EXIT_BAD;
}

/* Before and behind it nothing is known.  */
static int tell_range(const struct mv_timeline *timeline, const char *path, const char *at)
{
	mv_tell("%s: %s is not within what was recorded, +%.9g to +%.9g", path, at,
		(double)mv_timeline_begin(timeline) / 1e9, (double)mv_timeline_end(timeline) / 1e9);
	return MV_EXIT_BAD;
}

static int at_seconds(const struct mv_timeline *timeline, const char *path, const char *at, struct mv_moment *moment)
{
	char *end;
	double seconds = strtod(at + 1, &end);

	if (end == at + 1 || *end || !isfinite(seconds) || seconds < 0 || seconds > 1e9)
		return usage(at);
	moment->name = "time";
	moment->time_ns = (uint64_t)(seconds * 1e9 + 0.5);
	if (moment->time_ns < mv_timeline_begin(timeline) || moment->time_ns > mv_timeline_end(timeline))
		return tell_range(timeline, path, at);
	return MV_OPTION_GO_ON;
}

static int at_oom(const char *path, const struct mv_oom *oom, struct mv_moment *moment)
{
	if (!oom) {
		mv_tell("%s: no out-of-memory error was recorded%s", path, moment->card ? " on that card" : "");
		return MV_EXIT_BAD;
	}
	moment->name = "oom";
	moment->oom = oom;
	moment->time_ns = oom->time_ns;
	return MV_OPTION_GO_ON;
}

static int find(const struct mv_timeline *timeline, const char *path, const char *at, struct mv_moment *moment)
{
	const struct mv_oom *oom = find_oom(timeline, moment->card);
	bool has_died = oom && oom->outcome != MV_OOM_SURVIVED;

	if (at ? mv_text_equal(at, "oom") : has_died)
		return at_oom(path, oom, moment);
	if (!at || mv_text_equal(at, "peak")) {
		moment->name = "peak";
		return MV_OPTION_GO_ON;
	}
	if (mv_text_equal(at, "end")) {
		moment->name = "end";
		moment->time_ns = mv_timeline_end(timeline);
		return MV_OPTION_GO_ON;
	}
	return *at == '+' ? at_seconds(timeline, path, at, moment) : usage(at);
}

int mv_moment_find(const struct mv_timeline *timeline, const char *path, const char *at, const char *device,
		   struct mv_moment *moment)
{
	int code;

	*moment = (struct mv_moment){0};
	code = chosen_card(timeline, path, device, &moment->card);
	if (code == MV_OPTION_GO_ON)
		code = find(timeline, path, at, moment);
	if (code != MV_OPTION_GO_ON)
		return code;
	if (!moment->card && moment->oom)
		moment->card = mv_timeline_card(timeline, moment->oom->device);
	if (!moment->card)
		moment->card = fullest(timeline);
	if (!moment->card) {
		mv_tell("%s: no memory of a card was recorded", path);
		return MV_EXIT_BAD;
	}
	if (!moment->time_ns && mv_text_equal(moment->name, "peak"))
		moment->time_ns = moment->card->peak_ns;
	return MV_OPTION_GO_ON;
}
