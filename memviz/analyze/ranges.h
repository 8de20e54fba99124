/* SPDX-License-Identifier: Apache-2.0 */
/* Stretches of addresses that do not overlap, and which of them holds an address.  Private to memviz/analyze.
 *
 * Memory: malloc, two pieces for each stretch.  Cost: logarithmic.  */
#ifndef ANALYZE_RANGES_H
#define ANALYZE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory holds none.  */
struct mv_ranges {
	void *tree;
	size_t count;
};

/* Add [START, START + SIZE) with VALUE.  What is empty, goes around the end of the addresses or overlaps a stretch that
 * is there is left out.  0 or -ENOMEM.  */
int mv_ranges_add(struct mv_ranges *ranges, uint64_t start, uint64_t size, uint32_t value);

/* Remove the stretch that begins at START and carries VALUE, if it is there.  */
void mv_ranges_remove(struct mv_ranges *ranges, uint64_t start, uint32_t value);

/* The stretch that holds ADDRESS: true and *VALUE.  */
bool mv_ranges_find(const struct mv_ranges *ranges, uint64_t address, uint32_t *value);

void mv_ranges_release(struct mv_ranges *ranges);

#endif
