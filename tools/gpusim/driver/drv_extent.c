/* SPDX-License-Identifier: Apache-2.0 */
/* Size classes: lengths 1 to 7 have one each; from there on every power of two is split in four.  A class may hold
 * extents that are too short for a request in the same class, so a few of its members are looked at before the next
 * larger class is taken from.  */
#include "gpusim/driver/drv_extent.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

enum { LOOK_AT_MOST = 16 };

static unsigned int class_of(uint32_t length)
{
	unsigned int log;

	if (length < 8)
		return length;
	log = 31 - (unsigned int)__builtin_clz(length);
	return 8 + (log - 3) * 4 + (length >> (log - 2) & 3);
}

static void mark(struct mv_extent_map *map, uint32_t index, uint32_t length)
{
	map->units[index].length = length;
	map->units[index + length - 1].length = length;
}

static void unmark(struct mv_extent_map *map, uint32_t index, uint32_t length)
{
	map->units[index].length = 0;
	map->units[index + length - 1].length = 0;
}

static void insert(struct mv_extent_map *map, uint32_t index, uint32_t length)
{
	unsigned int class = class_of(length);
	uint32_t next = map->first[class];

	mark(map, index, length);
	map->units[index].next = next;
	map->units[index].previous = MV_EXTENT_NONE;
	if (next != MV_EXTENT_NONE)
		map->units[next].previous = index;
	map->first[class] = index;
	map->is_filled[class / 64] |= UINT64_C(1) << class % 64;
}

static void remove_extent(struct mv_extent_map *map, uint32_t index)
{
	struct mv_extent_unit *unit = &map->units[index];
	unsigned int class = class_of(unit->length);

	if (unit->next != MV_EXTENT_NONE)
		map->units[unit->next].previous = unit->previous;
	if (unit->previous != MV_EXTENT_NONE)
		map->units[unit->previous].next = unit->next;
	else
		map->first[class] = unit->next;
	if (map->first[class] == MV_EXTENT_NONE)
		map->is_filled[class / 64] &= ~(UINT64_C(1) << class % 64);
	unmark(map, index, unit->length);
}

int mv_extent_open(struct mv_extent_map *map, uint32_t count)
{
	void *units = mmap(NULL, (size_t)count * sizeof(*map->units), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (units == MAP_FAILED)
		return -errno;
	map->unit_count = count;
	map->units = units;
	for (unsigned int class = 0; class < MV_EXTENT_CLASSES; class++)
		map->first[class] = MV_EXTENT_NONE;
	insert(map, 0, count);
	return 0;
}

static uint32_t look_in(const struct mv_extent_map *map, unsigned int class, uint32_t count)
{
	uint32_t index = map->first[class];

	for (unsigned int i = 0; i < LOOK_AT_MOST && index != MV_EXTENT_NONE; i++) {
		if (map->units[index].length >= count)
			return index;
		index = map->units[index].next;
	}
	return MV_EXTENT_NONE;
}

/* The first extent of the smallest filled class above CLASS: every one there is long enough.  */
static uint32_t look_above(const struct mv_extent_map *map, unsigned int class)
{
	for (class++; class < MV_EXTENT_CLASSES; class = (class / 64 + 1) * 64) {
		uint64_t filled = map->is_filled[class / 64] >> class % 64;

		if (filled)
			return map->first[class + (unsigned int)__builtin_ctzll(filled)];
	}
	return MV_EXTENT_NONE;
}

uint32_t mv_extent_take(struct mv_extent_map *map, uint32_t count)
{
	unsigned int class = class_of(count);
	uint32_t index = look_in(map, class, count), length;

	if (index == MV_EXTENT_NONE)
		index = look_above(map, class);
	if (index == MV_EXTENT_NONE)
		return MV_EXTENT_NONE;
	length = map->units[index].length;
	remove_extent(map, index);
	if (length > count)
		insert(map, index + count, length - count);
	return index;
}

void mv_extent_give(struct mv_extent_map *map, uint32_t index, uint32_t count)
{
	uint32_t end = index + count;

	if (end < map->unit_count && map->units[end].length) {
		count += map->units[end].length;
		remove_extent(map, end);
	}
	if (index > 0 && map->units[index - 1].length) {
		uint32_t before = map->units[index - 1].length;

		index -= before;
		count += before;
		remove_extent(map, index);
	}
	insert(map, index, count);
}
