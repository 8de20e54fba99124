/* SPDX-License-Identifier: Apache-2.0 */
/* With r = (in - mean) / deviation, and g = out_gradient * weight, both of a row:
 *
 *	in_gradient = (g - mean(g) - r * mean(g * r)) / deviation
 *	weight_gradient = sum over rows of out_gradient * r,  bias_gradient = sum over rows of out_gradient  */
#include "demo/norm.h"

#include <math.h>

static const float EPSILON = 1e-5f;	/* keeps 1 / deviation finite */

struct job {
	const float *in, *weight, *bias;
	float *moments, *out;
	float *gradient;			/* of OUT; backward turns it into that of IN */
	float *weight_gradient, *bias_gradient;
	size_t rows, columns;
};

/* ---- forward ---- */

static void measure(const float *row, size_t columns, float moments[2])
{
	float sum = 0, squares = 0;
	size_t j;

	for (j = 0; j < columns; j++)
		sum += row[j];
	moments[0] = sum / (float)columns;
	for (j = 0; j < columns; j++)
		squares += (row[j] - moments[0]) * (row[j] - moments[0]);
	moments[1] = 1 / sqrtf(squares / (float)columns + EPSILON);
}

/* Items: rows.  */
static void normalize(const void *args, const struct card_share *share)
{
	const struct job *job = args;
	size_t i, j;

	for (i = share->first; i < share->end; i++) {
		const float *in = job->in + i * job->columns;
		float *out = job->out + i * job->columns, *moments = job->moments + 2 * i;

		measure(in, job->columns, moments);
		for (j = 0; j < job->columns; j++)
			out[j] = (in[j] - moments[0]) * moments[1] * job->weight[j] + job->bias[j];
	}
}

/* ---- backward ---- */

/* Items: columns.  */
static void sum_parameter_gradients(const void *args, const struct card_share *share)
{
	const struct job *job = args;
	size_t i, j;

	for (j = share->first; j < share->end; j++)
		job->weight_gradient[j] = job->bias_gradient[j] = 0;
	for (i = 0; i < job->rows; i++) {
		const float *in = job->in + i * job->columns, *gradient = job->gradient + i * job->columns;
		const float *moments = job->moments + 2 * i;

		for (j = share->first; j < share->end; j++) {
			job->weight_gradient[j] += gradient[j] * (in[j] - moments[0]) * moments[1];
			job->bias_gradient[j] += gradient[j];
		}
	}
}

static void turn_row(const struct job *job, const float *in, const float *moments, float *gradient)
{
	float sum = 0, product = 0, count = (float)job->columns;
	size_t j;

	for (j = 0; j < job->columns; j++) {
		gradient[j] *= job->weight[j];
		sum += gradient[j];
		product += gradient[j] * (in[j] - moments[0]) * moments[1];
	}
	for (j = 0; j < job->columns; j++)
		gradient[j] = moments[1] * (gradient[j] - sum / count -
					    (in[j] - moments[0]) * moments[1] * product / count);
}

/* Items: rows.  */
static void turn_gradient(const void *args, const struct card_share *share)
{
	const struct job *job = args;
	size_t i;

	for (i = share->first; i < share->end; i++)
		turn_row(job, job->in + i * job->columns, job->moments + 2 * i, job->gradient + i * job->columns);
}

/* ---- what others see ---- */

static struct job job_of(const struct norm *norm, const struct matrix *in, const struct norm_saved *saved)
{
	return (struct job){
		.in = in->data,
		.weight = norm->weight->value.data,
		.bias = norm->bias->value.data,
		.moments = saved->moments.data,
		.out = saved->out.data,
		.rows = in->rows,
		.columns = in->columns,
	};
}

int norm_forward(struct pool *pool, const struct norm *norm, const struct matrix *in, struct norm_saved *saved)
{
	int err = matrix_alloc(pool, in->rows, 2, &saved->moments);
	struct job job;

	if (!err)
		err = matrix_alloc(pool, in->rows, in->columns, &saved->out);
	if (err)
		return err;
	job = job_of(norm, in, saved);
	card_launch(pool->card, &(struct card_work){normalize, &job, sizeof job, in->rows, 3 * in->columns});
	return 0;
}

int norm_backward(struct pool *pool, const struct norm *norm, const struct matrix *in, const struct norm_saved *saved,
		  const struct matrix *out_gradient)
{
	struct job job = job_of(norm, in, saved);
	int err = parameter_add_gradient(pool, norm->weight);

	if (!err)
		err = parameter_add_gradient(pool, norm->bias);
	if (err)
		return err;
	job.gradient = out_gradient->data;
	job.weight_gradient = norm->weight->gradient.data;
	job.bias_gradient = norm->bias->gradient.data;
	card_launch(pool->card, &(struct card_work){sum_parameter_gradients, &job, sizeof job, in->columns,
						    3 * in->rows});
	card_launch(pool->card, &(struct card_work){turn_gradient, &job, sizeof job, in->rows, 6 * in->columns});
	return 0;
}

void norm_free_saved(struct pool *pool, struct norm_saved *saved)
{
	matrix_free(pool, &saved->out);
	matrix_free(pool, &saved->moments);
}
