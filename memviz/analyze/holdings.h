/* SPDX-License-Identifier: Apache-2.0 */
/* What the process had of the driver on one card, from moment to moment: as it asked for it, and as it lies in pages.
 *
 * Use: mv_holdings_of, mv_holdings_seek to later and later moments, mv_holdings_release.
 * Units: bytes.  Memory: malloc.  */
#ifndef ANALYZE_HOLDINGS_H
#define ANALYZE_HOLDINGS_H

#include "analyze/timeline.h"

/* The driver hands out memory of a card in pages of this size; small requests share them.  Seen of all cards since
 * Pascal; cuMemGetAllocationGranularity says the same.  */
#define MV_HOLDINGS_PAGE_BYTES (UINT64_C(2) << 20)

struct mv_holdings {
	const struct mv_timeline *timeline;
	uint8_t device;
	size_t next_birth, next_death; /* in the timeline's arrays */
	uint32_t *alive;	       /* blocks of device memory whose address is known */
	size_t alive_count, alive_room;

	/* What was asked for and is alive; what other processes own is left out.  */
	uint64_t device_bytes;	/* device memory */
	uint64_t pooled_bytes;	/* out of the driver's pools */
	uint64_t managed_bytes; /* managed memory, wherever it lies */
	bool is_rounded; /* ROUNDING is that of the blocks that are alive */
	/* By how much the pages in which device memory lies are larger than it.  */
	uint64_t rounding_bytes;
};

/* Nothing yet, on the card DEVICE.  */
struct mv_holdings mv_holdings_of(const struct mv_timeline *timeline, uint8_t device);

/* Go to TIME_NS, which is not before the last one.  0 or -ENOMEM.  */
int mv_holdings_seek(struct mv_holdings *holdings, uint64_t time_ns);

void mv_holdings_release(struct mv_holdings *holdings);

#endif
