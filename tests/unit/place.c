/* SPDX-License-Identifier: Apache-2.0 */
/* Which frame of a stack is the origin.  */
#include "unit/harness.h"

#include "analyze/place.h"
#include "read/recording.h"
#include "support/forge.h"
#include "support/scene.h"

#define PACKAGES "/opt/venv/lib/python3.11/site-packages/"

struct line {
	const char *file; /* Python's file; or the object of a native frame */
	const char *function; /* NULL: native, and there is no such object to look it up in */
};

enum { ROOM = 16 };

/* The origin of a stack of LINES, outermost first, counted from the innermost; ROOM: it has none.  */
static size_t origin_of(const struct line *lines, size_t count)
{
	const char *path = scene_path("place.memviz");
	struct forge *forge = forge_open(path, "train.py", 0);
	struct mv_recording *recording;
	struct mv_places *places;
	const struct mv_place *frames[ROOM], *place;
	uint32_t stack = 0;
	size_t i, origin, found;

	for (i = 0; i < count; i++)
		stack = lines[i].function ? forge_python(forge, stack, lines[i].file, lines[i].function, 1 + (uint32_t)i) :
					    forge_native(forge, stack, &(struct mv_module){.start = 0x7f0000000000 + (i << 32),
								 .size_bytes = 1 << 20, .build_id_bytes = 20},
							 lines[i].file, 0x1000 + i);
	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_recording_open(path, &recording, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(mv_places_open(recording, MV_PLACES_OWN_NAMES, NULL, &places), 0);
	found = mv_places_stack(places, stack, frames, ROOM, &origin);
	place = mv_places_origin(places, stack);
	CU_ASSERT_EQUAL(found, count);
	CU_ASSERT(origin < found ? frames[origin] == place : !place);
	mv_places_close(places);
	mv_recording_close(recording);
	remove(path);
	return origin;
}

#define ORIGIN(...) origin_of((const struct line[]){__VA_ARGS__}, sizeof(const struct line[]){__VA_ARGS__} / sizeof(struct line))

static void the_innermost_own_line_of_python_is_the_origin(void)
{
	CU_ASSERT_EQUAL(ORIGIN({"/home/me/train.py", "<module>"}, {"/home/me/model.py", "forward"},
			       {PACKAGES "torch/nn/modules/module.py", "_call_impl"},
			       {PACKAGES "torch/nn/modules/linear.py", "forward"}, {PACKAGES "torch/lib/libtorch_cpu.so", NULL}),
			3);
	CU_ASSERT_EQUAL(ORIGIN({"<string>", "<module>"}, {PACKAGES "torch/nn/modules/linear.py", "forward"}), 1);
}

/* An extension that a package has built for itself lies in no place of its own.  */
static void python_comes_before_an_extension_of_the_user_s(void)
{
	CU_ASSERT_EQUAL(ORIGIN({"/home/me/train.py", "<module>"}, {"/home/me/fused.so", NULL},
			       {PACKAGES "torch/lib/libtorch_cpu.so", NULL}), 2);
}

static void a_program_of_packages_begins_in_the_one_that_was_started(void)
{
	CU_ASSERT_EQUAL(ORIGIN({"<frozen runpy>", "_run_code"}, {PACKAGES "vllm/entrypoints/api_server.py", "<module>"},
			       {PACKAGES "torch/nn/modules/module.py", "_call_impl"}, {PACKAGES "vllm/models/llama.py", "forward"},
			       {PACKAGES "torch/nn/modules/linear.py", "forward"}, {PACKAGES "torch/lib/libtorch_cpu.so", NULL}),
			2);
}

static void without_python_the_innermost_own_function_is_the_origin(void)
{
	CU_ASSERT_EQUAL(ORIGIN({"/lib64/libc.so.6", NULL}, {"/home/me/app", NULL}, {"/home/me/libpool.so", NULL},
			       {"/opt/cuda/lib64/libcublas.so.12", NULL}, {"/opt/cuda/lib64/libcudart.so.12", NULL}), 2);
}

static void among_libraries_there_is_an_origin_too(void)
{
	CU_ASSERT(ORIGIN({"/lib64/libc.so.6", NULL}, {"/opt/libtorch/lib/libtorch_cpu.so", NULL}) < 2);
	CU_ASSERT(ORIGIN({"/lib64/libc.so.6", NULL}, {"<frozen runpy>", "_run_code"}) < 2);
}

static void no_stack_has_no_origin(void)
{
	CU_ASSERT_EQUAL(origin_of(NULL, 0), ROOM);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(the_innermost_own_line_of_python_is_the_origin),
	HARNESS_TEST(python_comes_before_an_extension_of_the_user_s),
	HARNESS_TEST(a_program_of_packages_begins_in_the_one_that_was_started),
	HARNESS_TEST(without_python_the_innermost_own_function_is_the_origin),
	HARNESS_TEST(among_libraries_there_is_an_origin_too),
	HARNESS_TEST(no_stack_has_no_origin),
};
HARNESS_MAIN("place", tests)
