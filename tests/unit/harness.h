/* SPDX-License-Identifier: Apache-2.0 */
/* The main of a suite: one program for each file in tests/unit, around CUnit.
 *
 * A suite ends with
 *
 *	static const struct harness_test tests[] = {HARNESS_TEST(ring_wrap_keeps_newest), …};
 *	HARNESS_MAIN("ring", tests)
 *
 * and is run as PROGRAM [NAME…]: without names all tests, otherwise those whose names contain one of them; a run that
 * selects none fails.  A test that cannot run here calls harness_skip and returns.  Exit 0: passed, 1: failed, 77: all
 * that ran were skipped.  */
#ifndef UNIT_HARNESS_H
#define UNIT_HARNESS_H

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct harness_test {
	const char *name;
	void (*run)(void);
};

#define HARNESS_TEST(function) {#function, function}
#define HARNESS_MAIN(suite, tests)                                                                        \
	int main(int argc, char **argv)                                                                   \
	{                                                                                                 \
		return harness_main(suite, tests, sizeof(tests) / sizeof *(tests), argc, argv);           \
	}

static unsigned harness_skipped;

/* Say why a test is left out here.  */
static inline void harness_skip(const char *why)
{
	harness_skipped++;
	printf("skipped: %s\n", why);
}

static inline int harness_selects(int argc, char **argv, const char *name)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strstr(name, argv[i]))
			return 1;
	return argc < 2;
}

static inline void harness_print_failures(void)
{
	CU_pFailureRecord failure = CU_get_failure_list();

	for (; failure; failure = failure->pNext)
		fprintf(stderr, "%s:%u: %s: %s\n", failure->strFileName ? failure->strFileName : "?", failure->uiLineNumber,
			failure->pTest ? failure->pTest->pName : "?", failure->strCondition ? failure->strCondition : "?");
}

static inline int harness_main(const char *suite_name, const struct harness_test *tests, size_t count, int argc, char **argv)
{
	CU_pSuite suite;
	unsigned failed, selected = 0;
	size_t i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	suite = CU_add_suite(suite_name, NULL, NULL);
	for (i = 0; i < count; i++)
		if (harness_selects(argc, argv, tests[i].name) && CU_add_test(suite, tests[i].name, tests[i].run))
			selected++;
	if (!selected) {
		fprintf(stderr, "%s: no test selected\n", suite_name);
		return 1;
	}
	CU_run_all_tests();
	harness_print_failures();
	failed = CU_get_number_of_tests_failed() + (CU_get_number_of_asserts() == 0 && !harness_skipped);
	printf("%s: %u tests, %u failed, %u skipped\n", suite_name, selected, failed, harness_skipped);
	CU_cleanup_registry();
	if (failed)
		return 1;
	return harness_skipped == selected ? 77 : 0;
}

#endif
