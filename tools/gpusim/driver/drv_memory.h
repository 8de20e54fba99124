/* SPDX-License-Identifier: Apache-2.0 */
/* Device memory, and the end of every kind of memory.  */
#ifndef GPUSIM_DRIVER_DRV_MEMORY_H
#define GPUSIM_DRIVER_DRV_MEMORY_H

#include "gpusim/driver/drv_block.h"

/* Free BLOCK, of a kind that can own memory (DEVICE, POOLED, GRAPH, MANAGED, HOST, REGISTERED, EXTERNAL, IPC, ARRAY,
 * LEGACY),
 * and forget it.  Called with the lock held.  */
void mv_memory_free_block(struct mv_block *block);

/* Free whatever CONTEXT owns.  Called with the lock held.  */
void mv_memory_free_all_of(CUcontext context);

/* Host memory of SIZE bytes, zero, page-aligned; NULL when there is none.  To be given back with munmap.  */
void *mv_memory_map_host(size_t size);

/* Address space of SIZE bytes that reads and writes like a card's: not at all unless cards are backed.  NULL when there
 * is none.  To be given back with munmap.  */
void *mv_memory_map_hollow(size_t size);

#endif
