/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/stretches.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Spans are in the order of their beginnings: one that begins within the last stretch makes it longer.  */
static int collect(struct mv_stretch_list *list, const struct mv_replay *replay, enum mv_phase phase, bool only_told)
{
	size_t i;

	list->at = malloc((replay->span_count + 1) * sizeof *list->at);
	if (!list->at)
		return -ENOMEM;
	for (i = 0; i < replay->span_count; i++) {
		const struct mv_span *span = &replay->spans[i];
		struct mv_stretch *last = list->count ? &list->at[list->count - 1] : NULL;

		if (span->phase != phase || (only_told && !span->is_told))
			continue;
		if (last && span->begin_ns <= last->end_ns)
			last->end_ns = span->end_ns > last->end_ns ? span->end_ns : last->end_ns;
		else
			list->at[list->count++] = (struct mv_stretch){span->begin_ns, span->end_ns};
	}
	return 0;
}

int mv_stretches_open(struct mv_stretches *stretches, const struct mv_replay *replay)
{
	memset(stretches, 0, sizeof *stretches);
	if (collect(&stretches->backward, replay, MV_PHASE_BACKWARD, false) ||
	    collect(&stretches->optimizer, replay, MV_PHASE_OPTIMIZER, false) ||
	    collect(&stretches->told, replay, MV_PHASE_OPTIMIZER, true)) {
		mv_stretches_close(stretches);
		return -ENOMEM;
	}
	return 0;
}

void mv_stretches_close(struct mv_stretches *stretches)
{
	free(stretches->backward.at);
	free(stretches->optimizer.at);
	free(stretches->told.at);
	memset(stretches, 0, sizeof *stretches);
}

size_t mv_stretch_behind(const struct mv_stretch_list *list, uint64_t time_ns)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->at[middle].begin_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t mv_stretch_around(const struct mv_stretch_list *list, uint64_t time_ns)
{
	size_t behind = mv_stretch_behind(list, time_ns);

	return behind && time_ns <= list->at[behind - 1].end_ns ? behind - 1 : MV_STRETCH_NONE;
}

bool mv_stretches_died_in_backward(const struct mv_stretches *stretches, const struct mv_block *block)
{
	return block->death_ns != MV_TIME_NEVER && mv_stretch_around(&stretches->backward, block->death_ns) != MV_STRETCH_NONE;
}

size_t mv_stretch_whole(const struct mv_stretch_list *list, uint64_t from_ns, uint64_t to_ns)
{
	size_t first = mv_stretch_behind(list, from_ns), end = mv_stretch_behind(list, to_ns);

	if (end && list->at[end - 1].end_ns >= to_ns)
		end--;
	return end > first ? end - first : 0;
}
