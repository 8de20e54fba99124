/* SPDX-License-Identifier: Apache-2.0 */
#include "store/locator.h"

/* A part doubles when it is half full, so that what is looked at lies close together for as long as there is little.
 * Parts of one size lie side by side, each size behind the one before: all of size 16, all of size 32, and so on.  */
enum { SIZE_MIN_BITS = 4, SIZE_MIN = 1 << SIZE_MIN_BITS };

static uint32_t size_for(uint32_t numbers)
{
	uint32_t size = SIZE_MIN;

	while (size < numbers * 2)
		size *= 2;
	return size;
}

size_t mv_locator_bytes(uint32_t numbers)
{
	size_t largest = size_for(numbers);

	return (2 * largest - SIZE_MIN) * MV_LOCATOR_PARTS * sizeof(uint64_t);
}

void mv_locator_open(struct mv_locator *locator, void *memory, uint32_t numbers)
{
	unsigned i;

	*locator = (struct mv_locator){.entries = memory, .size_max = size_for(numbers)};
	for (i = 0; i < MV_LOCATOR_PARTS; i++)
		locator->bits[i] = SIZE_MIN_BITS;
}

/* Entries of PART.  */
static uint32_t size_of(const struct mv_locator *locator, unsigned part)
{
	return 1u << __atomic_load_n(&locator->bits[part], __ATOMIC_RELAXED);
}

/* Where PART lies when it has SIZE entries.  */
static uint64_t *table_of(const struct mv_locator *locator, unsigned part, uint32_t size)
{
	return locator->entries + (size_t)(size - SIZE_MIN) * MV_LOCATOR_PARTS + (size_t)part * size;
}

void mv_locator_fetch(const struct mv_locator *locator, unsigned part, uint32_t hash)
{
	uint32_t size = size_of(locator, part);

	__builtin_prefetch(table_of(locator, part, size) + (hash & (size - 1)), 1);
}

struct mv_locator_walk mv_locator_look(const struct mv_locator *locator, unsigned part, uint32_t hash)
{
	uint32_t size = size_of(locator, part);

	return (struct mv_locator_walk){
		.table = table_of(locator, part, size), .mask = size - 1, .at = hash & (size - 1), .hash = hash};
}

static uint32_t home_of(uint64_t entry, uint32_t mask)
{
	return (uint32_t)(entry >> 32) & mask;
}

void mv_locator_make_room(struct mv_locator *locator, unsigned part, uint32_t count)
{
	uint32_t size = size_of(locator, part), mask = 2 * size - 1, i;
	uint64_t *from = table_of(locator, part, size), *to = table_of(locator, part, 2 * size);

	if (count < size / 2 || size == locator->size_max)
		return;
	for (i = 0; i < size; i++) {
		uint32_t at = home_of(from[i], mask);

		if (!from[i])
			continue;
		while (to[at])
			at = (at + 1) & mask;
		to[at] = from[i];
	}
	__atomic_store_n(&locator->bits[part], locator->bits[part] + 1, __ATOMIC_RELAXED);
}

/* Those behind it that would not be found any more are moved up.  */
void mv_locator_clear(struct mv_locator *locator, unsigned part, uint64_t *entry)
{
	uint32_t mask = size_of(locator, part) - 1;
	uint64_t *table = table_of(locator, part, mask + 1);
	uint32_t hole = (uint32_t)(entry - table), at;

	for (at = (hole + 1) & mask; table[at]; at = (at + 1) & mask) {
		uint32_t home = home_of(table[at], mask);

		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		table[hole] = table[at];
		hole = at;
	}
	table[hole] = 0;
}
