/* SPDX-License-Identifier: Apache-2.0 */
/* A linear layer: out = in W + b, with a row for each sample.  W has a row for each input, a column for each output.
 *
 * Functions return 0 or matrix_alloc's errors; what was made before an error has its owner, who frees it.  */
#ifndef DEMO_LINEAR_H
#define DEMO_LINEAR_H

#include "demo/parameter.h"

struct linear {
	struct parameter *weight, *bias;
};

/* Make *OUT.  */
int linear_forward(struct pool *pool, const struct linear *linear, const struct matrix *in, struct matrix *out);

/* Make the gradients of both parameters out of OUT_GRADIENT, the loss's by OUT, and of IN.  */
int linear_backward_parameters(struct pool *pool, const struct linear *linear, const struct matrix *in,
			       const struct matrix *out_gradient);

/* Make *IN_GRADIENT, the loss's gradient by IN.  */
int linear_backward_input(struct pool *pool, const struct linear *linear, const struct matrix *out_gradient,
			  struct matrix *in_gradient);

#endif
