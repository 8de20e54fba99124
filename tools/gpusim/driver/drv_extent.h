/* SPDX-License-Identifier: Apache-2.0 */
/* Which parts of a range of equal units are free: the address space of a card, in 2 MiB or 512-byte units.
 *
 * Taking and giving back are constant-time: free extents are kept in lists by size class, and neighbours are joined
 * through the length noted at both ends of each free extent.  Nothing is stored in the units themselves, because
 * device memory may not be touched.
 *
 * Threads: the caller locks.  Memory: 12 bytes of address space per unit, committed where extents begin or end.  */
#ifndef GPUSIM_DRIVER_DRV_EXTENT_H
#define GPUSIM_DRIVER_DRV_EXTENT_H

#include <stdint.h>

enum { MV_EXTENT_CLASSES = 128 };
#define MV_EXTENT_NONE UINT32_MAX

/* What is noted for a unit.  Only the first and last unit of a free extent mean anything.  */
struct mv_extent_unit {
	uint32_t length;	/* units in the free extent that begins or ends here; 0: in use or in the middle */
	uint32_t next, previous;/* at the first unit: neighbours in the list of its class, or MV_EXTENT_NONE */
};

struct mv_extent_map {
	uint32_t unit_count;
	struct mv_extent_unit *units;			/* NULL: not open */
	uint32_t first[MV_EXTENT_CLASSES];		/* of each class's list, or MV_EXTENT_NONE */
	uint64_t is_filled[MV_EXTENT_CLASSES / 64];	/* a bit for each class whose list is not empty */
};

/* Make MAP a range of COUNT free units, COUNT from 1 to 2^32 - 2.  Returns 0, or -errno from mmap.  Stays for the
 * life of the process.  */
int mv_extent_open(struct mv_extent_map *map, uint32_t count);

/* Take COUNT adjacent units, COUNT at least 1.  The first's index, or MV_EXTENT_NONE.  */
uint32_t mv_extent_take(struct mv_extent_map *map, uint32_t count);

/* Give back COUNT units from INDEX on; exactly what was taken, no part of it.  */
void mv_extent_give(struct mv_extent_map *map, uint32_t index, uint32_t count);

#endif
