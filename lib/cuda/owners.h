/* SPDX-License-Identifier: Apache-2.0 */
/* Which device the program's contexts and pools belong to, remembered when they are made, because the driver is not
 * asked later.
 *
 * There is room for some hundreds; what finds none is not known, and its memory counts where the calling thread is.
 * Threads: safe, without locks.  Signals: safe.  Fork: a child knows what its parent knew.  Private to lib/cuda.  */
#ifndef CUDA_OWNERS_H
#define CUDA_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

struct mv_owner {
	uint8_t device;
	uint8_t context; /* contexts that the program made: 1 to 255, different for all that are alive; 0: others */
};

/* HANDLE, of a context or a pool, is OWNER from now on.  */
void mv_owners_add(uint64_t handle, struct mv_owner owner);

/* False: HANDLE is not known.  */
bool mv_owners_find(uint64_t handle, struct mv_owner *owner);

void mv_owners_remove(uint64_t handle);

/* A number for a context; 0: all are in use.  And its end, when nothing of that number is alive any more.  */
uint8_t mv_owners_take_context(void);
void mv_owners_drop_context(uint8_t number);

/* True while there are contexts with a number.  One load.  */
bool mv_owners_has_contexts(void);

#endif
