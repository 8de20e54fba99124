/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include "python/pytext.h"

/* A string as CPython 3.11 lays it out.  */
struct string {
	uint64_t references, type;
	uint64_t length, hash;
	uint32_t state, spare;
	uint64_t wide_characters;
	uint8_t ascii[24]; /* data of ASCII strings; of others, two words, then as below */
	uint8_t wide[64];
};

_Static_assert(offsetof(struct string, ascii) == 48 && offsetof(struct string, wide) == 72, "as in 3.11");

enum { KIND_1 = 1 << 2, KIND_2 = 2 << 2, KIND_4 = 4 << 2, COMPACT = 1 << 5, ASCII = 1 << 6 };

static const struct mv_pylayout layout = {.text_length = 16, .text_state = 32, .text_ascii = 48, .text_wide = 72};

static void assert_text(const struct string *string, const char *expected)
{
	char bytes[64];
	size_t n = mv_pytext_copy(&layout, (uintptr_t)string, bytes, sizeof bytes);

	CU_ASSERT_EQUAL(n, strlen(expected));
	CU_ASSERT_NSTRING_EQUAL(bytes, expected, n);
}

static void ascii_is_copied(void)
{
	struct string string = {.length = 8, .state = KIND_1 | COMPACT | ASCII};

	memcpy(string.ascii, "train.py", 8);
	assert_text(&string, "train.py");
}

static void characters_of_all_widths_become_utf8(void)
{
	struct string latin = {.length = 2, .state = KIND_1 | COMPACT, .wide = {0xef, 'v'}};
	struct string two = {.length = 2, .state = KIND_2 | COMPACT};
	struct string four = {.length = 2, .state = KIND_4 | COMPACT};

	memcpy(two.wide, (uint16_t[]){0x2202, 0x3b4}, 4);
	memcpy(four.wide, (uint32_t[]){0x1f98a, 'x'}, 8);
	assert_text(&latin, "\xc3\xafv");
	assert_text(&two, "\xe2\x88\x82\xce\xb4");
	assert_text(&four, "\xf0\x9f\xa6\x8ax");
}

static void half_surrogates_are_replaced(void)
{
	struct string string = {.length = 1, .state = KIND_2 | COMPACT};

	memcpy(string.wide, (uint16_t[]){0xdc80}, 2);
	assert_text(&string, "\xef\xbf\xbd");
}

static void only_whole_characters_are_written(void)
{
	struct string string = {.length = 3, .state = KIND_2 | COMPACT};
	char bytes[8] = "........";

	memcpy(string.wide, (uint16_t[]){0x2202, 0x2202, 0x2202}, 6);
	CU_ASSERT_EQUAL(mv_pytext_copy(&layout, (uintptr_t)&string, bytes, sizeof bytes), 6);
	CU_ASSERT_EQUAL(bytes[6], '.');
}

static void strings_in_pieces_are_not_read(void)
{
	struct string string = {.length = 1000, .state = KIND_1};

	assert_text(&string, "?");
}

static const struct harness_test tests[] = {
	HARNESS_TEST(ascii_is_copied),
	HARNESS_TEST(characters_of_all_widths_become_utf8),
	HARNESS_TEST(half_surrogates_are_replaced),
	HARNESS_TEST(only_whole_characters_are_written),
	HARNESS_TEST(strings_in_pieces_are_not_read),
};
HARNESS_MAIN("python_pytext", tests)
