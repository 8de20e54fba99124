/* SPDX-License-Identifier: Apache-2.0 */
/* Which frame of a stack is the origin, and whether that one asked for memory itself.  */
#include "unit/harness.h"

#include "analyze/places.h"
#include "read/recording.h"
#include "support/forge.h"
#include "support/scene.h"

#define PACKAGES "/opt/venv/lib/python3.11/site-packages/"

struct line {
	const char *file; /* Python's file; or the object of a native frame; NULL: what follows is backward of the stack so far */
	const char *function; /* NULL: native, and there is no such object to look it up in */
};

#define BACKWARD {NULL, NULL}

enum { ROOM = 16 };

struct found {
	size_t origin; /* counted from the innermost frame; ROOM: there is none */
	bool is_backward;
};

static uint32_t add(struct forge *forge, uint32_t stack, const struct line *line, size_t number)
{
	const struct mv_module module = {.start = 0x7f0000000000 + (number << 32), .size_bytes = 1 << 20, .build_id_bytes = 20};

	if (!line->file)
		return forge_forward(forge, stack);
	if (line->function)
		return forge_python(forge, stack, line->file, line->function, 1 + (uint32_t)number);
	return forge_native(forge, stack, &module, line->file, 0x1000 + number);
}

/* What a stack of LINES has, outermost first.  */
static struct found look_at(const struct line *lines, size_t count)
{
	const char *path = scene_path("place.memviz");
	struct forge *forge = forge_open(path, "train.py", 0);
	struct mv_recording *recording;
	struct mv_places *places;
	const struct mv_place *frames[ROOM], *place;
	uint32_t stack = 0;
	size_t i, count_found;
	struct found found;

	for (i = 0; i < count; i++)
		stack = add(forge, stack, &lines[i], i);
	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_recording_open(path, &recording, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(mv_places_open(recording, MV_PLACES_OWN_NAMES, NULL, &places), 0);
	count_found = mv_places_stack(places, stack, frames, ROOM, &found.origin);
	found.is_backward = mv_places_is_backward(places, stack);
	place = mv_places_origin(places, stack);
	CU_ASSERT_EQUAL(count_found, count);
	CU_ASSERT(found.origin < count ? frames[found.origin] == place : !place);
	mv_places_close(places);
	mv_recording_close(recording);
	remove(path);
	return found;
}

#define LOOK_AT(...) look_at((const struct line[]){__VA_ARGS__}, sizeof(const struct line[]){__VA_ARGS__} / sizeof(struct line))
#define ORIGIN(...) LOOK_AT(__VA_ARGS__).origin

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
	CU_ASSERT_EQUAL(look_at(NULL, 0).origin, ROOM);
}

#define NODE {"/home/me/train.py", "train"}, {"/home/me/model.py", "forward"}, BACKWARD, {PACKAGES "torch/lib/libtorch_cpu.so", NULL}

static void the_origin_of_backward_is_the_line_that_made_its_node(void)
{
	struct found found = LOOK_AT(NODE, {PACKAGES "torch/lib/libtorch_cuda.so", NULL});

	CU_ASSERT_EQUAL(found.origin, 3);
	CU_ASSERT(found.is_backward);
}

static void a_line_that_asks_in_backward_asks_itself(void)
{
	struct found found = LOOK_AT(NODE, {"/home/me/model.py", "Cube.backward"});

	CU_ASSERT_EQUAL(found.origin, 0);
	CU_ASSERT(!found.is_backward);
	CU_ASSERT(!LOOK_AT({"/home/me/train.py", "train"}).is_backward);
	CU_ASSERT(!LOOK_AT({PACKAGES "torch/lib/libtorch_cpu.so", NULL}).is_backward);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(the_origin_of_backward_is_the_line_that_made_its_node),
	HARNESS_TEST(a_line_that_asks_in_backward_asks_itself),
	HARNESS_TEST(the_innermost_own_line_of_python_is_the_origin),
	HARNESS_TEST(python_comes_before_an_extension_of_the_user_s),
	HARNESS_TEST(a_program_of_packages_begins_in_the_one_that_was_started),
	HARNESS_TEST(without_python_the_innermost_own_function_is_the_origin),
	HARNESS_TEST(among_libraries_there_is_an_origin_too),
	HARNESS_TEST(no_stack_has_no_origin),
};
HARNESS_MAIN("places", tests)
