/* SPDX-License-Identifier: Apache-2.0 */
/* What each block of a card is counted as, so that the parts add up to what the card holds and nothing is counted
 * twice.  Private to memviz/export.
 *
 * A piece of device memory that a pool carves up is the pool's: its blocks are counted.  Another is counted itself: as
 * memory outside the pool where there is a pool, else in its band.  Memory that only a handle names has no address; it
 * is drawn where it is mapped.
 *
 * Threads: pure but for malloc.  */
#ifndef EXPORT_PARTS_H
#define EXPORT_PARTS_H

#include "export/order.h"
#include "export/page.h"

/* enum mv_page_part of each block of the timeline that ORDER has; malloc.  */
struct mv_parts {
	uint8_t *counted;
	uint8_t *painted;
};

/* -ENOMEM; then there is nothing to clear.  */
int mv_parts_find(const struct mv_timeline *timeline, const struct mv_order *order, struct mv_parts *parts);
void mv_parts_clear(struct mv_parts *parts);

#endif
