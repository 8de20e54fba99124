/* SPDX-License-Identifier: Apache-2.0 */
/* What the driver's stand-in tells the others beside what NVIDIA's driver does: a name of the simulation's own, for what
 * NVIDIA's libraries find out by ways that are not public.  */
#ifndef GPUSIM_API_OWN_H
#define GPUSIM_API_OWN_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(default)

/* What this process uses of a card.  */
struct gpusim_usage {
	uint64_t bytes;
	bool is_user;	/* it has a context there, or memory */
};

/* Fill *USAGE for card NUMBER, as common/facts.h counts them.  Nothing is started or made for the purpose: before cuInit,
 * in a forked child, and of a card that the program does not see, nothing is used.  Any thread.  */
void gpusim_usage(unsigned int number, struct gpusim_usage *usage);

#pragma GCC visibility pop

#endif
