/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of stream-ordered memory.
 *
 * A pool reserves memory of its card in chunks and hands it out; what is freed stays reserved.  More than the release
 * threshold is given back at the next synchronization of a stream, an event or a context, or by cuMemPoolTrimTo, as
 * CUDA documents.  Streams being instantaneous, memory freed in one stream can be reused in any at once.
 *
 * Guesses: the size of a chunk; that a request is rounded to 512 bytes; that free memory in a pool is never too
 * scattered to be used again, nor a chunk too scattered to be given back.
 *
 * Threads: called with mv_card_lock held, but for mv_pool_synchronize.  */
#ifndef GPUSIM_DRIVER_DRV_POOL_H
#define GPUSIM_DRIVER_DRV_POOL_H

#include <stdbool.h>

#include "gpusim/api/cuda_types.h"
#include "gpusim/driver/drv_handle.h"

#define MV_POOL_CHUNK_BYTES (UINT64_C(32) << 20)

/* Invariants: used <= reserved <= what the card has; reserved bytes are charged to the card.  */
struct CUmemPoolHandle_st {
	struct mv_handle head;
	CUdevice card;
	bool is_default, is_imported;
	bool is_destroyed;		/* goes when the last allocation does */
	uint32_t access;		/* bit n: card n may read and write */
	int handle_types;		/* that it may be exported as */
	int reuse[3];			/* the three CU_MEMPOOL_ATTR_REUSE_ switches, kept and not used */
	uint64_t max_bytes;		/* 0: as much as the card has */
	uint64_t release_threshold;
	uint64_t reserved_bytes, reserved_high_bytes;
	uint64_t used_bytes, used_high_bytes;
	CUmemoryPool next;		/* of the same card */
};

/* POOL if it is alive and not destroyed, else NULL.  No lock needed.  */
CUmemoryPool mv_pool_get(CUmemoryPool pool);

/* The pool that cuMemAllocAsync uses on a card.  NULL when there is no memory for one.  */
CUmemoryPool mv_pool_current(CUdevice card);

/* Address for SIZE bytes, at least 1, out of POOL.  0 when it may not or can't grow.  */
CUdeviceptr mv_pool_take(CUmemoryPool pool, uint64_t size);

/* Give back what mv_pool_take gave.  */
void mv_pool_give(CUmemoryPool pool, CUdeviceptr ptr, uint64_t size);

/* Give back what the card's pools hold beyond their thresholds.  Without the lock; next to free when there is
 * nothing to do.  */
void mv_pool_synchronize(CUdevice card);

/* The card was reset: all its pools are gone.  */
void mv_pool_reset(CUdevice card);

#endif
