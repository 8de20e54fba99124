/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <errno.h>

#include "base/text.h"

static const char *size_text(uint64_t bytes)
{
	static char out[64];
	struct mv_text text = mv_text_in(out, sizeof out);

	mv_text_add_size(&text, bytes);
	return out;
}

static const char *time_text(uint64_t ns)
{
	static char out[64];
	struct mv_text text = mv_text_in(out, sizeof out);

	mv_text_add_time(&text, ns);
	return out;
}

static uint64_t size_of(const char *string)
{
	uint64_t size = 12345;

	return mv_text_parse_size(string, &size) ? 12345 : size;
}

static void sizes_read_as_people_write_them(void)
{
	CU_ASSERT_EQUAL(size_of("0"), 0);
	CU_ASSERT_EQUAL(size_of("512"), 512);
	CU_ASSERT_EQUAL(size_of("64MiB"), 64 << 20);
	CU_ASSERT_EQUAL(size_of("64 mb"), 64 << 20);
	CU_ASSERT_EQUAL(size_of("24G"), UINT64_C(24) << 30);
	CU_ASSERT_EQUAL(size_of("1.5KiB"), 1536);
	CU_ASSERT_EQUAL(size_of("2t"), UINT64_C(2) << 40);
	CU_ASSERT_EQUAL(size_of("10B"), 10);
}

static void what_is_no_size_is_refused(void)
{
	static const char *const wrong[] = {"", "MiB", "12x", "1.5.2K", "-3", "1e9", "12KiBs", "0x10"};
	uint64_t size;
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CU_ASSERT_EQUAL(mv_text_parse_size(wrong[i], &size), -EINVAL);
	CU_ASSERT_EQUAL(mv_text_parse_size("99999999999999999999", &size), -ERANGE);
	CU_ASSERT_EQUAL(mv_text_parse_size("8388608T", &size), -ERANGE);
}

static void sizes_are_written_with_one_digit_behind_the_point(void)
{
	CU_ASSERT_STRING_EQUAL(size_text(0), "0 B");
	CU_ASSERT_STRING_EQUAL(size_text(1023), "1023 B");
	CU_ASSERT_STRING_EQUAL(size_text(1024), "1 KiB");
	CU_ASSERT_STRING_EQUAL(size_text(1536 << 20), "1.5 GiB");
	CU_ASSERT_STRING_EQUAL(size_text(UINT64_C(141) << 30), "141 GiB");
	CU_ASSERT_STRING_EQUAL(size_text((UINT64_C(123) << 20) + (700 << 10)), "124 MiB");
	CU_ASSERT_STRING_EQUAL(size_text(UINT64_MAX), "16 EiB");
}

static void times_take_the_unit_that_fits(void)
{
	CU_ASSERT_STRING_EQUAL(time_text(0), "0 ns");
	CU_ASSERT_STRING_EQUAL(time_text(873), "873 ns");
	CU_ASSERT_STRING_EQUAL(time_text(12345), "12.3 us");
	CU_ASSERT_STRING_EQUAL(time_text(12345678), "12.3 ms");
	CU_ASSERT_STRING_EQUAL(time_text(4200000000u), "4.2 s");
	CU_ASSERT_STRING_EQUAL(time_text(UINT64_C(185000000000)), "3 min 5 s");
	CU_ASSERT_STRING_EQUAL(time_text(UINT64_C(7500000000000)), "2 h 5 min");
}

static void text_that_does_not_fit_is_cut_and_says_so(void)
{
	char out[8];
	struct mv_text text = mv_text_in(out, sizeof out);

	mv_text_add(&text, "abc");
	mv_text_add_u64(&text, 123456);
	CU_ASSERT_STRING_EQUAL(out, "abc1234");
	CU_ASSERT(text.is_cut);
	mv_text_add(&text, NULL);
	CU_ASSERT_EQUAL(text.length, 7);
}

static void numbers_are_written_whole(void)
{
	char out[80];
	struct mv_text text = mv_text_in(out, sizeof out);

	mv_text_add_u64(&text, UINT64_MAX);
	mv_text_add(&text, " ");
	mv_text_add_i64(&text, INT64_MIN);
	mv_text_add(&text, " ");
	mv_text_add_hex(&text, 0xdeadbeef);
	CU_ASSERT_STRING_EQUAL(out, "18446744073709551615 -9223372036854775808 0xdeadbeef");
}

static void yes_and_no_have_many_words(void)
{
	bool value = false;

	CU_ASSERT(!mv_text_parse_bool("Yes", &value) && value);
	CU_ASSERT(!mv_text_parse_bool("off", &value) && !value);
	CU_ASSERT(!mv_text_parse_bool("1", &value) && value);
	CU_ASSERT_EQUAL(mv_text_parse_bool("maybe", &value), -EINVAL);
	CU_ASSERT_EQUAL(mv_text_parse_bool("", &value), -EINVAL);
}

static void times_are_read_as_people_write_them(void)
{
	uint64_t time_ns = 1;

	CU_ASSERT(!mv_text_parse_time("0", &time_ns) && time_ns == 0);
	CU_ASSERT(!mv_text_parse_time("15ms", &time_ns) && time_ns == 15000000);
	CU_ASSERT(!mv_text_parse_time("2s", &time_ns) && time_ns == UINT64_C(2000000000));
	CU_ASSERT(!mv_text_parse_time("60min", &time_ns) && time_ns == UINT64_C(3600000000000));
	CU_ASSERT_EQUAL(mv_text_parse_time("61min", &time_ns), -ERANGE);
	CU_ASSERT_EQUAL(mv_text_parse_time("5", &time_ns), -EINVAL);
	CU_ASSERT_EQUAL(mv_text_parse_time("5h", &time_ns), -EINVAL);
	CU_ASSERT_EQUAL(mv_text_parse_time("ms", &time_ns), -EINVAL);
}

static void beginnings_and_ends_may_be_all_of_it(void)
{
	CU_ASSERT(mv_text_starts("a.memviz", "a.") && mv_text_starts("a", "a") && mv_text_starts("a", ""));
	CU_ASSERT(!mv_text_starts("a", "ab") && !mv_text_starts("ab", "b"));
	CU_ASSERT(mv_text_ends("a.memviz", ".memviz") && mv_text_ends("a", "a") && mv_text_ends("a", ""));
	CU_ASSERT(!mv_text_ends("z", "viz") && !mv_text_ends("a.memviz2", ".memviz"));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(sizes_read_as_people_write_them),
	HARNESS_TEST(what_is_no_size_is_refused),
	HARNESS_TEST(sizes_are_written_with_one_digit_behind_the_point),
	HARNESS_TEST(times_take_the_unit_that_fits),
	HARNESS_TEST(text_that_does_not_fit_is_cut_and_says_so),
	HARNESS_TEST(numbers_are_written_whole),
	HARNESS_TEST(yes_and_no_have_many_words),
	HARNESS_TEST(times_are_read_as_people_write_them),
	HARNESS_TEST(beginnings_and_ends_may_be_all_of_it),
};
HARNESS_MAIN("text", tests)
