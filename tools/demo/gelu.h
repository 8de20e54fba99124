/* SPDX-License-Identifier: Apache-2.0 */
/* The activation function: x / (1 + exp(-1.702 x)), an approximation of GELU (Hendrycks, Gimpel 2016).
 *
 * Functions return 0 or matrix_alloc's errors, and then *OUT or *IN_GRADIENT has no data.  */
#ifndef DEMO_GELU_H
#define DEMO_GELU_H

#include "demo/matrix.h"

/* Make *OUT.  */
int gelu_forward(struct pool *pool, const struct matrix *in, struct matrix *out);

/* Make *IN_GRADIENT out of OUT_GRADIENT and IN.  */
int gelu_backward(struct pool *pool, const struct matrix *in, const struct matrix *out_gradient,
		  struct matrix *in_gradient);

#endif
