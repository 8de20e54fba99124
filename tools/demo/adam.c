/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/adam.h"

#include <math.h>

struct update {
	float *value, *exp_avg, *exp_avg_sq;
	const float *gradient;
	float beta, beta_sq, epsilon;
	float rate;			/* divided by the correction of EXP_AVG */
	float root_correction;		/* the root of 1 over the correction of EXP_AVG_SQ */
};

/* Items: numbers.  */
static void update_numbers(const void *args, const struct card_share *share)
{
	const struct update *u = args;
	size_t i;

	for (i = share->first; i < share->end; i++) {
		float gradient = u->gradient[i];

		u->exp_avg[i] += (1 - u->beta) * (gradient - u->exp_avg[i]);
		u->exp_avg_sq[i] += (1 - u->beta_sq) * (gradient * gradient - u->exp_avg_sq[i]);
		u->value[i] -= u->rate * u->exp_avg[i] /
			       (sqrtf(u->exp_avg_sq[i]) * u->root_correction + u->epsilon);
	}
}

static void update_parameter(const struct adam *adam, struct card *card, const struct parameter *parameter)
{
	double steps = (double)adam->step_count;
	struct update update = {
		.value = parameter->value.data,
		.exp_avg = parameter->exp_avg.data,
		.exp_avg_sq = parameter->exp_avg_sq.data,
		.gradient = parameter->gradient.data,
		.beta = adam->beta,
		.beta_sq = adam->beta_sq,
		.epsilon = adam->epsilon,
		.rate = (float)(adam->rate / (1 - pow(adam->beta, steps))),
		.root_correction = (float)(1 / sqrt(1 - pow(adam->beta_sq, steps))),
	};
	size_t count = parameter->value.rows * parameter->value.columns;

	card_launch(card, &(struct card_work){update_numbers, &update, sizeof update, count, CARD_ROOT_COST});
}

struct adam adam_with(float rate)
{
	return (struct adam){.rate = rate, .beta = 0.9f, .beta_sq = 0.999f, .epsilon = 1e-8f};
}

int adam_step(struct adam *adam, struct pool *pool, struct parameter *parameters, size_t count)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < count; i++)
		if (!parameters[i].exp_avg_sq.data)
			err = parameter_add_states(pool, &parameters[i]);
	if (err)
		return err;
	adam->step_count++;
	for (i = 0; i < count; i++)
		update_parameter(adam, pool->card, &parameters[i]);
	return 0;
}
