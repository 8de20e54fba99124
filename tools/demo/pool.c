/* SPDX-License-Identifier: Apache-2.0 */
/* A segment's blocks are a list in the order of their addresses.  Looking for a block walks over all of them: there are
 * some hundreds, and what is then done with the memory takes far longer.  */
#include "demo/pool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "gpusim/api/rt_device.h"
#include "gpusim/api/rt_memory.h"
#include "memviz/memviz.h"

struct block {
	char *address;
	size_t size;			/* bytes, a multiple of POOL_ROUND_BYTES */
	bool is_free;
	struct pool_segment *segment;
	struct block *previous, *next;	/* neighbours in the segment; NULL at its ends */
};

struct pool_segment {
	struct block *first;		/* begins where the segment does */
	size_t size;			/* bytes */
	bool is_small;			/* only for blocks up to POOL_SMALL_BYTES; others only for larger ones */
	struct pool_segment *next;
};

static size_t round_up(size_t size, size_t step)
{
	return (size + step - 1) / step * step;
}

static size_t segment_size(size_t size)
{
	if (size <= POOL_SMALL_BYTES)
		return POOL_SMALL_SEGMENT_BYTES;
	if (size <= POOL_MIDDLE_BYTES)
		return POOL_MIDDLE_SEGMENT_BYTES;
	return round_up(size, POOL_SEGMENT_STEP_BYTES);
}

/* ---- finding a block ---- */

static bool fits_better(const struct block *block, const struct block *best, size_t size)
{
	return block->is_free && block->size >= size && (!best || block->size < best->size);
}

static struct block *best_fit(const struct pool *pool, size_t size)
{
	struct pool_segment *segment;
	struct block *block, *best = NULL;

	for (segment = pool->segments; segment; segment = segment->next) {
		if (segment->is_small != (size <= POOL_SMALL_BYTES))
			continue;
		for (block = segment->first; block; block = block->next)
			if (fits_better(block, best, size))
				best = block;
	}
	return best;
}

static struct block *block_at(const struct pool *pool, const void *address)
{
	struct pool_segment *segment;
	struct block *block;

	for (segment = pool->segments; segment; segment = segment->next)
		for (block = segment->first; block; block = block->next)
			if (block->address == address && !block->is_free)
				return block;
	return NULL;
}

/* ---- cutting and joining ---- */

/* Cut BLOCK, so that it has SIZE bytes and its rest is a free block behind it.  -ENOMEM: the host has no memory, and
 * BLOCK is as it was.  */
static int split(struct block *block, size_t size)
{
	struct block *rest;

	if (block->size == size)
		return 0;
	rest = malloc(sizeof *rest);
	if (!rest)
		return -ENOMEM;
	*rest = (struct block){block->address + size, block->size - size, true, block->segment, block, block->next};
	if (rest->next)
		rest->next->previous = rest;
	block->next = rest;
	block->size = size;
	return 0;
}

/* Make one of BLOCK and the block behind it, if both are free.  */
static void join(struct block *block)
{
	struct block *next = block ? block->next : NULL;

	if (!next || !block->is_free || !next->is_free)
		return;
	block->size += next->size;
	block->next = next->next;
	if (block->next)
		block->next->previous = block;
	free(next);
}

/* ---- segments ---- */

static int take_from_card(struct pool *pool, size_t size, void **address)
{
	cudaError_t error = cudaMalloc(address, size);

	if (error == cudaSuccess)
		return 0;
	cudaGetLastError();
	if (error == cudaErrorMemoryAllocation)
		return -ENOMEM;
	pool->card->error = error;
	return -EIO;
}

static void link_segment(struct pool *pool, struct pool_segment *segment)
{
	segment->next = pool->segments;
	pool->segments = segment;
	pool->reserved_bytes += segment->size;
	if (pool->reserved_bytes > pool->peak_reserved_bytes)
		pool->peak_reserved_bytes = pool->reserved_bytes;
	pool->segment_allocs++;
}

/* Take a segment for blocks of SIZE from the card.  */
static int add_segment(struct pool *pool, size_t size)
{
	struct pool_segment *segment = calloc(1, sizeof *segment);
	struct block *block = calloc(1, sizeof *block);
	void *address = NULL;
	int err = segment && block ? take_from_card(pool, segment_size(size), &address) : -ENOMEM;

	if (err) {
		free(segment);
		free(block);
		return err;
	}
	*block = (struct block){address, segment_size(size), true, segment, NULL, NULL};
	*segment = (struct pool_segment){block, block->size, size <= POOL_SMALL_BYTES, NULL};
	link_segment(pool, segment);
	return 0;
}

static void remove_segment(struct pool *pool, struct pool_segment **link)
{
	struct pool_segment *segment = *link;

	*link = segment->next;
	pool->reserved_bytes -= segment->size;
	pool->segment_frees++;
	cudaFree(segment->first->address);
	free(segment->first);
	free(segment);
}

static bool is_unused(const struct pool_segment *segment)
{
	return segment->first->is_free && !segment->first->next;
}

void pool_release_cached(struct pool *pool)
{
	struct pool_segment **link = &pool->segments;

	card_wait(pool->card);
	while (*link) {
		if (is_unused(*link))
			remove_segment(pool, link);
		else
			link = &(*link)->next;
	}
}

static void give_up(struct pool *pool, size_t size)
{
	pool->failure = (struct pool_failure){.wanted = size, .allocated = pool->allocated_bytes,
					      .reserved = pool->reserved_bytes};
	card_capacity(&pool->failure.card_free, &pool->failure.card_total);
	memviz_block_oom(size, pool->card->device, pool->allocated_bytes, pool->reserved_bytes);
}

/* Get a segment for blocks of SIZE, if need be with what the pool had cached.  */
static int grow(struct pool *pool, size_t size)
{
	int err = add_segment(pool, size);

	if (err == -ENOMEM) {
		pool_release_cached(pool);
		err = add_segment(pool, size);
	}
	if (err == -ENOMEM)
		give_up(pool, size);
	return err;
}

/* ---- blocks ---- */

struct pool pool_on(struct card *card)
{
	return (struct pool){.card = card};
}

static void hand_out(struct pool *pool, struct block *block)
{
	block->is_free = false;
	pool->allocated_bytes += block->size;
	if (pool->allocated_bytes > pool->peak_allocated_bytes)
		pool->peak_allocated_bytes = pool->allocated_bytes;
	pool->block_allocs++;
	memviz_block_alloc(block->address, block->size, pool->card->device, pool->reserved_bytes);
}

int pool_alloc(struct pool *pool, size_t size, void **address)
{
	size_t rounded = round_up(size, POOL_ROUND_BYTES);
	struct block *block = best_fit(pool, rounded);
	int err = block ? 0 : grow(pool, rounded);

	if (!err && !block)
		block = best_fit(pool, rounded);
	if (!err)
		err = split(block, rounded);
	if (err)
		return err;
	hand_out(pool, block);
	*address = block->address;
	return 0;
}

void pool_free(struct pool *pool, void *address)
{
	struct block *block = address ? block_at(pool, address) : NULL;

	if (!block)
		return;
	memviz_block_free(address);
	block->is_free = true;
	pool->allocated_bytes -= block->size;
	join(block);
	join(block->previous);
}
