/* SPDX-License-Identifier: Apache-2.0 */
/* Where the chunks stand in a ring.  Private to memviz/read.
 *
 * Two ways to find them: along the chain that the header promises, where everything must fit; and, in a damaged file,
 * by looking at every place where one could stand.  Either way a chunk that is found lies within the ring as a whole
 * and its checksum is right.
 *
 * Memory: the array of what was found is the caller's, to be freed.  */
#ifndef READ_CHAIN_H
#define READ_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "format/diag.h"
#include "memviz/format.h"

struct mv_chain {
	const struct mv_chunk **at; /* in the order of their sequence; malloc */
	size_t count;
	uint64_t events; /* in all of them */
};

/* More events than bytes cannot be: real ones take a byte or two.  A file that claims far more is made to exhaust
 * memory and refused.  */
enum { MV_CHAIN_EVENTS_FREE = 1 << 18, MV_CHAIN_EVENTS_PER_BYTE = 16 };

/* Find the chunks of a checked IMAGE along the chain.  -EINVAL with DIAG: it breaks; -ENOMEM.  */
int mv_chain_walk(const void *image, struct mv_chain *chunks, struct mv_diag *diag);

/* Find all valid chunks within the SIZE bytes at BYTES, whatever stands between them.  0 or -ENOMEM.  */
int mv_chain_scan(const uint8_t *bytes, uint64_t size, struct mv_chain *chunks);

#endif
