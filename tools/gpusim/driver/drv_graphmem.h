/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that graphs allocate and free.
 *
 * An allocation node has its address from the start; memory lies behind it from a launch of the graph on until it is
 * freed, by a free node or by the program, which the end of the graph does not do.  As CUDA documents, what graphs have used stays reserved for graphs until
 * cuDeviceGraphMemTrim.
 *
 * Guess: that what is used is reserved in steps of 2 MiB, and that graphs share without loss.
 *
 * Threads: the functions take mv_card_lock themselves, unless they say otherwise.  */
#ifndef GPUSIM_DRIVER_DRV_GRAPHMEM_H
#define GPUSIM_DRIVER_DRV_GRAPHMEM_H

#include <stdbool.h>

#include "gpusim/api/cuda_graph.h"
#include "gpusim/driver/drv_block.h"

/* What one allocation node allocates.  Shared by the node's clones, which all have the same address.  */
struct mv_graphmem {
	CUdeviceptr ptr;
	size_t size;
	CUdevice card;
	uint64_t owner;			/* id of the graph whose node allocates it */
	uint64_t freed_by;		/* of the last one that was given a node to free it; 0: none was */
	unsigned int references;	/* nodes that share it; 0: gone are they all, and it is live */
	bool is_live;			/* launched and not freed */
};

/* An address for what PARAMS asks for in the graph with id OWNER, told in PARAMS->dptr, and what keeps it, in
 * *MEMORY.  */
CUresult mv_graphmem_take(CUDA_MEM_ALLOC_NODE_PARAMS *params, uint64_t owner, struct mv_graphmem **memory);

/* The graph with id GRAPH is given a node to free the allocation at PTR.  CUDA_ERROR_INVALID_VALUE if there is none, if
 * the graph has such a node, or if the owner and another graph would both have one.  */
CUresult mv_graphmem_claim(CUdeviceptr ptr, uint64_t graph);

/* One more node shares MEMORY, and one less.  NULL is passed through, and does nothing.  */
struct mv_graphmem *mv_graphmem_share(struct mv_graphmem *memory);
void mv_graphmem_drop(struct mv_graphmem *memory);

/* An allocation node runs: CUDA_ERROR_OUT_OF_MEMORY; CUDA_ERROR_INVALID_VALUE if its last run was not freed.  */
CUresult mv_graphmem_allocate(struct mv_graphmem *memory);

/* A free node runs, for whatever graph's allocation at PTR.  */
CUresult mv_graphmem_release(CUdeviceptr ptr);

/* As mv_graphmem_release, if it is live.  */
void mv_graphmem_release_live(struct mv_graphmem *memory);

/* All that graphs allocated on DEVICE is freed, and nothing stays reserved.  Called with the lock held.  */
void mv_graphmem_reset(CUdevice device);

/* BLOCK, of kind MV_BLOCK_GRAPH, is freed by the program.  Called with the lock held.  */
void mv_graphmem_free(struct mv_block *block);

/* True if memory lies behind BLOCK, of kind MV_BLOCK_GRAPH.  Called with the lock held.  */
bool mv_graphmem_is_live(const struct mv_block *block);

#endif
