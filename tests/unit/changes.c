/* SPDX-License-Identifier: Apache-2.0 */
/* What the families of lib/cuda tell the sink about calls: pools, graphs, contexts, and what no ledger shows.  */
#include "unit/harness.h"

#include "cuda/owners.h"
#include "support/hooked.h"

#define MIB HOOKED_MIB
#define GARBAGE HOOKED_GARBAGE
#define AT HOOKED_AT
#define CALL HOOKED_CALL

/* ---- pools ---- */

static void what_a_pool_hands_out_lies_where_the_pool_does(void)
{
	CUmemPoolProps props = {.location = {CU_MEM_LOCATION_TYPE_DEVICE, 3}};
	CUmemLocation location = {CU_MEM_LOCATION_TYPE_DEVICE, 5};
	uint64_t pool = 0xc0, theirs = 0xc1, located = 0xc2, address = 0xb000;

	hooked_set_up();
	CALL("cuMemPoolCreate", 0, AT(&pool), AT(&props));
	CU_ASSERT(hooked_told(0, "note")->role == MV_CHANGE_POOL_BEGIN && hooked_told(0, "note")->device == 3);
	CALL("cuMemAllocFromPoolAsync", 0, AT(&address), MIB, pool, 0);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->device, 3);
	CALL("cuDeviceGetDefaultMemPool", 0, AT(&theirs), 4);
	CALL("cuMemAllocFromPoolAsync_ptsz", 0, AT(&address), MIB, theirs, 0);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->device, 4);
	CALL("cuMemGetMemPool", 0, AT(&located), AT(&location), 1);
	CALL("cuMemAllocFromPoolAsync", 0, AT(&address), MIB, located, 0);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->device, 5);
	CALL("cuMemPoolDestroy", CUDA_ERROR_INVALID_VALUE, pool);
	CALL("cuMemAllocFromPoolAsync", 0, AT(&address), MIB, pool, 0);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->device, 3);
	CALL("cuMemPoolDestroy", 0, pool);
	CU_ASSERT(hooked_told(0, "note")->role == MV_CHANGE_POOL_END && hooked_told(0, "note")->device == 3);
	CALL("cuMemAllocFromPoolAsync", 0, AT(&address), MIB, pool, 0);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->device, 0);
}

/* ---- graphs ---- */

static void only_captured_streams_make_captured_memory(void)
{
	uint64_t address = 0xb000;

	hooked_set_up();
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 5);
	CU_ASSERT(!hooked_told(0, "note")->flags && !hooked_driver.questions);
	CALL("cuStreamBeginCapture_v2", CUDA_ERROR_INVALID_VALUE, 5, 0);
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 5);
	CU_ASSERT_EQUAL(hooked_driver.questions, 0);
	CALL("cuStreamBeginCapture_v2", 0, 5, 0);
	hooked_driver.capturing[0] = 5;
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 5);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->flags, MV_FLAG_CAPTURED);
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 6);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->flags, 0);
	CALL("cuMemAllocAsync_ptsz", 0, AT(&address), MIB, 5);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->flags, 0);
	CALL("cuMemFreeAsync", 0, address, 5);
	CU_ASSERT_EQUAL(hooked_told(0, "free")->flags, MV_FLAG_CAPTURED);
	CALL("cuStreamEndCapture", CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, 5, 0);
	CALL("cuStreamEndCapture", 0, 5, 0);
	hooked_driver.questions = 0;
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 5);
	CU_ASSERT_EQUAL(hooked_driver.questions, 0);
}

static void nodes_make_captured_memory_in_every_way(void)
{
	CUDA_MEM_ALLOC_NODE_PARAMS alloc = {.poolProps.location = {CU_MEM_LOCATION_TYPE_DEVICE, 2}, .bytesize = MIB,
					    .dptr = 0xb000};
	struct mv_graph_node_params makes = {.type = CU_GRAPH_NODE_TYPE_MEM_ALLOC, .alloc = alloc};
	struct mv_graph_node_params frees = {.type = CU_GRAPH_NODE_TYPE_MEM_FREE, .free = 0xb000}, other = {.type = 0};

	hooked_set_up();
	CALL("cuGraphAddMemAllocNode", 0, GARBAGE, 0, 0, 0, AT(&alloc));
	CU_ASSERT(hooked_told(0, "note")->flags == MV_FLAG_CAPTURED && hooked_told(0, "note")->address == 0xb000);
	CU_ASSERT(hooked_told(0, "note")->device == 2 && hooked_told(0, "note")->size_bytes == MIB);
	CALL("cuGraphAddNode", 0, GARBAGE, 0, 0, 0, AT(&makes));
	CU_ASSERT(hooked_told(0, "note")->flags == MV_FLAG_CAPTURED && hooked_told(0, "note")->size_bytes == MIB);
	CALL("cuGraphAddNode_v2", 0, GARBAGE, 0, 0, 0, 0, AT(&makes));
	CU_ASSERT(hooked_told(0, "note")->flags == MV_FLAG_CAPTURED && hooked_told(0, "note")->size_bytes == MIB);
	CALL("cuGraphAddMemFreeNode", 0, GARBAGE, 0, 0, 0, 0xb000);
	CU_ASSERT(hooked_told(0, "free")->flags == MV_FLAG_CAPTURED && hooked_told(0, "free")->address == 0xb000);
	CALL("cuGraphAddNode_v2", 0, GARBAGE, 0, 0, 0, 0, AT(&frees));
	CU_ASSERT(hooked_told(0, "free")->flags == MV_FLAG_CAPTURED && hooked_told(0, "free")->address == 0xb000);
	CALL("cuGraphAddNode", 0, GARBAGE, 0, 0, 0, AT(&other));
	CU_ASSERT_EQUAL(hooked_told_count(), 0);
}

/* ---- contexts ---- */

static void a_context_ends_with_its_own_memory(void)
{
	uint64_t first = 0xf0, second = 0xf1, address = 0xb000;
	uint8_t number;

	hooked_set_up();
	CALL("cuCtxCreate_v2", 0, AT(&first), 0, 1);
	CU_ASSERT(hooked_told(0, "note")->role == MV_CHANGE_CONTEXT_BEGIN && hooked_told(0, "note")->device == 1);
	CALL("cuCtxCreate_v4", 0, AT(&second), 0, 0, 2);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->device, 2);
	hooked_driver.context = second;
	CALL("cuMemAlloc_v2", 0, AT(&address), MIB);
	number = hooked_told(0, "note")->context;
	hooked_driver.context = 0xff;
	CALL("cuMemAlloc_v2", 0, AT(&address), MIB);
	CU_ASSERT(number && !hooked_told(0, "note")->context);
	CALL("cuCtxDestroy_v2", CUDA_ERROR_INVALID_CONTEXT, second);
	CU_ASSERT_EQUAL(hooked_told_count(), 0);
	CALL("cuCtxDestroy_v2", 0, second);
	CU_ASSERT(hooked_told(0, "context end")->device == 2 && hooked_told(0, "context end")->context == number);
	CU_ASSERT_EQUAL(hooked_told(1, "note")->role, MV_CHANGE_CONTEXT_END);
	CALL("cuCtxDestroy", 0, first);
	CU_ASSERT_EQUAL(hooked_told(0, "context end")->device, 1);
	CALL("cuCtxDestroy_v2", 0, 0xdead);
	CU_ASSERT(hooked_told_count() == 1 && hooked_told(0, "note")->role == MV_CHANGE_CONTEXT_END);
	CU_ASSERT(!mv_owners_has_contexts());
}

static void a_primary_context_ends_when_the_last_one_leaves(void)
{
	hooked_set_up();
	CALL("cuDevicePrimaryCtxRelease_v2", 0, HOOKED_ALIVE);
	CU_ASSERT_EQUAL(hooked_told_count(), 0);
	CALL("cuDevicePrimaryCtxRelease_v2", 0, HOOKED_MUTE);
	CU_ASSERT_EQUAL(hooked_told_count(), 0);
	CALL("cuDevicePrimaryCtxRelease_v2", 0, 2);
	CU_ASSERT(hooked_told(0, "context end")->device == 2 && !hooked_told(0, "context end")->context);
	CALL("cuDevicePrimaryCtxReset", 0, 1);
	CU_ASSERT_EQUAL(hooked_told(0, "context end")->device, 1);
}

/* ---- what no ledger shows ---- */

static void calls_that_change_hidden_memory_say_what_they_did(void)
{
	static const struct {
		const char *name;
		uint64_t args[6];
		uint8_t change;
		uint64_t object, size, extra;
	} cases[] = {
		{"cuCtxSetLimit", {0x500000002, 4096}, MV_CHANGE_LIMIT, 0, 4096, 2},
		{"cuModuleUnload", {0x11}, MV_CHANGE_MODULE_END, 0x11, 0, 0},
		{"cuLibraryUnload", {0x11}, MV_CHANGE_MODULE_END, 0x11, 0, 0},
		{"cuGraphExecDestroy", {0x11}, MV_CHANGE_GRAPH_END, 0x11, 0, 0},
		{"cuGraphUpload_ptsz", {0x11, 2}, MV_CHANGE_GRAPH_MEMORY, 0x11, 0, 0},
		{"cuMemPoolTrimTo", {0x11, 512}, MV_CHANGE_POOL_SET, 0x11, 512, 0},
		{"cuMemExportToShareableHandle", {GARBAGE, 0x11}, MV_CHANGE_EXPORT, 0x11, 0, 0},
		{"cuCheckpointProcessCheckpoint", {123}, MV_CHANGE_CHECKPOINT, 0, 0, 123},
		{"cuCheckpointProcessRestore", {123}, MV_CHANGE_RESTORE, 0, 0, 123},
	};
	size_t i;

	hooked_set_up();
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct mv_event *event;

		hooked_call(cases[i].name, 0, cases[i].args);
		event = hooked_told(0, "note");
		CU_ASSERT(event->kind == MV_EVENT_CALL && event->role == cases[i].change && event->api == 9);
		CU_ASSERT(event->address == cases[i].object && event->size_bytes == cases[i].size);
		CU_ASSERT_EQUAL(event->extra, cases[i].extra);
	}
}

static void what_is_loaded_is_known_by_its_handle(void)
{
	static const char *const names[] = {"cuModuleLoad", "cuModuleLoadData", "cuModuleLoadDataEx",
					    "cuModuleLoadFatBinary", "cuLibraryLoadData", "cuLibraryLoadFromFile"};
	uint64_t handle = 0x12;
	size_t i;

	hooked_set_up();
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		CALL(names[i], 0, AT(&handle), GARBAGE);
		CU_ASSERT(hooked_told(0, "note")->role == MV_CHANGE_MODULE_BEGIN && hooked_told(0, "note")->address == 0x12);
	}
}

/* ---- owners ---- */

static void owners_are_found_until_they_are_removed(void)
{
	struct mv_owner owner = {0};
	uint64_t i, known = 0;

	for (i = 1; i <= 300; i++)
		mv_owners_add(i << 12, (struct mv_owner){.device = (uint8_t)i});
	for (i = 1; i <= 300; i++)
		known += mv_owners_find(i << 12, &owner) && owner.device == (uint8_t)i;
	CU_ASSERT(known > 290);
	for (i = 1; i <= 300; i++)
		mv_owners_remove(i << 12);
	for (i = 1, known = 0; i <= 300; i++)
		known += mv_owners_find(i << 12, &owner);
	CU_ASSERT_EQUAL(known, 0);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(what_a_pool_hands_out_lies_where_the_pool_does),
	HARNESS_TEST(only_captured_streams_make_captured_memory),
	HARNESS_TEST(nodes_make_captured_memory_in_every_way),
	HARNESS_TEST(a_context_ends_with_its_own_memory),
	HARNESS_TEST(a_primary_context_ends_when_the_last_one_leaves),
	HARNESS_TEST(calls_that_change_hidden_memory_say_what_they_did),
	HARNESS_TEST(what_is_loaded_is_known_by_its_handle),
	HARNESS_TEST(owners_are_found_until_they_are_removed),
};
HARNESS_MAIN("changes", tests)
