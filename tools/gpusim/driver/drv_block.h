/* SPDX-License-Identifier: Apache-2.0 */
/* What lies where: every piece of address space that the simulation knows, by address.
 *
 * Threads: called with mv_card_lock held.  A block found is valid while it is held.
 * Memory: one malloc per block.  */
#ifndef GPUSIM_DRIVER_DRV_BLOCK_H
#define GPUSIM_DRIVER_DRV_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "gpusim/api/cuda_types.h"

enum mv_block_kind {
	MV_BLOCK_DEVICE,	/* cuMemAlloc and cuMemAllocPitch */
	MV_BLOCK_POOLED,	/* cuMemAllocAsync */
	MV_BLOCK_GRAPH,		/* an allocation node of a graph */
	MV_BLOCK_MAPPED,	/* cuMemMap */
	MV_BLOCK_MANAGED,	/* cuMemAllocManaged */
	MV_BLOCK_HOST,		/* cuMemHostAlloc and cuMemAllocHost */
	MV_BLOCK_REGISTERED,	/* cuMemHostRegister: the program's own memory */
	MV_BLOCK_IPC,		/* cuIpcOpenMemHandle, cuMemPoolImportPointer: another process's memory */
	MV_BLOCK_EXTERNAL,	/* cuExternalMemoryGetMappedBuffer */
	MV_BLOCK_GLOBAL,	/* a module's variable */
	MV_BLOCK_ARRAY,		/* cuArrayCreate and its like */
	MV_BLOCK_LEGACY,	/* cuMemAlloc's first form */
};

/* A bit per kind, for mv_block_find_base.  */
#define MV_BLOCK_BIT(kind) (1u << (kind))

/* Invariant: no two blocks overlap.  */
struct mv_block {
	CUdeviceptr base;
	size_t size;
	enum mv_block_kind kind;
	CUdevice card;			/* whose memory, or in whose context */
	CUcontext context;		/* that owns it; NULL: none does */
	uint32_t flags;			/* as given when it was made */
	uint32_t references;		/* IPC: times opened */
	uint32_t advice;		/* managed: bits of drv_managed.c */
	int preferred, prefetched;	/* managed: a card, CU_DEVICE_CPU or CU_DEVICE_INVALID */
	uint32_t accessed_by;		/* managed, mapped: bit n for card n, bit 31 for the host */
	uint32_t written_by;		/* mapped: those of them that may write too */
	bool is_sync_memops;
	uint64_t id;			/* never used twice */
	void *owner;			/* POOLED: its pool; MAPPED: its struct mv_physical; GRAPH: its node */
};

/* Note a block like *BLOCK, whose id is filled in.  The noted block, or NULL when it overlaps another or there is no
 * host memory.  */
struct mv_block *mv_block_add(const struct mv_block *block);

/* Forget BLOCK, and free it.  */
void mv_block_remove(struct mv_block *block);

/* The block that PTR lies in, or NULL.  */
struct mv_block *mv_block_find(CUdeviceptr ptr);

/* The block that begins at PTR and is of one of KINDS, MV_BLOCK_BITs; else NULL.  */
struct mv_block *mv_block_find_base(CUdeviceptr ptr, unsigned int kinds);

/* True if any block overlaps [PTR, PTR + SIZE).  */
bool mv_block_is_in(CUdeviceptr ptr, size_t size);

/* Call VISIT with each block owned by CONTEXT, and DATA.  VISIT may remove the block.  */
void mv_block_each_of(CUcontext context, void (*visit)(struct mv_block *block, void *data), void *data);

/* True if the host can neither read nor write what lies at PTR: memory of a card when it is not backed.  */
bool mv_block_is_hollow(CUdeviceptr ptr);

#endif
