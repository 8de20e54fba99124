/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <dlfcn.h>

#include "base/elf.h"

/* Functions that no sanitizer puts itself in front of.  */
static void symbols_are_where_dlsym_finds_them(void)
{
	static const char *const names[] = {"lfind", "strverscmp", "argz_add", "getauxval"};
	struct mv_elf libc;
	size_t i;

	CU_ASSERT_FATAL(mv_elf_find("libc.so.6", &libc));
	for (i = 0; i < sizeof names / sizeof *names; i++)
		CU_ASSERT_PTR_EQUAL(mv_elf_symbol(&libc, names[i]), dlsym(RTLD_DEFAULT, names[i]));
}

static void what_an_object_lacks_is_null(void)
{
	struct mv_elf libc;
	void *kept = NULL;

	CU_ASSERT_FATAL(mv_elf_find("libc.so.6", &libc));
	CU_ASSERT_PTR_NULL(mv_elf_symbol(&libc, "cuMemAlloc_v2"));
	CU_ASSERT_PTR_NULL(mv_elf_symbol(&libc, ""));
	CU_ASSERT(!mv_elf_find("libcuda.so", &libc));
	CU_ASSERT_PTR_NULL(mv_elf_kept(&kept, "libcuda.so", "cuInit"));
	CU_ASSERT_PTR_NULL(kept);
}

static void an_address_leads_to_its_object(void)
{
	struct mv_elf elf;
	Dl_info info;

	CU_ASSERT_FATAL(dladdr(dlsym(RTLD_DEFAULT, "lfind"), &info));
	CU_ASSERT_FATAL(mv_elf_holding(dlsym(RTLD_DEFAULT, "lfind"), &elf));
	CU_ASSERT_STRING_EQUAL(mv_elf_soname(&elf), "libc.so.6");
	CU_ASSERT_EQUAL(elf.bias, (uintptr_t)info.dli_fbase);
	CU_ASSERT(!mv_elf_holding((void *)16, &elf));
}

static void the_program_itself_has_an_empty_path(void)
{
	struct mv_elf elf;

	CU_ASSERT_FATAL(mv_elf_holding((void *)(uintptr_t)harness_skip, &elf));
	CU_ASSERT_STRING_EQUAL(elf.path, "");
	CU_ASSERT(mv_elf_needs(&elf, "libc.so.6"));
	CU_ASSERT(!mv_elf_needs(&elf, "libcudart.so.13"));
}

static void loading_an_object_changes_the_counts(void)
{
	struct mv_elf_changes before = mv_elf_changes(), between, after;
	void *handle = dlopen("libanl.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		harness_skip("no library at hand to load");
		return;
	}
	between = mv_elf_changes();
	dlclose(handle);
	after = mv_elf_changes();
	CU_ASSERT(between.added > before.added);
	CU_ASSERT_EQUAL(between.removed, before.removed);
	CU_ASSERT(after.removed > between.removed);
}

static void a_search_can_leave_one_object_out(void)
{
	void *here = dlsym(RTLD_DEFAULT, "lfind");

	CU_ASSERT_PTR_EQUAL(mv_elf_symbol_anywhere("lfind", NULL), here);
	CU_ASSERT_PTR_NULL(mv_elf_symbol_anywhere("lfind", here));
}

/* libc has one of this name, too.  */
__attribute__((visibility("default"))) void *lsearch(void);

void *lsearch(void)
{
	return NULL;
}

static void a_caller_reaches_what_it_was_linked_against(void)
{
	void *ours = (void *)(uintptr_t)lsearch;
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	void *theirs = dlsym(libc, "lsearch"), *caller = dlsym(libc, "lfind");

	CU_ASSERT_FATAL(theirs && caller);
	CU_ASSERT_PTR_NOT_EQUAL(theirs, ours);
	CU_ASSERT_PTR_EQUAL(mv_elf_symbol_for(ours, "lsearch", NULL), ours);
	CU_ASSERT_PTR_EQUAL(mv_elf_symbol_for(caller, "lsearch", NULL), theirs);
	/* Of no object, or without one of that name: the first that has it.  */
	CU_ASSERT_PTR_EQUAL(mv_elf_symbol_for(NULL, "lsearch", NULL), ours);
	CU_ASSERT_PTR_EQUAL(mv_elf_symbol_for(caller, "CU_cleanup_registry", NULL), dlsym(RTLD_DEFAULT, "CU_cleanup_registry"));
	dlclose(libc);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(symbols_are_where_dlsym_finds_them),
	HARNESS_TEST(what_an_object_lacks_is_null),
	HARNESS_TEST(an_address_leads_to_its_object),
	HARNESS_TEST(the_program_itself_has_an_empty_path),
	HARNESS_TEST(loading_an_object_changes_the_counts),
	HARNESS_TEST(a_search_can_leave_one_object_out),
	HARNESS_TEST(a_caller_reaches_what_it_was_linked_against),
};
HARNESS_MAIN("elf", tests)
