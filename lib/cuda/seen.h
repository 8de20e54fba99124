/* SPDX-License-Identifier: Apache-2.0 */
/* What came to light while functions were looked up: who did it, up to which version of CUDA, and which functions that
 * may take or give back memory were handed out though no row of hooks.def is about them.  A newer driver than this
 * recorder knows has such, and whoever reads the recording must be told.
 *
 * Threads: safe, and nobody waits.  Signals: safe.  Fork: a child goes on with what its parent had seen.
 * Memory: tables of fixed size; what they have no room for is counted.  Private to lib/cuda.  */
#ifndef CUDA_SEEN_H
#define CUDA_SEEN_H

#include <stdbool.h>

/* The code at CALLER looked up a function of CUDA VERSION (12040; 0: by its symbol alone).  Kept once for each 64 KiB of
 * code, so that the hundreds of look-ups of a runtime take one place.  About 5 ns.  */
void mv_seen_caller(const void *caller, int version);

/* True if the driver's function NAME may take or give back memory, as far as its name says.  What CUDA had until 13.3 and
 * is known to do neither is not among them.  */
bool mv_seen_takes_memory(const char *name);

/* NAME was handed out as it is; it is kept if it may take memory, or look up functions.  VERSION as above.  */
void mv_seen_unwatched(const char *name, int version);

#endif
