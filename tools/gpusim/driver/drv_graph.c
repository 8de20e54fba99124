/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_graph.h"

#include <stdlib.h>
#include <string.h>

#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_function.h"
#include "gpusim/driver/drv_graphmem.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_stream.h"

enum { OWNERSHIP_MOVE = 1 };

static uint64_t g_last_id;	/* of nodes and graphs; atomic */

static uint64_t new_id(void)
{
	return __atomic_add_fetch(&g_last_id, 1, __ATOMIC_RELAXED);
}

CUgraph mv_graph_get(CUgraph graph)
{
	return mv_handle_get(graph, MV_HANDLE_GRAPH);
}

CUgraphNode mv_graph_get_node(CUgraphNode node)
{
	return mv_handle_get(node, MV_HANDLE_NODE);
}

CUgraph mv_graph_new(void)
{
	CUgraph graph = mv_handle_new(MV_HANDLE_GRAPH);

	if (graph)
		graph->id = new_id();
	return graph;
}

/* ---- the end of nodes and graphs ---- */

static void free_bodies(CUgraphNode node)
{
	if (!node->bodies)
		return;
	for (unsigned int i = 0; i < node->params.conditional.size; i++)
		mv_graph_free(node->bodies[i]);
	free(node->bodies);
}

static void free_node(CUgraphNode node)
{
	if (node->params.type == CU_GRAPH_NODE_TYPE_GRAPH)
		mv_graph_free(node->params.graph.graph);
	free_bodies(node);
	mv_graphmem_drop(node->memory);
	free(node->from);
	free(node->edges);
	mv_handle_free(node);
}

void mv_graph_free(CUgraph graph)
{
	if (!graph)
		return;
	for (size_t i = 0; i < graph->node_count; i++)
		free_node(graph->nodes[i]);
	for (size_t i = 0; i < graph->keep_count; i++)
		mv_graph_release_object(graph->keeps[i].object, graph->keeps[i].count);
	free(graph->nodes);
	free(graph->keeps);
	mv_handle_free(graph);
}

/* ---- what a node does ---- */

/* The node's own copy of a child graph.  One with memory must be handed over for good.  */
static CUresult adopt_child(CUgraphNode node, const CUgraphNodeParams *params)
{
	CUgraph child = mv_graph_get(params->graph.graph);

	node->params.graph.graph = NULL;
	if (!child || (child->has_memory && params->graph.ownership != OWNERSHIP_MOVE))
		return CUDA_ERROR_INVALID_VALUE;
	child = mv_graph_clone(child);
	if (!child)
		return CUDA_ERROR_OUT_OF_MEMORY;
	child->is_inner = true;
	node->params.graph.graph = child;
	return CUDA_SUCCESS;
}

/* The bodies of a conditional node.  */
static CUresult make_bodies(CUgraphNode node, CUgraphNodeParams *params)
{
	if (!mv_handle_get((void *)(uintptr_t)params->conditional.handle, MV_HANDLE_CONDITION))
		return CUDA_ERROR_INVALID_VALUE;
	node->bodies = calloc(params->conditional.size + 1u, sizeof(*node->bodies));
	for (unsigned int i = 0; node->bodies && i < params->conditional.size; i++) {
		node->bodies[i] = mv_graph_new();
		if (!node->bodies[i])
			return CUDA_ERROR_OUT_OF_MEMORY;
		node->bodies[i]->is_inner = true;
	}
	node->params.conditional.phGraph_out = params->conditional.phGraph_out = node->bodies;
	return node->bodies ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

static CUresult check_kernel(const CUDA_KERNEL_NODE_PARAMS *kernel)
{
	struct mv_launch launch = {
		.function = kernel->func ? kernel->func : (CUfunction)kernel->kern,
		.grid = { kernel->gridDimX, kernel->gridDimY, kernel->gridDimZ },
		.block = { kernel->blockDimX, kernel->blockDimY, kernel->blockDimZ },
		.shared_bytes = kernel->sharedMemBytes,
	};

	return mv_function_check_launch(&launch);
}

static CUresult check_params(const CUgraphNodeParams *params)
{
	CUevent event = params->event;

	switch (params->type) {
	case CU_GRAPH_NODE_TYPE_KERNEL:
		return check_kernel(&params->kernel);
	case CU_GRAPH_NODE_TYPE_HOST:
		return params->host.fn ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
	case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
	case CU_GRAPH_NODE_TYPE_WAIT_EVENT:
		return mv_stream_find_event(&event);
	case CU_GRAPH_NODE_TYPE_MEMCPY:
	case CU_GRAPH_NODE_TYPE_MEMSET:
	case CU_GRAPH_NODE_TYPE_GRAPH:
	case CU_GRAPH_NODE_TYPE_EMPTY:
	case CU_GRAPH_NODE_TYPE_MEM_ALLOC:
	case CU_GRAPH_NODE_TYPE_MEM_FREE:
	case CU_GRAPH_NODE_TYPE_CONDITIONAL:
		return CUDA_SUCCESS;
	}
	return CUDA_ERROR_NOT_SUPPORTED;
}

static CUresult fill(CUgraphNode node, CUgraph graph, CUgraphNodeParams *params)
{
	CUresult err = check_params(params);

	node->params = *params;
	if (err)
		return err;
	switch (params->type) {
	case CU_GRAPH_NODE_TYPE_MEM_ALLOC:
		err = mv_graphmem_take(&params->alloc, graph->id, &node->memory);
		node->params.alloc = params->alloc;
		return err;
	case CU_GRAPH_NODE_TYPE_MEM_FREE:
		return mv_graphmem_claim(params->free, graph->id);
	case CU_GRAPH_NODE_TYPE_GRAPH:
		return adopt_child(node, params);
	case CU_GRAPH_NODE_TYPE_CONDITIONAL:
		return make_bodies(node, params);
	}
	return CUDA_SUCCESS;
}

CUresult mv_graph_set(CUgraphNode node, const CUgraphNodeParams *params)
{
	CUresult err = check_params(params);

	if (err)
		return err;
	if (params->type != node->params.type || params->type == CU_GRAPH_NODE_TYPE_GRAPH ||
	    params->type == CU_GRAPH_NODE_TYPE_CONDITIONAL || params->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC)
		return CUDA_ERROR_INVALID_VALUE;
	node->params = *params;
	return CUDA_SUCCESS;
}

/* ---- adding ---- */

static bool append(CUgraph graph, CUgraphNode node)
{
	CUgraphNode *grown;

	/* Room is doubled whenever the count is a power of two.  */
	if (!(graph->node_count & (graph->node_count - 1))) {
		size_t room = graph->node_count ? 2 * graph->node_count : 1;

		grown = realloc(graph->nodes, room * sizeof(*grown));
		if (!grown)
			return false;
		graph->nodes = grown;
	}
	graph->nodes[graph->node_count++] = node;
	graph->has_memory |= node->params.type == CU_GRAPH_NODE_TYPE_MEM_ALLOC ||
			     node->params.type == CU_GRAPH_NODE_TYPE_MEM_FREE;
	node->graph = graph;
	return true;
}

static bool are_in(CUgraph graph, const CUgraphNode *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CUgraphNode node = mv_graph_get_node(nodes[i]);

		if (!node || node->graph != graph)
			return false;
	}
	return true;
}

static bool link_all(CUgraphNode node, const CUgraphNode *dependencies, const CUgraphEdgeData *edges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!mv_graph_link(dependencies[i], node, edges ? &edges[i] : NULL))
			return false;
	}
	return true;
}

CUresult mv_graph_add(CUgraph graph, const CUgraphNode *dependencies, const CUgraphEdgeData *edges, size_t count,
		      CUgraphNodeParams *params, CUgraphNode *node)
{
	CUgraphNode added;
	CUresult err;

	if (!node || !params || (count && !dependencies) || !are_in(graph, dependencies, count))
		return CUDA_ERROR_INVALID_VALUE;
	added = mv_handle_new(MV_HANDLE_NODE);
	if (!added)
		return CUDA_ERROR_OUT_OF_MEMORY;
	added->id = new_id();
	err = link_all(added, dependencies, edges, count) ? fill(added, graph, params) : CUDA_ERROR_INVALID_VALUE;
	if (!err && !append(graph, added))
		err = CUDA_ERROR_OUT_OF_MEMORY;
	if (err) {
		free_node(added);
		return err;
	}
	*node = added;
	return CUDA_SUCCESS;
}

/* ---- cloning ---- */

/* The clone, in CLONE, of NODE, which stands at the same place in its own graph.  A node mostly depends on the one
 * added just before it, so the search goes backwards from HERE.  */
static CUgraphNode twin(CUgraph clone, CUgraph graph, CUgraphNode node, size_t here)
{
	size_t count = graph->node_count;

	for (size_t step = 1; step <= count; step++) {
		size_t i = (here + count - step) % count;

		if (graph->nodes[i] == node)
			return clone->nodes[i];
	}
	return NULL;
}

static bool clone_bodies(CUgraphNode copy, CUgraphNode node)
{
	unsigned int count = node->params.conditional.size;

	copy->bodies = calloc(count + 1u, sizeof(*copy->bodies));
	for (unsigned int i = 0; copy->bodies && i < count; i++) {
		copy->bodies[i] = mv_graph_clone(node->bodies[i]);
		if (!copy->bodies[i])
			return false;
		copy->bodies[i]->is_inner = true;
	}
	return copy->bodies != NULL;
}

static bool clone_node(CUgraph clone, CUgraphNode node)
{
	CUgraphNode copy = mv_handle_new(MV_HANDLE_NODE);

	if (!copy)
		return false;
	copy->id = new_id();
	copy->original_id = node->id;
	copy->params = node->params;
	copy->is_disabled = node->is_disabled;
	copy->memory = mv_graphmem_share(node->memory);
	if (node->params.type == CU_GRAPH_NODE_TYPE_GRAPH) {
		copy->params.graph.graph = mv_graph_clone(node->params.graph.graph);
		if (copy->params.graph.graph)
			copy->params.graph.graph->is_inner = true;
	}
	if (append(clone, copy) && (!node->bodies || clone_bodies(copy, node)))
		return true;
	return false;
}

static bool clone_edges(CUgraph clone, CUgraph graph)
{
	for (size_t i = 0; i < graph->node_count; i++) {
		CUgraphNode node = graph->nodes[i];

		for (size_t k = 0; k < node->from_count; k++) {
			if (!mv_graph_link(twin(clone, graph, node->from[k], i), clone->nodes[i], &node->edges[k]))
				return false;
		}
	}
	return true;
}

static bool clone_keeps(CUgraph clone, CUgraph graph)
{
	clone->keeps = calloc(graph->keep_count + 1, sizeof(*clone->keeps));
	if (!clone->keeps)
		return false;
	for (size_t i = 0; i < graph->keep_count; i++) {
		clone->keeps[i] = graph->keeps[i];
		mv_graph_retain_object(graph->keeps[i].object, graph->keeps[i].count);
	}
	clone->keep_count = graph->keep_count;
	return true;
}

CUgraph mv_graph_clone(CUgraph graph)
{
	CUgraph clone = mv_graph_new();
	bool is_done = clone != NULL;

	for (size_t i = 0; is_done && i < graph->node_count; i++)
		is_done = clone_node(clone, graph->nodes[i]);
	if (is_done && clone_edges(clone, graph) && clone_keeps(clone, graph))
		return clone;
	mv_graph_free(clone);
	return NULL;
}

/* ---- the driver API ---- */

CUresult cuGraphCreate(CUgraph *graph, unsigned int flags)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!graph || flags)
		return CUDA_ERROR_INVALID_VALUE;
	*graph = mv_graph_new();
	return *graph ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuGraphDestroy(CUgraph graph)
{
	graph = mv_graph_get(graph);
	if (!graph || graph->is_inner)
		return CUDA_ERROR_INVALID_VALUE;
	mv_graph_free(graph);
	return CUDA_SUCCESS;
}

static bool has_conditions(CUgraph graph)
{
	for (size_t i = 0; i < graph->node_count; i++) {
		if (graph->nodes[i]->params.type == CU_GRAPH_NODE_TYPE_CONDITIONAL)
			return true;
	}
	return false;
}

CUresult cuGraphClone(CUgraph *clone, CUgraph graph)
{
	graph = mv_graph_get(graph);
	if (!clone || !graph || graph->has_memory || has_conditions(graph))
		return CUDA_ERROR_INVALID_VALUE;
	*clone = mv_graph_clone(graph);
	return *clone ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuGraphNodeFindInClone(CUgraphNode *node, CUgraphNode original, CUgraph clone)
{
	original = mv_graph_get_node(original);
	clone = mv_graph_get(clone);
	if (!node || !original || !clone)
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < clone->node_count; i++) {
		if (clone->nodes[i]->original_id == original->id) {
			*node = clone->nodes[i];
			return CUDA_SUCCESS;
		}
	}
	return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphDestroyNode(CUgraphNode node)
{
	CUgraph graph;
	size_t i = 0;

	node = mv_graph_get_node(node);
	if (!node || node->graph->has_memory)
		return CUDA_ERROR_INVALID_VALUE;
	graph = node->graph;
	for (size_t k = 0; k < graph->node_count; k++)
		mv_graph_unlink(node, graph->nodes[k]);
	while (graph->nodes[i] != node)
		i++;
	memmove(&graph->nodes[i], &graph->nodes[i + 1], (graph->node_count - i - 1) * sizeof(*graph->nodes));
	graph->node_count--;
	free_node(node);
	return CUDA_SUCCESS;
}
