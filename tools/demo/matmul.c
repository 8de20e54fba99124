/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of both factors are copied to scratch memory in the order in which they are needed, so that the innermost loop
 * reads nothing but what lies side by side, whether the factor is transposed or not:
 *
 *	left	strips of TILE_ROWS rows:	number (i, k) of a strip at k * TILE_ROWS + i
 *	right	strips of TILE_COLUMNS columns:	number (k, j) of a strip at k * TILE_COLUMNS + j
 *
 * A tile of TILE_ROWS by TILE_COLUMNS sums stays in registers while k runs over BLOCK_DEPTH.  The right block, of all
 * columns, is to stay in the second-level cache, the left one, of BLOCK_ROWS rows, in the first or second.  What a strip
 * has behind the edge of its matrix is zero.  Workers share the rows; each has scratch memory of its own.  */
#include "demo/matmul.h"

#include <string.h>

enum { LANES = 4, TILE_ROWS = 6, TILE_COLUMNS = 2 * LANES, BLOCK_ROWS = 16 * TILE_ROWS, BLOCK_DEPTH = 256 };

/* One register of any processor that has vectors.  Wider ones GCC would take apart again where it may not use AVX.  */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

/* Compile what is behind this twice, once for processors that multiply and add in one instruction: that is half the
 * time.  Which of the two runs is decided when the program is loaded, before a thread sanitizer is ready for it.  */
#if defined(__x86_64__) && defined(__linux__) && __GNUC__ >= 12 && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define FOR_OLD_AND_NEW_PROCESSORS __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define FOR_OLD_AND_NEW_PROCESSORS
#endif

struct product {
	float *out;
	struct matmul_view left, right;
	float *scratch;			/* CARD_WORKERS times scratch_floats() */
};

/* Part of a product: rows ROW to ROW_END - 1 of the left factor, DEPTH of its columns from K on.  */
struct slab {
	size_t row, row_end;
	size_t k, depth;
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t round_up(size_t count, size_t step)
{
	return (count + step - 1) / step * step;
}

/* ---- packing ---- */

static size_t packed_right_floats(const struct product *product)
{
	return least(product->right.rows, BLOCK_DEPTH) * round_up(product->right.columns, TILE_COLUMNS);
}

static size_t scratch_floats(const struct product *product)
{
	return packed_right_floats(product) + least(product->left.columns, BLOCK_DEPTH) * BLOCK_ROWS;
}

/* Copy the part of VIEW that SLAB says to STRIP, one column of STRIP_WIDTH numbers after the other.  */
static void pack_strip(float *strip, const struct matmul_view *view, const struct slab *slab, size_t strip_width)
{
	const float *from = view->data + slab->row * view->row_step + slab->k * view->column_step;
	size_t width = slab->row_end - slab->row, k, i;

	for (k = 0; k < slab->depth; k++, from += view->column_step, strip += strip_width) {
		for (i = 0; i < width; i++)
			strip[i] = from[i * view->row_step];
		for (; i < strip_width; i++)
			strip[i] = 0;
	}
}

/* Pack the rows of SLAB in strips of STRIP_WIDTH.  */
static void pack(float *to, const struct matmul_view *view, const struct slab *slab, size_t strip_width)
{
	struct slab strip = *slab;

	for (; strip.row < slab->row_end; strip.row += strip_width, to += slab->depth * strip_width) {
		strip.row_end = least(strip.row + strip_width, slab->row_end);
		pack_strip(to, view, &strip, strip_width);
	}
}

static void pack_right(float *to, const struct product *product, size_t k, size_t depth)
{
	const struct matmul_view *right = &product->right;
	struct matmul_view flipped = {right->data, right->columns, right->rows, right->column_step, right->row_step};

	pack(to, &flipped, &(struct slab){0, flipped.rows, k, depth}, TILE_COLUMNS);
}

/* ---- multiplying ---- */

/* SUMS becomes the product of two strips.  Written out, because the sums must be named to stay in registers.  */
FOR_OLD_AND_NEW_PROCESSORS
static void multiply_strips(lanes *sums, const float *left, const float *right, size_t depth)
{
	lanes a0 = {0}, a1 = {0}, b0 = {0}, b1 = {0}, c0 = {0}, c1 = {0};
	lanes d0 = {0}, d1 = {0}, e0 = {0}, e1 = {0}, f0 = {0}, f1 = {0};
	size_t k;

	for (k = 0; k < depth; k++, left += TILE_ROWS, right += TILE_COLUMNS) {
		lanes x0 = *(const lanes *)right, x1 = *(const lanes *)(right + LANES);

		a0 += left[0] * x0, a1 += left[0] * x1;
		b0 += left[1] * x0, b1 += left[1] * x1;
		c0 += left[2] * x0, c1 += left[2] * x1;
		d0 += left[3] * x0, d1 += left[3] * x1;
		e0 += left[4] * x0, e1 += left[4] * x1;
		f0 += left[5] * x0, f1 += left[5] * x1;
	}
	sums[0] = a0, sums[1] = a1, sums[2] = b0, sums[3] = b1, sums[4] = c0, sums[5] = c1;
	sums[6] = d0, sums[7] = d1, sums[8] = e0, sums[9] = e1, sums[10] = f0, sums[11] = f1;
}

/* A tile's place in the result.  At the edges it is smaller than the sums.  */
struct tile {
	float *out;
	size_t out_step;		/* numbers from one row to the next */
	size_t rows, columns;
};

/* Put SUMS where TILE is.  */
static void store_sums(const struct tile *tile, const float *sums)
{
	size_t i;

	for (i = 0; i < tile->rows; i++)
		memcpy(tile->out + i * tile->out_step, sums + i * TILE_COLUMNS, tile->columns * sizeof *sums);
}

/* Add SUMS to what is where TILE is.  */
static void add_sums(const struct tile *tile, const float *sums)
{
	size_t i, j;

	for (i = 0; i < tile->rows; i++)
		for (j = 0; j < tile->columns; j++)
			tile->out[i * tile->out_step + j] += sums[i * TILE_COLUMNS + j];
}

/* Multiply the packed LEFT strip, of the rows of SLAB, by all strips of the packed RIGHT.  */
static void multiply_row_of_tiles(const struct product *product, const struct slab *slab, const float *left,
				  const float *right)
{
	size_t columns = product->right.columns, j;
	float *out = product->out + slab->row * columns;

	for (j = 0; j < columns; j += TILE_COLUMNS, right += slab->depth * TILE_COLUMNS) {
		struct tile tile = {out + j, columns, slab->row_end - slab->row, least(TILE_COLUMNS, columns - j)};
		lanes sums[TILE_ROWS * TILE_COLUMNS / LANES];

		multiply_strips(sums, left, right, slab->depth);
		if (slab->k == 0)
			store_sums(&tile, (const float *)sums);
		else
			add_sums(&tile, (const float *)sums);
	}
}

static void multiply_block(const struct product *product, const struct slab *slab, float *packed_left,
			   const float *packed_right)
{
	struct slab strip = *slab;

	pack(packed_left, &product->left, slab, TILE_ROWS);
	for (; strip.row < slab->row_end; strip.row += TILE_ROWS, packed_left += slab->depth * TILE_ROWS) {
		strip.row_end = least(strip.row + TILE_ROWS, slab->row_end);
		multiply_row_of_tiles(product, &strip, packed_left, packed_right);
	}
}

static void multiply(const void *args, const struct card_share *share)
{
	const struct product *product = args;
	float *packed_right = product->scratch + share->worker * scratch_floats(product);
	float *packed_left = packed_right + packed_right_floats(product);
	size_t k, row, depth;

	for (k = 0; k < product->left.columns; k += BLOCK_DEPTH) {
		depth = least(BLOCK_DEPTH, product->left.columns - k);
		pack_right(packed_right, product, k, depth);
		for (row = share->first; row < share->end; row += BLOCK_ROWS)
			multiply_block(product, &(struct slab){row, least(row + BLOCK_ROWS, share->end), k, depth},
				       packed_left, packed_right);
	}
}

/* ---- what others see ---- */

struct matmul_view matmul_plain(const struct matrix *matrix)
{
	return (struct matmul_view){matrix->data, matrix->rows, matrix->columns, matrix->columns, 1};
}

struct matmul_view matmul_transposed(const struct matrix *matrix)
{
	return (struct matmul_view){matrix->data, matrix->columns, matrix->rows, 1, matrix->columns};
}

int matmul(struct pool *pool, const struct matrix *out, struct matmul_view left, struct matmul_view right)
{
	struct product product = {out->data, left, right, NULL};
	struct matrix scratch;
	int err = matrix_alloc(pool, CARD_WORKERS, scratch_floats(&product), &scratch);

	if (err)
		return err;
	product.scratch = scratch.data;
	card_launch(pool->card, &(struct card_work){multiply, &product, sizeof product, left.rows,
						    left.columns * right.columns});
	matrix_free(pool, &scratch);
	return 0;
}
