/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "gpusim/driver/drv_graph.h"

static const char *type_name(CUgraphNodeType type)
{
	static const char *const names[] = { "KERNEL", "MEMCPY", "MEMSET", "HOST", "GRAPH", "EMPTY", "WAIT_EVENT",
					     "EVENT_RECORD", "EXT_SEMAS_SIGNAL", "EXT_SEMAS_WAIT", "MEM_ALLOC",
					     "MEM_FREE", "BATCH_MEM_OP", "CONDITIONAL" };

	return type >= 0 && (size_t)type < sizeof(names) / sizeof(*names) ? names[type] : "?";
}

CUresult cuGraphDebugDotPrint(CUgraph graph, const char *path, unsigned int flags)
{
	FILE *file;

	(void)flags;
	graph = mv_graph_get(graph);
	if (!graph || !path)
		return CUDA_ERROR_INVALID_VALUE;
	file = fopen(path, "we");
	if (!file)
		return CUDA_ERROR_OPERATING_SYSTEM;
	fprintf(file, "digraph graph {\n");
	for (size_t i = 0; i < graph->node_count; i++) {
		const struct CUgraphNode_st *node = graph->nodes[i];

		fprintf(file, "\tnode_%llu [label=\"%s\"];\n", (unsigned long long)node->id, type_name(node->params.type));
		for (size_t k = 0; k < node->from_count; k++)
			fprintf(file, "\tnode_%llu -> node_%llu;\n", (unsigned long long)node->from[k]->id,
				(unsigned long long)node->id);
	}
	fprintf(file, "}\n");
	return fclose(file) ? CUDA_ERROR_OPERATING_SYSTEM : CUDA_SUCCESS;
}
