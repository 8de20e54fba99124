/* SPDX-License-Identifier: Apache-2.0 */
/* Instances of graphs: a private clone of the graph, run node by node when it is launched.  */
#include <stdlib.h>

#include "gpusim/driver/drv_capture.h"
#include "gpusim/driver/drv_copy.h"
#include "gpusim/driver/drv_graph.h"
#include "gpusim/driver/drv_graphmem.h"
#include "gpusim/driver/drv_start.h"

enum { INSTANTIATE_FLAGS = 15 };

struct CUgraphExec_st {
	struct mv_handle head;
	uint64_t id;			/* never used twice */
	CUgraph graph;
	CUgraphNode *order;		/* of the graph's nodes, each after what it depends on */
	uint64_t flags;
};

/* A condition that conditional nodes look at.  Kernels would set it; they do nothing, so it keeps its default.  */
struct condition {
	struct mv_handle head;
	unsigned int value;
};

static CUgraphExec get(CUgraphExec exec)
{
	return mv_handle_get(exec, MV_HANDLE_EXEC);
}

/* ---- making ---- */

static bool is_instantiated(CUgraph graph)
{
	CUgraphExec instance = get(graph->instance);

	return instance && instance->id == graph->instance_id;
}

static bool may_instantiate(CUgraph graph, unsigned long long flags)
{
	const unsigned long long alternatives = CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH |
						CUDA_GRAPH_INSTANTIATE_FLAG_DEVICE_LAUNCH;

	if (!graph || (flags & ~(unsigned long long)INSTANTIATE_FLAGS) || (flags & alternatives) == alternatives)
		return false;
	return !graph->has_memory || !is_instantiated(graph);
}

static bool prepare(CUgraphExec exec, CUgraph graph)
{
	exec->graph = mv_graph_clone(graph);
	if (!exec->graph)
		return false;
	exec->graph->is_inner = true;
	exec->order = calloc(exec->graph->node_count + 1, sizeof(*exec->order));
	return exec->order && mv_graph_sort(exec->graph, exec->order);
}

static void dispose(CUgraphExec exec)
{
	free(exec->order);
	mv_graph_free(exec->graph);
	mv_handle_free(exec);
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph, unsigned long long flags)
{
	static uint64_t last_id; /* atomic */
	CUresult err = mv_start_check();
	CUgraphExec made;

	if (err)
		return err;
	graph = mv_graph_get(graph);
	if (!exec || !may_instantiate(graph, flags))
		return CUDA_ERROR_INVALID_VALUE;
	made = mv_handle_new(MV_HANDLE_EXEC);
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	made->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	made->flags = flags;
	if (!prepare(made, graph)) {
		dispose(made);
		return CUDA_ERROR_INVALID_VALUE;
	}
	graph->instance = made;
	graph->instance_id = made->id;
	*exec = made;
	return CUDA_SUCCESS;
}

CUresult cuGraphInstantiate_v2(CUgraphExec *exec, CUgraph graph, CUgraphNode *error_node, char *log, size_t log_size)
{
	if (error_node)
		*error_node = NULL;
	if (log && log_size)
		*log = 0;
	return cuGraphInstantiateWithFlags(exec, graph, 0);
}

CUresult cuGraphInstantiate(CUgraphExec *exec, CUgraph graph, CUgraphNode *error_node, char *log, size_t log_size)
{
	return cuGraphInstantiate_v2(exec, graph, error_node, log, log_size);
}

CUresult cuGraphInstantiateWithParams(CUgraphExec *exec, CUgraph graph, CUDA_GRAPH_INSTANTIATE_PARAMS *params)
{
	CUresult err;

	if (!params)
		return CUDA_ERROR_INVALID_VALUE;
	err = cuGraphInstantiateWithFlags(exec, graph, params->flags);
	params->hErrNode_out = NULL;
	params->result_out = err != CUDA_SUCCESS;
	return err;
}

CUresult cuGraphExecDestroy(CUgraphExec exec)
{
	exec = get(exec);
	if (!exec)
		return CUDA_ERROR_INVALID_VALUE;
	dispose(exec);
	return CUDA_SUCCESS;
}

CUresult cuGraphExecGetFlags(CUgraphExec exec, cuuint64_t *flags)
{
	exec = get(exec);
	if (!exec || !flags)
		return CUDA_ERROR_INVALID_VALUE;
	*flags = exec->flags;
	return CUDA_SUCCESS;
}

/* ---- running ---- */

static CUresult run_graph(CUgraph graph);

static CUresult run_condition(CUgraphNode node)
{
	const CUDA_CONDITIONAL_NODE_PARAMS *conditional = &node->params.conditional;
	struct condition *condition = mv_handle_get((void *)(uintptr_t)conditional->handle, MV_HANDLE_CONDITION);

	if (!condition || !condition->value || !conditional->size)
		return CUDA_SUCCESS;
	return run_graph(node->bodies[0]);
}

static CUresult run_node(CUgraphNode node)
{
	CUgraphNodeParams *params = &node->params;
	CUevent event = params->event;

	if (node->is_disabled)
		return CUDA_SUCCESS;
	switch (params->type) {
	case CU_GRAPH_NODE_TYPE_MEMCPY:
		return mv_copy_run(&params->memcpy.copyParams);
	case CU_GRAPH_NODE_TYPE_MEMSET:
		return mv_copy_fill(&params->memset.fill);
	case CU_GRAPH_NODE_TYPE_HOST:
		params->host.fn(params->host.userData);
		return CUDA_SUCCESS;
	case CU_GRAPH_NODE_TYPE_GRAPH:
		return run_graph(params->graph.graph);
	case CU_GRAPH_NODE_TYPE_EVENT_RECORD:
		if (!mv_stream_find_event(&event))
			mv_stream_record_now(event);
		return CUDA_SUCCESS;
	case CU_GRAPH_NODE_TYPE_MEM_ALLOC:
		return mv_graphmem_allocate(node->memory);
	case CU_GRAPH_NODE_TYPE_MEM_FREE:
		return mv_graphmem_release(params->free);
	case CU_GRAPH_NODE_TYPE_CONDITIONAL:
		return run_condition(node);
	}
	return CUDA_SUCCESS;
}

static CUresult run_all(CUgraphNode *order, size_t count)
{
	CUresult err = CUDA_SUCCESS;

	for (size_t i = 0; i < count && !err; i++)
		err = run_node(order[i]);
	return err;
}

static CUresult run_graph(CUgraph graph)
{
	CUgraphNode *order = calloc(graph->node_count + 1, sizeof(*order));
	CUresult err = CUDA_ERROR_OUT_OF_MEMORY;

	if (order)
		err = mv_graph_sort(graph, order) ? run_all(order, graph->node_count) : CUDA_ERROR_INVALID_VALUE;
	free(order);
	return err;
}

static void free_what_is_live(CUgraph graph)
{
	for (size_t i = 0; i < graph->node_count; i++) {
		if (graph->nodes[i]->memory)
			mv_graphmem_release_live(graph->nodes[i]->memory);
	}
}

CUresult cuGraphLaunch(CUgraphExec exec, CUstream handle)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_GRAPH };
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (err)
		return err;
	exec = get(exec);
	if (!exec)
		return CUDA_ERROR_INVALID_VALUE;
	if (stream && mv_capture_is_active(stream)) {
		params.graph.graph = exec->graph;
		return mv_capture_add(stream, &params);
	}
	if (exec->flags & CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH)
		free_what_is_live(exec->graph);
	return run_all(exec->order, exec->graph->node_count);
}

CUresult cuGraphUpload(CUgraphExec exec, CUstream handle)
{
	CUstream stream;
	CUcontext context;
	CUresult err = mv_stream_begin(handle, &stream, &context);

	if (!err && !get(exec))
		err = CUDA_ERROR_INVALID_VALUE;
	return err;
}

/* ---- changing ---- */

/* The instance's clone of NODE.  */
static CUgraphNode find(CUgraphExec exec, CUgraphNode node)
{
	exec = get(exec);
	node = mv_graph_get_node(node);
	for (size_t i = 0; exec && node && i < exec->graph->node_count; i++) {
		if (exec->graph->nodes[i]->original_id == node->id)
			return exec->graph->nodes[i];
	}
	return NULL;
}

CUresult cuGraphExecNodeSetParams(CUgraphExec exec, CUgraphNode node, CUgraphNodeParams *params)
{
	CUgraphNode clone = find(exec, node);

	return clone && params ? mv_graph_set(clone, params) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphNodeSetEnabled(CUgraphExec exec, CUgraphNode node, unsigned int is_enabled)
{
	CUgraphNode clone = find(exec, node);

	if (!clone || (clone->params.type != CU_GRAPH_NODE_TYPE_KERNEL &&
		       clone->params.type != CU_GRAPH_NODE_TYPE_MEMCPY &&
		       clone->params.type != CU_GRAPH_NODE_TYPE_MEMSET))
		return CUDA_ERROR_INVALID_VALUE;
	clone->is_disabled = !is_enabled;
	return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetEnabled(CUgraphExec exec, CUgraphNode node, unsigned int *is_enabled)
{
	CUgraphNode clone = find(exec, node);

	if (!clone || !is_enabled)
		return CUDA_ERROR_INVALID_VALUE;
	*is_enabled = !clone->is_disabled;
	return CUDA_SUCCESS;
}

/* An update takes effect as a whole or not at all.  */
CUresult cuGraphExecUpdate_v2(CUgraphExec exec, CUgraph graph, CUgraphExecUpdateResultInfo *info)
{
	struct CUgraphExec_st updated = { .flags = 0 };

	exec = get(exec);
	graph = mv_graph_get(graph);
	if (!exec || !graph || !info)
		return CUDA_ERROR_INVALID_VALUE;
	*info = (CUgraphExecUpdateResultInfo){ .result = CU_GRAPH_EXEC_UPDATE_SUCCESS };
	if (graph->node_count != exec->graph->node_count)
		info->result = CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
	for (size_t i = 0; !info->result && i < graph->node_count; i++) {
		info->errorNode = graph->nodes[i];
		if (graph->nodes[i]->params.type != exec->graph->nodes[i]->params.type)
			info->result = CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED;
		else if (graph->nodes[i]->from_count != exec->graph->nodes[i]->from_count)
			info->result = CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
	}
	if (info->result)
		return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
	info->errorNode = NULL;
	if (!prepare(&updated, graph)) {
		free(updated.order);
		mv_graph_free(updated.graph);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	free(exec->order);
	mv_graph_free(exec->graph);
	exec->graph = updated.graph;
	exec->order = updated.order;
	return CUDA_SUCCESS;
}

CUresult cuGraphExecUpdate(CUgraphExec exec, CUgraph graph, CUgraphNode *error_node, CUgraphExecUpdateResult *result)
{
	CUgraphExecUpdateResultInfo info = { .result = CU_GRAPH_EXEC_UPDATE_SUCCESS };
	CUresult err = cuGraphExecUpdate_v2(exec, graph, &info);

	if (error_node)
		*error_node = info.errorNode;
	if (result)
		*result = info.result;
	return err;
}

CUresult cuGraphConditionalHandleCreate(CUgraphConditionalHandle *handle, CUgraph graph, CUcontext context,
					unsigned int default_value, unsigned int flags)
{
	struct condition *condition;

	(void)context;
	if (!handle || !mv_graph_get(graph) || flags > 1)
		return CUDA_ERROR_INVALID_VALUE;
	condition = mv_handle_new(MV_HANDLE_CONDITION);
	if (!condition)
		return CUDA_ERROR_OUT_OF_MEMORY;
	condition->value = flags ? default_value : 0;
	*handle = (uintptr_t)condition;
	return CUDA_SUCCESS;
}
