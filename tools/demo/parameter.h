/* SPDX-License-Identifier: Apache-2.0 */
/* A parameter of the network: what is learnt, and what learning it needs.  The recorder is told which is which.
 *
 * The gradient lives from a backward pass until the next one begins, the optimizer's states from its first step on.  */
#ifndef DEMO_PARAMETER_H
#define DEMO_PARAMETER_H

#include "demo/dice.h"
#include "demo/matrix.h"

enum { PARAMETER_NAME_BYTES = 48 };

struct parameter {
	char name[PARAMETER_NAME_BYTES];	/* "layers.2.weight" */
	struct matrix value;
	struct matrix gradient;			/* no data: there is none now */
	struct matrix exp_avg, exp_avg_sq;	/* Adam's; no data before the first step */
};

/* What a parameter is to be at first: numbers between CENTRE - SPREAD and CENTRE + SPREAD.  */
struct parameter_plan {
	const char *name;			/* copied; cut if it is too long */
	size_t rows, columns;
	float centre, spread;
};

/* Make *PARAMETER as PLAN says.  Returns 0; matrix_alloc's errors, or -ENOMEM: the host has no memory; then there is
 * nothing to free.  */
int parameter_make(struct pool *pool, const struct parameter_plan *plan, struct dice *dice,
		   struct parameter *parameter);

/* Give PARAMETER a gradient, as large as it is, of any value.  Returns 0 or matrix_alloc's errors.  */
int parameter_add_gradient(struct pool *pool, struct parameter *parameter);

/* Give PARAMETER Adam's states, of zeros.  Returns 0 or matrix_alloc's errors; what was made is freed with the rest.  */
int parameter_add_states(struct pool *pool, struct parameter *parameter);

void parameter_free_gradient(struct pool *pool, struct parameter *parameter);

/* Free all that PARAMETER has.  */
void parameter_free(struct pool *pool, struct parameter *parameter);

#endif
