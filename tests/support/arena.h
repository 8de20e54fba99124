/* SPDX-License-Identifier: Apache-2.0 */
/* A caching allocator as PyTorch's works, as far as it shows: small blocks share segments of 2 and 20 MiB, large ones
 * get their own; a segment is never given back; what is left of a large block is split off if it is over a mebibyte.  */
#ifndef SUPPORT_ARENA_H
#define SUPPORT_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_piece {
	uint64_t address, size_bytes;
	int is_free, is_segment_start;
};

/* Zeroed memory is an empty one.  */
struct arena {
	struct arena_piece *pieces; /* in the order of their addresses */
	size_t count, room;
	uint64_t reserved_bytes, allocated_bytes;
};

/* A block of at least SIZE bytes: its address, its true size in *GOT, and in *SEGMENT the bytes of the segment that had
 * to be made for it, which begins at the block; 0: none.  */
uint64_t arena_take(struct arena *arena, uint64_t size, uint64_t *got, uint64_t *segment);

/* How large a segment would be made for SIZE bytes; 0: none, it fits.  */
uint64_t arena_would_reserve(const struct arena *arena, uint64_t size);

void arena_give(struct arena *arena, uint64_t address);
void arena_release(struct arena *arena);

#endif
