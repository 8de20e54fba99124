/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/matrix.h"

struct sum {
	float *to;
	const float *added;
};

int matrix_alloc(struct pool *pool, size_t rows, size_t columns, struct matrix *matrix)
{
	struct matrix made = {NULL, rows, columns};
	void *data = NULL;
	int err = pool_alloc(pool, matrix_bytes(&made), &data);

	made.data = data;
	*matrix = err ? (struct matrix){0} : made;
	return err;
}

void matrix_free(struct pool *pool, struct matrix *matrix)
{
	pool_free(pool, matrix->data);
	*matrix = (struct matrix){0};
}

size_t matrix_bytes(const struct matrix *matrix)
{
	return matrix->rows * matrix->columns * sizeof *matrix->data;
}

void matrix_write(struct card *card, const struct matrix *matrix, const float *numbers)
{
	card_write(card, matrix->data, numbers, matrix_bytes(matrix));
}

void matrix_clear(struct card *card, const struct matrix *matrix)
{
	card_clear(card, matrix->data, matrix_bytes(matrix));
}

int matrix_read(struct card *card, const struct matrix *matrix, float *numbers)
{
	return card_read(card, numbers, matrix->data, matrix_bytes(matrix));
}

static void add(const void *args, const struct card_share *share)
{
	const struct sum *sum = args;
	size_t i;

	for (i = share->first; i < share->end; i++)
		sum->to[i] += sum->added[i];
}

void matrix_add(struct card *card, const struct matrix *to, const struct matrix *added)
{
	struct sum sum = {to->data, added->data};

	card_launch(card, &(struct card_work){add, &sum, sizeof sum, to->rows * to->columns, 1});
}
