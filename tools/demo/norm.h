/* SPDX-License-Identifier: Apache-2.0 */
/* Layer normalization: each row gets mean 0 and variance 1, then out = row * weight + bias (Ba, Kiros, Hinton 2016).
 *
 * Functions return 0 or matrix_alloc's errors; what was made before an error has its owner, who frees it.  */
#ifndef DEMO_NORM_H
#define DEMO_NORM_H

#include "demo/parameter.h"

struct norm {
	struct parameter *weight, *bias;	/* vectors */
};

/* What the backward pass needs.  */
struct norm_saved {
	struct matrix moments;			/* for each row: its mean, and 1 over its standard deviation */
	struct matrix out;			/* what the layer behind needs, too */
};

/* Make both matrices of *SAVED.  */
int norm_forward(struct pool *pool, const struct norm *norm, const struct matrix *in, struct norm_saved *saved);

/* Make the gradients of both parameters out of OUT_GRADIENT, and turn OUT_GRADIENT into the loss's gradient by IN.  */
int norm_backward(struct pool *pool, const struct norm *norm, const struct matrix *in, const struct norm_saved *saved,
		  const struct matrix *out_gradient);

void norm_free_saved(struct pool *pool, struct norm_saved *saved);

#endif
