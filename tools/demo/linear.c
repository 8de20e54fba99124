/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/linear.h"

#include "demo/matmul.h"

/* For both kernels: MATRIX, of ROWS by COLUMNS, and VECTOR, of COLUMNS.  */
struct columns {
	float *matrix;
	float *vector;
	size_t rows, columns;
};

/* Add the vector to each row.  Items: rows.  */
static void add_bias(const void *args, const struct card_share *share)
{
	const struct columns *at = args;
	size_t i, j;

	for (i = share->first; i < share->end; i++)
		for (j = 0; j < at->columns; j++)
			at->matrix[i * at->columns + j] += at->vector[j];
}

/* Make the vector the sum of the rows.  Items: columns.  */
static void sum_rows(const void *args, const struct card_share *share)
{
	const struct columns *at = args;
	size_t i, j;

	for (j = share->first; j < share->end; j++)
		at->vector[j] = 0;
	for (i = 0; i < at->rows; i++)
		for (j = share->first; j < share->end; j++)
			at->vector[j] += at->matrix[i * at->columns + j];
}

static void launch_add_bias(struct card *card, const struct matrix *out, const struct matrix *bias)
{
	struct columns args = {out->data, bias->data, out->rows, out->columns};

	card_launch(card, &(struct card_work){add_bias, &args, sizeof args, out->rows, out->columns});
}

static void launch_sum_rows(struct card *card, const struct matrix *rows, const struct matrix *sum)
{
	struct columns args = {rows->data, sum->data, rows->rows, rows->columns};

	card_launch(card, &(struct card_work){sum_rows, &args, sizeof args, rows->columns, rows->rows});
}

int linear_forward(struct pool *pool, const struct linear *linear, const struct matrix *in, struct matrix *out)
{
	int err = matrix_alloc(pool, in->rows, linear->weight->value.columns, out);

	if (!err)
		err = matmul(pool, out, matmul_plain(in), matmul_plain(&linear->weight->value));
	if (err)
		return err;
	launch_add_bias(pool->card, out, &linear->bias->value);
	return 0;
}

int linear_backward_parameters(struct pool *pool, const struct linear *linear, const struct matrix *in,
			       const struct matrix *out_gradient)
{
	int err = parameter_add_gradient(pool, linear->weight);

	if (!err)
		err = matmul(pool, &linear->weight->gradient, matmul_transposed(in), matmul_plain(out_gradient));
	if (!err)
		err = parameter_add_gradient(pool, linear->bias);
	if (err)
		return err;
	launch_sum_rows(pool->card, out_gradient, &linear->bias->gradient);
	return 0;
}

int linear_backward_input(struct pool *pool, const struct linear *linear, const struct matrix *out_gradient,
			  struct matrix *in_gradient)
{
	int err = matrix_alloc(pool, out_gradient->rows, linear->weight->value.rows, in_gradient);

	if (err)
		return err;
	return matmul(pool, in_gradient, matmul_plain(out_gradient), matmul_transposed(&linear->weight->value));
}
