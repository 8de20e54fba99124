/* SPDX-License-Identifier: Apache-2.0 */
/* A small caching pool: takes segments from the card and hands out blocks of them.
 *
 * Sizes are rounded up to POOL_ROUND_BYTES.  A block is the smallest free one that is large enough, and its rest stays
 * free; neighbours that are free become one.  What is freed is kept for the next who asks: it goes back to the card
 * only when the card has no more, in whole segments, before the pool gives up.  Small blocks and large ones come from
 * different segments, so that a small one that lives long does not keep a large segment from being given back.
 *
 *	segments	| block | free |  block  | block |   free   |	of POOL_SMALL_SEGMENT_BYTES, or
 *							more for larger blocks
 *
 * Invariant: allocated_bytes <= reserved_bytes, the sum of all segments; no two free blocks are neighbours.
 * The memory may be used again at once after it was freed: by work that is behind the earlier user's in the card's one
 * stream.
 *
 * What it hands out and gets back, and that it gives up, it tells the recorder if there is one.
 * Threads: one at a time.  */
#ifndef DEMO_POOL_H
#define DEMO_POOL_H

#include <stddef.h>

#include "demo/card.h"

enum {
	POOL_ROUND_BYTES = 512,
	POOL_SMALL_BYTES = 1 << 20,		/* the largest block that counts as small */
	POOL_SMALL_SEGMENT_BYTES = 2 << 20,	/* a segment of small blocks */
	POOL_MIDDLE_BYTES = 2 << 20,		/* up to this size, large blocks share a segment of */
	POOL_MIDDLE_SEGMENT_BYTES = 8 << 20,
	POOL_SEGMENT_STEP_BYTES = 2 << 20,	/* larger ones have their own, a multiple of this */
};

struct pool_segment;

/* How things were when the pool gave up, in bytes.  */
struct pool_failure {
	size_t wanted;			/* 0: the pool never gave up */
	size_t allocated, reserved;	/* see struct pool */
	size_t card_free, card_total;	/* what the card said */
};

struct pool {
	struct card *card;
	struct pool_segment *segments;	/* newest first; NULL: none */
	size_t allocated_bytes;		/* in blocks that are handed out, as rounded */
	size_t reserved_bytes;		/* in segments */
	size_t peak_allocated_bytes, peak_reserved_bytes;
	struct pool_failure failure;	/* the latest */
	unsigned long block_allocs;	/* successful calls of pool_alloc, */
	unsigned long segment_allocs;	/* segments taken from the card, */
	unsigned long segment_frees;	/* and given back */
};

/* An empty pool on CARD, which must live longer.  */
struct pool pool_on(struct card *card);

/* Hand out at least SIZE bytes, 1 to PTRDIFF_MAX, at *ADDRESS.  Returns 0; -ENOMEM: the card has not that much, even
 * without what the pool had cached (see struct pool_failure), or the host has no memory; -EIO: the card failed, see
 * card_error.  */
int pool_alloc(struct pool *pool, size_t size, void **address);

/* Take back what pool_alloc handed out at ADDRESS.  NULL does nothing; so does an address that is not handed out.  */
void pool_free(struct pool *pool, void *address);

/* Wait for the card, and give back to it the segments of which nothing is handed out.  */
void pool_release_cached(struct pool *pool);

#endif
