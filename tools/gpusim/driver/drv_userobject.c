/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of the program that graphs keep alive.  */
#include <stdlib.h>

#include "gpusim/driver/drv_graph.h"
#include "gpusim/driver/drv_start.h"

enum { RETAIN_MOVE = 1, CREATE_NO_DESTRUCTOR_SYNC = 1 };

struct CUuserObject_st {
	struct mv_handle head;
	void *ptr;
	CUhostFn destroy;
	unsigned int references;	/* atomic */
};

static CUuserObject get(CUuserObject object)
{
	return mv_handle_get(object, MV_HANDLE_USER_OBJECT);
}

void mv_graph_retain_object(CUuserObject object, unsigned int count)
{
	__atomic_add_fetch(&object->references, count, __ATOMIC_RELAXED);
}

void mv_graph_release_object(CUuserObject object, unsigned int count)
{
	if (__atomic_sub_fetch(&object->references, count, __ATOMIC_ACQ_REL))
		return;
	object->destroy(object->ptr);
	mv_handle_free(object);
}

CUresult cuUserObjectCreate(CUuserObject *object, void *ptr, CUhostFn destroy, unsigned int references,
			    unsigned int flags)
{
	CUuserObject made;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!object || !destroy || !references || flags != CREATE_NO_DESTRUCTOR_SYNC)
		return CUDA_ERROR_INVALID_VALUE;
	made = mv_handle_new(MV_HANDLE_USER_OBJECT);
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	made->ptr = ptr;
	made->destroy = destroy;
	made->references = references;
	*object = made;
	return CUDA_SUCCESS;
}

CUresult cuUserObjectRetain(CUuserObject object, unsigned int count)
{
	object = get(object);
	if (!object || !count)
		return CUDA_ERROR_INVALID_VALUE;
	mv_graph_retain_object(object, count);
	return CUDA_SUCCESS;
}

CUresult cuUserObjectRelease(CUuserObject object, unsigned int count)
{
	object = get(object);
	if (!object || !count || count > object->references)
		return CUDA_ERROR_INVALID_VALUE;
	mv_graph_release_object(object, count);
	return CUDA_SUCCESS;
}

CUresult cuGraphRetainUserObject(CUgraph graph, CUuserObject object, unsigned int count, unsigned int flags)
{
	struct mv_graph_keep *keeps;

	graph = mv_graph_get(graph);
	object = get(object);
	if (!graph || !object || !count || (flags & ~(unsigned int)RETAIN_MOVE))
		return CUDA_ERROR_INVALID_VALUE;
	keeps = realloc(graph->keeps, (graph->keep_count + 1) * sizeof(*keeps));
	if (!keeps)
		return CUDA_ERROR_OUT_OF_MEMORY;
	graph->keeps = keeps;
	keeps[graph->keep_count++] = (struct mv_graph_keep){ object, count };
	if (!(flags & RETAIN_MOVE))
		mv_graph_retain_object(object, count);
	return CUDA_SUCCESS;
}

CUresult cuGraphReleaseUserObject(CUgraph graph, CUuserObject object, unsigned int count)
{
	graph = mv_graph_get(graph);
	object = get(object);
	for (size_t i = 0; graph && object && i < graph->keep_count; i++) {
		struct mv_graph_keep *keep = &graph->keeps[i];

		if (keep->object != object || keep->count < count)
			continue;
		keep->count -= count;
		mv_graph_release_object(object, count);
		if (!keep->count)
			*keep = graph->keeps[--graph->keep_count];
		return CUDA_SUCCESS;
	}
	return CUDA_ERROR_INVALID_VALUE;
}
