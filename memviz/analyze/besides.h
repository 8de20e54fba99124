/* SPDX-License-Identifier: Apache-2.0 */
/* What of a card is in no band, or takes memory without being any: contexts, code, limits, graphs, pools, arrays, what is
 * shared with others.
 *
 * Units: bytes.  Memory: none is kept.  */
#ifndef ANALYZE_BESIDES_H
#define ANALYZE_BESIDES_H

#include "analyze/timeline.h"

enum { MV_BESIDES_LIMITS = 3 }; /* of CUlimit, those that take memory: stack, printf's queue, the heap of malloc */

struct mv_besides {
	uint64_t contexts; /* living; the primary one counts when the program has asked for it by its own */
	uint64_t modules;  /* loaded by the program itself; the runtime's are not seen */
	uint64_t limits[MV_BESIDES_LIMITS]; /* as they were set last */
	bool is_limit_set[MV_BESIDES_LIMITS];
	uint64_t pools; /* stream-ordered, made by the program */
	uint64_t graphs; /* executable */
	uint64_t node_count, node_bytes; /* allocations that became part of graphs, as often as they did */
	uint64_t exports; /* times that memory was offered to other processes */
	bool is_checkpointed; /* the process's memory is on the host, for all that is known */

	/* Alive.  */
	uint64_t imported_count, imported_bytes; /* of other processes and interfaces: in no total of this card */
	uint64_t unsized_count;			 /* the same, of unknown size */
	uint64_t array_count, array_bytes;	 /* as they were asked for; counted where memory of the driver is */
	uint64_t team_count, team_bytes; /* multicast objects: addresses only */
};

/* Look at DEVICE as it was at TIME_NS.  0 or -ENOMEM.  */
int mv_besides_find(const struct mv_timeline *timeline, uint8_t device, uint64_t time_ns, struct mv_besides *besides);

#endif
