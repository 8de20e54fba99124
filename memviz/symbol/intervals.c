/* SPDX-License-Identifier: Apache-2.0 */
#include "symbol/intervals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_MIN = 64 };

int mv_intervals_add(struct mv_intervals *intervals, const struct mv_interval *interval)
{
	size_t bytes, room = intervals->room ? intervals->room * 2 : ROOM_MIN;
	struct mv_interval *grown;

	if (intervals->count == intervals->room) {
		if (__builtin_mul_overflow(room, sizeof *grown, &bytes))
			return -ENOMEM;
		grown = realloc(intervals->at, bytes);
		if (!grown)
			return -ENOMEM;
		intervals->at = grown;
		intervals->room = room;
	}
	intervals->at[intervals->count++] = *interval;
	return 0;
}

void mv_intervals_release(struct mv_intervals *intervals)
{
	free(intervals->at);
	memset(intervals, 0, sizeof *intervals);
}

static int by_start(const void *a, const void *b)
{
	const struct mv_interval *one = a, *two = b;

	if (one->start != two->start)
		return one->start < two->start ? -1 : 1;
	return one->weight < two->weight ? -1 : one->weight > two->weight;
}

void mv_intervals_sort(struct mv_intervals *intervals)
{
	uint64_t reach = 0;
	size_t i;

	if (intervals->count)
		qsort(intervals->at, intervals->count, sizeof *intervals->at, by_start);
	for (i = 0; i < intervals->count; i++) {
		if (intervals->at[i].end > reach)
			reach = intervals->at[i].end;
		intervals->at[i].reach = reach;
	}
}

/* How many begin at or before ADDRESS.  */
static size_t up_to(const struct mv_intervals *intervals, uint64_t address)
{
	size_t low = 0, high = intervals->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (intervals->at[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct mv_interval *mv_intervals_around(const struct mv_intervals *intervals, uint64_t address)
{
	size_t i = up_to(intervals, address);

	while (i-- > 0 && intervals->at[i].reach > address)
		if (intervals->at[i].end > address)
			return &intervals->at[i];
	return NULL;
}

const struct mv_interval *mv_intervals_starting(const struct mv_intervals *intervals, uint64_t address)
{
	size_t i = up_to(intervals, address);

	return i && intervals->at[i - 1].start == address ? &intervals->at[i - 1] : NULL;
}
