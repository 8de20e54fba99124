/* SPDX-License-Identifier: Apache-2.0 */
/* Captures in objects that come and go.  */
#include "unit/harness.h"

#include <dlfcn.h>

#include "stack/stack.h"
#include "unit/stack_calls.h"
#include "unit/stack_plugin.h"

static uint32_t capture_for(void *ignored)
{
	(void)ignored;
	return mv_stack_capture();
}

/* As the recorder's dlclose does it.  */
static void close_and_tell(void *plugin)
{
	mv_stack_unload_begins();
	dlclose(plugin);
	mv_stack_unload_ends();
}

static void close_past_us(void *plugin)
{
	dlclose(plugin);
}

/* One call, whichever plugin it is of: the stacks differ in the plugin alone.  */
static void capture_in_plugin(const char *path, const char *other, void **address, void (*let_go)(void *))
{
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	uint32_t (*call)(uint32_t (*)(void *), void *), id;

	CU_ASSERT_PTR_NOT_NULL_FATAL(plugin);
	*address = dlsym(plugin, "plugin_call");
	memcpy(&call, address, sizeof call);
	id = call(capture_for, NULL);
	CU_ASSERT_EQUAL(frames_in(id, path), 1);
	CU_ASSERT_EQUAL(frames_in(id, other), 0);
	CU_ASSERT(frames_in(id, "libc.so") >= 2);
	let_go(plugin);
}

/* Both return to the same address, again and again, from one place.  */
static void capture_in_turn(const char *path, const char *other, void (*let_go)(void *))
{
	const char *paths[] = {path, other};
	void *addresses[2] = {NULL, NULL};
	volatile int i;

	start();
	for (i = 0; i < 10; i++)
		capture_in_plugin(paths[i % 2], paths[!(i % 2)], &addresses[i % 2], let_go);
	if (addresses[0] != addresses[1])
		harness_skip("the loader put the second object elsewhere");
}

static void code_at_the_place_of_unloaded_code(void)
{
	capture_in_turn(PLUGIN_1, PLUGIN_2, close_and_tell);
}

/* By all addresses it is the same stack, in another object.  */
static void the_same_frames_at_the_place_of_unloaded_code(void)
{
	capture_in_turn(PLUGIN_1, PLUGIN_3, close_and_tell);
}

/* By an object that calls libc's own dlclose, say.  */
static void code_at_the_place_of_code_unloaded_past_us(void)
{
	capture_in_turn(PLUGIN_1, PLUGIN_2, close_past_us);
}

/* Captures while another thread is inside dlclose: what it unloads may be replaced before it says so.  */
static void code_that_comes_before_an_unload_has_been_told_of(void)
{
	mv_stack_unload_begins();
	capture_in_turn(PLUGIN_1, PLUGIN_3, close_past_us);
	mv_stack_unload_ends();
}

static const struct harness_test tests[] = {
	HARNESS_TEST(code_at_the_place_of_unloaded_code),
	HARNESS_TEST(the_same_frames_at_the_place_of_unloaded_code),
	HARNESS_TEST(code_at_the_place_of_code_unloaded_past_us),
	HARNESS_TEST(code_that_comes_before_an_unload_has_been_told_of),
};
HARNESS_MAIN("stack_unload", tests)
