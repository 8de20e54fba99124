/* SPDX-License-Identifier: Apache-2.0 */
/* libc's balanced tree, with an order in which stretches that overlap are equal: it holds no two of those, so the order
 * is one, and looking for a stretch of one byte finds the one around it.  */
#include "analyze/ranges.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>

struct range {
	uint64_t start, end;
	uint32_t value;
};

static int by_address(const void *a, const void *b)
{
	const struct range *one = a, *two = b;

	if (one->end <= two->start)
		return -1;
	return one->start >= two->end;
}

static struct range *find(const struct mv_ranges *ranges, uint64_t address)
{
	struct range key = {address, address + 1, 0};
	struct range *const *node = address < UINT64_MAX ? tfind(&key, &ranges->tree, by_address) : NULL;

	return node ? *node : NULL;
}

int mv_ranges_add(struct mv_ranges *ranges, uint64_t start, uint64_t size, uint32_t value)
{
	struct range *made, **node;
	uint64_t end;

	if (!size || __builtin_add_overflow(start, size, &end))
		return 0;
	made = malloc(sizeof *made);
	if (!made)
		return -ENOMEM;
	*made = (struct range){start, end, value};
	node = tsearch(made, &ranges->tree, by_address);
	if (node && *node == made)
		ranges->count++;
	else
		free(made);
	return node ? 0 : -ENOMEM;
}

void mv_ranges_remove(struct mv_ranges *ranges, uint64_t start, uint32_t value)
{
	struct range *range = find(ranges, start);

	if (!range || range->start != start || range->value != value)
		return;
	tdelete(range, &ranges->tree, by_address);
	free(range);
	ranges->count--;
}

bool mv_ranges_find(const struct mv_ranges *ranges, uint64_t address, uint32_t *value)
{
	const struct range *range = find(ranges, address);

	if (range)
		*value = range->value;
	return range;
}

void mv_ranges_release(struct mv_ranges *ranges)
{
	tdestroy(ranges->tree, free);
	*ranges = (struct mv_ranges){0};
}
