/* SPDX-License-Identifier: Apache-2.0 */
/* What stacks of Python say about what was made there.  */
#include "unit/harness.h"

#include "analyze/origin.h"
#include "support/scene.h"

#define PACKAGES "/usr/lib/python3/site-packages"

struct row {
	const char *file, *function;
	bool is_module, is_gathering;
};

static const struct row rows[] = {
	{PACKAGES "/torch/nn/modules/module.py", "Module._apply", true, false},
	{PACKAGES "/torch/nn/modules/linear.py", "Linear.__init__", true, false},
	{PACKAGES "/torch/nn/modules/linear.py", "Linear.forward", false, false},
	{PACKAGES "/torch/distributed/fsdp/_fully_shard/_fsdp_param.py", "alloc_storage", false, true},
	{PACKAGES "/torch/distributed/fsdp/_fully_shard/_fsdp_param.py", "free_storage", false, false},
	{PACKAGES "/torch/distributed/fsdp/_flat_param.py", "FlatParamHandle._alloc_padded_unsharded_flat_param", false, true},
	{"/home/me/_flat_param.py", "FlatParamHandle._alloc_padded_unsharded_flat_param", false, false},
};

enum { ROWS = sizeof rows / sizeof *rows };

static void the_functions_that_make_parameters_are_known(void)
{
	struct forge *forge = forge_open(scene_path("origin.memviz"), "train.py", 0);
	uint32_t callers = forge_python(forge, 0, "/home/me/train.py", "main", 1), stacks[ROWS];
	struct mv_origin origin = {0};
	struct mv_timeline *timeline;
	size_t i;

	for (i = 0; i < ROWS; i++)
		stacks[i] = forge_python(forge, callers, rows[i].file, rows[i].function, 7);
	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open(scene_path("origin.memviz"), &timeline, NULL), 0);
	origin.recording = mv_timeline_recording(timeline);
	for (i = 0; i < 2 * ROWS; i++) {
		CU_ASSERT_EQUAL(mv_origin_is_module(&origin, stacks[i % ROWS]), rows[i % ROWS].is_module);
		CU_ASSERT_EQUAL(mv_origin_is_gathering(&origin, stacks[i % ROWS]), rows[i % ROWS].is_gathering);
	}
	CU_ASSERT(!mv_origin_is_gathering(&origin, callers));
	CU_ASSERT(!mv_origin_is_module(&origin, 0));
	mv_origin_release(&origin);
	mv_timeline_close(timeline);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(the_functions_that_make_parameters_are_known),
};
HARNESS_MAIN("origin", tests)
