/* SPDX-License-Identifier: Apache-2.0 */
/* Is a stack that is known again as a whole (stack/trails.h) the one that has been followed?  Those that are not known are
 * learnt; Python's frames are left out, so that all stacks that lie equally deep have one key.
 *
 * Threads: each has its own.  */
#ifndef SUPPORT_RECALL_H
#define SUPPORT_RECALL_H

#include <stdint.h>

#include "stack/rules.h"
#include "stack/trails.h"

enum { RECALL_STACKS = 1 << 18 };

/* Zero: none seen.  */
struct recall {
	struct mv_trails trails;
	uint64_t hashes[RECALL_STACKS]; /* of each stack that was learnt, by its id */
	uint32_t learnt, recalled, mistaken;
};

/* UNWIND has followed the stack at HERE.  */
static inline void recall_judge(struct recall *recall, const struct mv_unwind *unwind, const struct mv_unwind_registers *here)
{
	uint64_t key = mv_trail_key(here, mv_rules_generation(), 0, 0), hash = unwind->frames[unwind->count - 1].hash;
	uint32_t stack = mv_trails_find(&recall->trails, key, here, unwind->bounds.end);

	if (stack) {
		recall->recalled++;
		recall->mistaken += recall->hashes[stack] != hash;
	} else if (recall->learnt + 1 < RECALL_STACKS) {
		recall->hashes[++recall->learnt] = hash;
		mv_trails_learn(&recall->trails, key, unwind, recall->learnt);
	}
}

#endif
