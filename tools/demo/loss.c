/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/loss.h"

#include <math.h>

struct job {
	const float *scores, *labels;
	float *probabilities;
	float *sample_figures;		/* LOSS_FIGURES for each sample, */
	float *figures;			/* and their means */
	float *gradient;		/* of the scores */
	size_t rows, classes;
};

/* ---- forward ---- */

static size_t largest(const float *row, size_t count)
{
	size_t at = 0, i;

	for (i = 1; i < count; i++)
		if (row[i] > row[at])
			at = i;
	return at;
}

/* Scores enter as their distance from the largest, so that no exponential overflows.  */
static void judge_row(const float *scores, size_t classes, size_t label, float *probabilities, float *figures)
{
	size_t best = largest(scores, classes), i;
	float sum = 0;

	for (i = 0; i < classes; i++)
		sum += probabilities[i] = expf(scores[i] - scores[best]);
	for (i = 0; i < classes; i++)
		probabilities[i] /= sum;
	figures[LOSS_MEAN] = logf(sum) - (scores[label] - scores[best]);
	figures[LOSS_ACCURACY] = best == label;
}

/* Items: rows.  */
static void judge(const void *args, const struct card_share *share)
{
	const struct job *job = args;
	size_t i;

	for (i = share->first; i < share->end; i++)
		judge_row(job->scores + i * job->classes, job->classes, (size_t)job->labels[i],
			  job->probabilities + i * job->classes, job->sample_figures + i * LOSS_FIGURES);
}

/* Items: figures.  */
static void average(const void *args, const struct card_share *share)
{
	const struct job *job = args;
	size_t i, j;

	for (j = share->first; j < share->end; j++) {
		double sum = 0;

		for (i = 0; i < job->rows; i++)
			sum += job->sample_figures[i * LOSS_FIGURES + j];
		job->figures[j] = (float)(sum / (double)job->rows);
	}
}

int loss_forward(struct pool *pool, const struct matrix *scores, const struct matrix *labels, struct loss *loss)
{
	struct matrix sample_figures = {0};
	struct job job = {.scores = scores->data, .labels = labels->data, .rows = scores->rows,
			  .classes = scores->columns};
	int err = matrix_alloc(pool, scores->rows, scores->columns, &loss->probabilities);

	if (!err)
		err = matrix_alloc(pool, 1, LOSS_FIGURES, &loss->figures);
	if (!err)
		err = matrix_alloc(pool, scores->rows, LOSS_FIGURES, &sample_figures);
	if (err)
		return err;
	job.probabilities = loss->probabilities.data;
	job.sample_figures = sample_figures.data;
	job.figures = loss->figures.data;
	card_launch(pool->card, &(struct card_work){judge, &job, sizeof job, job.rows, CARD_EXP_COST * job.classes});
	card_launch(pool->card, &(struct card_work){average, &job, sizeof job, LOSS_FIGURES, job.rows});
	matrix_free(pool, &sample_figures);
	return 0;
}

/* ---- backward ---- */

/* Items: rows.  */
static void turn_gradient(const void *args, const struct card_share *share)
{
	const struct job *job = args;
	size_t i, j;

	for (i = share->first; i < share->end; i++)
		for (j = 0; j < job->classes; j++)
			job->gradient[i * job->classes + j] =
				(job->probabilities[i * job->classes + j] - (j == (size_t)job->labels[i])) /
				(float)job->rows;
}

int loss_backward(struct pool *pool, const struct loss *loss, const struct matrix *labels,
		  struct matrix *scores_gradient)
{
	const struct matrix *probabilities = &loss->probabilities;
	struct job job = {.labels = labels->data, .probabilities = probabilities->data, .rows = probabilities->rows,
			  .classes = probabilities->columns};
	int err = matrix_alloc(pool, probabilities->rows, probabilities->columns, scores_gradient);

	if (err)
		return err;
	job.gradient = scores_gradient->data;
	card_launch(pool->card, &(struct card_work){turn_gradient, &job, sizeof job, job.rows, job.classes});
	return 0;
}

void loss_free(struct pool *pool, struct loss *loss)
{
	matrix_free(pool, &loss->figures);
	matrix_free(pool, &loss->probabilities);
}
