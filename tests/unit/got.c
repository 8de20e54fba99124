/* SPDX-License-Identifier: Apache-2.0 */
/* Places through which a program calls others' functions.  */
#include "unit/harness.h"

#include <string.h>
#include <unistd.h>

#include "base/got.h"

static int another(void)
{
	return 4711;
}

struct find {
	const char *name;
	struct mv_got_place place;
	unsigned count;
};

static bool has_name(const struct mv_got_place *place, void *context)
{
	struct find *find = context;

	if (strcmp(place->name, find->name))
		return false;
	find->place = *place;
	find->count++;
	return false;
}

static struct mv_elf program(void)
{
	struct mv_elf elf;

	CU_ASSERT_FATAL(mv_elf_holding((const void *)another, &elf));
	return elf;
}

/* Through whatever place the compiler has made it use.  */
static __attribute__((noinline)) int group(void)
{
	return (int)getpgrp();
}

static void a_call_can_be_redirected_and_given_back(void)
{
	struct mv_elf elf = program();
	struct find find = {.name = "getpgrp"};
	int before = group();
	void *kept;

	mv_got_each(&elf, has_name, &find);
	CU_ASSERT_EQUAL_FATAL(find.count, 1);
	CU_ASSERT(mv_got_is_settled(&elf, &find.place));
	kept = *find.place.at;
	CU_ASSERT_EQUAL(mv_got_set(&elf, &find.place, (void *)another), 0);
	CU_ASSERT_EQUAL(group(), 4711);
	CU_ASSERT(mv_got_is_settled(&elf, &find.place));
	CU_ASSERT_EQUAL(mv_got_set(&elf, &find.place, kept), 0);
	CU_ASSERT_EQUAL(group(), before);
}

static void a_function_of_the_program_s_own_has_no_place(void)
{
	struct mv_elf elf = program();
	struct find find = {.name = "another"};

	mv_got_each(&elf, has_name, &find);
	CU_ASSERT_EQUAL(find.count, 0);
}

static void a_guarded_page_that_can_be_written_is_not_settled(void)
{
	struct mv_elf elf = program();
	static void *words[3 * 65536 / sizeof(void *)]; /* three of the largest pages: one of them lies within */
	struct mv_got_place place = {&words[65536 / sizeof(void *)], "none"};

	elf.guarded_start = (uintptr_t)words;
	elf.guarded_end = (uintptr_t)words + sizeof words;
	CU_ASSERT(!mv_got_is_settled(&elf, &place));
	elf.guarded_start = elf.guarded_end = 0;
	CU_ASSERT(mv_got_is_settled(&elf, &place));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_call_can_be_redirected_and_given_back),
	HARNESS_TEST(a_function_of_the_program_s_own_has_no_place),
	HARNESS_TEST(a_guarded_page_that_can_be_written_is_not_settled),
};
HARNESS_MAIN("got", tests)
