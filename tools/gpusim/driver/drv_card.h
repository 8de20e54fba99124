/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated cards: the count of what is used of each, and their address space.
 *
 * A card's memory is address space.  It has three regions, far larger together than its capacity, so that address
 * space never runs out before memory does, as on real hardware:
 *   large   units of 2 MiB: requests of more than 1 MiB
 *   small   units of 512 bytes, charged in blocks of 2 MiB, each when its first unit is taken until its last is
 *           given back: requests of up to 1 MiB
 *   pooled  units of 512 bytes, charged by the pool that they belong to (drv_pool.h)
 * That allocations are rounded to 512 bytes and to 2 MiB, and that small ones share blocks, is how CUDA's memory
 * looks from outside; where exactly the line runs is a guess.
 *
 * Units: bytes.  Threads: one recursive lock, mv_card_lock, guards cards, blocks, pools, physical memory and captures;
 * functions here are called with it held, unless they say otherwise.  No code of the program's runs under it.  */
#ifndef GPUSIM_DRIVER_DRV_CARD_H
#define GPUSIM_DRIVER_DRV_CARD_H

#include <stdbool.h>

#include "gpusim/api/cuda_types.h"
#include "gpusim/common/facts.h"
#include "gpusim/driver/drv_extent.h"

#define MV_CARD_UNIT_BYTES UINT64_C(512)		/* what sizes below a page are rounded up to */
#define MV_CARD_SMALL_BYTES (UINT64_C(1) << 20)		/* largest request that shares a page with others */

struct mv_card_region {
	CUdeviceptr base;		/* 0: not open */
	uint64_t unit_bytes;
	uint64_t size_bytes;
	struct mv_extent_map map;
};

/* Invariant: used_bytes, and what is used from outside, are together <= the capacity.  */
struct mv_card {
	uint64_t used_bytes;		/* by this process */
	struct mv_card_region large, small, pooled;
	uint16_t *page_units;		/* units in use in each 2 MiB of SMALL */
	CUcontext primary;		/* NULL: never retained, or reset since */
	uint32_t primary_references;
	uint32_t primary_flags;
	CUmemoryPool default_pool, current_pool;	/* NULL until asked for */
	/* memory of graphs, see drv_graphmem.c */
	uint64_t graph_used_bytes, graph_used_high_bytes;
	uint64_t graph_reserved_bytes, graph_reserved_high_bytes;
};

void mv_card_lock(void);
void mv_card_unlock(void);

/* For the child after fork(), whose only thread is not the one that the lock remembers.  */
void mv_card_reset_lock(void);

/* The card with ORDINAL, which is valid.  No lock needed.  */
struct mv_card *mv_card(CUdevice ordinal);

/* What is free of it.  */
uint64_t mv_card_free_bytes(CUdevice ordinal);

/* Count SIZE as used, or as free again.  False when so much is not free.  */
bool mv_card_charge(CUdevice ordinal, uint64_t size);
void mv_card_refund(CUdevice ordinal, uint64_t size);

/* Address and memory for SIZE bytes, at least 1.  0, with nothing charged, when there is no room.  */
CUdeviceptr mv_card_allocate(CUdevice ordinal, uint64_t size);
void mv_card_free(CUdevice ordinal, CUdeviceptr ptr, uint64_t size);

/* Address space alone, to be charged by the caller.  0 when there is none.  */
CUdeviceptr mv_card_take_pooled(CUdevice ordinal, uint64_t size);
void mv_card_give_pooled(CUdevice ordinal, CUdeviceptr ptr, uint64_t size);

/* True if PTR lies in the address space of some card, used or not.  */
bool mv_card_owns(CUdeviceptr ptr);

/* True if what lies in a card's memory can be read and written by the host.  No lock needed.  */
bool mv_card_is_backed(void);

/* SIZE rounded up to a multiple of STEP, a power of two; 0 when that can't be expressed.  No lock needed.  */
uint64_t mv_card_round(uint64_t size, uint64_t step);

#endif
