/* SPDX-License-Identifier: Apache-2.0 */
/* From hashes to numbers: against a plain list.  */
#include "unit/harness.h"

#include <stdbool.h>
#include <stdlib.h>

#include "store/locator.h"

enum { NUMBERS = 300, PART = 7, STEPS = 20000 };

struct bench {
	struct mv_locator locator;
	void *memory;
	uint32_t hashes[NUMBERS + 1]; /* of what is in it, by number */
	bool is_in[NUMBERS + 1];
	uint32_t count;
};

static void begin(struct bench *bench)
{
	*bench = (struct bench){.memory = calloc(1, mv_locator_bytes(NUMBERS))};
	CU_ASSERT_PTR_NOT_NULL_FATAL(bench->memory);
	mv_locator_open(&bench->locator, bench->memory, NUMBERS);
}

/* The entry that leads to NUMBER, or the free one.  */
static uint64_t *find(struct bench *bench, uint32_t hash, uint32_t number)
{
	struct mv_locator_walk walk = mv_locator_look(&bench->locator, PART, hash);
	uint64_t *entry;

	do
		entry = mv_locator_next(&walk);
	while (*entry && mv_locator_number(*entry) != number);
	return entry;
}

static void add(struct bench *bench, uint32_t hash, uint32_t number)
{
	mv_locator_make_room(&bench->locator, PART, bench->count++);
	*find(bench, hash, number) = mv_locator_entry(hash, number);
	bench->hashes[number] = hash;
	bench->is_in[number] = true;
}

static void take_out(struct bench *bench, uint32_t number)
{
	mv_locator_clear(&bench->locator, PART, find(bench, bench->hashes[number], number));
	bench->is_in[number] = false;
	bench->count--;
}

static unsigned count_wrong(struct bench *bench)
{
	unsigned wrong = 0;
	uint32_t i;

	for (i = 1; i <= NUMBERS; i++)
		wrong += (*find(bench, bench->hashes[i], i) != 0) != bench->is_in[i];
	return wrong;
}

static void of_one_hash_there_may_be_several(void)
{
	struct bench bench;
	uint32_t i;

	begin(&bench);
	for (i = 1; i <= NUMBERS; i++)
		add(&bench, 42, i);
	CU_ASSERT_EQUAL(count_wrong(&bench), 0);
	for (i = 2; i <= NUMBERS; i += 2)
		take_out(&bench, i);
	CU_ASSERT_EQUAL(count_wrong(&bench), 0);
	free(bench.memory);
}

/* Hashes whose low bits are few, so that runs are long and go round the end of the table.  */
static void what_is_in_is_found_and_nothing_else(void)
{
	struct bench bench;
	unsigned wrong = 0, i;
	uint32_t random = 1;

	begin(&bench);
	for (i = 0; i < STEPS; i++) {
		uint32_t number;

		random = random * 1664525 + 1013904223;
		number = 1 + (random >> 8) % NUMBERS;
		if (bench.is_in[number])
			take_out(&bench, number);
		else
			add(&bench, (random & 0xfff00000) | (random >> 8) % 5 * 127, number);
		if (i % 100 == 0)
			wrong += count_wrong(&bench);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	free(bench.memory);
}

static void parts_do_not_disturb_each_other(void)
{
	struct mv_locator_walk walk;
	struct bench bench;
	uint32_t i;

	begin(&bench);
	for (i = 1; i <= NUMBERS; i++)
		add(&bench, i * 31, i);
	walk = mv_locator_look(&bench.locator, PART + 1, 31);
	CU_ASSERT_EQUAL(*mv_locator_next(&walk), 0);
	walk = mv_locator_look(&bench.locator, PART - 1, 31);
	CU_ASSERT_EQUAL(*mv_locator_next(&walk), 0);
	free(bench.memory);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(of_one_hash_there_may_be_several),
	HARNESS_TEST(what_is_in_is_found_and_nothing_else),
	HARNESS_TEST(parts_do_not_disturb_each_other),
};
HARNESS_MAIN("locator", tests)
