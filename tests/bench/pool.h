/* SPDX-License-Identifier: Apache-2.0 */
/* A loop that allocates and frees in a pool of its own, as a framework does, and tells of it through memviz.h: no driver's
 * time is in the figures.  Linked into a program (pairs.c) and called from Python (pairs.py).  */
#ifndef BENCH_POOL_H
#define BENCH_POOL_H

/* COUNT allocations, each freed at once, with addresses that no other THREAD (0, 1, 2 …) uses.  Returns nanoseconds for
 * an allocation and its free, by this thread's clock on the wall.  */
double pool_pairs(int thread, int count);

#endif
