/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that add a node of one type, and that read or change what it does.  All lead to mv_graph_add and
 * mv_graph_set.  */
#include "gpusim/driver/drv_graph.h"
#include "gpusim/driver/drv_graphmem.h"

static CUresult add(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
		    CUgraphNodeParams *params)
{
	graph = mv_graph_get(graph);
	if (!graph)
		return CUDA_ERROR_INVALID_VALUE;
	return mv_graph_add(graph, dependencies, NULL, count, params, node);
}

/* What NODE does, if it is of TYPE; else NULL.  */
static CUgraphNodeParams *params_of(CUgraphNode node, CUgraphNodeType type)
{
	node = mv_graph_get_node(node);
	return node && node->params.type == type ? &node->params : NULL;
}

static CUresult set(CUgraphNode node, const CUgraphNodeParams *params)
{
	node = mv_graph_get_node(node);
	return node ? mv_graph_set(node, params) : CUDA_ERROR_INVALID_VALUE;
}

/* ---- any type ---- */

CUresult cuGraphAddNode_v2(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies,
			   const CUgraphEdgeData *edges, size_t count, CUgraphNodeParams *params)
{
	graph = mv_graph_get(graph);
	if (!graph)
		return CUDA_ERROR_INVALID_VALUE;
	return mv_graph_add(graph, dependencies, edges, count, params, node);
}

CUresult cuGraphAddNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
			CUgraphNodeParams *params)
{
	return cuGraphAddNode_v2(node, graph, dependencies, NULL, count, params);
}

CUresult cuGraphNodeSetParams(CUgraphNode node, CUgraphNodeParams *params)
{
	return params ? set(node, params) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphAddEmptyNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_EMPTY };

	return add(node, graph, dependencies, count, &params);
}

/* ---- kernels ---- */

static CUgraphNodeParams kernel_params(const CUDA_KERNEL_NODE_PARAMS *kernel)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_KERNEL };

	params.kernel = *kernel;
	return params;
}

/* The first version ends where the second goes on.  */
static CUDA_KERNEL_NODE_PARAMS widen(const CUDA_KERNEL_NODE_PARAMS_v1 *old)
{
	return (CUDA_KERNEL_NODE_PARAMS){
		.func = old->func,
		.gridDimX = old->gridDimX, .gridDimY = old->gridDimY, .gridDimZ = old->gridDimZ,
		.blockDimX = old->blockDimX, .blockDimY = old->blockDimY, .blockDimZ = old->blockDimZ,
		.sharedMemBytes = old->sharedMemBytes, .kernelParams = old->kernelParams, .extra = old->extra,
	};
}

CUresult cuGraphAddKernelNode_v2(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
				 const CUDA_KERNEL_NODE_PARAMS *kernel)
{
	CUgraphNodeParams params;

	if (!kernel)
		return CUDA_ERROR_INVALID_VALUE;
	params = kernel_params(kernel);
	return add(node, graph, dependencies, count, &params);
}

CUresult cuGraphAddKernelNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
			      const CUDA_KERNEL_NODE_PARAMS_v1 *old)
{
	CUDA_KERNEL_NODE_PARAMS kernel;

	if (!old)
		return CUDA_ERROR_INVALID_VALUE;
	kernel = widen(old);
	return cuGraphAddKernelNode_v2(node, graph, dependencies, count, &kernel);
}

CUresult cuGraphKernelNodeGetParams_v2(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS *kernel)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_KERNEL);

	if (!params || !kernel)
		return CUDA_ERROR_INVALID_VALUE;
	*kernel = params->kernel;
	return CUDA_SUCCESS;
}

CUresult cuGraphKernelNodeGetParams(CUgraphNode node, CUDA_KERNEL_NODE_PARAMS_v1 *old)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_KERNEL);

	if (!params || !old)
		return CUDA_ERROR_INVALID_VALUE;
	*old = *(const CUDA_KERNEL_NODE_PARAMS_v1 *)&params->kernel;
	return CUDA_SUCCESS;
}

CUresult cuGraphKernelNodeSetParams_v2(CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS *kernel)
{
	CUgraphNodeParams params;

	if (!kernel)
		return CUDA_ERROR_INVALID_VALUE;
	params = kernel_params(kernel);
	return set(node, &params);
}

CUresult cuGraphKernelNodeSetParams(CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS_v1 *old)
{
	CUDA_KERNEL_NODE_PARAMS kernel;

	if (!old)
		return CUDA_ERROR_INVALID_VALUE;
	kernel = widen(old);
	return cuGraphKernelNodeSetParams_v2(node, &kernel);
}

CUresult cuGraphExecKernelNodeSetParams_v2(CUgraphExec exec, CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS *kernel)
{
	CUgraphNodeParams params;

	if (!kernel)
		return CUDA_ERROR_INVALID_VALUE;
	params = kernel_params(kernel);
	return cuGraphExecNodeSetParams(exec, node, &params);
}

CUresult cuGraphExecKernelNodeSetParams(CUgraphExec exec, CUgraphNode node, const CUDA_KERNEL_NODE_PARAMS_v1 *old)
{
	CUDA_KERNEL_NODE_PARAMS kernel;

	if (!old)
		return CUDA_ERROR_INVALID_VALUE;
	kernel = widen(old);
	return cuGraphExecKernelNodeSetParams_v2(exec, node, &kernel);
}

/* ---- copies and fills ---- */

static CUgraphNodeParams copy_params(const CUDA_MEMCPY3D *copy, CUcontext context)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_MEMCPY };

	params.memcpy.copyCtx = context;
	params.memcpy.copyParams = *copy;
	return params;
}

CUresult cuGraphAddMemcpyNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
			      const CUDA_MEMCPY3D *copy, CUcontext context)
{
	CUgraphNodeParams params;

	if (!copy)
		return CUDA_ERROR_INVALID_VALUE;
	params = copy_params(copy, context);
	return add(node, graph, dependencies, count, &params);
}

CUresult cuGraphMemcpyNodeGetParams(CUgraphNode node, CUDA_MEMCPY3D *copy)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_MEMCPY);

	if (!params || !copy)
		return CUDA_ERROR_INVALID_VALUE;
	*copy = params->memcpy.copyParams;
	return CUDA_SUCCESS;
}

CUresult cuGraphMemcpyNodeSetParams(CUgraphNode node, const CUDA_MEMCPY3D *copy)
{
	CUgraphNodeParams params;

	if (!copy)
		return CUDA_ERROR_INVALID_VALUE;
	params = copy_params(copy, NULL);
	return set(node, &params);
}

CUresult cuGraphExecMemcpyNodeSetParams(CUgraphExec exec, CUgraphNode node, const CUDA_MEMCPY3D *copy,
					CUcontext context)
{
	CUgraphNodeParams params;

	if (!copy)
		return CUDA_ERROR_INVALID_VALUE;
	params = copy_params(copy, context);
	return cuGraphExecNodeSetParams(exec, node, &params);
}

static CUgraphNodeParams fill_params(const CUDA_MEMSET_NODE_PARAMS *fill, CUcontext context)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_MEMSET };

	params.memset.fill = *fill;
	params.memset.ctx = context;
	return params;
}

CUresult cuGraphAddMemsetNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
			      const CUDA_MEMSET_NODE_PARAMS *fill, CUcontext context)
{
	CUgraphNodeParams params;

	if (!fill)
		return CUDA_ERROR_INVALID_VALUE;
	params = fill_params(fill, context);
	return add(node, graph, dependencies, count, &params);
}

CUresult cuGraphMemsetNodeGetParams(CUgraphNode node, CUDA_MEMSET_NODE_PARAMS *fill)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_MEMSET);

	if (!params || !fill)
		return CUDA_ERROR_INVALID_VALUE;
	*fill = params->memset.fill;
	return CUDA_SUCCESS;
}

CUresult cuGraphMemsetNodeSetParams(CUgraphNode node, const CUDA_MEMSET_NODE_PARAMS *fill)
{
	CUgraphNodeParams params;

	if (!fill)
		return CUDA_ERROR_INVALID_VALUE;
	params = fill_params(fill, NULL);
	return set(node, &params);
}

CUresult cuGraphExecMemsetNodeSetParams(CUgraphExec exec, CUgraphNode node, const CUDA_MEMSET_NODE_PARAMS *fill,
					CUcontext context)
{
	CUgraphNodeParams params;

	if (!fill)
		return CUDA_ERROR_INVALID_VALUE;
	params = fill_params(fill, context);
	return cuGraphExecNodeSetParams(exec, node, &params);
}

/* ---- host functions ---- */

static CUgraphNodeParams host_params(const CUDA_HOST_NODE_PARAMS *host)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_HOST };

	params.host = *host;
	return params;
}

CUresult cuGraphAddHostNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
			    const CUDA_HOST_NODE_PARAMS *host)
{
	CUgraphNodeParams params;

	if (!host)
		return CUDA_ERROR_INVALID_VALUE;
	params = host_params(host);
	return add(node, graph, dependencies, count, &params);
}

CUresult cuGraphHostNodeGetParams(CUgraphNode node, CUDA_HOST_NODE_PARAMS *host)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_HOST);

	if (!params || !host)
		return CUDA_ERROR_INVALID_VALUE;
	*host = params->host;
	return CUDA_SUCCESS;
}

CUresult cuGraphHostNodeSetParams(CUgraphNode node, const CUDA_HOST_NODE_PARAMS *host)
{
	CUgraphNodeParams params;

	if (!host)
		return CUDA_ERROR_INVALID_VALUE;
	params = host_params(host);
	return set(node, &params);
}

CUresult cuGraphExecHostNodeSetParams(CUgraphExec exec, CUgraphNode node, const CUDA_HOST_NODE_PARAMS *host)
{
	CUgraphNodeParams params;

	if (!host)
		return CUDA_ERROR_INVALID_VALUE;
	params = host_params(host);
	return cuGraphExecNodeSetParams(exec, node, &params);
}

/* ---- other graphs, events, memory ---- */

CUresult cuGraphAddChildGraphNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
				  CUgraph child)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_GRAPH };

	params.graph.graph = child;
	return add(node, graph, dependencies, count, &params);
}

CUresult cuGraphChildGraphNodeGetGraph(CUgraphNode node, CUgraph *child)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_GRAPH);

	if (!params || !child)
		return CUDA_ERROR_INVALID_VALUE;
	*child = params->graph.graph;
	return CUDA_SUCCESS;
}

CUresult cuGraphAddEventRecordNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
				   CUevent event)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_EVENT_RECORD, .event = event };

	return add(node, graph, dependencies, count, &params);
}

CUresult cuGraphAddEventWaitNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
				 CUevent event)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_WAIT_EVENT, .event = event };

	return add(node, graph, dependencies, count, &params);
}

CUresult cuGraphEventRecordNodeGetEvent(CUgraphNode node, CUevent *event)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_EVENT_RECORD);

	if (!params || !event)
		return CUDA_ERROR_INVALID_VALUE;
	*event = params->event;
	return CUDA_SUCCESS;
}

CUresult cuGraphEventWaitNodeGetEvent(CUgraphNode node, CUevent *event)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_WAIT_EVENT);

	if (!params || !event)
		return CUDA_ERROR_INVALID_VALUE;
	*event = params->event;
	return CUDA_SUCCESS;
}

CUresult cuGraphAddMemAllocNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
				CUDA_MEM_ALLOC_NODE_PARAMS *alloc)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_MEM_ALLOC };
	CUresult err;

	if (!alloc)
		return CUDA_ERROR_INVALID_VALUE;
	params.alloc = *alloc;
	err = add(node, graph, dependencies, count, &params);
	if (!err)
		alloc->dptr = params.alloc.dptr;
	return err;
}

CUresult cuGraphMemAllocNodeGetParams(CUgraphNode node, CUDA_MEM_ALLOC_NODE_PARAMS *alloc)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_MEM_ALLOC);

	if (!params || !alloc)
		return CUDA_ERROR_INVALID_VALUE;
	*alloc = params->alloc;
	return CUDA_SUCCESS;
}

CUresult cuGraphAddMemFreeNode(CUgraphNode *node, CUgraph graph, const CUgraphNode *dependencies, size_t count,
			       CUdeviceptr ptr)
{
	CUgraphNodeParams params = { .type = CU_GRAPH_NODE_TYPE_MEM_FREE, .free = ptr };

	return ptr ? add(node, graph, dependencies, count, &params) : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuGraphMemFreeNodeGetParams(CUgraphNode node, CUdeviceptr *ptr)
{
	const CUgraphNodeParams *params = params_of(node, CU_GRAPH_NODE_TYPE_MEM_FREE);

	if (!params || !ptr)
		return CUDA_ERROR_INVALID_VALUE;
	*ptr = params->free;
	return CUDA_SUCCESS;
}

