/* SPDX-License-Identifier: Apache-2.0 */
/* A place for each thread to take a stack apart in: too large for a small thread's stack, and for thread-local storage.
 *
 * A thread keeps its place for life; then another thread is given it.  Nothing runs at a thread's end.
 * Threads: mv_scratch_mine from any.  Signals: a handler that interrupts mv_scratch_mine gets the same place or another
 * one.  Fork: mv_scratch_await_all before it, mv_scratch_forget_others in the child.
 * Memory: mapped, about 740 KB for each thread that is alive at the same time, most of it paths and trails, which are touched
 * as they are learnt; for at most MV_SCRATCH_THREADS.  */
#ifndef STACK_SCRATCH_H
#define STACK_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "python/frame.h"
#include "stack/loaded.h"
#include "stack/native.h"
#include "stack/trails.h"
#include "stack/unwind.h"

enum {
	MV_SCRATCH_THREADS = 4096,
	MV_SCRATCH_TEXT_BYTES = MV_LOADED_PATH_BYTES,
	MV_SCRATCH_MERGED = MV_NATIVE_FRAMES + MV_STACK_FRAMES + 1, /* and the mark of a cut */
};

_Static_assert((int)MV_PYTHON_FRAMES == (int)MV_STACK_FRAMES, "as many of each kind");

enum mv_scratch_stage {
	MV_SCRATCH_OUTSIDE = 0,
	MV_SCRATCH_INSIDE = 1, /* in a capture: may hold locks of ours, of libunwind's and of the loader's */
};

/* All fields but OWNER belong to the owner.  */
struct mv_scratch {
	uint32_t owner;	   /* thread id; 0: free */
	uint32_t stage;	   /* enum mv_scratch_stage */
	uint64_t captures; /* of all owners */
	struct mv_unwind unwind;
	struct mv_trails trails;
	void *ips[MV_NATIVE_FRAMES];
	struct mv_native_frame native[MV_NATIVE_FRAMES];
	struct mv_pyframe python[MV_STACK_FRAMES];
	uint16_t merged[MV_SCRATCH_MERGED]; /* merge.h */
	char text[MV_SCRATCH_TEXT_BYTES]; /* a name, or a path */
};

/* Give back all places.  Returns true if one of their owners is in a capture, or was when this process was forked: then
 * libunwind's locks may be taken for ever.  */
bool mv_scratch_start(void);

/* In a forked child: the threads that were inside are not there any more.  Async-signal-safe.  */
void mv_scratch_forget_others(void);

/* Wait until no other thread is in a capture, at most TIME_NS: a thread that was stopped must not stop this one, too.
 * Captures that begin meanwhile are the caller's to keep out.  */
void mv_scratch_await_all(uint64_t time_ns);

/* The calling thread's place.  NULL: too many threads, or no memory.  */
struct mv_scratch *mv_scratch_mine(void);

/* Captures of all threads since mv_scratch_start.  */
uint64_t mv_scratch_captures(void);

#endif
