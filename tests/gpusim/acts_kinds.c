/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is not asked for as plain bytes, memory of others, and what takes memory without being asked for any.  */
#include "gpusim/acts.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/api/cuda_copy.h"
#include "gpusim/api/cuda_graph.h"
#include "gpusim/api/cuda_module.h"
#include "gpusim/api/cuda_stream.h"

/* ---- arrays ---- */

/* 1 MiB flat, 2 MiB cubic, and levels of 64 KiB and 16 KiB; the flat one ends.  */
static void arrays(void)
{
	CUDA_ARRAY_DESCRIPTOR flat = {512, 512, 0x20, 1};
	CUDA_ARRAY3D_DESCRIPTOR cube = {64, 64, 64, 0x10, 4, 0}, levels = {128, 128, 0, 0x20, 1, 0};
	CUmipmappedArray mipmap;
	CUarray first, second, level, none = NULL;

	acts_open_card();
	MUST(!cuArrayCreate_v2(&first, &flat));
	MUST(!cuArray3DCreate_v2(&second, &cube));
	MUST(!cuMipmappedArrayCreate(&mipmap, &levels, 2));
	MUST(!cuMipmappedArrayGetLevel(&level, mipmap, 1));
	MUST(!cuArrayDestroy(first));
	MUST(cuArrayCreate_v2(&none, NULL) && cuArrayCreate_v2(NULL, &flat) && cuArrayDestroy(none));
}

static void array_too_large(void)
{
	CUDA_ARRAY3D_DESCRIPTOR cube = {1024, 1024, 1024, 0x20, 4, 0};
	CUarray none;

	acts_open_card();
	MUST(cuArray3DCreate_v2(&none, &cube) == CUDA_ERROR_OUT_OF_MEMORY);
}

/* ---- memory of others ---- */

/* The child has 4 MiB, and says how to reach them; it lives until the parent is done.  */
static void have_memory(int to_parent, int from_parent)
{
	CUipcMemHandle handle;
	char byte;

	acts_open_card();
	MUST(!cuIpcGetMemHandle(&handle, acts_get(4 * MIB)));
	MUST(write(to_parent, &handle, sizeof handle) == sizeof handle);
	MUST(read(from_parent, &byte, 1) == 0);
	exit(0);
}

/* The child's memory is opened twice, closed once.  Prints the parent's process id.  */
static void other_process(void)
{
	CUdeviceptr first = 0, second = 0;
	CUipcMemHandle handle;
	int down[2], up[2], status;
	pid_t child;

	MUST(!pipe(down) && !pipe(up));
	child = fork();
	if (!child) {
		close(down[1]);
		have_memory(up[1], down[0]);
	}
	close(down[0]);
	MUST(read(up[0], &handle, sizeof handle) == sizeof handle);
	acts_open_card();
	acts_get(MIB);
	MUST(!cuIpcOpenMemHandle_v2(&first, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	MUST(!cuIpcOpenMemHandle_v2(&second, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS) && first == second);
	MUST(cuIpcOpenMemHandle_v2(NULL, handle, 0) != 0);
	MUST(!cuIpcCloseMemHandle(first));
	close(down[1]);
	MUST(waitpid(child, &status, 0) == child && !status);
	printf("%d\n", getpid());
}

/* Closed as often as it was opened.  */
static void other_process_closed(void)
{
	CUdeviceptr first = 0;
	CUipcMemHandle handle;
	int down[2], up[2], i;

	MUST(!pipe(down) && !pipe(up));
	if (!fork()) {
		close(down[1]);
		have_memory(up[1], down[0]);
	}
	close(down[0]);
	MUST(read(up[0], &handle, sizeof handle) == sizeof handle);
	acts_open_card();
	for (i = 0; i < 2; i++)
		MUST(!cuIpcOpenMemHandle_v2(&first, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
	for (i = 0; i < 2; i++)
		MUST(!cuIpcCloseMemHandle(first));
	close(down[1]);
	MUST(wait(NULL) > 0);
	printf("%d\n", getpid());
}

/* 8 MiB, of which 2 MiB are mapped twice; one of them is freed, as memory is.  */
static void other_interface(void)
{
	CUDA_EXTERNAL_MEMORY_HANDLE_DESC description = {.type = CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD, .size = 8 * MIB};
	CUDA_EXTERNAL_MEMORY_BUFFER_DESC buffer = {.size = 2 * MIB};
	CUexternalMemory memory;
	CUdeviceptr first, second;

	acts_open_card();
	description.handle.fd = open("/dev/null", O_RDWR);
	MUST(!cuImportExternalMemory(&memory, &description));
	MUST(!cuExternalMemoryGetMappedBuffer(&first, memory, &buffer));
	MUST(!cuExternalMemoryGetMappedBuffer(&second, memory, &buffer));
	MUST(cuExternalMemoryGetMappedBuffer(NULL, memory, &buffer) && cuImportExternalMemory(NULL, NULL));
	MUST(!cuMemFree_v2(first));
	MUST(!cuDestroyExternalMemory(memory));
}

/* ---- pools ---- */

/* On the second card, whoever's context is current; 2 MiB outlive their pool.  */
static void own_pool(void)
{
	CUmemPoolProps props = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 1}};
	CUdeviceptr kept, freed;
	CUmemoryPool pool;
	CUstream stream;

	acts_open_card();
	MUST(!cuStreamCreate(&stream, 0));
	MUST(!cuMemPoolCreate(&pool, &props));
	MUST(!cuMemAllocFromPoolAsync(&kept, 2 * MIB, pool, stream));
	MUST(!cuMemAllocFromPoolAsync(&freed, 3 * MIB, pool, stream));
	MUST(!cuMemPoolTrimTo(pool, 0));
	MUST(!cuMemPoolDestroy(pool));
	MUST(!cuMemFreeAsync(freed, stream));
}

/* ---- graphs ---- */

/* While a stream is captured, 1 MiB becomes part of the graph, and 2 MiB on another stream do not.  */
static void captured(void)
{
	CUstream stream, other;
	CUdeviceptr in_graph, outside, before;
	CUgraphExec exec;
	CUgraph graph;

	acts_open_card();
	MUST(!cuStreamCreate(&stream, 1) && !cuStreamCreate(&other, 1));
	MUST(!cuMemAllocAsync(&before, 4 * MIB, stream));
	MUST(!cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED));
	MUST(!cuMemAllocAsync(&in_graph, MIB, stream));
	MUST(!cuMemAllocAsync(&outside, 2 * MIB, other));
	MUST(!cuMemFreeAsync(in_graph, stream));
	MUST(!cuMemAllocAsync(&in_graph, MIB, stream));
	MUST(!cuStreamEndCapture(stream, &graph));
	MUST(!cuGraphInstantiateWithFlags(&exec, graph, 0));
	MUST(!cuGraphUpload(exec, stream) && !cuGraphLaunch(exec, stream));
	MUST(!cuMemFreeAsync(in_graph, stream)); /* what the graph left behind */
	MUST(!cuGraphLaunch(exec, stream) && !cuMemFreeAsync(in_graph, stream));
	MUST(!cuMemFreeAsync(before, stream));
}

/* A node for each way to make one, and one that frees.  */
static void nodes(void)
{
	CUDA_MEM_ALLOC_NODE_PARAMS params = {
		.poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}},
		.bytesize = MIB,
	};
	CUgraphNodeParams generic = {.type = CU_GRAPH_NODE_TYPE_MEM_ALLOC, .alloc = params};
	CUgraphNode first, second, third;
	CUgraph graph;

	acts_open_card();
	MUST(!cuGraphCreate(&graph, 0));
	MUST(!cuGraphAddMemAllocNode(&first, graph, NULL, 0, &params));
	MUST(!cuGraphAddNode(&second, graph, NULL, 0, &generic));
	MUST(!cuGraphAddMemFreeNode(&third, graph, &first, 1, params.dptr));
	MUST(cuGraphAddMemAllocNode(&first, graph, NULL, 0, NULL) != 0);
}

/* ---- mappings ---- */

static const CUmemAllocationProp on_card = {.type = 1, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};

/* On cards that have no context, and nothing else.  */
static void lies_on_other_cards(void)
{
	CUmemAllocationProp on_second = {.type = 1, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 1}};
	CUDA_MEM_ALLOC_NODE_PARAMS on_third = {
		.poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 2}},
		.bytesize = MIB,
	};
	CUmemGenericAllocationHandle handle;
	CUgraphNode node;
	CUgraph graph;

	acts_open_card();
	MUST(!cuMemCreate(&handle, 2 * MIB, &on_second, 0));
	MUST(!cuGraphCreate(&graph, 0) && !cuGraphAddMemAllocNode(&node, graph, NULL, 0, &on_third));
}

static void map(CUdeviceptr address)
{
	CUmemGenericAllocationHandle handle;

	MUST(!cuMemCreate(&handle, 2 * MIB, &on_card, 0));
	MUST(!cuMemMap(address, 2 * MIB, 0, handle, 0));
	MUST(!cuMemRelease(handle));
}

/* The first piece is mapped by a library that does not see the recorder; one call unmaps all three.  */
static void unmap_unseen(void)
{
	void *plugin = dlopen(getenv("ACTS_PLUGIN"), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	int (*map_unseen)(uint64_t, size_t, uint64_t) = (int (*)(uint64_t, size_t, uint64_t))dlsym(plugin, "plugin_map");
	CUmemGenericAllocationHandle handle;
	CUdeviceptr address;

	acts_open_card();
	MUST(!cuMemAddressReserve(&address, 8 * MIB, 0, 0, 0));
	MUST(!cuMemCreate(&handle, 2 * MIB, &on_card, 0));
	MUST(!map_unseen(address, 2 * MIB, handle));
	map(address + 2 * MIB);
	map(address + 4 * MIB);
	MUST(!cuMemUnmap(address, 6 * MIB));
	MUST(!cuMemRelease(handle));
}

static void access_often(void)
{
	CUmemAccessDesc access = {{CU_MEM_LOCATION_TYPE_DEVICE, 0}, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
	CUdeviceptr address;
	int i;

	acts_open_card();
	MUST(!cuMemAddressReserve(&address, 2 * MIB, 0, 0, 0));
	map(address);
	for (i = 0; i < 20000; i++)
		MUST(!cuMemSetAccess(address, 2 * MIB, &access, 1));
}

/* ---- contexts ---- */

/* 1 MiB in each of three; the first of the program's own ends.  */
static void own_contexts(void)
{
	CUcontext first, second, primary;

	acts_open_card();
	acts_get(MIB);
	MUST(!cuCtxGetCurrent(&primary));
	MUST(!cuCtxCreate_v2(&first, 0, 0));
	acts_get(2 * MIB);
	MUST(!cuCtxCreate_v2(&second, 0, 0));
	acts_get(4 * MIB);
	MUST(!cuCtxSetCurrent(primary));
	MUST(!cuCtxDestroy_v2(first));
	acts_get(8 * MIB);
}

static void context_only(void)
{
	acts_open_card();
}

/* ---- what no ledger shows ---- */

#define CODE ".version 8.0\n.target sm_80\n.visible .entry kernel()\n{\n}\n"

static void hidden(void)
{
	CUmodule first, second;
	CUlibrary library;

	acts_open_card();
	acts_open_card();
	MUST(!cuModuleLoadData(&first, CODE) && !cuModuleLoadData(&second, CODE));
	MUST(!cuLibraryLoadData(&library, CODE, NULL, NULL, 0, NULL, NULL, 0));
	MUST(!cuModuleUnload(second));
	MUST(!cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 4096));
	acts_get(MIB);
}

/* The calls that changed hidden memory are overwritten by what comes after them, which must not repeat itself: sizes and
 * addresses in no order take the most room.  */
static void hidden_long_ago(void)
{
	enum { ROUNDS = 700000, HELD = 512 };
	CUdeviceptr held[HELD] = {0};
	uint32_t random = 1;
	int i;

	hidden();
	for (i = 0; i < ROUNDS; i++) {
		CUdeviceptr *one = &held[(random >> 8) % HELD];

		random = random * 1664525 + 1013904223;
		MUST(!cuMemFree_v2(*one));
		*one = acts_get(1 + (random >> 12));
	}
	for (i = 0; i < HELD; i++)
		MUST(!cuMemFree_v2(held[i]));
}

const struct act acts_kinds[] = {
	{"arrays", arrays},
	{"array_too_large", array_too_large},
	{"other_process", other_process},
	{"other_process_closed", other_process_closed},
	{"other_interface", other_interface},
	{"own_pool", own_pool},
	{"captured", captured},
	{"nodes", nodes},
	{"lies_on_other_cards", lies_on_other_cards},
	{"unmap_unseen", unmap_unseen},
	{"access_often", access_often},
	{"own_contexts", own_contexts},
	{"context_only", context_only},
	{"hidden", hidden},
	{"hidden_long_ago", hidden_long_ago},
	{NULL, NULL},
};
