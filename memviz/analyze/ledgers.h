/* SPDX-License-Identifier: Apache-2.0 */
/* Who lives at which address while events are replayed.  Private to memviz/analyze.
 *
 * Blocks are never removed, only marked dead; those that must not be shown (a life whose end was lost) get size 0 and
 * are left out when the replay is put in order.
 *
 * Functions return 0 or -ENOMEM; events must come in the order of time.  */
#ifndef ANALYZE_LEDGERS_H
#define ANALYZE_LEDGERS_H

#include "analyze/index.h"
#include "analyze/ranges.h"
#include "analyze/replay.h"

struct mv_ledgers {
	struct mv_replay *replay;
	struct mv_index latest;	   /* ledger and address → the latest block there, dead or alive */
	struct mv_ranges segments; /* living device memory that is not known to be a pool's */
	struct mv_ranges pooled;   /* living blocks of pools, from the first time that one is looked for by its inside */
	bool has_pooled;
	uint64_t incomplete_ns; /* on the axis: events up to that moment may be missing; 0: none is */
	bool is_out_of_order; /* births or deaths were noted late */
};

int mv_ledgers_alloc(struct mv_ledgers *ledgers, const struct mv_event *event);
int mv_ledgers_free(struct mv_ledgers *ledgers, const struct mv_event *event);

/* The event says what was known of memory that is about to be freed; its allocation may be gone.  */
int mv_ledgers_birth(struct mv_ledgers *ledgers, const struct mv_event *event);

/* The free that was noted last at that address did not happen.  */
void mv_ledgers_free_failed(struct mv_ledgers *ledgers, const struct mv_event *event);

/* Somebody owns what lies at the event's address, which may be inside of a block.  */
int mv_ledgers_owner(struct mv_ledgers *ledgers, const struct mv_event *event);

/* After the last event: compare with the table of what is alive.  INCOMPLETE_NS: events up to that moment of the
 * recording's clock may be missing.  */
int mv_ledgers_settle(struct mv_ledgers *ledgers, uint64_t incomplete_ns);

void mv_ledgers_release(struct mv_ledgers *ledgers);

#endif
