/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that graphs allocate, and capture of allocations.  */
#include "gpusim/conformance.h"

#include <stdio.h>

enum { LINE_BYTES = 128, NODE_ROOM = 8 };

static CUstream stream;
static long long free_at_first;

static uint64_t get(CUgraphMem_attribute attribute)
{
	uint64_t value = 0;

	cu.cuDeviceGetGraphMemAttribute(0, attribute, &value);
	return value;
}

static void tell_memory(const char *when)
{
	static const char *const names[] = {"used", "used at most", "reserved", "reserved at most"};
	char line[LINE_BYTES];

	for (int i = 0; i < 4; i++) {
		snprintf(line, sizeof line, "%s, %s", when, names[i]);
		conformance_tell(line, (long long)get(i));
	}
	snprintf(line, sizeof line, "%s, at least what is reserved is taken of the card", when);
	conformance_tell(line, free_at_first - conformance_free_bytes() >=
				       (long long)get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT));
}

/* An allocation node of SIZE in GRAPH; its address.  */
static CUdeviceptr add_allocation(CUgraph graph, CUgraphNode *node, size_t size)
{
	CUDA_MEM_ALLOC_NODE_PARAMS params = {.bytesize = size};

	params.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
	params.poolProps.location = (CUmemLocation){CU_MEM_LOCATION_TYPE_DEVICE, 0};
	TRY(cuGraphAddMemAllocNode, node, graph, NULL, 0, &params);
	return params.dptr;
}

/* ---- a graph that frees what it allocates ---- */

static void launch(CUgraphExec exec)
{
	TRY(cuGraphLaunch, exec, stream);
	TRY(cuStreamSynchronize, stream);
}

static void try_complete_graph(void)
{
	CUgraph graph = NULL;
	CUgraphNode allocation = NULL, end = NULL;
	CUgraphExec exec = NULL;
	CUdeviceptr ptr;

	TRY(cuGraphCreate, &graph, 0);
	ptr = add_allocation(graph, &allocation, 8 * MIB);
	conformance_tell("there is an address", ptr != 0);
	TRY(cuGraphAddMemFreeNode, &end, graph, &allocation, 1, ptr);
	TRY(cuGraphAddMemFreeNode, &(CUgraphNode){0}, graph, &end, 1, ptr);
	tell_memory("8 MiB, before it is launched");
	TRY(cuGraphInstantiateWithFlags, &exec, graph, 0);
	launch(exec);
	tell_memory("8 MiB, launched");
	launch(exec);
	tell_memory("8 MiB, launched twice");
	TRY(cuMemFree_v2, ptr);
	TRY(cuGraphExecDestroy, exec);
	TRY(cuGraphDestroy, graph);
	tell_memory("8 MiB, destroyed");
	TRY(cuDeviceGraphMemTrim, 0);
	tell_memory("8 MiB, trimmed");
}

/* ---- a graph whose memory outlives its launch ---- */

static void try_open_graph(void)
{
	CUgraph graph = NULL;
	CUgraphNode allocation = NULL;
	CUgraphExec exec = NULL;
	CUdeviceptr ptr;

	TRY(cuGraphCreate, &graph, 0);
	ptr = add_allocation(graph, &allocation, 8 * MIB);
	TRY(cuGraphInstantiateWithFlags, &exec, graph, 0);
	launch(exec);
	conformance_tell("it is used", get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT) >= 8 * MIB);
	conformance_tell("used", (long long)get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
	TRY(cuGraphLaunch, exec, stream);
	TRY(cuDeviceGraphMemTrim, 0);
	conformance_tell("what is used stays", get(CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT) >= 8 * MIB);
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuStreamSynchronize, stream);
	conformance_tell("used", (long long)get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
	TRY(cuMemFreeAsync, ptr, stream);
	launch(exec);
	TRY(cuMemFree_v2, ptr);
	conformance_tell("used", (long long)get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
	launch(exec);
	TRY(cuGraphExecDestroy, exec);
	TRY(cuGraphDestroy, graph);
	conformance_tell("it outlives the graph", get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT) >= 8 * MIB);
	TRY(cuMemFree_v2, ptr);
	TRY(cuDeviceGraphMemTrim, 0);
	tell_memory("freed by the program, trimmed");
}

static void try_freeing_on_launch(void)
{
	CUgraph graph = NULL, other = NULL;
	CUgraphNode allocation = NULL, end = NULL;
	CUgraphExec exec = NULL, other_exec = NULL;
	CUdeviceptr ptr;

	TRY(cuGraphCreate, &graph, 0);
	ptr = add_allocation(graph, &allocation, 8 * MIB);
	TRY(cuGraphInstantiateWithFlags, &exec, graph, CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH);
	launch(exec);
	launch(exec);
	TRY(cuGraphCreate, &other, 0);
	TRY(cuGraphAddMemFreeNode, &end, other, NULL, 0, ptr);
	TRY(cuGraphAddMemFreeNode, &end, graph, &allocation, 1, ptr);
	TRY(cuGraphInstantiateWithFlags, &other_exec, other, 0);
	launch(other_exec);
	conformance_tell("used", (long long)get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
	TRY(cuGraphExecDestroy, other_exec);
	TRY(cuGraphExecDestroy, exec);
	TRY(cuGraphDestroy, other);
	TRY(cuGraphDestroy, graph);
	TRY(cuDeviceGraphMemTrim, 0);
}

/* ---- what can't be done with a graph that has memory ---- */

static void try_restrictions(void)
{
	CUgraph graph = NULL, outer = NULL, clone = NULL;
	CUgraphNode allocation = NULL, child = NULL;
	CUgraphExec exec = NULL, second = NULL;

	TRY(cuGraphCreate, &graph, 0);
	add_allocation(graph, &allocation, MIB);
	TRY(cuGraphInstantiateWithFlags, &exec, graph, 0);
	TRY_REFUSED(cuGraphInstantiateWithFlags, &second, graph, 0);
	TRY(cuGraphExecDestroy, exec);
	TRY(cuGraphInstantiateWithFlags, &exec, graph, 0);
	TRY(cuGraphExecDestroy, exec);
	TRY_REFUSED(cuGraphClone, &clone, graph);
	TRY(cuGraphCreate, &outer, 0);
	TRY_REFUSED(cuGraphAddChildGraphNode, &child, outer, NULL, 0, graph);
	TRY_REFUSED(cuGraphDestroyNode, allocation);
	TRY(cuGraphDestroy, outer);
	TRY(cuGraphDestroy, graph);
}

static void try_wrong_nodes(void)
{
	CUDA_MEM_ALLOC_NODE_PARAMS params = {.bytesize = 0};
	CUgraph graph = NULL;
	CUgraphNode node = NULL;
	CUdeviceptr ptr = 0;
	uint64_t none = 0, one = 1;

	TRY(cuGraphCreate, &graph, 0);
	params.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
	params.poolProps.location = (CUmemLocation){CU_MEM_LOCATION_TYPE_DEVICE, 0};
	TRY(cuGraphAddMemAllocNode, &node, graph, NULL, 0, &params);
	cu.cuMemAlloc_v2(&ptr, MIB);
	TRY(cuGraphAddMemFreeNode, &node, graph, NULL, 0, ptr);
	TRY(cuGraphAddMemFreeNode, &node, graph, NULL, 0, 12345);
	TRY(cuGraphDestroy, graph);
	TRY(cuDeviceSetGraphMemAttribute, 0, CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, &none);
	TRY(cuDeviceSetGraphMemAttribute, 0, CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH, &none);
	TRY_REFUSED(cuDeviceSetGraphMemAttribute, 0, CU_GRAPH_MEM_ATTR_USED_MEM_HIGH, &one);
	TRY_REFUSED(cuDeviceSetGraphMemAttribute, 0, CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT, &none);
	TRY_REFUSED(cuDeviceGetGraphMemAttribute, 0, 99, &none);
	TRY_REFUSED(cuDeviceGetGraphMemAttribute, 99, 0, &none);
}

/* ---- capture ---- */

/* Say how many nodes of each type GRAPH has.  One that allocates, or NULL.  */
static CUgraphNode find_allocation(CUgraph graph)
{
	CUgraphNode nodes[NODE_ROOM] = {0}, found = NULL;
	size_t count = NODE_ROOM;
	int allocations = 0, frees = 0;

	TRY(cuGraphGetNodes, graph, nodes, &count);
	conformance_tell("nodes", (long long)count);
	for (size_t i = 0; i < count && i < NODE_ROOM; i++) {
		CUgraphNodeType type = -1;

		cu.cuGraphNodeGetType(nodes[i], &type);
		allocations += type == CU_GRAPH_NODE_TYPE_MEM_ALLOC;
		frees += type == CU_GRAPH_NODE_TYPE_MEM_FREE;
		if (type == CU_GRAPH_NODE_TYPE_MEM_ALLOC)
			found = nodes[i];
	}
	conformance_tell("nodes that allocate", allocations);
	conformance_tell("nodes that free", frees);
	return found;
}

static void try_capture(void)
{
	CUDA_MEM_ALLOC_NODE_PARAMS params = {.bytesize = 0};
	CUdeviceptr ptr = 0;
	CUgraphNode allocation;
	CUgraph graph = NULL;
	CUgraphExec exec = NULL;

	TRY(cuStreamBeginCapture_v2, stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
	TRY(cuMemAllocAsync, &ptr, MIB, stream);
	TRY(cuMemFreeAsync, ptr, stream);
	TRY(cuStreamEndCapture, stream, &graph);
	allocation = find_allocation(graph);
	TRY(cuGraphMemAllocNodeGetParams, allocation, &params);
	conformance_tell("size", (long long)params.bytesize);
	conformance_tell("it is the same address", params.dptr == ptr);
	conformance_tell("used", (long long)get(CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT));
	TRY(cuGraphInstantiateWithFlags, &exec, graph, 0);
	launch(exec);
	TRY(cuGraphExecDestroy, exec);
	TRY(cuGraphDestroy, graph);
	TRY(cuDeviceGraphMemTrim, 0);
}

/* A call that can't be captured makes the capture invalid.  */
static void try_invalid_capture(void)
{
	CUstreamCaptureStatus status = -1;
	CUdeviceptr ptr = 0, older = 0;
	CUgraph graph = (CUgraph)1;

	TRY(cuMemAllocAsync, &older, MIB, stream);
	TRY(cuStreamBeginCapture_v2, stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
	TRY(cuMemAlloc_v2, &ptr, MIB);
	TRY(cuStreamIsCapturing, stream, &status);
	conformance_tell("status", status);
	TRY(cuMemAllocAsync, &ptr, MIB, stream);
	TRY(cuStreamEndCapture, stream, &graph);
	conformance_tell("there is a graph", graph != NULL);
	TRY(cuStreamBeginCapture_v2, stream, CU_STREAM_CAPTURE_MODE_RELAXED);
	TRY(cuMemAlloc_v2, &ptr, MIB);
	TRY_REFUSED(cuMemFreeAsync, older, stream);
	TRY(cuStreamIsCapturing, stream, &status);
	conformance_tell("status", status);
	TRY_REFUSED(cuStreamEndCapture, stream, &graph);
	TRY(cuMemFreeAsync, older, stream);
	TRY_REFUSED(cuStreamBeginCapture_v2, CU_STREAM_LEGACY, CU_STREAM_CAPTURE_MODE_RELAXED);
}

void conformance_graphs(void)
{
	if (!conformance_open_card())
		return;
	TRY(cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
	free_at_first = conformance_free_bytes();
	tell_memory("at first");
	try_complete_graph();
	try_open_graph();
	try_freeing_on_launch();
	try_restrictions();
	try_wrong_nodes();
	try_capture();
	try_invalid_capture();
}
