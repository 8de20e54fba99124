/* SPDX-License-Identifier: Apache-2.0 */
/* A program that loads its interpreter late, when stacks are already being captured.  Which one: the newest there is, or
 * that of which MEMVIZ_TEST_LIBPYTHON is the path.  */
#include "unit/harness.h"

#include <dlfcn.h>
#include <stdbool.h>

#include "stack/stack.h"
#include "unit/stack_tables.h"

uint32_t embed_capture(void);

static uint32_t g_captured;

/* Called by the Python program below.  */
__attribute__((visibility("default"))) uint32_t embed_capture(void)
{
	g_captured = mv_stack_capture();
	return g_captured;
}

static const char *const libraries[] = {
	"libpython3.14.so.1.0", "libpython3.13.so.1.0", "libpython3.12.so.1.0", "libpython3.11.so.1.0",
	"libpython3.10.so.1.0", "libpython3.9.so.1.0",	"libpython3.8.so.1.0",
};

static void *load_interpreter(void)
{
	const char *wanted = getenv("MEMVIZ_TEST_LIBPYTHON");
	void *library = wanted ? dlopen(wanted, RTLD_NOW | RTLD_GLOBAL) : NULL;
	size_t i;

	for (i = 0; !library && i < sizeof libraries / sizeof *libraries; i++)
		library = dlopen(libraries[i], RTLD_NOW | RTLD_GLOBAL);
	return library;
}

static bool run(void *library, const char *program)
{
	void (*initialize)(int) = (void (*)(int))dlsym(library, "Py_InitializeEx");
	int (*run_string)(const char *, void *) = (int (*)(const char *, void *))dlsym(library, "PyRun_SimpleStringFlags");

	if (!initialize || !run_string)
		return false;
	initialize(0);
	return run_string(program, NULL) == 0;
}

static unsigned frames_of_kind(uint32_t stack, enum mv_frame_kind kind)
{
	static struct mv_frame frames[2 * MV_STACK_FRAMES];
	unsigned n = tables_frames(stack, frames, 2 * MV_STACK_FRAMES), i, found = 0;

	for (i = 0; i < n; i++)
		found += frames[i].kind == (uint32_t)kind;
	return found;
}

static void an_interpreter_that_comes_late_is_found(void)
{
	void *library;

	mv_stack_prepare(MV_STACK_NATIVE | MV_STACK_PYTHON);
	CU_ASSERT_EQUAL(mv_stack_start(&tables_callbacks, MV_STACK_NATIVE | MV_STACK_PYTHON), MV_STACK_NATIVE);
	CU_ASSERT_STRING_EQUAL(mv_stack_python_state(), "no interpreter");
	CU_ASSERT(embed_capture() != 0);
	library = load_interpreter();
	if (!library) {
		harness_skip("no libpython to load");
		return;
	}
	CU_ASSERT_FATAL(run(library, "import ctypes\n"
				     "def inner(): ctypes.CDLL(None).embed_capture()\n"
				     "def outer(): inner()\n"
				     "outer()\n"));
	CU_ASSERT_EQUAL(frames_of_kind(g_captured, MV_FRAME_PYTHON), 3);
	CU_ASSERT(frames_of_kind(g_captured, MV_FRAME_NATIVE) > 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(mv_stack_python_state(), "frames read"));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(an_interpreter_that_comes_late_is_found),
};
HARNESS_MAIN("stack_embed", tests)
