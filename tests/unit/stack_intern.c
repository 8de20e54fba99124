/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include "base/hash.h"
#include "stack/intern.h"

static struct mv_intern g_intern;

static void start(void)
{
	CU_ASSERT_EQUAL_FATAL(mv_intern_start(&g_intern), 0);
}

static void an_unknown_stack_is_not_found(void)
{
	uint32_t id;

	start();
	CU_ASSERT(!mv_intern_find(&g_intern, 7, &id));
}

static void a_known_stack_has_its_id(void)
{
	uint32_t id = 0;

	start();
	CU_ASSERT(mv_intern_add(&g_intern, 7, 42));
	CU_ASSERT(mv_intern_add(&g_intern, 7 + MV_INTERN_STACKS, 43));
	CU_ASSERT(mv_intern_find(&g_intern, 7, &id));
	CU_ASSERT_EQUAL(id, 42);
	CU_ASSERT(mv_intern_find(&g_intern, 7 + MV_INTERN_STACKS, &id));
	CU_ASSERT_EQUAL(id, 43);
}

static void a_stack_may_be_known_to_have_no_id(void)
{
	uint32_t id = 1;

	start();
	CU_ASSERT(mv_intern_add(&g_intern, 7, 0));
	CU_ASSERT(mv_intern_find(&g_intern, 7, &id));
	CU_ASSERT_EQUAL(id, 0);
}

static void a_full_table_keeps_what_it_has(void)
{
	uint32_t i, id, added = 0, found = 0;

	start();
	for (i = 1; i <= MV_INTERN_STACKS; i++)
		added += mv_intern_add(&g_intern, mv_hash_u64(i), i);
	CU_ASSERT_EQUAL(added, MV_INTERN_STACKS / 4 * 3);
	for (i = 1; i <= MV_INTERN_STACKS; i++)
		found += mv_intern_find(&g_intern, mv_hash_u64(i), &id) && id == i;
	CU_ASSERT_EQUAL(found, added);
}

/* A stack is found at any time, by whoever looks while the table grows.  */
static void a_growing_table_loses_nothing(void)
{
	uint32_t i, k, id, missed = 0;

	start();
	for (i = 1; i <= 5000; i++) {
		mv_intern_add(&g_intern, mv_hash_u64(i), i);
		for (k = 1; k <= i; k += 1 + i / 16)
			missed += !mv_intern_find(&g_intern, mv_hash_u64(k), &id) || id != k;
	}
	CU_ASSERT_EQUAL(missed, 0);
	CU_ASSERT(g_intern.stack_count >= 8192);
}

static void records_are_kept_while_their_table_grows(void)
{
	uint32_t i, wrong = 0;

	start();
	for (i = 1; i <= 5000; i++)
		mv_intern_fill(&g_intern.nodes, mv_intern_record(&g_intern.nodes, i, ~i), i, ~i, i);
	for (i = 1; i <= 5000; i++)
		wrong += mv_intern_record(&g_intern.nodes, i, ~i)->id != i;
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(g_intern.nodes.slot_count >= 8192);
}

static void a_record_is_told_by_both_words(void)
{
	struct mv_intern_record *slot;

	start();
	slot = mv_intern_record(&g_intern.frames, 1, 2);
	CU_ASSERT_EQUAL(slot->id, 0);
	mv_intern_fill(&g_intern.frames, slot, 1, 2, 9);
	CU_ASSERT_EQUAL(mv_intern_record(&g_intern.frames, 1, 2)->id, 9);
	CU_ASSERT_EQUAL(mv_intern_record(&g_intern.frames, 2, 1)->id, 0);
	CU_ASSERT_EQUAL(mv_intern_record(&g_intern.frames, 1, 3)->id, 0);
	CU_ASSERT_EQUAL(mv_intern_record(&g_intern.nodes, 1, 2)->id, 0);
}

static void full_records_keep_what_they_have(void)
{
	struct mv_intern_record *slot;
	uint32_t i;

	start();
	for (i = 1; (slot = mv_intern_record(&g_intern.frames, i, 0)) != NULL; i++)
		mv_intern_fill(&g_intern.frames, slot, i, 0, i);
	CU_ASSERT_EQUAL(i - 1, MV_INTERN_FRAMES / 4 * 3);
	CU_ASSERT_PTR_NULL(mv_intern_record(&g_intern.frames, i, 0));
	CU_ASSERT_EQUAL(mv_intern_record(&g_intern.frames, i - 1, 0)->id, i - 1);
}

static void starting_again_empties_the_tables(void)
{
	uint32_t id;

	start();
	mv_intern_add(&g_intern, 7, 42);
	start();
	CU_ASSERT(!mv_intern_find(&g_intern, 7, &id));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(an_unknown_stack_is_not_found),
	HARNESS_TEST(a_known_stack_has_its_id),
	HARNESS_TEST(a_stack_may_be_known_to_have_no_id),
	HARNESS_TEST(a_full_table_keeps_what_it_has),
	HARNESS_TEST(a_growing_table_loses_nothing),
	HARNESS_TEST(records_are_kept_while_their_table_grows),
	HARNESS_TEST(a_record_is_told_by_both_words),
	HARNESS_TEST(full_records_keep_what_they_have),
	HARNESS_TEST(starting_again_empties_the_tables),
};
HARNESS_MAIN("stack_intern", tests)
