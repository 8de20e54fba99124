/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual memory management: reserved ranges of addresses, physical memory, and mappings of one in the other.
 *
 * Physical memory is charged to its card from cuMemCreate on until no handle and no mapping is left.  When cards are
 * backed it is a memory file, so that two mappings of it show the same bytes, in this process or another.  */
#ifndef GPUSIM_DRIVER_DRV_VMM_H
#define GPUSIM_DRIVER_DRV_VMM_H

#include <stdbool.h>

#include "gpusim/api/cuda_pool.h"
#include "gpusim/driver/drv_handle.h"

/* Guarded by mv_card_lock.  */
struct mv_physical {
	struct mv_handle head;
	CUmemAllocationProp properties;
	size_t size;
	uint64_t charged_bytes;		/* 0: host memory, or another process's */
	unsigned int references;	/* handles given out and not released */
	unsigned int mappings;
	int fd;				/* memory file, or -1 */
	uint64_t id;			/* never used twice in this process */
};

/* HANDLE's physical memory if it is alive, else NULL.  */
struct mv_physical *mv_vmm_get(CUmemGenericAllocationHandle handle);

/* Physical memory of SIZE bytes with one reference, not charged.  NULL when there is no slot.  */
struct mv_physical *mv_vmm_new(size_t size, const CUmemAllocationProp *properties);

/* Free PHYSICAL if nothing refers to it any more.  Called with the lock held.  */
void mv_vmm_settle(struct mv_physical *physical);

/* The reserved range that PTR lies in, told in *BASE and *SIZE unless they are NULL; false if it lies in none.  Called
 * with the lock held.  */
bool mv_vmm_find_range(CUdeviceptr ptr, CUdeviceptr *base, size_t *size);

#endif
