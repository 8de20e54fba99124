/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers by a key of two numbers: open addressing, nothing is ever removed.  Private to memviz/analyze.
 *
 * Memory: malloc, 24 bytes for each key at least, twice that at most.  */
#ifndef ANALYZE_INDEX_H
#define ANALYZE_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct mv_index_entry {
	uint64_t key;
	uint32_t kind;
	uint32_t value;
	uint32_t is_used;
};

/* Zeroed memory is an empty index.  */
struct mv_index {
	struct mv_index_entry *entries;
	size_t size; /* a power of two, or 0 */
	size_t count;
};

/* The value of KIND and KEY, NULL if there is none; valid until the next mv_index_at.  */
uint32_t *mv_index_find(const struct mv_index *index, uint32_t kind, uint64_t key);

/* The same, but a key that is not there is added with the value FRESH.  NULL: out of memory.  */
uint32_t *mv_index_at(struct mv_index *index, uint32_t kind, uint64_t key, uint32_t fresh);

void mv_index_release(struct mv_index *index);

#endif
