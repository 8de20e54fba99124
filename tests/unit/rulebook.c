/* SPDX-License-Identifier: Apache-2.0 */
/* A user's own rules: each condition on blocks that it is for and is not for.  */
#include "unit/harness.h"

#include <string.h>

#include "analyze/rulebook.h"
#include "support/named.h"
#include "support/scene.h"

enum { MAIN = 1, MIB = 1 << 20 };

#define FIRST UINT64_C(0x7f0000000000)
#define SECOND (FIRST + 64 * MIB)

/* Two blocks: a small one of load, called "table", which dies; a large one of work, made in a step, which does not.  */
static void record(void)
{
	struct forge *forge = forge_open(scene_path("rules.memviz"), "train.py", 0);
	uint32_t loads = forge_python(forge, 0, "/home/me/train.py", "load", 3);
	uint32_t works = forge_python(forge, 0, "/home/me/train.py", "work", 9);

	forge_thread(forge, "", 0);
	forge_thread(forge, "python", 0);
	forge_device(forge, 0, "Card", UINT64_C(1) << 34);
	forge_alloc(forge, MAIN, MV_LEDGER_BLOCK, FIRST, MIB, loads, 0);
	forge_owner(forge, MAIN, FIRST, MV_ROLE_BUFFER, "table");
	forge_phase(forge, MAIN, 1, MV_PHASE_OPTIMIZER, NULL);
	forge_alloc(forge, MAIN, MV_LEDGER_BLOCK, SECOND, 32 * MIB, works, 0);
	forge_phase(forge, MAIN, 0, MV_PHASE_OPTIMIZER, NULL);
	forge_free(forge, MAIN, MV_LEDGER_BLOCK, FIRST);
	forge_finish(forge);
}

/* Which blocks, as bits, a rule of CONDITIONS fits: none of them is gradient otherwise.  */
static unsigned fits(const char *conditions)
{
	char text[256];
	struct mv_rulebook *book;
	struct mv_timeline *timeline;
	const struct mv_block *blocks;
	size_t i, count;
	unsigned bits = 0;
	FILE *file = fopen(scene_path("rules"), "we");

	snprintf(text, sizeof text, "gradient %s\n", conditions);
	fputs(text, file);
	fclose(file);
	CU_ASSERT_EQUAL_FATAL(mv_rulebook_open(scene_path("rules"), &book, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open_by(book, scene_path("rules.memviz"), &timeline, NULL), 0);
	blocks = mv_timeline_blocks(timeline, &count);
	CU_ASSERT_EQUAL(count, 2);
	for (i = 0; i < count; i++) {
		bits |= blocks[i].band == MV_BAND_GRADIENT ? 1u << i : 0;
		CU_ASSERT_EQUAL(blocks[i].band == MV_BAND_GRADIENT, blocks[i].reason == MV_REASON_RULED);
	}
	mv_timeline_close(timeline);
	mv_rulebook_close(book);
	return bits;
}

/* One block, of a native stack that has names: inner(int) in outer().  */
static unsigned fits_named(const char *conditions)
{
	struct forge *forge = forge_open(scene_path("named.memviz"), "train", 0);
	struct mv_module module = {.start = 0x7f4200000000, .size_bytes = 1 << 20};
	uint32_t stack = forge_native(forge, 0, &module, "/home/me/libtrain.so", 0x1230);
	struct mv_rulebook *book;
	struct mv_timeline *timeline;
	char text[256];
	size_t count;
	unsigned fits;

	forge_thread(forge, "", 0);
	forge_device(forge, 0, "Card", UINT64_C(1) << 34);
	forge_alloc(forge, MAIN, MV_LEDGER_DEVICE, FIRST, MIB, stack, 0);
	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(named_pack(scene_path("named.memviz")), 0);
	snprintf(text, sizeof text, "gradient %s\n", conditions);
	CU_ASSERT_EQUAL_FATAL(mv_rulebook_parse(text, strlen(text), &book, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open_by(book, scene_path("named.memviz"), &timeline, NULL), 0);
	fits = mv_timeline_blocks(timeline, &count)->reason == MV_REASON_RULED;
	mv_timeline_close(timeline);
	mv_rulebook_close(book);
	remove(scene_path("named.memviz"));
	return fits;
}

static void native_functions_fit_by_library_and_name(void)
{
	CU_ASSERT(fits_named("stack=*:outer*"));
	CU_ASSERT(fits_named("stack=/home/me/libtrain.so:inner(int)"));
	CU_ASSERT(!fits_named("stack=*:innermost*"));
	CU_ASSERT(!fits_named("stack=*libtrain.py:inner*"));
}

static void each_condition_is_what_it_says(void)
{
	static const struct {
		const char *conditions;
		unsigned bits;
	} rows[] = {
		{"stack=*train.py:load", 1}, {"stack=*train.py:*", 3},	{"stack=train.py", 0},
		{"name=tab*", 1},	     {"name=*", 1},		{"phase=optimizer", 2},
		{"phase=forward", 1},	     {"phase=backward", 0},	{"size>=1MiB", 3},
		{"size>=2MiB", 2},	     {"size<=1MiB", 1},		{"life<=60min", 1},
		{"life>=0", 3},		     {"life>=60min", 0},	{"size>=1 stack=*:work", 2},
		{"size>=2MiB name=table", 0},
	};
	size_t i;

	record();
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (fits(rows[i].conditions) != rows[i].bits) {
			printf("  %s\n", rows[i].conditions);
			CU_FAIL("fits others");
		}
}

static void the_first_rule_that_fits_decides(void)
{
	static const char text[] = "# first\n\n temporary size<=1MiB\r\nactivation size>=1";
	struct mv_rulebook *book;
	struct mv_timeline *timeline;
	const struct mv_block *blocks;
	size_t count;

	CU_ASSERT_EQUAL_FATAL(mv_rulebook_parse(text, strlen(text), &book, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open_by(book, scene_path("rules.memviz"), &timeline, NULL), 0);
	blocks = mv_timeline_blocks(timeline, &count);
	CU_ASSERT_EQUAL(blocks[0].band, MV_BAND_TEMPORARY);
	CU_ASSERT_EQUAL(blocks[1].band, MV_BAND_ACTIVATION);
	mv_timeline_close(timeline);
	mv_rulebook_close(book);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(native_functions_fit_by_library_and_name),
	HARNESS_TEST(each_condition_is_what_it_says),
	HARNESS_TEST(the_first_rule_that_fits_decides),
};
HARNESS_MAIN("rulebook", tests)
