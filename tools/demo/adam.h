/* SPDX-License-Identifier: Apache-2.0 */
/* Adam, with bias correction (Kingma, Ba 2015).  */
#ifndef DEMO_ADAM_H
#define DEMO_ADAM_H

#include "demo/parameter.h"

struct adam {
	float rate;			/* of learning: the largest step of a number, roughly */
	float beta, beta_sq;		/* how much of the averages is kept from step to step */
	float epsilon;
	unsigned long step_count;	/* steps done */
};

/* With the usual settings, but the RATE.  */
struct adam adam_with(float rate);

/* Change each of the COUNT PARAMETERS, all of which have gradients.  The first step makes the states.  Returns 0 or
 * matrix_alloc's errors.  */
int adam_step(struct adam *adam, struct pool *pool, struct parameter *parameters, size_t count);

#endif
