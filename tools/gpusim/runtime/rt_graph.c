/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs: their nodes and edges.  */
#include "gpusim/api/rt_graph.h"
#include "gpusim/runtime/rt_state.h"

cudaError_t cudaGraphCreate(cudaGraph_t *graph, unsigned int flags)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphCreate(graph, flags));
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphDestroy(graph));
}

cudaError_t cudaGraphClone(cudaGraph_t *clone, cudaGraph_t graph)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphClone(clone, graph));
}

cudaError_t cudaGraphNodeFindInClone(cudaGraphNode_t *node, cudaGraphNode_t original, cudaGraph_t clone)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphNodeFindInClone(node, original, clone));
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, enum cudaGraphNodeType *type)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphNodeGetType(node, (CUgraphNodeType *)type));
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphGetNodes(graph, nodes, count));
}

cudaError_t cudaGraphGetRootNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphGetRootNodes(graph, nodes, count));
}

cudaError_t cudaGraphDestroyNode(cudaGraphNode_t node)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphDestroyNode(node));
}

cudaError_t cudaGraphDebugDotPrint(cudaGraph_t graph, const char *path, unsigned int flags)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphDebugDotPrint(graph, path, flags));
}

/* ---- edges: since version 13 with what they say ---- */

#if MV_CUDART_MAJOR >= 13
cudaError_t cudaGraphGetEdges(cudaGraph_t graph, cudaGraphNode_t *from, cudaGraphNode_t *to, cudaGraphEdgeData *edges,
			      size_t *count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphGetEdges(graph, from, to, edges, count));
}

cudaError_t cudaGraphNodeGetDependencies(cudaGraphNode_t node, cudaGraphNode_t *nodes, cudaGraphEdgeData *edges,
					 size_t *count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphNodeGetDependencies(node, nodes, edges, count));
}

cudaError_t cudaGraphNodeGetDependentNodes(cudaGraphNode_t node, cudaGraphNode_t *nodes, cudaGraphEdgeData *edges,
					   size_t *count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphNodeGetDependentNodes(node, nodes, edges, count));
}

cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t *from, const cudaGraphNode_t *to,
				     const cudaGraphEdgeData *edges, size_t count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddDependencies(graph, from, to, edges, count));
}

cudaError_t cudaGraphRemoveDependencies(cudaGraph_t graph, const cudaGraphNode_t *from, const cudaGraphNode_t *to,
					const cudaGraphEdgeData *edges, size_t count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphRemoveDependencies(graph, from, to, edges, count));
}
#else
cudaError_t cudaGraphGetEdges(cudaGraph_t graph, cudaGraphNode_t *from, cudaGraphNode_t *to, size_t *count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphGetEdges(graph, from, to, NULL, count));
}

cudaError_t cudaGraphNodeGetDependencies(cudaGraphNode_t node, cudaGraphNode_t *nodes, size_t *count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphNodeGetDependencies(node, nodes, NULL, count));
}

cudaError_t cudaGraphNodeGetDependentNodes(cudaGraphNode_t node, cudaGraphNode_t *nodes, size_t *count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphNodeGetDependentNodes(node, nodes, NULL, count));
}

cudaError_t cudaGraphAddDependencies(cudaGraph_t graph, const cudaGraphNode_t *from, const cudaGraphNode_t *to,
				     size_t count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphAddDependencies(graph, from, to, NULL, count));
}

cudaError_t cudaGraphRemoveDependencies(cudaGraph_t graph, const cudaGraphNode_t *from, const cudaGraphNode_t *to,
					size_t count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphRemoveDependencies(graph, from, to, NULL, count));
}
#endif

/* ---- what graphs keep alive ---- */

cudaError_t cudaUserObjectCreate(cudaUserObject_t *object, void *ptr, cudaHostFn_t destroy, unsigned int references,
				 unsigned int flags)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuUserObjectCreate(object, ptr, destroy, references, flags));
}

cudaError_t cudaUserObjectRetain(cudaUserObject_t object, unsigned int count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuUserObjectRetain(object, count));
}

cudaError_t cudaUserObjectRelease(cudaUserObject_t object, unsigned int count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuUserObjectRelease(object, count));
}

cudaError_t cudaGraphRetainUserObject(cudaGraph_t graph, cudaUserObject_t object, unsigned int count,
				      unsigned int flags)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphRetainUserObject(graph, object, count, flags));
}

cudaError_t cudaGraphReleaseUserObject(cudaGraph_t graph, cudaUserObject_t object, unsigned int count)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphReleaseUserObject(graph, object, count));
}

/* ---- instances ---- */

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphInstantiateWithFlags(exec, graph, flags));
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long flags)
{
	return cudaGraphInstantiateWithFlags(exec, graph, flags);
}

cudaError_t cudaGraphInstantiateWithParams(cudaGraphExec_t *exec, cudaGraph_t graph, cudaGraphInstantiateParams *params)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphInstantiateWithParams(exec, graph, params));
}

cudaError_t cudaGraphExecGetFlags(cudaGraphExec_t exec, unsigned long long *flags)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphExecGetFlags(exec, (cuuint64_t *)flags));
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t exec, cudaGraph_t graph, cudaGraphExecUpdateResultInfo *info)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphExecUpdate(exec, graph, info));
}

cudaError_t cudaGraphNodeSetEnabled(cudaGraphExec_t exec, cudaGraphNode_t node, unsigned int is_enabled)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphNodeSetEnabled(exec, node, is_enabled));
}

cudaError_t cudaGraphNodeGetEnabled(cudaGraphExec_t exec, cudaGraphNode_t node, unsigned int *is_enabled)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphNodeGetEnabled(exec, node, is_enabled));
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphUpload(exec, stream));
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphLaunch(exec, stream));
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuGraphExecDestroy(exec));
}

/* ---- memory of graphs ---- */

cudaError_t cudaDeviceGraphMemTrim(int device)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGraphMemTrim(device));
}

cudaError_t cudaDeviceGetGraphMemAttribute(int device, enum cudaGraphMemAttributeType attribute, void *value)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGetGraphMemAttribute(device, (CUgraphMem_attribute)attribute,
										  value));
}

cudaError_t cudaDeviceSetGraphMemAttribute(int device, enum cudaGraphMemAttributeType attribute, void *value)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceSetGraphMemAttribute(device, (CUgraphMem_attribute)attribute,
										  value));
}
