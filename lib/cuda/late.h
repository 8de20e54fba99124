/* SPDX-License-Identifier: Apache-2.0 */
/* A recorder that comes late: loaded by the driver, which CUDA_INJECTION64_PATH names it to, or by dlopen, into a program
 * whose calls are bound already.
 *
 * The names that this library exports are then nobody's first choice any more, so the places through which the loaded
 * objects call those functions (base/got.h) are made to lead here, each only if it leads to the very function that the
 * wrapper stands in front of; so do those of objects that are loaded later.  The driver's and our own are left alone.
 *
 * What cannot be had that way is the pointers that somebody has looked up before: those of a CUDA runtime, which looks the
 * whole driver up before it starts it.  The shared runtime's own functions are watched in their place; memory that
 * is asked for through a runtime which is linked into its user, statically, is not seen.
 *
 * Threads: safe.  Fork: a child goes on where its parent was.  Private to lib/cuda, but for what watch.h says of it.  */
#ifndef CUDA_LATE_H
#define CUDA_LATE_H

#include <stdbool.h>

/* True if this library was loaded after the program began, and records.  Cheap.  */
bool mv_late_is_on(void);

/* Reach the objects that have been loaded since the last time: some 15 ms for a whole PyTorch, about 50 ns if there are
 * none.  Waits for nobody.  Cannot fail; what could not be reached is counted.  */
void mv_late_follow(void);

#endif
