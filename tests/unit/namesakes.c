/* SPDX-License-Identifier: Apache-2.0 */
/* Gradients of steps that were not told have the names of those that were.  */
#include "unit/harness.h"

#include <string.h>

#include "support/scene.h"

enum { MAIN = 1, MOST = 8, MIB = 1 << 20 };

/* One gradient: who makes it, how large, and what it is called, if anybody says so.  */
struct gradient {
	uint32_t stack;
	uint64_t size;
	const char *name;
};

static const char *const path = "namesakes.memviz";
static uint64_t g_next;

static struct forge *begin(void)
{
	struct forge *forge = forge_open(scene_path(path), "train.py", 0);
	uint32_t i;

	forge_thread(forge, "", 0);
	forge_thread(forge, "python", 0);
	forge_device(forge, 0, "Card", UINT64_C(1) << 34);
	for (i = 1; i <= MOST; i++)
		forge_python(forge, 0, "train.py", "step", i);
	g_next = UINT64_C(0x7f0000000000);
	return forge;
}

/* Backward makes GRADIENTS, a step uses them, and they are gone.  */
static void train(struct forge *forge, const struct gradient *gradients, size_t count)
{
	struct mv_event begins = {
		.kind = MV_EVENT_PHASE_BEGIN,
		.thread = MAIN,
		.phase = MV_PHASE_OPTIMIZER,
		.flags = gradients->name ? MV_FLAG_TOLD : 0,
	};
	uint64_t first = g_next;
	size_t i;

	forge_phase(forge, MAIN, 1, MV_PHASE_BACKWARD, NULL);
	for (i = 0; i < count; i++) {
		forge_alloc(forge, MAIN, MV_LEDGER_BLOCK, first + i * 64 * MIB, gradients[i].size, gradients[i].stack, 0);
		g_next += 64 * MIB;
	}
	forge_phase(forge, MAIN, 0, MV_PHASE_BACKWARD, NULL);
	for (i = 0; i < count; i++)
		if (gradients[i].name)
			forge_owner(forge, MAIN, first + i * 64 * MIB, MV_ROLE_GRADIENT, gradients[i].name);
	forge_event(forge, &begins);
	forge_phase(forge, MAIN, 0, MV_PHASE_OPTIMIZER, NULL);
	for (i = 0; i < count; i++)
		forge_free(forge, MAIN, MV_LEDGER_BLOCK, first + i * 64 * MIB);
}

/* True if the last blocks of all that FORGE has made are called NAMES.  */
static bool ends_with(struct forge *forge, const char *const *names, size_t count)
{
	struct mv_timeline *timeline;
	const struct mv_block *blocks;
	bool is_right = true;
	size_t i, total;

	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open(scene_path(path), &timeline, NULL), 0);
	blocks = mv_timeline_blocks(timeline, &total);
	CU_ASSERT_FATAL(total >= count);
	for (i = 0; i < count; i++)
		is_right &= !strcmp(mv_timeline_text(timeline, blocks[total - count + i].name), names[i]);
	mv_timeline_close(timeline);
	return is_right;
}

static void a_gradient_has_the_name_of_its_like_in_another_step(void)
{
	static const struct gradient told[] = {{1, MIB, "1.weight/grad"}, {1, 8 * MIB, "0.weight/grad"}, {2, MIB, "bias/grad"}};
	static const struct gradient untold[] = {{1, MIB, NULL}, {1, 8 * MIB, NULL}, {2, MIB, NULL}};
	static const char *const names[] = {"1.weight/grad", "0.weight/grad", "bias/grad"};
	struct forge *forge = begin();

	train(forge, told, 3);
	train(forge, untold, 3);
	CU_ASSERT(ends_with(forge, names, 3));
}

static void a_step_that_makes_more_or_fewer_of_a_stack_is_another(void)
{
	static const struct gradient told[] = {{1, MIB, "1.weight/grad"}, {1, MIB, "0.weight/grad"}, {2, MIB, "bias/grad"}};
	static const struct gradient untold[] = {{1, MIB, NULL}, {2, MIB, NULL}};
	static const char *const names[] = {"", "bias/grad"};
	struct forge *forge = begin();

	train(forge, told, 3);
	train(forge, untold, 2);
	CU_ASSERT(ends_with(forge, names, 2));
}

static void one_of_another_size_is_another(void)
{
	static const struct gradient told[] = {{1, 8 * MIB, "weight/grad"}};
	static const struct gradient untold[] = {{1, 32 * MIB, NULL}};
	static const char *const names[] = {""};
	struct forge *forge = begin();

	train(forge, told, 1);
	train(forge, untold, 1);
	CU_ASSERT(ends_with(forge, names, 1));
}

static void steps_that_contradict_each_other_name_nothing(void)
{
	static const struct gradient told[] = {{1, MIB, "0.weight/grad"}, {1, MIB, "1.weight/grad"}};
	static const struct gradient other[] = {{1, MIB, "1.weight/grad"}, {1, MIB, "0.weight/grad"}};
	static const struct gradient untold[] = {{1, MIB, NULL}, {1, MIB, NULL}};
	static const char *const names[] = {"", ""};
	struct forge *forge = begin();

	train(forge, told, 2);
	train(forge, other, 2);
	train(forge, untold, 2);
	CU_ASSERT(ends_with(forge, names, 2));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_gradient_has_the_name_of_its_like_in_another_step),
	HARNESS_TEST(a_step_that_makes_more_or_fewer_of_a_stack_is_another),
	HARNESS_TEST(one_of_another_size_is_another),
	HARNESS_TEST(steps_that_contradict_each_other_name_nothing),
};
HARNESS_MAIN("namesakes", tests)
