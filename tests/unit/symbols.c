/* SPDX-License-Identifier: Apache-2.0 */
/* Names of native functions, in this very program.  */
#include "unit/harness.h"

#include <unistd.h>

#include "base/elf.h"
#include "symbol/binary.h"
#include "symbol/demangle.h"
#include "symbol/symbols.h"

/* What is looked for: a function of this file, and its lines.  */
static __attribute__((noinline)) int landmark(int value)
{
	__asm__ volatile("" : "+r"(value));
	return value + 1;
}

enum { LANDMARK_LINE = 14 };

static struct mv_elf own_object(char path[512])
{
	ssize_t length = readlink("/proc/self/exe", path, 511);
	struct mv_elf elf;

	CU_ASSERT_FATAL(length > 0);
	path[length] = 0;
	CU_ASSERT_FATAL(mv_elf_holding((const void *)(uintptr_t)landmark, &elf));
	return elf;
}

static struct mv_symbols_object object_of(const struct mv_elf *elf, const char *path)
{
	return (struct mv_symbols_object){path, elf->build_id, elf->build_id_bytes};
}

static void a_function_is_named_with_its_line(void)
{
	char path[512];
	struct mv_elf elf = own_object(path);
	struct mv_symbols_object object = object_of(&elf, path);
	struct mv_symbols *symbols = mv_symbols_open(NULL);
	struct mv_symbols_answer answer;
	uint64_t address = (uintptr_t)landmark - elf.bias;

	landmark(1);
	CU_ASSERT(mv_symbols_find(symbols, 1, &object, address + 1, &answer));
	CU_ASSERT_FATAL(answer.level_count == 1);
	CU_ASSERT_STRING_EQUAL_FATAL(answer.levels->function ? answer.levels->function : "", "landmark");
	CU_ASSERT_EQUAL(answer.start, address);
	if (answer.levels->file) {
		CU_ASSERT(strstr(answer.levels->file, "symbols.c") != NULL);
		CU_ASSERT(answer.levels->line >= LANDMARK_LINE && answer.levels->line < LANDMARK_LINE + 6);
	} else {
		harness_skip("built without debug information: no lines");
	}
	mv_symbols_close(symbols);
}

static void another_build_of_the_object_is_not_used(void)
{
	char path[512];
	struct mv_elf elf = own_object(path);
	uint8_t other[32] = {1, 2, 3};
	struct mv_symbols_object object = {path, other, 20};
	struct mv_symbols *symbols = mv_symbols_open(NULL);
	struct mv_symbols_answer answer;

	CU_ASSERT(!mv_symbols_find(symbols, 1, &object, (uintptr_t)landmark - elf.bias, &answer));
	mv_symbols_close(symbols);
}

static void what_lies_in_no_function_has_no_name(void)
{
	char path[512];
	struct mv_elf elf = own_object(path);
	struct mv_symbols_object object = object_of(&elf, path);
	struct mv_symbols *symbols = mv_symbols_open(NULL);
	struct mv_symbols_answer answer;

	CU_ASSERT(!mv_symbols_find(symbols, 1, &object, 1, &answer));
	CU_ASSERT(!mv_symbols_find(symbols, 1, &object, UINT64_MAX, &answer));
	object.path = "/nowhere/lib.so";
	CU_ASSERT(!mv_symbols_find(symbols, 2, &object, 100, &answer));
	mv_symbols_close(symbols);
}

static void names_of_cpp_are_readable(void)
{
	char *name = mv_demangle("_ZN2at6native5emptyERKSt6vectorIlSaIlEE"), *plain = mv_demangle("cudaMalloc");

	CU_ASSERT(strstr(name, "at::native::empty(") == name);
	CU_ASSERT_STRING_EQUAL(plain, "cudaMalloc");
	free(name);
	free(plain);
}

static void this_program_can_be_preloaded_into(void)
{
	struct mv_binary binary;
	char path[512];

	own_object(path);
	CU_ASSERT_EQUAL(mv_binary_look(path, &binary), 0);
	CU_ASSERT(binary.is_elf && !binary.is_static && !binary.is_foreign && !binary.is_musl);
	CU_ASSERT(mv_binary_look("/nowhere", &binary) < 0);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_function_is_named_with_its_line),
	HARNESS_TEST(another_build_of_the_object_is_not_used),
	HARNESS_TEST(what_lies_in_no_function_has_no_name),
	HARNESS_TEST(names_of_cpp_are_readable),
	HARNESS_TEST(this_program_can_be_preloaded_into),
};
HARNESS_MAIN("symbols", tests)
