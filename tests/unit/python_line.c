/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include "python/line.h"

struct point {
	int lasti, line;
};

static void assert_lines(enum mv_pylines format, const uint8_t *table, size_t size, const struct point points[],
			 size_t n)
{
	enum { FIRST_LINE = 10 };
	size_t i;

	for (i = 0; i < n; i++)
		CU_ASSERT_EQUAL(mv_pyline_find(format, table, size, FIRST_LINE, points[i].lasti), points[i].line);
}

/* What the version in question makes of
 *
 *	def f(a, b):
 *	    x = a(
 *	        b,
 *	        1)
 *	    for i in x:
 *	        print(i)
 *	    return x
 */
static void lines_of_3_9(void)
{
	static const uint8_t table[] = {0, 1, 2, 1, 2, 1, 2, 254, 4, 3, 8, 1, 10, 1};
	static const struct point points[] = {{0, 11},	{2, 12},  {4, 13},  {6, 11},  {8, 11}, {10, 14},
					      {16, 14}, {18, 15}, {26, 15}, {28, 16}, {30, 16}};

	assert_lines(MV_PYLINES_LNOTAB, table, sizeof table, points, sizeof points / sizeof *points);
}

static void lines_of_3_10(void)
{
	static const uint8_t table[] = {2, 1, 2, 1, 2, 1, 4, 254, 8, 3, 10, 1, 4, 1};
	static const struct point points[] = {{0, 11},	{2, 12},  {4, 13},  {6, 11},  {8, 11}, {10, 14},
					      {16, 14}, {18, 15}, {26, 15}, {28, 16}, {30, 16}, {32, 0}};

	assert_lines(MV_PYLINES_RANGES, table, sizeof table, points, sizeof points / sizeof *points);
}

static void bytecode_of_3_10_may_have_no_line(void)
{
	static const uint8_t table[] = {2, 1, 4, 128, 2, 1};
	static const struct point points[] = {{0, 11}, {2, 0}, {4, 0}, {6, 12}};

	assert_lines(MV_PYLINES_RANGES, table, sizeof table, points, sizeof points / sizeof *points);
}

/* Entries: without columns, one line on, one unit; short, two units; one line on, one unit; none, one unit; long, two
 * lines back, one unit; without columns, 70 lines on, one unit.  */
static void lines_of_3_11_in_all_forms(void)
{
	static const uint8_t table[] = {0xe8, 2, 0x91, 0x15, 0xd8, 4, 9, 0xf8, 0xf0, 5, 0, 1, 2, 0xe8, 0x4c, 2};
	static const struct point points[] = {{0, 11}, {2, 11},	 {4, 11},  {6, 12},
					      {8, 0},  {10, 10}, {12, 80}, {14, 0}};

	assert_lines(MV_PYLINES_LOCATIONS, table, sizeof table, points, sizeof points / sizeof *points);
}

/* A function that is called but has not begun, as a trace function sees it.  */
static void before_the_bytecode_is_the_first_line(void)
{
	static const uint8_t lnotab[] = {0, 1, 2, 1}, ranges[] = {2, 1}, locations[] = {0xe8, 2};
	static const struct point point = {-2, 10};

	assert_lines(MV_PYLINES_LNOTAB, lnotab, sizeof lnotab, &point, 1);
	assert_lines(MV_PYLINES_RANGES, ranges, sizeof ranges, &point, 1);
	assert_lines(MV_PYLINES_LOCATIONS, locations, sizeof locations, &point, 1);
}

static void without_a_table_there_is_no_line(void)
{
	CU_ASSERT_EQUAL(mv_pyline_find(MV_PYLINES_LOCATIONS, NULL, 0, 7, 0), 0);
	CU_ASSERT_EQUAL(mv_pyline_find(MV_PYLINES_RANGES, NULL, 0, 7, 0), 0);
	CU_ASSERT_EQUAL(mv_pyline_find(MV_PYLINES_LNOTAB, NULL, 0, 7, 0), 7);
}

static uint8_t next_byte(uint32_t *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return (uint8_t)(*seed >> 16);
}

/* Nothing outside a table is read, whatever stands in it: sanitizers and valgrind look on.  */
static void damaged_tables_are_survived(void)
{
	uint32_t seed = 1, round;

	for (round = 1; round < 20000; round++) {
		size_t size = round % 40 + 1, i;
		uint8_t *table = malloc(size);
		int lasti = next_byte(&seed);

		for (i = 0; i < size; i++)
			table[i] = next_byte(&seed);
		mv_pyline_find(MV_PYLINES_LNOTAB, table, size, 1, lasti);
		mv_pyline_find(MV_PYLINES_RANGES, table, size, 1, lasti);
		mv_pyline_find(MV_PYLINES_LOCATIONS, table, size, 1, lasti);
		free(table);
	}
	CU_PASS("no report");
}

static const struct harness_test tests[] = {
	HARNESS_TEST(lines_of_3_9),
	HARNESS_TEST(lines_of_3_10),
	HARNESS_TEST(bytecode_of_3_10_may_have_no_line),
	HARNESS_TEST(lines_of_3_11_in_all_forms),
	HARNESS_TEST(before_the_bytecode_is_the_first_line),
	HARNESS_TEST(without_a_table_there_is_no_line),
	HARNESS_TEST(damaged_tables_are_survived),
};
HARNESS_MAIN("python_line", tests)
