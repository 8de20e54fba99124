/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of a card, and by whom, as those say who know: NVML, and the driver for what it holds in reserve.
 *
 * Threads: one, of the recorder's own (base/thread.h): it waits for the loader, for NVML and for the driver.  */
#ifndef CUDA_USAGE_H
#define CUDA_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "memviz/format.h"

struct mv_usage {
	uint32_t known; /* bit N: term N of enum mv_term is told */
	uint64_t bytes[MV_TERM_KINDS];
};

static inline void mv_usage_add(struct mv_usage *usage, enum mv_term term, uint64_t bytes)
{
	usage->known |= 1u << term;
	usage->bytes[term] = bytes;
}

/* Fill *USAGE for DEVICE, whose UUID the driver has told.
 *
 * With HAS_POOLS, the program has used the driver's stream-ordered pools or memory of graphs: then the driver is asked
 * what its default pool and its graphs hold, if the primary context is there.  That makes no context, no stream and no
 * memory, and cannot spoil another thread's capture of a graph.  Without it the driver is not asked for anything.  */
void mv_usage_ask(uint8_t device, const uint8_t uuid[16], bool has_pools, struct mv_usage *usage);

/* How asking NVML went so far, for people: "asked", or why not; a static string.  Any thread.  */
const char *mv_usage_state(void);

#endif
