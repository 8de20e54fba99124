/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of one card in the order in which they are born and die.  Private to memviz/export.
 *
 * Use: mv_order_make, walk with a cursor as often as needed, mv_order_clear.  Threads: any number may read one.
 * Memory: malloc, 12 bytes a block of the timeline.  */
#ifndef EXPORT_ORDER_H
#define EXPORT_ORDER_H

#include "analyze/timeline.h"

/* Indexes of the timeline's blocks.  Reservations hold no memory and are left out.  */
struct mv_order {
	const struct mv_block *blocks; /* the timeline's */
	uint32_t *births;
	uint32_t *deaths;
	uint32_t *number; /* of each block of the timeline: its index in BIRTHS */
	size_t birth_count;
	size_t death_count;
};

/* Put in order what the timeline has on DEVICE.  -ENOMEM; then there is nothing to clear.  */
int mv_order_make(const struct mv_timeline *timeline, uint8_t device, struct mv_order *order);
void mv_order_clear(struct mv_order *order);

/* A walk through both: zeroed, it stands before the first event.  */
struct mv_order_cursor {
	size_t births; /* so far */
	size_t deaths;
	uint32_t block; /* of the event */
	bool is_birth;
	uint64_t time_ns;
};

/* Move to the next event.  False: there is none.  */
bool mv_order_next(const struct mv_order *order, struct mv_order_cursor *cursor);

#endif
