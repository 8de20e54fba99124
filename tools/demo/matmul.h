/* SPDX-License-Identifier: Apache-2.0 */
/* The product of two matrices, either of which may be read as its transpose.  */
#ifndef DEMO_MATMUL_H
#define DEMO_MATMUL_H

#include "demo/matrix.h"

/* A matrix as it is read: number (I, J) lies at DATA + I * ROW_STEP + J * COLUMN_STEP.  */
struct matmul_view {
	const float *data;
	size_t rows, columns;
	size_t row_step, column_step;
};

struct matmul_view matmul_plain(const struct matrix *matrix);
struct matmul_view matmul_transposed(const struct matrix *matrix);

/* OUT becomes LEFT times RIGHT; OUT has LEFT's rows and RIGHT's columns, and is neither of them.  The scratch memory is
 * POOL's until the work is done.  Returns 0 or pool_alloc's errors.  */
int matmul(struct pool *pool, const struct matrix *out, struct matmul_view left, struct matmul_view right);

#endif
