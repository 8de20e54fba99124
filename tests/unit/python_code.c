/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <unistd.h>

#include "python/code.h"
#include "python/layout.h"

enum { CODE = 0x7f0000001000 };

/* The first fields of a type object.  */
struct type {
	uint64_t references, type, size;
	const char *name;
	uint64_t basic_size, item_size;
	void (*dealloc)(void *);
};

_Static_assert(offsetof(struct type, dealloc) == MV_PYTYPE_DEALLOC, "as CPython has it");

static void *g_freed;

static void free_code(void *object)
{
	g_freed = object;
}

static uint32_t epoch_of(uintptr_t code)
{
	return mv_pycode_epochs()[mv_pycode_bucket(code)];
}

static void start(void)
{
	CU_ASSERT_EQUAL_FATAL(mv_pycode_start(), 0);
}

static void known_code_has_its_names(void)
{
	struct mv_pycode_names names;

	start();
	CU_ASSERT(!mv_pycode_find(CODE, &names));
	mv_pycode_add(CODE, (struct mv_pycode_names){.file = 3, .function = 4});
	CU_ASSERT(mv_pycode_find(CODE, &names));
	CU_ASSERT(names.file == 3 && names.function == 4);
}

static void known_code_has_the_line_of_its_last_place(void)
{
	struct mv_pycode_names names;

	start();
	mv_pycode_set_line(CODE, 20, 7);
	CU_ASSERT(!mv_pycode_find(CODE, &names));
	mv_pycode_add(CODE, (struct mv_pycode_names){.file = 3, .function = 4, .lasti = 10, .line = 5});
	mv_pycode_set_line(CODE, 20, 7);
	CU_ASSERT_FATAL(mv_pycode_find(CODE, &names));
	CU_ASSERT(names.file == 3 && names.function == 4 && names.lasti == 20 && names.line == 7);
}

static void the_death_of_known_code_changes_its_epoch(void)
{
	struct mv_pycode_names names;
	uint32_t before;

	start();
	mv_pycode_add(CODE, (struct mv_pycode_names){.file = 1, .function = 1});
	before = epoch_of(CODE);
	mv_pycode_remove(CODE);
	CU_ASSERT_NOT_EQUAL(epoch_of(CODE), before);
	CU_ASSERT(!mv_pycode_find(CODE, &names));
}

static void the_death_of_unknown_code_changes_nothing(void)
{
	uint32_t before;

	start();
	before = epoch_of(CODE);
	mv_pycode_remove(CODE);
	CU_ASSERT_EQUAL(epoch_of(CODE), before);
}

static void code_at_an_address_of_dead_code_is_found(void)
{
	struct mv_pycode_names names;
	uint32_t i, wrong = 0;

	start();
	for (i = 0; i < 200000; i++) {
		mv_pycode_add(CODE, (struct mv_pycode_names){.file = i, .function = i});
		wrong += !mv_pycode_find(CODE, &names) || names.file != i;
		mv_pycode_remove(CODE);
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void the_watched_type_tells_and_frees(void)
{
	struct type type = {.name = "code", .dealloc = free_code};
	uint32_t before;

	start();
	CU_ASSERT_FATAL(mv_pycode_watch((uintptr_t)&type));
	CU_ASSERT(type.dealloc != free_code);
	CU_ASSERT(mv_pycode_watch((uintptr_t)&type));
	mv_pycode_add(CODE, (struct mv_pycode_names){.file = 1, .function = 1});
	before = epoch_of(CODE);
	type.dealloc((void *)CODE);
	CU_ASSERT_NOT_EQUAL(epoch_of(CODE), before);
	CU_ASSERT_PTR_EQUAL(g_freed, (void *)CODE);
}

static void only_the_code_type_is_watched(void)
{
	struct type other = {.name = "function", .dealloc = free_code};
	struct type nowhere = {.name = "code", .dealloc = (void (*)(void *))CODE};
	struct type nameless = {.name = (const char *)8, .dealloc = free_code};

	CU_ASSERT(!mv_pycode_watch((uintptr_t)&other));
	CU_ASSERT(!mv_pycode_watch((uintptr_t)&nowhere));
	CU_ASSERT(!mv_pycode_watch((uintptr_t)&nameless));
	CU_ASSERT(!mv_pycode_watch(64));
	CU_ASSERT(other.dealloc == free_code);
}

/* Runs last: the table stays full, and from then on no death is taken lightly.  */
static void in_a_full_table_every_death_counts(void)
{
	uintptr_t code;
	uint32_t before;

	start();
	for (code = CODE; code < CODE + (1 << 20) * 64u; code += 64)
		mv_pycode_add(code, (struct mv_pycode_names){.file = 1, .function = 1});
	code = CODE - 64;
	before = epoch_of(code);
	mv_pycode_remove(code);
	CU_ASSERT_NOT_EQUAL(epoch_of(code), before);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(known_code_has_its_names),
	HARNESS_TEST(known_code_has_the_line_of_its_last_place),
	HARNESS_TEST(the_death_of_known_code_changes_its_epoch),
	HARNESS_TEST(the_death_of_unknown_code_changes_nothing),
	HARNESS_TEST(code_at_an_address_of_dead_code_is_found),
	HARNESS_TEST(the_watched_type_tells_and_frees),
	HARNESS_TEST(only_the_code_type_is_watched),
	HARNESS_TEST(in_a_full_table_every_death_counts),
};
HARNESS_MAIN("python_code", tests)
