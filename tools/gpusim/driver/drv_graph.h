/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs: nodes, what each depends on, and what each would do.
 *
 * As CUDA documents, a graph that allocates or frees memory can't be cloned, lose a node or an edge, or have two instances
 * at once; and it becomes another's child only by being handed over.
 *
 * Threads: as CUDA documents, a graph is not to be used from two threads at once; nodes that a capture adds are added
 * with mv_card_lock held.  Memory: malloc, owned by graph and node.  */
#ifndef GPUSIM_DRIVER_DRV_GRAPH_H
#define GPUSIM_DRIVER_DRV_GRAPH_H

#include <stdbool.h>

#include "gpusim/api/cuda_graph.h"
#include "gpusim/driver/drv_handle.h"

struct mv_graphmem;

/* A user object that a graph keeps alive.  */
struct mv_graph_keep {
	CUuserObject object;
	unsigned int count;
};

struct CUgraph_st {
	struct mv_handle head;
	uint64_t id;			/* never used twice */
	CUgraphNode *nodes;		/* in the order in which they were added */
	size_t node_count;
	struct mv_graph_keep *keeps;
	size_t keep_count;
	bool is_inner;			/* belongs to a node or an instance; the program may not destroy it */
	bool has_memory;		/* a node allocates or frees memory */
	CUgraphExec instance;		/* the last one made of it, which may be gone; NULL: none was */
	uint64_t instance_id;		/* by which to know whether it is */
};

struct CUgraphNode_st {
	struct mv_handle head;
	CUgraph graph;
	uint64_t id;			/* never used twice */
	uint64_t original_id;		/* of the node that this one was cloned from; 0: none */
	CUgraphNodeParams params;	/* a child graph here is the node's own copy */
	CUgraphNode *from;		/* nodes that come before this one */
	CUgraphEdgeData *edges;		/* of each of FROM */
	size_t from_count;
	CUgraph *bodies;		/* CONDITIONAL: params.conditional.size graphs */
	struct mv_graphmem *memory;	/* MEM_ALLOC: what is allocated; shared with clones */
	bool is_disabled;		/* in an instance */
	uint64_t mark;			/* of the last mv_graph_sort that has placed it */
};

_Static_assert(sizeof(struct CUgraph_st) <= MV_HANDLE_BYTES && sizeof(struct CUgraphNode_st) <= MV_HANDLE_BYTES,
	       "fits a slot");

/* GRAPH, or NODE, if it is alive, else NULL.  */
CUgraph mv_graph_get(CUgraph graph);
CUgraphNode mv_graph_get_node(CUgraphNode node);

/* An empty graph, or NULL.  */
CUgraph mv_graph_new(void);

/* A graph like GRAPH; its nodes' original_id tells which is which.  NULL when there is no host memory.  */
CUgraph mv_graph_clone(CUgraph graph);

/* Free GRAPH with its nodes and inner graphs, and what it keeps.  */
void mv_graph_free(CUgraph graph);

/* Add a node that does PARAMS after the COUNT nodes DEPENDENCIES, EDGES saying how (NULL: plainly).  What an allocation
 * or conditional node gives back is written to *PARAMS.  CUDA_ERROR_INVALID_VALUE for what can't be; for a node of
 * a type that is not simulated CUDA_ERROR_NOT_SUPPORTED.  */
CUresult mv_graph_add(CUgraph graph, const CUgraphNode *dependencies, const CUgraphEdgeData *edges, size_t count,
		      CUgraphNodeParams *params, CUgraphNode *node);

/* Let NODE do PARAMS, of the same type, instead.  */
CUresult mv_graph_set(CUgraphNode node, const CUgraphNodeParams *params);

/* Write the graph's nodes to ORDER, which has room, each after what it depends on.  False if they form a cycle.  */
bool mv_graph_sort(CUgraph graph, CUgraphNode *order);

/* Let TO depend on FROM; false if it does already or there is no host memory.  Or no more; false if it does not.  */
bool mv_graph_link(CUgraphNode from, CUgraphNode to, const CUgraphEdgeData *edge);
bool mv_graph_unlink(CUgraphNode from, CUgraphNode to);

/* True if some node of the graph depends on NODE.  */
bool mv_graph_has_dependents(CUgraphNode node);

/* Copy N nodes from FOUND to NODES as CUDA's queries do: NODES NULL only tells *COUNT; else *COUNT is the room in NODES,
 * which is filled up with NULL.  */
void mv_graph_report(const CUgraphNode *found, size_t n, CUgraphNode *nodes, size_t *count);

/* One reference less to a user object, see drv_userobject.c.  */
void mv_graph_release_object(CUuserObject object, unsigned int count);

/* One reference more to what a clone keeps too.  */
void mv_graph_retain_object(CUuserObject object, unsigned int count);

#endif
