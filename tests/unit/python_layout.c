/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <errno.h>

#include "python/layout.h"

enum { WORDS = 128 };

/* What _PyRuntime of 3.13.0 begins with, as far as it is read.  */
static void fill_runtime(uint64_t words[WORDS], unsigned version)
{
	memset(words, 0, WORDS * sizeof *words);
	memcpy(words, "xdebugpy", 8);
	words[1] = (uint64_t)version << 16 | 0xf0;
	words[4] = 608;
	words[23] = 72;
	words[24] = 152;
	words[29] = 8;
	words[31] = 56;
	words[33] = 70;
	words[35] = 112;
	words[37] = 128;
	words[38] = 136;
	words[39] = 68;
	words[43] = 200;
	words[65] = 16;
	words[66] = 32;
	words[68] = 32;
	words[69] = 16;
	words[70] = 40;
}

static void old_versions_are_known(void)
{
	struct mv_pylayout layout;
	unsigned minor;

	for (minor = 8; minor <= 12; minor++) {
		CU_ASSERT_EQUAL(mv_pylayout_choose(0x300 | minor, NULL, &layout), 0);
		CU_ASSERT_EQUAL(layout.version, 0x300 | minor);
	}
}

static void new_versions_say_themselves(void)
{
	uint64_t words[WORDS];
	struct mv_pylayout layout;

	fill_runtime(words, MV_PYTHON_3_13);
	CU_ASSERT_EQUAL_FATAL(mv_pylayout_choose(MV_PYTHON_3_13, words, &layout), 0);
	CU_ASSERT_EQUAL(layout.anchor, MV_PYANCHOR_SHIM);
	CU_ASSERT_EQUAL(layout.thread_frame, 72);
	CU_ASSERT_EQUAL(layout.frame_owner, 70);
	CU_ASSERT_EQUAL(layout.code_bytecode, 200);
	CU_ASSERT_EQUAL(layout.code_first_traceable, 184);
	CU_ASSERT_EQUAL(layout.text_wide, 56);
	CU_ASSERT_EQUAL(layout.runtime_finalizing, 608);
}

static void unknown_versions_are_refused(void)
{
	static const unsigned versions[] = {0, 0x207, 0x307, 0x30f, 0x310, 0x400};
	uint64_t words[WORDS];
	struct mv_pylayout layout;
	size_t i;

	for (i = 0; i < sizeof versions / sizeof *versions; i++) {
		fill_runtime(words, versions[i]);
		CU_ASSERT_EQUAL(mv_pylayout_choose(versions[i], words, &layout), -ENOENT);
	}
}

static void builds_without_the_gil_are_refused(void)
{
	uint64_t words[WORDS];
	struct mv_pylayout layout;

	fill_runtime(words, MV_PYTHON_3_13);
	words[2] = 1;
	CU_ASSERT_EQUAL(mv_pylayout_choose(MV_PYTHON_3_13, words, &layout), -ENOTSUP);
}

static void a_runtime_that_contradicts_itself_is_refused(void)
{
	uint64_t words[WORDS];
	struct mv_pylayout layout;

	fill_runtime(words, MV_PYTHON_3_14);
	CU_ASSERT_EQUAL(mv_pylayout_choose(MV_PYTHON_3_13, words, &layout), -EINVAL);
	fill_runtime(words, MV_PYTHON_3_13);
	words[0]++;
	CU_ASSERT_EQUAL(mv_pylayout_choose(MV_PYTHON_3_13, words, &layout), -EINVAL);
	fill_runtime(words, MV_PYTHON_3_13);
	words[35] = 1 << 20;
	CU_ASSERT_EQUAL(mv_pylayout_choose(MV_PYTHON_3_13, words, &layout), -EINVAL);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(old_versions_are_known),
	HARNESS_TEST(new_versions_say_themselves),
	HARNESS_TEST(unknown_versions_are_refused),
	HARNESS_TEST(builds_without_the_gil_are_refused),
	HARNESS_TEST(a_runtime_that_contradicts_itself_is_refused),
};
HARNESS_MAIN("python_layout", tests)
