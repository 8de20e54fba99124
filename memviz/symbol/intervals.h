/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of addresses that may lie within each other: which of them is the innermost around an address.  Private to
 * memviz/symbol.
 *
 * Use: add all; sort; find.  Zeroed memory is empty.
 * Threads: any number may find.  Memory: malloc, 40 bytes a range.  Cost: finding, a binary search and a look at each
 * range that ends behind the address.  */
#ifndef SYMBOL_INTERVALS_H
#define SYMBOL_INTERVALS_H

#include <stddef.h>
#include <stdint.h>

struct mv_interval {
	uint64_t start, end; /* the first byte, and the one behind the last; equal where the length is not known */
	uint64_t reach;	     /* the furthest end of this and all before it, once they are sorted */
	uint64_t value;	     /* the caller's */
	uint32_t weight;     /* of several that begin at one address, the heaviest is found first */
};

struct mv_intervals {
	struct mv_interval *at; /* by START, then by WEIGHT */
	size_t count, room;
};

/* 0 or -ENOMEM.  */
int mv_intervals_add(struct mv_intervals *intervals, const struct mv_interval *interval);
void mv_intervals_sort(struct mv_intervals *intervals);
void mv_intervals_release(struct mv_intervals *intervals);

/* The one with the last start that holds ADDRESS, or, for mv_intervals_starting, that begins there, however long it is.
 * NULL: there is none.  */
const struct mv_interval *mv_intervals_around(const struct mv_intervals *intervals, uint64_t address);
const struct mv_interval *mv_intervals_starting(const struct mv_intervals *intervals, uint64_t address);

#endif
