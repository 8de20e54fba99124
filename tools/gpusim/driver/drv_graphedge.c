/* SPDX-License-Identifier: Apache-2.0 */
/* Edges of graphs, and the questions that CUDA answers about them.  */
#include <stdlib.h>
#include <string.h>

#include "gpusim/driver/drv_graph.h"

static const CUgraphEdgeData g_plain_edge;

/* Where FROM stands among what TO depends on; TO's count if it does not.  */
static size_t find(CUgraphNode from, CUgraphNode to)
{
	size_t i = 0;

	while (i < to->from_count && to->from[i] != from)
		i++;
	return i;
}

bool mv_graph_link(CUgraphNode from, CUgraphNode to, const CUgraphEdgeData *edge)
{
	size_t count = to->from_count;
	CUgraphNode *nodes;
	CUgraphEdgeData *edges;

	if (!from || from == to || find(from, to) < count)
		return false;
	nodes = realloc(to->from, (count + 1) * sizeof(*nodes));
	if (nodes)
		to->from = nodes;
	edges = realloc(to->edges, (count + 1) * sizeof(*edges));
	if (edges)
		to->edges = edges;
	if (!nodes || !edges)
		return false;
	nodes[count] = from;
	edges[count] = edge ? *edge : g_plain_edge;
	to->from_count++;
	return true;
}

bool mv_graph_unlink(CUgraphNode from, CUgraphNode to)
{
	size_t i = find(from, to);

	if (i == to->from_count)
		return false;
	to->from_count--;
	memmove(&to->from[i], &to->from[i + 1], (to->from_count - i) * sizeof(*to->from));
	memmove(&to->edges[i], &to->edges[i + 1], (to->from_count - i) * sizeof(*to->edges));
	return true;
}

bool mv_graph_has_dependents(CUgraphNode node)
{
	CUgraph graph = node->graph;

	for (size_t i = 0; i < graph->node_count; i++) {
		if (find(node, graph->nodes[i]) < graph->nodes[i]->from_count)
			return true;
	}
	return false;
}

static bool is_ready(CUgraphNode node, uint64_t mark)
{
	for (size_t i = 0; i < node->from_count; i++) {
		if (node->from[i]->mark != mark)
			return false;
	}
	return true;
}

/* Nodes are nearly always added after what they depend on, so that one pass in that order is enough.  */
bool mv_graph_sort(CUgraph graph, CUgraphNode *order)
{
	static uint64_t last_mark;
	uint64_t mark = __atomic_add_fetch(&last_mark, 1, __ATOMIC_RELAXED);
	size_t count = 0, before;

	do {
		before = count;
		for (size_t i = 0; i < graph->node_count; i++) {
			CUgraphNode node = graph->nodes[i];

			if (node->mark == mark || !is_ready(node, mark))
				continue;
			node->mark = mark;
			order[count++] = node;
		}
	} while (count > before && count < graph->node_count);
	return count == graph->node_count;
}

/* ---- reports ---- */

void mv_graph_report(const CUgraphNode *found, size_t n, CUgraphNode *nodes, size_t *count)
{
	if (nodes) {
		for (size_t i = 0; i < *count; i++)
			nodes[i] = i < n ? found[i] : NULL;
	}
	if (!nodes || n < *count)
		*count = n;
}

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count)
{
	graph = mv_graph_get(graph);
	if (!graph || !count)
		return CUDA_ERROR_INVALID_VALUE;
	mv_graph_report(graph->nodes, graph->node_count, nodes, count);
	return CUDA_SUCCESS;
}

CUresult cuGraphGetRootNodes(CUgraph graph, CUgraphNode *nodes, size_t *count)
{
	CUgraphNode *roots;
	size_t n = 0;

	graph = mv_graph_get(graph);
	if (!graph || !count)
		return CUDA_ERROR_INVALID_VALUE;
	roots = calloc(graph->node_count + 1, sizeof(*roots));
	if (!roots)
		return CUDA_ERROR_OUT_OF_MEMORY;
	for (size_t i = 0; i < graph->node_count; i++) {
		if (!graph->nodes[i]->from_count)
			roots[n++] = graph->nodes[i];
	}
	mv_graph_report(roots, n, nodes, count);
	free(roots);
	return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType *type)
{
	node = mv_graph_get_node(node);
	if (!node || !type)
		return CUDA_ERROR_INVALID_VALUE;
	*type = node->params.type;
	return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetDependencies_v2(CUgraphNode node, CUgraphNode *nodes, CUgraphEdgeData *edges, size_t *count)
{
	node = mv_graph_get_node(node);
	if (!node || !count)
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; nodes && edges && i < *count && i < node->from_count; i++)
		edges[i] = node->edges[i];
	mv_graph_report(node->from, node->from_count, nodes, count);
	return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetDependencies(CUgraphNode node, CUgraphNode *nodes, size_t *count)
{
	return cuGraphNodeGetDependencies_v2(node, nodes, NULL, count);
}

/* One walk over all edges of GRAPH; those from FROM only, unless it is NULL.  Writes at most ROOM of them, each array
 * that is not NULL.  Returns how many there are.  */
struct edge_lists {
	CUgraphNode *from, *to;
	CUgraphEdgeData *edges;
	size_t room;
};

static void write_edge(const struct edge_lists *lists, size_t n, CUgraphNode to, size_t i)
{
	if (n >= lists->room)
		return;
	if (lists->from)
		lists->from[n] = to->from[i];
	if (lists->to)
		lists->to[n] = to;
	if (lists->edges)
		lists->edges[n] = to->edges[i];
}

static size_t list_edges(CUgraph graph, CUgraphNode from, const struct edge_lists *lists)
{
	size_t n = 0;

	for (size_t k = 0; k < graph->node_count; k++) {
		CUgraphNode to = graph->nodes[k];

		for (size_t i = 0; i < to->from_count; i++) {
			if (!from || to->from[i] == from)
				write_edge(lists, n++, to, i);
		}
	}
	return n;
}

CUresult cuGraphGetEdges_v2(CUgraph graph, CUgraphNode *from, CUgraphNode *to, CUgraphEdgeData *edges, size_t *count)
{
	struct edge_lists lists = { from, to, edges, 0 };
	size_t n;

	graph = mv_graph_get(graph);
	if (!graph || !count || !from != !to)
		return CUDA_ERROR_INVALID_VALUE;
	lists.room = from ? *count : 0;
	n = list_edges(graph, NULL, &lists);
	if (!from || n < *count)
		*count = n;
	return CUDA_SUCCESS;
}

CUresult cuGraphGetEdges(CUgraph graph, CUgraphNode *from, CUgraphNode *to, size_t *count)
{
	return cuGraphGetEdges_v2(graph, from, to, NULL, count);
}

CUresult cuGraphNodeGetDependentNodes_v2(CUgraphNode node, CUgraphNode *nodes, CUgraphEdgeData *edges, size_t *count)
{
	struct edge_lists lists = { NULL, nodes, edges, 0 };
	size_t n;

	node = mv_graph_get_node(node);
	if (!node || !count)
		return CUDA_ERROR_INVALID_VALUE;
	lists.room = nodes ? *count : 0;
	n = list_edges(node->graph, node, &lists);
	if (!nodes || n < *count)
		*count = n;
	return CUDA_SUCCESS;
}

CUresult cuGraphNodeGetDependentNodes(CUgraphNode node, CUgraphNode *nodes, size_t *count)
{
	return cuGraphNodeGetDependentNodes_v2(node, nodes, NULL, count);
}

/* ---- changes ---- */

static bool are_of(CUgraph graph, const CUgraphNode *from, const CUgraphNode *to, size_t count)
{
	if (!graph || (count && (!from || !to)))
		return false;
	for (size_t i = 0; i < count; i++) {
		CUgraphNode a = mv_graph_get_node(from[i]), b = mv_graph_get_node(to[i]);

		if (!a || !b || a->graph != graph || b->graph != graph)
			return false;
	}
	return true;
}

CUresult cuGraphAddDependencies_v2(CUgraph graph, const CUgraphNode *from, const CUgraphNode *to,
				   const CUgraphEdgeData *edges, size_t count)
{
	if (!are_of(mv_graph_get(graph), from, to, count))
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count; i++) {
		if (!mv_graph_link(from[i], to[i], edges ? &edges[i] : NULL))
			return CUDA_ERROR_INVALID_VALUE;
	}
	return CUDA_SUCCESS;
}

CUresult cuGraphAddDependencies(CUgraph graph, const CUgraphNode *from, const CUgraphNode *to, size_t count)
{
	return cuGraphAddDependencies_v2(graph, from, to, NULL, count);
}

CUresult cuGraphRemoveDependencies_v2(CUgraph graph, const CUgraphNode *from, const CUgraphNode *to,
				      const CUgraphEdgeData *edges, size_t count)
{
	(void)edges;
	graph = mv_graph_get(graph);
	if (!are_of(graph, from, to, count) || (count && graph->has_memory))
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t i = 0; i < count; i++) {
		if (!mv_graph_unlink(from[i], to[i]))
			return CUDA_ERROR_INVALID_VALUE;
	}
	return CUDA_SUCCESS;
}

CUresult cuGraphRemoveDependencies(CUgraph graph, const CUgraphNode *from, const CUgraphNode *to, size_t count)
{
	return cuGraphRemoveDependencies_v2(graph, from, to, NULL, count);
}
