/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/gelu.h"

#include <math.h>

static const float STEEPNESS = 1.702f;

struct job {
	const float *in, *out_gradient;
	float *to;
};

/* Items: elements.  */
static void activate(const void *args, const struct card_share *share)
{
	const struct job *job = args;
	size_t i;

	for (i = share->first; i < share->end; i++)
		job->to[i] = job->in[i] / (1 + expf(-STEEPNESS * job->in[i]));
}

/* Items: elements.  The derivative of x s(x), where s' = STEEPNESS s (1 - s), is s + STEEPNESS x s (1 - s).  */
static void turn_gradient(const void *args, const struct card_share *share)
{
	const struct job *job = args;
	size_t i;

	for (i = share->first; i < share->end; i++) {
		float x = job->in[i], s = 1 / (1 + expf(-STEEPNESS * x));

		job->to[i] = job->out_gradient[i] * (s + STEEPNESS * x * s * (1 - s));
	}
}

int gelu_forward(struct pool *pool, const struct matrix *in, struct matrix *out)
{
	int err = matrix_alloc(pool, in->rows, in->columns, out);
	struct job job = {in->data, NULL, out->data};

	if (err)
		return err;
	card_launch(pool->card, &(struct card_work){activate, &job, sizeof job, in->rows * in->columns, CARD_EXP_COST});
	return 0;
}

int gelu_backward(struct pool *pool, const struct matrix *in, const struct matrix *out_gradient,
		  struct matrix *in_gradient)
{
	int err = matrix_alloc(pool, in->rows, in->columns, in_gradient);
	struct job job = {in->data, out_gradient->data, in_gradient->data};

	if (err)
		return err;
	card_launch(pool->card, &(struct card_work){turn_gradient, &job, sizeof job, in->rows * in->columns,
						    CARD_EXP_COST});
	return 0;
}
