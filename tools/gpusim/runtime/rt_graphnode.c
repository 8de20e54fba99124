/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of graphs by type.  The runtime names kernels by their host addresses, and describes copies in its own way.  */
#include <string.h>

#include "gpusim/api/rt_graph.h"
#include "gpusim/runtime/rt_copy_params.h"
#include "gpusim/runtime/rt_register.h"
#include "gpusim/runtime/rt_state.h"

_Static_assert(sizeof(struct cudaMemsetParams) == sizeof(CUDA_MEMSET_NODE_PARAMS), "the same");
_Static_assert(sizeof(struct cudaHostNodeParams) == sizeof(CUDA_HOST_NODE_PARAMS), "the same");
_Static_assert(sizeof(struct cudaMemAllocNodeParams) == sizeof(CUDA_MEM_ALLOC_NODE_PARAMS), "the same");

/* ---- kernels ---- */

static cudaError_t kernel_params(const struct cudaKernelNodeParams *params, CUDA_KERNEL_NODE_PARAMS *driver)
{
	if (!params)
		return cudaErrorInvalidValue;
	*driver = (CUDA_KERNEL_NODE_PARAMS){
		.gridDimX = params->gridDim.x, .gridDimY = params->gridDim.y, .gridDimZ = params->gridDim.z,
		.blockDimX = params->blockDim.x, .blockDimY = params->blockDim.y, .blockDimZ = params->blockDim.z,
		.sharedMemBytes = params->sharedMemBytes, .kernelParams = params->kernelParams, .extra = params->extra,
	};
	return mv_rt_find_function(params->func, &driver->func);
}

cudaError_t cudaGraphAddKernelNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				   size_t count, const struct cudaKernelNodeParams *params)
{
	CUDA_KERNEL_NODE_PARAMS driver;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = kernel_params(params, &driver);
	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddKernelNode(node, graph, dependencies, count, &driver));
}

cudaError_t cudaGraphKernelNodeGetParams(cudaGraphNode_t node, struct cudaKernelNodeParams *params)
{
	CUDA_KERNEL_NODE_PARAMS driver;
	cudaError_t err = mv_rt_begin();

	if (!err && !params)
		err = cudaErrorInvalidValue;
	if (!err)
		err = mv_rt_driver()->cuGraphKernelNodeGetParams(node, &driver);
	if (err)
		return mv_rt_end(err);
	*params = (struct cudaKernelNodeParams){
		.func = (void *)(uintptr_t)mv_rt_find_host(driver.func),
		.gridDim = { driver.gridDimX, driver.gridDimY, driver.gridDimZ },
		.blockDim = { driver.blockDimX, driver.blockDimY, driver.blockDimZ },
		.sharedMemBytes = driver.sharedMemBytes, .kernelParams = driver.kernelParams, .extra = driver.extra,
	};
	return cudaSuccess;
}

cudaError_t cudaGraphKernelNodeSetParams(cudaGraphNode_t node, const struct cudaKernelNodeParams *params)
{
	CUDA_KERNEL_NODE_PARAMS driver;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = kernel_params(params, &driver);
	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphKernelNodeSetParams(node, &driver));
}

cudaError_t cudaGraphExecKernelNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
					     const struct cudaKernelNodeParams *params)
{
	CUDA_KERNEL_NODE_PARAMS driver;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = kernel_params(params, &driver);
	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphExecKernelNodeSetParams(exec, node, &driver));
}

/* ---- copies and fills ---- */

cudaError_t cudaGraphAddMemcpyNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				   size_t count, const struct cudaMemcpy3DParms *copy)
{
	CUcontext context;
	CUDA_MEMCPY3D driver;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_copy_params(copy, &driver);
	if (!err)
		err = mv_rt_driver()->cuCtxGetCurrent(&context);
	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddMemcpyNode(node, graph, dependencies, count, &driver,
									  context));
}

cudaError_t cudaGraphAddMemcpyNode1D(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				     size_t count, void *to, const void *from, size_t size, enum cudaMemcpyKind kind)
{
	struct cudaMemcpy3DParms copy = { .srcPtr = { .ptr = (void *)(uintptr_t)from, .pitch = size },
					  .dstPtr = { .ptr = to, .pitch = size }, .extent = { size, 1, 1 },
					  .kind = kind };

	return cudaGraphAddMemcpyNode(node, graph, dependencies, count, &copy);
}

cudaError_t cudaGraphAddMemsetNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				   size_t count, const struct cudaMemsetParams *fill)
{
	CUcontext context;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_driver()->cuCtxGetCurrent(&context);
	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddMemsetNode(node, graph, dependencies, count,
									  (const CUDA_MEMSET_NODE_PARAMS *)fill,
									  context));
}

cudaError_t cudaGraphMemsetNodeGetParams(cudaGraphNode_t node, struct cudaMemsetParams *fill)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphMemsetNodeGetParams(node, (CUDA_MEMSET_NODE_PARAMS *)fill));
}

cudaError_t cudaGraphMemsetNodeSetParams(cudaGraphNode_t node, const struct cudaMemsetParams *fill)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphMemsetNodeSetParams(node,
										(const CUDA_MEMSET_NODE_PARAMS *)fill));
}

cudaError_t cudaGraphExecMemsetNodeSetParams(cudaGraphExec_t exec, cudaGraphNode_t node,
					     const struct cudaMemsetParams *fill)
{
	CUcontext context;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_driver()->cuCtxGetCurrent(&context);
	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphExecMemsetNodeSetParams(
					     exec, node, (const CUDA_MEMSET_NODE_PARAMS *)fill, context));
}

/* ---- host functions, graphs, events ---- */

cudaError_t cudaGraphAddHostNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				 size_t count, const struct cudaHostNodeParams *params)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddHostNode(node, graph, dependencies, count,
									(const CUDA_HOST_NODE_PARAMS *)params));
}

cudaError_t cudaGraphAddChildGraphNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				       size_t count, cudaGraph_t child)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddChildGraphNode(node, graph, dependencies, count, child));
}

cudaError_t cudaGraphChildGraphNodeGetGraph(cudaGraphNode_t node, cudaGraph_t *child)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphChildGraphNodeGetGraph(node, child));
}

cudaError_t cudaGraphAddEmptyNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				  size_t count)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddEmptyNode(node, graph, dependencies, count));
}

cudaError_t cudaGraphAddEventRecordNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
					size_t count, cudaEvent_t event)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddEventRecordNode(node, graph, dependencies, count, event));
}

cudaError_t cudaGraphAddEventWaitNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				      size_t count, cudaEvent_t event)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddEventWaitNode(node, graph, dependencies, count, event));
}

/* ---- memory ---- */

cudaError_t cudaGraphAddMemAllocNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				     size_t count, struct cudaMemAllocNodeParams *params)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddMemAllocNode(node, graph, dependencies, count,
									    (CUDA_MEM_ALLOC_NODE_PARAMS *)params));
}

cudaError_t cudaGraphMemAllocNodeGetParams(cudaGraphNode_t node, struct cudaMemAllocNodeParams *params)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphMemAllocNodeGetParams(node,
										  (CUDA_MEM_ALLOC_NODE_PARAMS *)params));
}

cudaError_t cudaGraphAddMemFreeNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
				    size_t count, void *ptr)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddMemFreeNode(node, graph, dependencies, count,
									   (uintptr_t)ptr));
}

cudaError_t cudaGraphMemFreeNodeGetParams(cudaGraphNode_t node, void *ptr)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphMemFreeNodeGetParams(node, ptr));
}

cudaError_t cudaGraphConditionalHandleCreate(cudaGraphConditionalHandle *handle, cudaGraph_t graph,
					     unsigned int default_value, unsigned int flags)
{
	CUcontext context;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_driver()->cuCtxGetCurrent(&context);
	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphConditionalHandleCreate((CUgraphConditionalHandle *)handle,
										    graph, context, default_value,
										    flags));
}

/* ---- any type ---- */

/* Say in the driver's terms what PARAMS say in the runtime's.  Most types are laid out alike.  */
static cudaError_t node_params(const struct cudaGraphNodeParams *params, CUgraphNodeParams *driver)
{
	memcpy(driver, params, sizeof(*driver));
	if (params->type == cudaGraphNodeTypeKernel)
		return kernel_params(&params->kernel, &driver->kernel);
	if ((int)params->type == CU_GRAPH_NODE_TYPE_MEMCPY)
		return mv_rt_copy_params(&params->memcpy.copyParams, &driver->memcpy.copyParams);
	return cudaSuccess;
}

static cudaError_t add_node(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
			    const cudaGraphEdgeData *edges, size_t count, struct cudaGraphNodeParams *params)
{
	CUgraphNodeParams driver;
	cudaError_t err = mv_rt_begin();

	if (!err && !params)
		err = cudaErrorInvalidValue;
	if (!err)
		err = node_params(params, &driver);
	if (!err)
		err = mv_rt_driver()->cuGraphAddNode(node, graph, dependencies, edges, count, &driver);
	if (!err && params->type == cudaGraphNodeTypeConditional)
		params->conditional.phGraph_out = driver.conditional.phGraph_out;
	if (!err && (int)params->type == CU_GRAPH_NODE_TYPE_MEM_ALLOC)
		params->alloc.dptr = (void *)driver.alloc.dptr;
	return mv_rt_end(err);
}

#if MV_CUDART_MAJOR >= 13
cudaError_t cudaGraphAddNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
			     const cudaGraphEdgeData *edges, size_t count, struct cudaGraphNodeParams *params)
{
	return add_node(node, graph, dependencies, edges, count, params);
}
#else
cudaError_t cudaGraphAddNode(cudaGraphNode_t *node, cudaGraph_t graph, const cudaGraphNode_t *dependencies,
			     size_t count, struct cudaGraphNodeParams *params)
{
	return add_node(node, graph, dependencies, NULL, count, params);
}
#endif
