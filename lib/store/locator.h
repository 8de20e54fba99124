/* SPDX-License-Identifier: Apache-2.0 */
/* From hashes to numbers, in parts that grow by themselves.  The caller compares what a number stands for; each entry
 * holds its whole hash, so that this is nearly always the right one, and nothing else is looked at to move an entry.
 *
 * Threads: a part is used by one thread at a time, under the caller's lock; mv_locator_fetch at any time.
 * Memory: the caller's, zeroed.  */
#ifndef STORE_LOCATOR_H
#define STORE_LOCATOR_H

#include <stddef.h>
#include <stdint.h>

enum { MV_LOCATOR_PARTS = 64 };

struct mv_locator {
	uint64_t *entries; /* the hash, and in the low half the number, which is not 0; 0: free */
	uint32_t size_max; /* entries that a part can have */
	uint8_t bits[MV_LOCATOR_PARTS] __attribute__((aligned(64))); /* of each part's entries, a power of two */
};

/* A search at work.  */
struct mv_locator_walk {
	uint64_t *table;
	uint32_t mask, at, hash;
};

/* Bytes of memory for parts of up to NUMBERS numbers each.  */
size_t mv_locator_bytes(uint32_t numbers);

void mv_locator_open(struct mv_locator *locator, void *memory, uint32_t numbers);

/* HASH will be looked for in PART soon.  */
void mv_locator_fetch(const struct mv_locator *locator, unsigned part, uint32_t hash);

/* PART, which holds COUNT numbers, is about to get another one.  */
void mv_locator_make_room(struct mv_locator *locator, unsigned part, uint32_t count);

/* Look for HASH in PART: each call of mv_locator_next gives another entry of that hash, or, at last, a free one, where it
 * would be.  */
struct mv_locator_walk mv_locator_look(const struct mv_locator *locator, unsigned part, uint32_t hash);

static inline uint64_t *mv_locator_next(struct mv_locator_walk *walk)
{
	uint64_t *entry;

	do {
		entry = &walk->table[walk->at];
		walk->at = (walk->at + 1) & walk->mask;
	} while (*entry && (uint32_t)(*entry >> 32) != walk->hash);
	return entry;
}

static inline uint32_t mv_locator_number(uint64_t entry)
{
	return (uint32_t)entry;
}

static inline uint64_t mv_locator_entry(uint32_t hash, uint32_t number)
{
	return (uint64_t)hash << 32 | number;
}

/* Free ENTRY of PART.  */
void mv_locator_clear(struct mv_locator *locator, unsigned part, uint64_t *entry);

#endif
