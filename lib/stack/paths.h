/* SPDX-License-Identifier: Apache-2.0 */
/* Ways that a thread's captures have gone before: from a frame, the next few by one look-up.
 *
 * By rules alone each frame waits for the one before, for the place where its return address is depends on that one's rule,
 * and the rules of a deep stack lie all over their table.  But most frames are of one size, so that all return addresses of
 * a chain of frames lie at fixed distances from its beginning, as long as each is the same as before.  A path remembers
 * distances and addresses, and those are all that remains to be looked at.
 *
 * Where a caller is another one than before, what is known about the frame that it called is right all the same: the path
 * ends with that step, from then on, and another path begins with the caller.
 *
 * Units: words of 8 bytes.  Threads: each has its own.  Signals: one that jumps away leaves a table fit for use.
 * Memory: the caller's.  */
#ifndef STACK_PATHS_H
#define STACK_PATHS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MV_PATH_STEPS = 8,
	MV_PATHS = 1024,
	MV_PATH_NONE = UINT16_MAX,
};

/* KEY: address and generation of the frame that it begins with; 0: none.  Step I leads to a frame that returned to IP[I] the
 * last time, an address that stands UP[I] above the beginning's stack pointer.  It may be taken if the frame pointer before it
 * points BP[I] above that, since the rule counts from there; the next one stands SAVED[I] above it.  MV_PATH_NONE: it may be
 * anything; it stays the same.  */
struct mv_path {
	uint64_t key;
	uint64_t count;
	uintptr_t ip[MV_PATH_STEPS];
	uint16_t up[MV_PATH_STEPS], bp[MV_PATH_STEPS], saved[MV_PATH_STEPS];
};

_Static_assert(sizeof(struct mv_path) == 128, "two cache lines");

struct mv_paths {
	struct mv_path paths[MV_PATHS] __attribute__((aligned(64)));
};

static inline uint64_t mv_path_key(uintptr_t ip, uint64_t generation)
{
	return ip ^ generation;
}

/* The place of KEY's path, which may be another one's.  */
static inline struct mv_path *mv_path_of(struct mv_paths *paths, uint64_t key)
{
	return &paths->paths[(key * UINT64_C(0x9e3779b97f4a7c15)) >> 54];
}

_Static_assert(MV_PATHS == 1 << (64 - 54), "as many places as mv_path_of chooses from");

#endif
