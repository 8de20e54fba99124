/* SPDX-License-Identifier: Apache-2.0 */
/* A matrix of float32 on the card, row after row.  A vector is a matrix of one row.
 *
 * Memory: from a pool; each matrix has one owner, who frees it.  It may be freed while work on it is under way, see
 * pool.h.  A matrix without data is zero, and freeing it does nothing.  */
#ifndef DEMO_MATRIX_H
#define DEMO_MATRIX_H

#include "demo/pool.h"

struct matrix {
	float *data;			/* on the card; NULL: none */
	size_t rows, columns;
};

/* ROWS times COLUMNS numbers of any value.  Returns 0 or pool_alloc's errors, and then *MATRIX has no data.  */
int matrix_alloc(struct pool *pool, size_t rows, size_t columns, struct matrix *matrix);

/* Free the data, and make *MATRIX zero.  */
void matrix_free(struct pool *pool, struct matrix *matrix);

size_t matrix_bytes(const struct matrix *matrix);

/* Fill MATRIX with the host's NUMBERS, which may be changed as soon as this returns; with zeros.  */
void matrix_write(struct card *card, const struct matrix *matrix, const float *numbers);
void matrix_clear(struct card *card, const struct matrix *matrix);

/* Wait, and copy MATRIX to the host's NUMBERS.  Returns 0 or -EIO.  */
int matrix_read(struct card *card, const struct matrix *matrix, float *numbers);

/* TO becomes TO + ADDED; both have the same size.  */
void matrix_add(struct card *card, const struct matrix *to, const struct matrix *added);

#endif
