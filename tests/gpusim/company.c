/* SPDX-License-Identifier: Apache-2.0 */
/* Other libraries in the same process that put themselves in front of things: all of them, and the recorder, do what
 * they do alone, whoever comes first.  */
#include "unit/harness.h"

#include "gpusim/run.h"
#include "read/recording.h"

#define MIB ((uint64_t)1 << 20)

static const char *place(const char *variable)
{
	const char *value = getenv(variable);

	CU_ASSERT_FATAL(value != NULL);
	return value;
}

enum order { BEFORE_US, AFTER_US };

/* Run PROGRAM with OTHER preloaded, too.  */
static void run_with(struct run *run, const char *other, enum order order, const char *const *program,
		     const char *const *more)
{
	static char preload[8192], library[4096];
	const char *settings[8] = {preload, library};
	const char *us = place("MEMVIZ_TEST_SO");
	size_t n = 2;

	snprintf(preload, sizeof preload, "LD_PRELOAD=%s %s", order == BEFORE_US ? other : us,
		 order == BEFORE_US ? us : other);
	snprintf(library, sizeof library, "LD_LIBRARY_PATH=%s:%s", place("MEMVIZ_TEST_SCOPES"), place("MEMVIZ_TEST_GPUSIM"));
	while (more && *more && n < 7)
		settings[n++] = *more++;
	settings[n] = NULL;
	run_program(run, program, settings);
}

static bool is_missing(const struct run *run)
{
	return strstr(run->err, "cannot be preloaded") != NULL;
}

/* ---- allocators ---- */

static bool check_act(const char *other, enum order order, const char *act, size_t blocks, const char *const *more)
{
	const char *const program[] = {place("MEMVIZ_TEST_ACTS"), act, NULL};
	struct mv_timeline *timeline;
	struct run run;
	bool is_there;

	run_with(&run, other, order, program, more);
	is_there = !is_missing(&run);
	if (is_there) {
		CU_ASSERT(run_exited(&run, 0));
		CU_ASSERT_STRING_EQUAL(run.err, "");
		timeline = run_open(&run, ".memviz", 0);
		CU_ASSERT(!blocks || run_blocks(timeline, MV_LEDGER_DEVICE) == blocks);
		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
		mv_timeline_close(timeline);
	}
	run_clean(&run);
	return is_there;
}

static void check_allocator(const char *other)
{
	enum order order;

	for (order = BEFORE_US; order <= AFTER_US; order++)
		if (!check_act(other, order, "threads", 16 * 500, NULL) ||
		    !check_act(other, order, "forks_among_threads", 0, NULL)) {
			harness_skip(other);
			return;
		}
}

static void jemalloc_is_no_stranger(void)
{
	check_allocator("libjemalloc.so.2");
}

static void tcmalloc_is_no_stranger(void)
{
	check_allocator("libtcmalloc_minimal.so.4");
}

static void mimalloc_is_no_stranger(void)
{
	check_allocator("libmimalloc.so.2");
}

/* ---- AddressSanitizer ---- */

static void address_sanitizer_may_be_preloaded(void)
{
	static const char *const any_order[] = {"ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0", NULL};
	const char *asan = place("MEMVIZ_TEST_ASAN");

	check_act(asan, BEFORE_US, "threads", 16 * 500, any_order + 1);
	check_act(asan, AFTER_US, "threads", 16 * 500, any_order);
}

/* Programs that are built with it, on the odd driver: exceptions, jumps and stacks are its business, too.  */
static void check_sanitized(const char *name, const char *other, enum order order)
{
	static const char *const acts[] = {"throws", "jumps", "ends_threads", "handlers_allocate_elsewhere", "forks_within"};
	static char library[4096], path[4096];
	const char *more[] = {library, "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0", NULL};
	const char *program[] = {path, NULL, NULL};
	size_t i;

	snprintf(library, sizeof library, "LD_LIBRARY_PATH=%s", place("MEMVIZ_TEST_ODD"));
	snprintf(path, sizeof path, "%s/%s", place("MEMVIZ_TEST_ODD"), name);
	for (i = 0; i < sizeof acts / sizeof *acts; i++) {
		struct run run;

		program[1] = acts[i];
		run_with(&run, other, order, program, more);
		CU_ASSERT(run_exited(&run, 0));
		CU_ASSERT_STRING_EQUAL(run.err, "");
		CU_ASSERT(run.file_count >= 1);
		run_clean(&run);
	}
}

static void programs_built_with_address_sanitizer_are_recorded(void)
{
	check_sanitized("acts_asan", place("MEMVIZ_TEST_ASAN"), BEFORE_US);
	check_sanitized("acts_asan", "", AFTER_US);
	check_sanitized("acts_asan_static", "", AFTER_US);
}

/* ---- look-ups ---- */

/* Seen where we stand in front; where the other does, he asks libc behind our back, as such libraries do.  */
static void another_dlsym_is_no_stranger(void)
{
	static char other[4096];
	const char *const program[] = {place("MEMVIZ_TEST_ACTS"), "by_handle", NULL};
	enum order order;

	snprintf(other, sizeof other, "%s/libinterposer.so", place("MEMVIZ_TEST_SCOPES"));
	for (order = BEFORE_US; order <= AFTER_US; order++) {
		struct run run;

		run_with(&run, other, order, program, NULL);
		CU_ASSERT(run_exited(&run, 0));
		CU_ASSERT_STRING_EQUAL(run.err, "");
		CU_ASSERT(strstr(run.out, "asked ") && !strstr(run.out, "asked 0 times"));
		if (order == AFTER_US) {
			struct mv_timeline *timeline = run_open(&run, ".memviz", 0);

			CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), MIB);
			mv_timeline_close(timeline);
		}
		run_clean(&run);
	}
}

/* BLOCKS of the plugin's two allocations are recorded.  */
static void check_scopes(const char *level, const char *deep, size_t blocks)
{
	static char user[4096], plugin[64];
	const char *const program[] = {user, "2", plugin, deep, NULL};
	struct run run;

	snprintf(user, sizeof user, "%s/scopes_user", place("MEMVIZ_TEST_SCOPES"));
	snprintf(plugin, sizeof plugin, "libscopes_plugin_%s.so", level);
	run_with(&run, "", AFTER_US, program, NULL);
	CU_ASSERT(run_exited(&run, 0));
	CU_ASSERT_STRING_EQUAL(run.err, "");
	if (blocks) {
		struct mv_timeline *timeline = run_open(&run, ".memviz", 0);

		CU_ASSERT_EQUAL(run_blocks(timeline, MV_LEDGER_DEVICE), blocks);
		CU_ASSERT_EQUAL(run_alive(timeline, MV_LEDGER_DEVICE), 0);
		mv_timeline_close(timeline);
	}
	run_clean(&run);
}

static void who_looks_something_up_is_who_looks_it_up(void)
{
	check_scopes("O0", NULL, 2);
	check_scopes("O2", NULL, 2);
}

/* Its calls go past everybody who is preloaded.  */
static void a_plugin_may_see_itself_first(void)
{
	check_scopes("O0", "deep", 0);
	check_scopes("O2", "deep", 0);
}

static void errors_of_look_ups_are_those_of_the_loader(void)
{
	static char path[4096], library[4096];
	const char *const program[] = {path, NULL};
	const char *const alone[] = {"LD_PRELOAD=", library, NULL};
	struct run with, without;

	snprintf(path, sizeof path, "%s/dlerrors", place("MEMVIZ_TEST_SCOPES"));
	snprintf(library, sizeof library, "LD_LIBRARY_PATH=%s", place("MEMVIZ_TEST_GPUSIM"));
	run_program(&with, program, alone + 1);
	run_program(&without, program, alone);
	CU_ASSERT(run_exited(&with, 0));
	CU_ASSERT(strstr(without.out, "cuMemAlloc_v2: found, no error") != NULL);
	CU_ASSERT_STRING_EQUAL(with.out, without.out);
	run_clean(&with);
	run_clean(&without);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(jemalloc_is_no_stranger),
	HARNESS_TEST(tcmalloc_is_no_stranger),
	HARNESS_TEST(mimalloc_is_no_stranger),
	HARNESS_TEST(address_sanitizer_may_be_preloaded),
	HARNESS_TEST(programs_built_with_address_sanitizer_are_recorded),
	HARNESS_TEST(another_dlsym_is_no_stranger),
	HARNESS_TEST(errors_of_look_ups_are_those_of_the_loader),
	HARNESS_TEST(who_looks_something_up_is_who_looks_it_up),
	HARNESS_TEST(a_plugin_may_see_itself_first),
};
HARNESS_MAIN("company", tests)
