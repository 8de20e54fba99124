/* SPDX-License-Identifier: Apache-2.0 */
/* Things that programs do to a card, or to themselves while they use one.  "acts NAME" does one of them; exit 0: it all
 * went as it goes without a recorder.  */
#ifndef GPUSIM_ACTS_H
#define GPUSIM_ACTS_H

#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/api/cuda_pool.h"
#include "gpusim/must.h"

#define MIB ((size_t)1 << 20)

/* Initialise CUDA and make the first card's primary context current.  */
void acts_open_card(void);

/* SIZE bytes of it.  */
CUdeviceptr acts_get(size_t size);

struct act {
	const char *name;
	void (*run)(void);
};

/* Each ends with an entry without a name.  */
extern const struct act acts_memory[];	 /* sorts of memory, and errors */
extern const struct act acts_kinds[];	 /* arrays, memory of others, pools, graphs, contexts */
extern const struct act acts_lookups[];	 /* ways to find the driver's functions */
extern const struct act acts_guest[];	 /* what makes it hard to be a guest */
extern const struct act acts_ways[];	 /* recorders that come late */
extern const struct act acts_samples[];	 /* what is sampled, and who samples */
extern const struct act acts_manners[];	 /* what is theirs, and much at once */
extern const struct act acts_ends[];	 /* ends of busy programs, and what others do */
extern const struct act acts_lives[];	 /* what belongs to the program alone */
extern const struct act acts_totals[];	 /* frees without allocations */
extern const struct act acts_crowd[];	 /* many processes at once */
extern const struct act acts_begin[];	 /* first calls */
extern const struct act acts_processes[]; /* threads, signals, children, ends */

#endif
