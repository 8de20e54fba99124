/* SPDX-License-Identifier: Apache-2.0 */
/* What each family of lib/cuda tells the sink about a call: rows of the real table, calls and a driver made up here.  What
 * the simulated driver has, and what becomes of it in a recording, is in tests/gpusim.  */
#include "unit/harness.h"

#include "cuda/driver.h"
#include "cuda/family.h"
#include "cuda/owners.h"
#include "cuda/watch.h"

#define MIB ((uint64_t)1 << 20)
#define GARBAGE ((uint64_t)0x10) /* a pointer that nobody may follow */

/* ---- a driver ---- */

static int g_device;
static uint64_t g_context, g_capturing[2]; /* streams, without and with per-thread default streams */
static unsigned g_questions;		    /* about captures */

int mv_driver_current_device(void)
{
	return g_device;
}

uint64_t mv_driver_current_context(void)
{
	return g_context;
}

bool mv_driver_is_capturing(uint64_t stream, bool is_per_thread)
{
	g_questions++;
	return g_capturing[is_per_thread] == stream;
}

bool mv_driver_has_context(int device)
{
	return device == 1;
}

bool mv_driver_describe(int device, struct mv_driver_device *description)
{
	(void)device, (void)description;
	return false;
}

void mv_hook_note_start(struct mv_call *call)
{
	call->started_ns = 77;
}

const struct mv_hook_family mv_family_procaddress = {0};

/* ---- a sink ---- */

enum { TOLD_MAX = 16 };

static struct told {
	const char *what;
	struct mv_event event; /* or what else was said, in the fields that fit best */
} g_told[TOLD_MAX];
static unsigned g_told_count;

static void tell(const char *what, const struct mv_event *event)
{
	if (g_told_count < TOLD_MAX)
		g_told[g_told_count] = (struct told){what, *event};
	g_told_count++;
}

static void note(struct mv_event *event)
{
	tell("note", event);
}

static void note_free(struct mv_event *event, struct mv_undo *undo)
{
	tell("free", event);
	if (undo) {
		undo->is_set = true;
		undo->event = *event;
		undo->event.ledger = MV_LEDGER_RESERVATION;
	}
}

static void note_free_failed(struct mv_event *event, const struct mv_undo *undo)
{
	(void)undo;
	tell("free failed", event);
}

static void note_users(uint64_t handle, struct mv_users users, uint16_t api)
{
	(void)api;
	tell("users", &(struct mv_event){.address = handle, .references = (uint16_t)users.references,
					 .mappings = (uint16_t)users.mappings, .time_ns = users.before_ns});
}

static void note_opened(struct mv_event *event)
{
	tell("opened", event);
}

static void note_unmap(uint64_t address, uint64_t size_bytes, uint16_t api)
{
	(void)api;
	tell("unmap", &(struct mv_event){.address = address, .size_bytes = size_bytes});
}

static void note_hidden(uint64_t handle, uint64_t before_ns, uint16_t api)
{
	(void)api;
	tell("hidden", &(struct mv_event){.address = handle, .time_ns = before_ns});
}

static void note_context_end(uint8_t device, uint8_t context, uint64_t before_ns, uint16_t api)
{
	(void)api;
	tell("context end", &(struct mv_event){.device = device, .context = context, .time_ns = before_ns});
}

static bool wants_device(uint8_t device)
{
	(void)device;
	return false;
}

static void note_oom(const struct mv_oom_report *report)
{
	tell("oom", &(struct mv_event){.size_bytes = report->requested_bytes, .ledger = report->ledger});
}

const struct mv_sink *mv_watch_sink(void)
{
	static const struct mv_sink sink = {
		.note = note,
		.note_free = note_free,
		.note_free_failed = note_free_failed,
		.note_users = note_users,
		.note_opened = note_opened,
		.note_unmap = note_unmap,
		.note_hidden = note_hidden,
		.note_context_end = note_context_end,
		.wants_device = wants_device,
		.note_oom = note_oom,
	};

	return &sink;
}

/* ---- calls ---- */

/* NAME is called with ARGS and the driver returns RESULT; then what was told is in g_told.  */
static void call_with(const char *name, int result, const uint64_t args[6])
{
	struct mv_call call = {.hook = mv_hook_named(name), .api = 9};
	unsigned i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(call.hook);
	g_told_count = 0;
	memset(g_told, 0, sizeof g_told);
	for (i = 0; i < 6; i++)
		call.args[i] = args[i];
	if (call.hook->family->before)
		call.hook->family->before(&call);
	call.result = (uint64_t)result | 0xabcd00000000; /* what is above an int is nobody's */
	if (call.hook->family->after)
		call.hook->family->after(&call);
}

#define CALL(name, result, ...) call_with(name, result, (const uint64_t[6]){__VA_ARGS__})
#define AT(variable) ((uint64_t)(uintptr_t)(variable))

static const struct mv_event *told(unsigned i, const char *what)
{
	CU_ASSERT_FATAL(i < g_told_count && i < TOLD_MAX);
	CU_ASSERT_STRING_EQUAL_FATAL(g_told[i].what, what);
	return &g_told[i].event;
}

/* No stream is being captured, whatever the test before has left.  */
static void set_up(void)
{
	int i;

	g_device = 0;
	g_context = 0;
	g_capturing[0] = g_capturing[1] = UINT64_MAX;
	for (i = 0; i < 16; i++)
		CALL("cuStreamEndCapture", 0, 0);
	g_questions = 0;
}

/* ---- what all have in common ---- */

/* Every row is called with nothing but garbage and refused: no pointer is followed.  */
static void a_refused_call_is_not_looked_into(void)
{
	static const int refusals[] = {CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NOT_INITIALIZED, CUDA_ERROR_DEINITIALIZED};
	unsigned i, k;

	set_up();
	for (i = 0; i < MV_HOOK_COUNT; i++)
		for (k = 0; k < sizeof refusals / sizeof *refusals; k++)
			if (mv_hooks[i].home == MV_HOME_DRIVER)
				CALL(mv_hooks[i].name, refusals[k], GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE, GARBAGE);
	CU_ASSERT_EQUAL(g_told_count, 0);
}

/* So is what succeeds, for all we know, without saying where.  */
static void results_may_be_null(void)
{
	unsigned i;

	set_up();
	for (i = 0; i < MV_HOOK_COUNT; i++)
		if (mv_hooks[i].home == MV_HOME_DRIVER)
			CALL(mv_hooks[i].name, CUDA_SUCCESS, 0, 0, 0, 0, 0, 0);
	CU_ASSERT(mv_owners_take_context() == 1);
	mv_owners_drop_context(1);
}

static void memory_that_lacks_is_told_with_its_size(void)
{
	CUDA_ARRAY3D_DESCRIPTOR cube = {64, 64, 64, 0x20, 4, 0};

	set_up();
	CALL("cuArray3DCreate_v2", CUDA_ERROR_OUT_OF_MEMORY, GARBAGE, AT(&cube));
	CU_ASSERT_EQUAL(told(0, "note")->kind, MV_EVENT_ALLOC_FAILED);
	CU_ASSERT_EQUAL(told(0, "note")->size_bytes, 4 * MIB);
	CU_ASSERT_EQUAL(told(1, "oom")->size_bytes, 4 * MIB);
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

	set_up();
	g_device = 2;
	CALL("cuArrayCreate_v2", 0, AT(&handle), AT(&wide));
	CU_ASSERT_EQUAL(told(0, "note")->address, 0xa0);
	CU_ASSERT_EQUAL(told(0, "note")->size_bytes, 1024);
	CU_ASSERT_EQUAL(told(0, "note")->flags, MV_FLAG_HANDLE | MV_FLAG_ESTIMATED);
	CU_ASSERT(told(0, "note")->ledger == MV_LEDGER_DEVICE && told(0, "note")->device == 2);
	CALL("cuArrayCreate", 0, AT(&handle), AT(&narrow));
	CU_ASSERT_EQUAL(told(0, "note")->size_bytes, 1024);
}

static void a_sparse_array_has_no_memory_but_what_is_put_behind_it(void)
{
	CUDA_ARRAY3D_DESCRIPTOR sparse = {256, 256, 0, 0x20, 1, CUDA_ARRAY3D_SPARSE};
	CUarrayMapInfo parts[2] = {
		{.resource.array = (void *)0xa0, .memOperationType = CU_MEM_OPERATION_TYPE_MAP, .memHandle.memHandle = 7},
		{.resource.array = (void *)0xa0, .memOperationType = CU_MEM_OPERATION_TYPE_UNMAP},
	};
	uint64_t handle = 0xa0, address;

	set_up();
	CALL("cuArray3DCreate_v2", 0, AT(&handle), AT(&sparse));
	CU_ASSERT_EQUAL(told(0, "note")->ledger, MV_LEDGER_RESERVATION);
	CALL("cuMemMapArrayAsync", 0, AT(parts), 2, 0);
	CU_ASSERT_EQUAL_FATAL(g_told_count, 4);
	CU_ASSERT(told(1, "users")->address == 7 && told(1, "users")->mappings == 1);
	address = told(2, "note")->address;
	CU_ASSERT(told(2, "note")->ledger == MV_LEDGER_MAPPING && told(2, "note")->extra == 7);
	CU_ASSERT_EQUAL(told(3, "unmap")->address, address);
	CALL("cuArrayDestroy", 0, handle);
	CU_ASSERT_EQUAL(told(0, "free")->flags & MV_FLAG_HANDLE, MV_FLAG_HANDLE);
	CU_ASSERT_EQUAL(told(1, "hidden")->address, handle);
	CU_ASSERT_EQUAL(mv_part_address(handle, 0) >> MV_PART_BITS, address >> MV_PART_BITS);
}

/* ---- memory of others ---- */

static void what_others_have_is_marked_as_theirs(void)
{
	CUDA_EXTERNAL_MEMORY_HANDLE_DESC external = {.type = 1, .size = 3 * MIB};
	CUDA_EXTERNAL_MEMORY_BUFFER_DESC buffer = {.size = MIB};
	CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC levels = {.arrayDesc = {16, 16, 0, 0x20, 1, 0}, .numLevels = 1};
	uint64_t out = 0xb000;

	set_up();
	CALL("cuIpcOpenMemHandle_v2", 0, AT(&out), 1);
	CU_ASSERT(told(0, "opened")->flags == MV_FLAG_IMPORTED && told(0, "opened")->references == 1);
	CALL("cuIpcCloseMemHandle", 0, out);
	CU_ASSERT(told(0, "users")->address == out && told(0, "users")->references == UINT16_MAX);
	CALL("cuImportExternalMemory", 0, AT(&out), AT(&external));
	CU_ASSERT(told(0, "note")->flags == (MV_FLAG_IMPORTED | MV_FLAG_HANDLE) && told(0, "note")->size_bytes == 3 * MIB);
	CALL("cuExternalMemoryGetMappedBuffer", 0, AT(&out), 0xe0, AT(&buffer));
	CU_ASSERT(told(0, "note")->ledger == MV_LEDGER_MAPPING && told(0, "note")->extra == 0xe0);
	CU_ASSERT(told(0, "note")->flags == MV_FLAG_IMPORTED && told(0, "note")->size_bytes == MIB);
	CALL("cuExternalMemoryGetMappedMipmappedArray", 0, AT(&out), 0xe0, AT(&levels));
	CU_ASSERT(told(0, "note")->ledger == MV_LEDGER_MAPPING && told(0, "note")->size_bytes == 1024);
	CALL("cuMemPoolImportPointer", 0, AT(&out), 0xc0, GARBAGE);
	CU_ASSERT(told(0, "note")->ledger == MV_LEDGER_POOLED && told(0, "note")->flags == MV_FLAG_IMPORTED);
}

static void a_graphics_resource_is_visible_while_it_is_mapped(void)
{
	uint64_t address = 0xb000, size = 5 * MIB, resources[] = {0xd0, 0xd1};
	uint32_t narrow_address = 0xb000, narrow_size = 4096;

	set_up();
	CALL("cuGraphicsResourceGetMappedPointer_v2", 0, AT(&address), AT(&size), 0xd0);
	CU_ASSERT(told(0, "note")->ledger == MV_LEDGER_MAPPING && told(0, "note")->size_bytes == 5 * MIB);
	CU_ASSERT(told(0, "note")->extra == 0xd0 && told(0, "note")->flags == MV_FLAG_IMPORTED);
	CALL("cuGraphicsResourceGetMappedPointer", 0, AT(&narrow_address), AT(&narrow_size), 0xd0);
	CU_ASSERT(told(0, "note")->address == 0xb000 && told(0, "note")->size_bytes == 4096);
	CALL("cuGraphicsUnmapResources", 0, 2, AT(resources), 0);
	CU_ASSERT(told(0, "hidden")->address == 0xd0 && told(1, "hidden")->address == 0xd1);
	CU_ASSERT_EQUAL(told(0, "hidden")->time_ns, 77);
	CALL("cuGraphicsUnregisterResource", 0, 0xd0);
	CU_ASSERT(told(0, "hidden")->address == 0xd0 && g_told_count == 1);
}

static void a_multicast_object_is_no_memory(void)
{
	CUmulticastObjectProp prop = {.numDevices = 4, .size = 8 * MIB};
	uint64_t handle = 0x70;

	set_up();
	CALL("cuMulticastCreate", 0, AT(&handle), AT(&prop));
	CU_ASSERT(told(0, "note")->ledger == MV_LEDGER_RESERVATION && told(0, "note")->size_bytes == 8 * MIB);
	CU_ASSERT(told(0, "note")->references == 1 && told(0, "note")->flags == MV_FLAG_HANDLE);
	CALL("cuMulticastBindMem", 0, handle, 0, 0x71, 0, 2 * MIB, 0);
	CU_ASSERT(told(0, "note")->kind == MV_EVENT_CALL && told(0, "note")->size_bytes == 2 * MIB);
	CALL("cuMulticastBindMem_v2", 0, handle, 3, 0, 0x71, 0, 2 * MIB);
	CU_ASSERT(told(0, "note")->device == 3 && told(0, "note")->extra == 0x71);
}

/* ---- pools ---- */

static void what_a_pool_hands_out_lies_where_the_pool_does(void)
{
	CUmemPoolProps props = {.location = {CU_MEM_LOCATION_TYPE_DEVICE, 3}};
	CUmemLocation location = {CU_MEM_LOCATION_TYPE_DEVICE, 5};
	uint64_t pool = 0xc0, theirs = 0xc1, located = 0xc2, address = 0xb000;

	set_up();
	CALL("cuMemPoolCreate", 0, AT(&pool), AT(&props));
	CU_ASSERT(told(0, "note")->role == MV_CHANGE_POOL_BEGIN && told(0, "note")->device == 3);
	CALL("cuMemAllocFromPoolAsync", 0, AT(&address), MIB, pool, 0);
	CU_ASSERT_EQUAL(told(0, "note")->device, 3);
	CALL("cuDeviceGetDefaultMemPool", 0, AT(&theirs), 4);
	CALL("cuMemAllocFromPoolAsync_ptsz", 0, AT(&address), MIB, theirs, 0);
	CU_ASSERT_EQUAL(told(0, "note")->device, 4);
	CALL("cuMemGetMemPool", 0, AT(&located), AT(&location), 1);
	CALL("cuMemAllocFromPoolAsync", 0, AT(&address), MIB, located, 0);
	CU_ASSERT_EQUAL(told(0, "note")->device, 5);
	CALL("cuMemPoolDestroy", CUDA_ERROR_INVALID_VALUE, pool);
	CALL("cuMemAllocFromPoolAsync", 0, AT(&address), MIB, pool, 0);
	CU_ASSERT_EQUAL(told(0, "note")->device, 3);
	CALL("cuMemPoolDestroy", 0, pool);
	CU_ASSERT(told(0, "note")->role == MV_CHANGE_POOL_END && told(0, "note")->device == 3);
	CALL("cuMemAllocFromPoolAsync", 0, AT(&address), MIB, pool, 0);
	CU_ASSERT_EQUAL(told(0, "note")->device, 0);
}

/* ---- graphs ---- */

static void only_captured_streams_make_captured_memory(void)
{
	uint64_t address = 0xb000;

	set_up();
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 5);
	CU_ASSERT(!told(0, "note")->flags && !g_questions);
	CALL("cuStreamBeginCapture_v2", CUDA_ERROR_INVALID_VALUE, 5, 0);
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 5);
	CU_ASSERT_EQUAL(g_questions, 0);
	CALL("cuStreamBeginCapture_v2", 0, 5, 0);
	g_capturing[0] = 5;
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 5);
	CU_ASSERT_EQUAL(told(0, "note")->flags, MV_FLAG_CAPTURED);
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 6);
	CU_ASSERT_EQUAL(told(0, "note")->flags, 0);
	CALL("cuMemAllocAsync_ptsz", 0, AT(&address), MIB, 5);
	CU_ASSERT_EQUAL(told(0, "note")->flags, 0);
	CALL("cuMemFreeAsync", 0, address, 5);
	CU_ASSERT_EQUAL(told(0, "free")->flags, MV_FLAG_CAPTURED);
	CALL("cuStreamEndCapture", CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, 5, 0);
	CALL("cuStreamEndCapture", 0, 5, 0);
	g_questions = 0;
	CALL("cuMemAllocAsync", 0, AT(&address), MIB, 5);
	CU_ASSERT_EQUAL(g_questions, 0);
}

static void nodes_make_captured_memory_in_every_way(void)
{
	CUDA_MEM_ALLOC_NODE_PARAMS alloc = {.poolProps.location = {CU_MEM_LOCATION_TYPE_DEVICE, 2}, .bytesize = MIB,
					    .dptr = 0xb000};
	struct mv_graph_node_params makes = {.type = CU_GRAPH_NODE_TYPE_MEM_ALLOC, .alloc = alloc};
	struct mv_graph_node_params frees = {.type = CU_GRAPH_NODE_TYPE_MEM_FREE, .free = 0xb000}, other = {.type = 0};

	set_up();
	CALL("cuGraphAddMemAllocNode", 0, GARBAGE, 0, 0, 0, AT(&alloc));
	CU_ASSERT(told(0, "note")->flags == MV_FLAG_CAPTURED && told(0, "note")->address == 0xb000);
	CU_ASSERT(told(0, "note")->device == 2 && told(0, "note")->size_bytes == MIB);
	CALL("cuGraphAddNode", 0, GARBAGE, 0, 0, 0, AT(&makes));
	CU_ASSERT(told(0, "note")->flags == MV_FLAG_CAPTURED && told(0, "note")->size_bytes == MIB);
	CALL("cuGraphAddNode_v2", 0, GARBAGE, 0, 0, 0, 0, AT(&makes));
	CU_ASSERT(told(0, "note")->flags == MV_FLAG_CAPTURED && told(0, "note")->size_bytes == MIB);
	CALL("cuGraphAddMemFreeNode", 0, GARBAGE, 0, 0, 0, 0xb000);
	CU_ASSERT(told(0, "free")->flags == MV_FLAG_CAPTURED && told(0, "free")->address == 0xb000);
	CALL("cuGraphAddNode_v2", 0, GARBAGE, 0, 0, 0, 0, AT(&frees));
	CU_ASSERT(told(0, "free")->flags == MV_FLAG_CAPTURED && told(0, "free")->address == 0xb000);
	CALL("cuGraphAddNode", 0, GARBAGE, 0, 0, 0, AT(&other));
	CU_ASSERT_EQUAL(g_told_count, 0);
}

/* ---- contexts ---- */

static void a_context_ends_with_its_own_memory(void)
{
	uint64_t first = 0xf0, second = 0xf1, address = 0xb000;
	uint8_t number;

	set_up();
	CALL("cuCtxCreate_v2", 0, AT(&first), 0, 1);
	CU_ASSERT(told(0, "note")->role == MV_CHANGE_CONTEXT_BEGIN && told(0, "note")->device == 1);
	CALL("cuCtxCreate_v4", 0, AT(&second), 0, 0, 2);
	CU_ASSERT_EQUAL(told(0, "note")->device, 2);
	g_context = second;
	CALL("cuMemAlloc_v2", 0, AT(&address), MIB);
	number = told(0, "note")->context;
	g_context = 0xff;
	CALL("cuMemAlloc_v2", 0, AT(&address), MIB);
	CU_ASSERT(number && !told(0, "note")->context);
	CALL("cuCtxDestroy_v2", CUDA_ERROR_INVALID_CONTEXT, second);
	CU_ASSERT_EQUAL(g_told_count, 0);
	CALL("cuCtxDestroy_v2", 0, second);
	CU_ASSERT(told(0, "context end")->device == 2 && told(0, "context end")->context == number);
	CU_ASSERT_EQUAL(told(1, "note")->role, MV_CHANGE_CONTEXT_END);
	CALL("cuCtxDestroy", 0, first);
	CU_ASSERT_EQUAL(told(0, "context end")->device, 1);
	CALL("cuCtxDestroy_v2", 0, 0xdead);
	CU_ASSERT(g_told_count == 1 && told(0, "note")->role == MV_CHANGE_CONTEXT_END);
	CU_ASSERT(!mv_owners_has_contexts());
}

static void a_primary_context_ends_when_the_last_one_leaves(void)
{
	set_up();
	CALL("cuDevicePrimaryCtxRelease_v2", 0, 1);
	CU_ASSERT_EQUAL(g_told_count, 0);
	CALL("cuDevicePrimaryCtxRelease_v2", 0, 2);
	CU_ASSERT(told(0, "context end")->device == 2 && !told(0, "context end")->context);
	CALL("cuDevicePrimaryCtxReset", 0, 1);
	CU_ASSERT_EQUAL(told(0, "context end")->device, 1);
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

	set_up();
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct mv_event *event;

		call_with(cases[i].name, 0, cases[i].args);
		event = told(0, "note");
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

	set_up();
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		CALL(names[i], 0, AT(&handle), GARBAGE);
		CU_ASSERT(told(0, "note")->role == MV_CHANGE_MODULE_BEGIN && told(0, "note")->address == 0x12);
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
	HARNESS_TEST(a_refused_call_is_not_looked_into),
	HARNESS_TEST(results_may_be_null),
	HARNESS_TEST(memory_that_lacks_is_told_with_its_size),
	HARNESS_TEST(devices_beyond_the_last_are_the_last),
	HARNESS_TEST(the_size_of_an_array_follows_its_format),
	HARNESS_TEST(levels_halve_until_there_is_one_element),
	HARNESS_TEST(arrays_are_device_memory_behind_a_handle),
	HARNESS_TEST(a_sparse_array_has_no_memory_but_what_is_put_behind_it),
	HARNESS_TEST(what_others_have_is_marked_as_theirs),
	HARNESS_TEST(a_graphics_resource_is_visible_while_it_is_mapped),
	HARNESS_TEST(a_multicast_object_is_no_memory),
	HARNESS_TEST(what_a_pool_hands_out_lies_where_the_pool_does),
	HARNESS_TEST(only_captured_streams_make_captured_memory),
	HARNESS_TEST(nodes_make_captured_memory_in_every_way),
	HARNESS_TEST(a_context_ends_with_its_own_memory),
	HARNESS_TEST(a_primary_context_ends_when_the_last_one_leaves),
	HARNESS_TEST(calls_that_change_hidden_memory_say_what_they_did),
	HARNESS_TEST(what_is_loaded_is_known_by_its_handle),
	HARNESS_TEST(owners_are_found_until_they_are_removed),
};
HARNESS_MAIN("families", tests)
