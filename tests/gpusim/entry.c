/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which a program comes by the driver's functions, with every sort of driver: what it gets in the place of a
 * watched one is the recorder's, and everything else is the driver's.
 *
 * Beside what run.h needs, MEMVIZ_TEST_DRIVERS is the folder of the drivers, and MEMVIZ_TEST_NAMES that of the lists of
 * what they have.  */
#include "unit/harness.h"

#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/run.h"

enum { PATH_BYTES = 1024, WAYS = 16 };

/* ---- drivers ---- */

struct driver {
	const char *name;
	const char *version;	/* as it says itself */
	const char *ways[WAYS]; /* that there are to its functions */
};

#define BY_SYMBOL "handle", "default", "next", "program"

static const struct driver with_both = {
	"both", "GPUSIM_DRIVER=13020",
	{BY_SYMBOL, "four", "five", "four_by_itself", "five_by_itself", "four_by_five", "runtime_12", "runtime_13",
	 "runtime_12_per_thread", "runtime_13_per_thread", "of_runtime_12", "of_runtime_13"},
};
static const struct driver with_four = {"four", "GPUSIM_DRIVER=11080", {BY_SYMBOL, "four", "four_by_itself"}};
static const struct driver with_none = {"none", "GPUSIM_DRIVER=11020", {BY_SYMBOL}};

/* Where symbols have no versions, dlvsym finds nothing.  */
static const struct driver with_versions = {
	"versions", "GPUSIM_DRIVER=13020", {BY_SYMBOL, "version", "default_version", "next_version", "five"},
};

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	CU_ASSERT_PTR_NOT_NULL_FATAL(value);
	return value;
}

static const char *names(char path[PATH_BYTES], const char *list)
{
	snprintf(path, PATH_BYTES, "%s/%s", variable("MEMVIZ_TEST_NAMES"), list);
	return path;
}

static void run_with(struct run *run, const struct driver *driver, const char *const *command)
{
	char path[PATH_BYTES];
	const char *settings[] = {path, driver->version, NULL};

	snprintf(path, sizeof path, "LD_LIBRARY_PATH=%s/%s:%s", variable("MEMVIZ_TEST_DRIVERS"), driver->name,
		 variable("MEMVIZ_TEST_GPUSIM"));
	run_program(run, command, settings);
}

/* ---- programs ---- */

static void find(const struct driver *driver, const char *finder, const char *way)
{
	char exports[PATH_BYTES], entries[PATH_BYTES];
	const char *command[] = {finder, way, names(exports, "libcuda"), names(entries, "entries"), NULL};
	struct run run;

	run_with(&run, driver, command);
	if (!run_exited(&run, 0) || *run.err) {
		fprintf(stderr, "%s with driver %s: %s%s", way, driver->name, run.out, run.err);
		CU_FAIL("not all is as it should be");
	}
	run_clean(&run);
}

static void find_in_all_ways(const struct driver *driver, const char *finder)
{
	size_t i;

	for (i = 0; i < WAYS && driver->ways[i]; i++)
		find(driver, finder, driver->ways[i]);
	CU_PASS("all ways were gone");
}

static void find_all(const struct driver *driver)
{
	find_in_all_ways(driver, variable("MEMVIZ_TEST_FINDER"));
	find_in_all_ways(driver, variable("MEMVIZ_TEST_FINDER_LINKED"));
	find(driver, variable("MEMVIZ_TEST_FINDER_LINKED"), "linked");
}

static void every_way_to_a_driver_of_today_leads_to_the_wrappers(void)
{
	find_all(&with_both);
}

static void every_way_to_a_driver_with_the_older_resolver_leads_to_the_wrappers(void)
{
	find_all(&with_four);
}

static void every_way_to_a_driver_without_resolver_leads_to_the_wrappers(void)
{
	find_all(&with_none);
}

static void every_way_to_a_driver_with_versions_of_symbols_leads_to_the_wrappers(void)
{
	find_all(&with_versions);
}

/* Programs that are linked with CUDA come by it all the same.  */
static void switched_off_it_is_in_nobody_s_way(void)
{
	static const struct driver off = {"both", "GPUSIM_DRIVER=13020", {"handle", "four", "five", "runtime_12", "runtime_13"}};

	setenv("MEMVIZ_ON", "0", 1);
	find_in_all_ways(&off, variable("MEMVIZ_TEST_FINDER"));
	unsetenv("MEMVIZ_ON");
}

static void find_from_python(const struct driver *driver)
{
	char exports[PATH_BYTES];
	const char *command[] = {variable("MEMVIZ_TEST_PYTHON"), variable("MEMVIZ_TEST_FINDER_PY"),
				 names(exports, "libcuda"), variable("MEMVIZ_TEST_SO"), NULL};
	struct run run;

	run_with(&run, driver, command);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	run_clean(&run);
}

static void ctypes_finds_the_wrappers(void)
{
	if (getenv("MEMVIZ_TEST_PRELOAD")) {
		harness_skip("Python has no sanitizer");
		return;
	}
	find_from_python(&with_both);
	find_from_python(&with_four);
	find_from_python(&with_none);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(every_way_to_a_driver_of_today_leads_to_the_wrappers),
	HARNESS_TEST(every_way_to_a_driver_with_the_older_resolver_leads_to_the_wrappers),
	HARNESS_TEST(every_way_to_a_driver_without_resolver_leads_to_the_wrappers),
	HARNESS_TEST(every_way_to_a_driver_with_versions_of_symbols_leads_to_the_wrappers),
	HARNESS_TEST(switched_off_it_is_in_nobody_s_way),
	HARNESS_TEST(ctypes_finds_the_wrappers),
};
HARNESS_MAIN("entry", tests)
