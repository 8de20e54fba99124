/* SPDX-License-Identifier: Apache-2.0 */
/* What the families of lib/cuda tell the sink about calls: what all have in common, arrays, memory of others.  What the
 * simulated driver has, and what becomes of it in a recording, is in tests/gpusim.  */
#include "unit/harness.h"

#include "cuda/owners.h"
#include "support/hooked.h"

#define MIB HOOKED_MIB
#define GARBAGE HOOKED_GARBAGE
#define AT HOOKED_AT
#define CALL HOOKED_CALL

/* ---- what all have in common ---- */

/* Every row is called with nothing but garbage and refused: no pointer is followed.  */
static void a_refused_call_is_not_looked_into(void)
{
	static const int refusals[] = {CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NOT_INITIALIZED, CUDA_ERROR_DEINITIALIZED};
	unsigned i, k;

	hooked_set_up();
	for (i = 0; i < MV_HOOK_COUNT; i++)
		for (k = 0; k < sizeof refusals / sizeof *refusals; k++)
			if (mv_hooks[i].home == MV_HOME_DRIVER)
				CALL(mv_hooks[i].name, refusals[k], GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE);
	CU_ASSERT_EQUAL(hooked_told_count(), 0);
}

/* So is what succeeds, for all we know, without saying where.  */
static void results_may_be_null(void)
{
	unsigned i;

	hooked_set_up();
	for (i = 0; i < MV_HOOK_COUNT; i++)
		if (mv_hooks[i].home == MV_HOME_DRIVER)
			CALL(mv_hooks[i].name, CUDA_SUCCESS, 0, 0, 0, 0, 0, 0);
	CU_ASSERT(mv_owners_take_context() == 1);
	mv_owners_drop_context(1);
}

static void memory_that_lacks_is_told_with_its_size(void)
{
	CUDA_ARRAY3D_DESCRIPTOR cube = {64, 64, 64, 0x20, 4, 0};

	hooked_set_up();
	CALL("cuArray3DCreate_v2", CUDA_ERROR_OUT_OF_MEMORY, GARBAGE, AT(&cube));
	CU_ASSERT_EQUAL(hooked_told(0, "note")->kind, MV_EVENT_ALLOC_FAILED);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->size_bytes, 4 * MIB);
	CU_ASSERT_EQUAL(hooked_told(1, "oom")->size_bytes, 4 * MIB);
}

static void a_card_is_told_of_only_where_memory_was_to_lie(void)
{
	CUmemAllocationProp on_third = {.location = {CU_MEM_LOCATION_TYPE_DEVICE, 2}};
	CUmemAllocationProp on_host = {.location = {CU_MEM_LOCATION_TYPE_HOST, 0}};
	CUmulticastObjectProp team = {.numDevices = 4, .size = 8 * MIB};

	hooked_set_up();
	CALL("cuMemCreate", CUDA_ERROR_OUT_OF_MEMORY, GARBAGE, MIB, AT(&on_host));
	CU_ASSERT_EQUAL(hooked_told(0, "note")->ledger, MV_LEDGER_HOST);
	CALL("cuMulticastCreate", CUDA_ERROR_OUT_OF_MEMORY, GARBAGE, AT(&team));
	CU_ASSERT_EQUAL(hooked_told(1, "oom")->size_bytes, 8 * MIB);
	CU_ASSERT_EQUAL(hooked_driver.introduced, 0);
	CALL("cuMemCreate", CUDA_ERROR_OUT_OF_MEMORY, GARBAGE, MIB, AT(&on_third));
	CU_ASSERT_EQUAL(hooked_driver.introduced, 1 << 2);
}

static void devices_beyond_the_last_are_the_last(void)
{
	CU_ASSERT_EQUAL(mv_hook_device(-1), 0);
	CU_ASSERT_EQUAL(mv_hook_device(15), 15);
	CU_ASSERT_EQUAL(mv_hook_device(300), UINT8_MAX);
}

/* ---- arrays ---- */

static void the_size_of_an_array_follows_its_format(void)
{
	static const struct {
		int format;
		unsigned channels;
		uint64_t bytes; /* of 10 by 6 elements */
	} cases[] = {
		{0x01, 4, 240},	 {0x10, 2, 240}, {0x20, 1, 240}, {0x91, 4, 48},	 {0x9e, 4, 96}, {0xb0, 3, 90},
		{0x9f, 3, 180},	 {0xc2, 4, 240}, {0xc5, 4, 480}, {0x50, 4, 240}, {0xb3, 3, 360}, {0x7fff, 2, 480},
		{-5, 1, 240},
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		CUDA_ARRAY3D_DESCRIPTOR flat = {10, 6, 0, cases[i].format, cases[i].channels, 0};

		CU_ASSERT_EQUAL(mv_hook_array_bytes(&flat, 1), cases[i].bytes);
	}
}

static void levels_halve_until_there_is_one_element(void)
{
	CUDA_ARRAY3D_DESCRIPTOR cube = {4, 4, 4, 0x01, 1, 0}, layers = {4, 4, 6, 0x01, 1, CUDA_ARRAY3D_LAYERED};
	CUDA_ARRAY3D_DESCRIPTOR row = {4, 0, 0, 0x01, 1, 0}, huge = {SIZE_MAX, SIZE_MAX, 9, 0x20, 4, 0};

	CU_ASSERT_EQUAL(mv_hook_array_bytes(&cube, 2), 64 + 8);
	CU_ASSERT_EQUAL(mv_hook_array_bytes(&cube, 1000), 64 + 8 + 1);
	CU_ASSERT_EQUAL(mv_hook_array_bytes(&layers, 3), 96 + 24 + 6);
	CU_ASSERT_EQUAL(mv_hook_array_bytes(&layers, 0xffffffff), 96 + 24 + 6);
	CU_ASSERT_EQUAL(mv_hook_array_bytes(&row, 8), 4 + 2 + 1);
	CU_ASSERT_EQUAL(mv_hook_array_bytes(&huge, 8), UINT64_MAX);
}

static void arrays_are_device_memory_behind_a_handle(void)
{
	CUDA_ARRAY_DESCRIPTOR_v1 narrow = {16, 16, 0x20, 1};
	CUDA_ARRAY_DESCRIPTOR wide = {16, 16, 0x20, 1};
	uint64_t handle = 0xa0;

	hooked_set_up();
	hooked_driver.device = 2;
	CALL("cuArrayCreate_v2", 0, AT(&handle), AT(&wide));
	CU_ASSERT_EQUAL(hooked_told(0, "note")->address, 0xa0);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->size_bytes, 1024);
	CU_ASSERT_EQUAL(hooked_told(0, "note")->flags, MV_FLAG_HANDLE | MV_FLAG_ESTIMATED);
	CU_ASSERT(hooked_told(0, "note")->ledger == MV_LEDGER_DEVICE && hooked_told(0, "note")->device == 2);
	CALL("cuArrayCreate", 0, AT(&handle), AT(&narrow));
	CU_ASSERT_EQUAL(hooked_told(0, "note")->size_bytes, 1024);
}

static void a_sparse_array_has_no_memory_but_what_is_put_behind_it(void)
{
	CUDA_ARRAY3D_DESCRIPTOR sparse = {256, 256, 0, 0x20, 1, CUDA_ARRAY3D_SPARSE};
	CUarrayMapInfo parts[2] = {
		{.resource.array = (void *)0xa0, .memOperationType = CU_MEM_OPERATION_TYPE_MAP, .memHandle.memHandle = 7},
		{.resource.array = (void *)0xa0, .memOperationType = CU_MEM_OPERATION_TYPE_UNMAP},
	};
	uint64_t handle = 0xa0, address;

	hooked_set_up();
	CALL("cuArray3DCreate_v2", 0, AT(&handle), AT(&sparse));
	CU_ASSERT_EQUAL(hooked_told(0, "note")->ledger, MV_LEDGER_RESERVATION);
	CALL("cuMemMapArrayAsync", 0, AT(parts), 2, 0);
	CU_ASSERT_EQUAL_FATAL(hooked_told_count(), 4);
	CU_ASSERT(hooked_told(1, "users")->address == 7 && hooked_told(1, "users")->mappings == 1);
	address = hooked_told(2, "note")->address;
	CU_ASSERT(hooked_told(2, "note")->ledger == MV_LEDGER_MAPPING && hooked_told(2, "note")->extra == 7);
	CU_ASSERT_EQUAL(hooked_told(3, "unmap")->address, address);
	CALL("cuArrayDestroy", 0, handle);
	CU_ASSERT_EQUAL(hooked_told(0, "free")->flags & MV_FLAG_HANDLE, MV_FLAG_HANDLE);
	CU_ASSERT_EQUAL(hooked_told(1, "hidden")->address, handle);
	CU_ASSERT_EQUAL(mv_part_address(handle, 0) >> MV_PART_BITS, address >> MV_PART_BITS);
}

/* ---- memory of others ---- */

static void what_others_have_is_marked_as_theirs(void)
{
	CUDA_EXTERNAL_MEMORY_HANDLE_DESC external = {.type = 1, .size = 3 * MIB};
	CUDA_EXTERNAL_MEMORY_BUFFER_DESC buffer = {.size = MIB};
	CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC levels = {.arrayDesc = {16, 16, 0, 0x20, 1, 0}, .numLevels = 1};
	uint64_t out = 0xb000;

	hooked_set_up();
	CALL("cuIpcOpenMemHandle_v2", 0, AT(&out), 1);
	CU_ASSERT(hooked_told(0, "opened")->flags == MV_FLAG_IMPORTED && hooked_told(0, "opened")->references == 1);
	CALL("cuIpcCloseMemHandle", 0, out);
	CU_ASSERT(hooked_told(0, "users")->address == out && hooked_told(0, "users")->references == UINT16_MAX);
	CALL("cuImportExternalMemory", 0, AT(&out), AT(&external));
	CU_ASSERT(hooked_told(0, "note")->flags == (MV_FLAG_IMPORTED | MV_FLAG_HANDLE) && hooked_told(0, "note")->size_bytes == 3 * MIB);
	CALL("cuExternalMemoryGetMappedBuffer", 0, AT(&out), 0xe0, AT(&buffer));
	CU_ASSERT(hooked_told(0, "note")->ledger == MV_LEDGER_MAPPING && hooked_told(0, "note")->extra == 0xe0);
	CU_ASSERT(hooked_told(0, "note")->flags == MV_FLAG_IMPORTED && hooked_told(0, "note")->size_bytes == MIB);
	CALL("cuExternalMemoryGetMappedMipmappedArray", 0, AT(&out), 0xe0, AT(&levels));
	CU_ASSERT(hooked_told(0, "note")->ledger == MV_LEDGER_MAPPING && hooked_told(0, "note")->size_bytes == 1024);
	CALL("cuMemPoolImportPointer", 0, AT(&out), 0xc0, GARBAGE);
	CU_ASSERT(hooked_told(0, "note")->ledger == MV_LEDGER_POOLED && hooked_told(0, "note")->flags == MV_FLAG_IMPORTED);
}

static void a_graphics_resource_is_visible_while_it_is_mapped(void)
{
	uint64_t address = 0xb000, size = 5 * MIB, resources[] = {0xd0, 0xd1};
	uint32_t narrow_address = 0xb000, narrow_size = 4096;

	hooked_set_up();
	CALL("cuGraphicsResourceGetMappedPointer_v2", 0, AT(&address), AT(&size), 0xd0);
	CU_ASSERT(hooked_told(0, "note")->ledger == MV_LEDGER_MAPPING && hooked_told(0, "note")->size_bytes == 5 * MIB);
	CU_ASSERT(hooked_told(0, "note")->extra == 0xd0 && hooked_told(0, "note")->flags == MV_FLAG_IMPORTED);
	CALL("cuGraphicsResourceGetMappedPointer", 0, AT(&narrow_address), AT(&narrow_size), 0xd0);
	CU_ASSERT(hooked_told(0, "note")->address == 0xb000 && hooked_told(0, "note")->size_bytes == 4096);
	CALL("cuGraphicsUnmapResources", 0, 2, AT(resources), 0);
	CU_ASSERT(hooked_told(0, "hidden")->address == 0xd0 && hooked_told(1, "hidden")->address == 0xd1);
	CU_ASSERT_EQUAL(hooked_told(0, "hidden")->time_ns, 77);
	CALL("cuGraphicsUnregisterResource", 0, 0xd0);
	CU_ASSERT(hooked_told(0, "hidden")->address == 0xd0 && hooked_told_count() == 1);
}

static void a_multicast_object_is_no_memory(void)
{
	CUmulticastObjectProp prop = {.numDevices = 4, .size = 8 * MIB};
	uint64_t handle = 0x70;

	hooked_set_up();
	CALL("cuMulticastCreate", 0, AT(&handle), AT(&prop));
	CU_ASSERT(hooked_told(0, "note")->ledger == MV_LEDGER_RESERVATION && hooked_told(0, "note")->size_bytes == 8 * MIB);
	CU_ASSERT(hooked_told(0, "note")->references == 1 && hooked_told(0, "note")->flags == MV_FLAG_HANDLE);
	CALL("cuMulticastBindMem", 0, handle, 0, 0x71, 0, 2 * MIB, 0);
	CU_ASSERT(hooked_told(0, "note")->kind == MV_EVENT_CALL && hooked_told(0, "note")->size_bytes == 2 * MIB);
	CALL("cuMulticastBindMem_v2", 0, handle, 3, 0, 0x71, 0, 2 * MIB);
	CU_ASSERT(hooked_told(0, "note")->device == 3 && hooked_told(0, "note")->extra == 0x71);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_refused_call_is_not_looked_into),
	HARNESS_TEST(results_may_be_null),
	HARNESS_TEST(memory_that_lacks_is_told_with_its_size),
	HARNESS_TEST(a_card_is_told_of_only_where_memory_was_to_lie),
	HARNESS_TEST(devices_beyond_the_last_are_the_last),
	HARNESS_TEST(the_size_of_an_array_follows_its_format),
	HARNESS_TEST(levels_halve_until_there_is_one_element),
	HARNESS_TEST(arrays_are_device_memory_behind_a_handle),
	HARNESS_TEST(a_sparse_array_has_no_memory_but_what_is_put_behind_it),
	HARNESS_TEST(what_others_have_is_marked_as_theirs),
	HARNESS_TEST(a_graphics_resource_is_visible_while_it_is_mapped),
	HARNESS_TEST(a_multicast_object_is_no_memory),
};
HARNESS_MAIN("families", tests)
