/* SPDX-License-Identifier: Apache-2.0 */
/* Which frame of a stack a person would point at, and whether that one asked for memory itself.  */
#include "unit/harness.h"

#include "analyze/place.h"
#include "support/scene.h"

static const struct mv_module torch_module = {.start = 0x1000, .size_bytes = 0x1000};

enum { STACKS = 4 };

/* What was made in forward; in backward; in a backward of the program's own; in backward where nothing is known.  */
static void forge_stacks(uint32_t stacks[STACKS])
{
	struct forge *forge = forge_open(scene_path("places.memviz"), "train.py", 0);
	const char *const path = "/usr/lib/python3/dist-packages/torch/lib/libtorch_cpu.so";
	uint32_t loop = forge_python(forge, 0, "/home/user/train.py", "train", 88), engine;

	stacks[0] = forge_python(forge, loop, "/home/user/model.py", "Block.forward", 40);
	engine = forge_native(forge, forge_forward(forge, stacks[0]), &torch_module, path, 0x1100);
	stacks[1] = forge_native(forge, engine, &torch_module, path, 0x1200);
	stacks[2] = forge_python(forge, engine, "/home/user/model.py", "Cube.backward", 60);
	stacks[3] = forge_native(forge, 0, &torch_module, path, 0x1200);
	forge_finish(forge);
}

static void look(void (*check)(struct mv_places *places, const uint32_t stacks[STACKS]))
{
	uint32_t stacks[STACKS];
	struct mv_recording *recording;
	struct mv_places *places;

	forge_stacks(stacks);
	CU_ASSERT_EQUAL_FATAL(mv_recording_open(scene_path("places.memviz"), &recording, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(mv_places_open(recording, MV_PLACES_NO_NAMES, NULL, &places), 0);
	check(places, stacks);
	mv_places_close(places);
	mv_recording_close(recording);
}

static void check_origins(struct mv_places *places, const uint32_t stacks[STACKS])
{
	CU_ASSERT_EQUAL(mv_places_origin(places, stacks[0])->line, 40);
	CU_ASSERT_EQUAL(mv_places_origin(places, stacks[1])->line, 40);
	CU_ASSERT_EQUAL(mv_places_origin(places, stacks[2])->line, 60);
}

static void check_backward(struct mv_places *places, const uint32_t stacks[STACKS])
{
	CU_ASSERT(!mv_places_is_backward(places, stacks[0]));
	CU_ASSERT(mv_places_is_backward(places, stacks[1]));
	CU_ASSERT(!mv_places_is_backward(places, stacks[2]));
	CU_ASSERT(!mv_places_is_backward(places, stacks[3]));
}

static void the_origin_of_backward_is_the_line_that_made_its_node(void)
{
	look(check_origins);
}

static void that_line_is_told_from_one_that_asked_itself(void)
{
	look(check_backward);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(the_origin_of_backward_is_the_line_that_made_its_node),
	HARNESS_TEST(that_line_is_told_from_one_that_asked_itself),
};
HARNESS_MAIN("places", tests)
