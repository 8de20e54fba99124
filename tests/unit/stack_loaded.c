/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <dlfcn.h>
#include <search.h>
#include <unistd.h>

#include "stack/loaded.h"
#include "unit/stack_plugin.h"
#include "unit/stack_tables.h"

/* lfind and strverscmp stand for libc: no sanitizer puts itself in front of them.  */
static struct mv_lock g_lock;

static void start(void)
{
	tables_reset();
	g_lock = (struct mv_lock){0};
	CU_ASSERT_EQUAL_FATAL(mv_loaded_start(&tables_callbacks, &g_lock), 0);
}

/* The module of the code at ADDRESS, and its bias.  */
static struct mv_native_frame place(const void *address)
{
	struct mv_native_frame frame = {.ip = (uintptr_t)address + 1};
	char path[MV_LOADED_PATH_BYTES];

	mv_loaded_place(&frame, 1, mv_elf_changes(), path);
	return frame;
}

static const char *path_of(uint32_t module)
{
	return tables_text(g_tables.modules[module].path);
}

static void the_program_is_named_by_its_file(void)
{
	struct mv_native_frame frame;
	char path[4096] = "";

	start();
	frame = place((const void *)(uintptr_t)start);
	CU_ASSERT_FATAL(readlink("/proc/self/exe", path, sizeof path - 1) > 0);
	CU_ASSERT_STRING_EQUAL(path_of(frame.module), path);
}

static void an_object_is_recorded_once_and_whole(void)
{
	struct mv_module *module;
	uint32_t id;

	start();
	id = place((const void *)(uintptr_t)lfind).module;
	CU_ASSERT_EQUAL(place((const void *)(uintptr_t)strverscmp).module, id);
	CU_ASSERT_EQUAL(g_tables.module_count, 1);
	module = &g_tables.modules[id];
	CU_ASSERT_PTR_NOT_NULL(strstr(path_of(id), "libc.so"));
	CU_ASSERT_EQUAL(module->build_id_bytes, 20);
	CU_ASSERT((uintptr_t)lfind - module->start < module->size_bytes);
}

static void the_bias_leads_to_addresses_in_the_file(void)
{
	struct mv_native_frame frame;
	Dl_info info;

	start();
	frame = place((const void *)(uintptr_t)lfind);
	CU_ASSERT_FATAL(dladdr((void *)(uintptr_t)lfind, &info));
	CU_ASSERT_EQUAL(frame.ip - frame.bias, (uintptr_t)lfind + 1 - (uintptr_t)info.dli_fbase);
}

static void code_outside_all_objects_has_no_module(void)
{
	struct mv_native_frame frame;

	start();
	frame = place((const void *)16);
	CU_ASSERT_EQUAL(frame.module, 0);
	CU_ASSERT_EQUAL(frame.bias, 0);
}

static void without_room_there_is_no_module_and_no_bias(void)
{
	struct mv_native_frame frame;

	start();
	g_tables.is_full = true;
	frame = place((const void *)(uintptr_t)lfind);
	CU_ASSERT_EQUAL(frame.module, 0);
	CU_ASSERT_EQUAL(frame.bias, 0);
}

/* The name of the object that holds plugin_call of PATH while it is loaded.  */
static const char *load_and_place(const char *path, void **address)
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const char *name;

	*address = plugin ? dlsym(plugin, "plugin_call") : NULL;
	name = *address ? path_of(place(*address).module) : "";
	if (plugin)
		dlclose(plugin);
	return name;
}

static void an_object_at_the_place_of_another_is_told_from_it(void)
{
	void *first, *second, *third;

	start();
	CU_ASSERT_STRING_EQUAL(load_and_place(PLUGIN_1, &first), PLUGIN_1);
	CU_ASSERT_STRING_EQUAL(load_and_place(PLUGIN_2, &second), PLUGIN_2);
	CU_ASSERT_STRING_EQUAL(load_and_place(PLUGIN_1, &third), PLUGIN_1);
	if (first != second)
		harness_skip("the loader put the second object elsewhere");
	CU_ASSERT(first != third || g_tables.module_count == 2);
}

static void other_objects_are_found_again_after_an_unload(void)
{
	void *ignored;
	uint32_t id;

	start();
	id = place((const void *)(uintptr_t)lfind).module;
	load_and_place(PLUGIN_1, &ignored);
	CU_ASSERT_EQUAL(place((const void *)(uintptr_t)lfind).module, id);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(the_program_is_named_by_its_file),
	HARNESS_TEST(an_object_is_recorded_once_and_whole),
	HARNESS_TEST(the_bias_leads_to_addresses_in_the_file),
	HARNESS_TEST(code_outside_all_objects_has_no_module),
	HARNESS_TEST(without_room_there_is_no_module_and_no_bias),
	HARNESS_TEST(an_object_at_the_place_of_another_is_told_from_it),
	HARNESS_TEST(other_objects_are_found_again_after_an_unload),
};
HARNESS_MAIN("stack_loaded", tests)
