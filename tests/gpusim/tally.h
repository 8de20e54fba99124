/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GPUSIM_TALLY_H
#define GPUSIM_TALLY_H

/* Calls so far, of this thread.  */
struct tally {
	unsigned allocations; /* and frees */
	unsigned environment; /* getenv */
	unsigned locks;	      /* pthread_mutex_lock, dl_iterate_phdr */
};

struct tally tally_now(void);

#endif
