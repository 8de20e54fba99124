/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's mathematics: products against plain loops, gradients against finite differences, a step of Adam.  */
#include "unit/harness.h"

#include <math.h>

#include "demo/adam.h"
#include "demo/matmul.h"
#include "demo/net.h"

enum { BATCH = 7 };

static const struct net_shape shape = {4, 10, 2, 3};
static const float EPSILON = 4e-3f; /* of the differences: the error of a float32 loss over it is about 1e-4 */

struct bench {
	struct card card;
	struct pool pool;
	struct dice dice;
};

static void open_bench(struct bench *bench)
{
	setenv("GPUSIM_MEMORY", "64MiB", 1);
	*bench = (struct bench){.dice = {3}};
	CU_ASSERT_FATAL(card_open(&bench->card, 0) == 0);
	bench->pool = pool_on(&bench->card);
}

static void close_bench(struct bench *bench)
{
	CU_ASSERT_EQUAL(bench->pool.allocated_bytes, 0);
	pool_release_cached(&bench->pool);
	card_close(&bench->card);
}

/* The card's memory is the host's: tests write and read it in place, after card_wait.  */
static struct matrix random_matrix(struct bench *bench, size_t rows, size_t columns)
{
	struct matrix matrix;
	size_t i;

	CU_ASSERT_FATAL(matrix_alloc(&bench->pool, rows, columns, &matrix) == 0);
	for (i = 0; i < rows * columns; i++)
		matrix.data[i] = dice_normal(&bench->dice);
	return matrix;
}

/* ---- products ---- */

static double element(const struct matmul_view *left, const struct matmul_view *right, size_t i, size_t j)
{
	double sum = 0;
	size_t k;

	for (k = 0; k < left->columns; k++)
		sum += (double)left->data[i * left->row_step + k * left->column_step] *
		       (double)right->data[k * right->row_step + j * right->column_step];
	return sum;
}

static double worst_error(const struct matrix *out, const struct matmul_view *left, const struct matmul_view *right)
{
	double worst = 0;
	size_t i, j;

	for (i = 0; i < out->rows; i++)
		for (j = 0; j < out->columns; j++)
			worst = fmax(worst, fabs(element(left, right, i, j) - (double)out->data[i * out->columns + j]));
	return worst;
}

/* The product of ROWS by DEPTH and DEPTH by COLUMNS; bits 0 and 1 of FLIPS: a factor is stored as its transpose.  */
static double product_error(struct bench *bench, size_t rows, size_t depth, size_t columns, int flips)
{
	struct matrix left = flips & 1 ? random_matrix(bench, depth, rows) : random_matrix(bench, rows, depth);
	struct matrix right = flips & 2 ? random_matrix(bench, columns, depth) : random_matrix(bench, depth, columns);
	struct matrix out = random_matrix(bench, rows, columns);
	struct matmul_view left_view = flips & 1 ? matmul_transposed(&left) : matmul_plain(&left);
	struct matmul_view right_view = flips & 2 ? matmul_transposed(&right) : matmul_plain(&right);
	double worst;

	CU_ASSERT_EQUAL(matmul(&bench->pool, &out, left_view, right_view), 0);
	CU_ASSERT_EQUAL(card_wait(&bench->card), 0);
	worst = worst_error(&out, &left_view, &right_view);
	matrix_free(&bench->pool, &out);
	matrix_free(&bench->pool, &right);
	matrix_free(&bench->pool, &left);
	return worst;
}

static void products_are_right_for_any_size(void)
{
	static const size_t sizes[][3] = {{1, 1, 1}, {2, 3, 8}, {6, 256, 8}, {7, 257, 9}, {97, 300, 33}, {300, 5, 3}};
	struct bench bench;
	size_t i;

	open_bench(&bench);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		CU_ASSERT(product_error(&bench, sizes[i][0], sizes[i][1], sizes[i][2], 0) < 1e-4);
	close_bench(&bench);
}

static void products_are_right_for_transposes(void)
{
	struct bench bench;
	int flips;

	open_bench(&bench);
	for (flips = 1; flips < 4; flips++)
		CU_ASSERT(product_error(&bench, 101, 259, 31, flips) < 1e-4);
	close_bench(&bench);
}

/* Large enough for several workers.  */
static void shared_products_are_right(void)
{
	struct bench bench;

	open_bench(&bench);
	CU_ASSERT(product_error(&bench, 211, 120, 107, 0) < 1e-4);
	close_bench(&bench);
}

/* ---- gradients ---- */

struct lesson {
	struct bench bench;
	struct net net;
	struct net_batch batch;
};

static void open_lesson(struct lesson *lesson)
{
	size_t i;

	open_bench(&lesson->bench);
	CU_ASSERT_FATAL(net_open(&lesson->net, &lesson->bench.pool, &shape, &lesson->bench.dice) == 0);
	lesson->batch.points = random_matrix(&lesson->bench, BATCH, shape.inputs);
	lesson->batch.labels = random_matrix(&lesson->bench, BATCH, 1);
	for (i = 0; i < BATCH; i++)
		lesson->batch.labels.data[i] = (float)(i % shape.classes);
}

static void close_lesson(struct lesson *lesson)
{
	matrix_free(&lesson->bench.pool, &lesson->batch.labels);
	matrix_free(&lesson->bench.pool, &lesson->batch.points);
	net_close(&lesson->net);
	close_bench(&lesson->bench);
}

static float loss_of(struct lesson *lesson)
{
	struct net_pass pass = {0};
	float figures[LOSS_FIGURES];

	CU_ASSERT_FATAL(net_forward(&lesson->net, &lesson->batch, &pass) == 0);
	CU_ASSERT_FATAL(matrix_read(&lesson->bench.card, &pass.loss.figures, figures) == 0);
	net_drop(&lesson->net, &pass);
	return figures[LOSS_MEAN];
}

static void make_gradients(struct lesson *lesson)
{
	struct net_pass pass = {0};

	net_free_gradients(&lesson->net);
	CU_ASSERT_FATAL(net_forward(&lesson->net, &lesson->batch, &pass) == 0);
	CU_ASSERT_FATAL(net_backward(&lesson->net, &lesson->batch, &pass) == 0);
	CU_ASSERT_FATAL(card_wait(&lesson->bench.card) == 0);
	net_drop(&lesson->net, &pass);
}

static double difference_quotient(struct lesson *lesson, float *number)
{
	float kept = *number, above, below;

	*number = kept + EPSILON;
	above = loss_of(lesson);
	*number = kept - EPSILON;
	below = loss_of(lesson);
	*number = kept;
	return ((double)above - (double)below) / (2 * (double)EPSILON);
}

/* How far the gradient of PARAMETER and the difference quotients are apart, as a part of their length.  */
static double gradient_error(struct lesson *lesson, const struct parameter *parameter)
{
	size_t count = parameter->value.rows * parameter->value.columns, i;
	double apart = 0, length = 1e-12;

	for (i = 0; i < count; i++) {
		double expected = difference_quotient(lesson, &parameter->value.data[i]);
		double found = (double)parameter->gradient.data[i];

		apart += (expected - found) * (expected - found);
		length += expected * expected;
	}
	return sqrt(apart / length);
}

/* Check the parameters whose names contain PART.  */
static void check_gradients(const char *part)
{
	struct lesson lesson;
	size_t i, checked = 0;

	open_lesson(&lesson);
	make_gradients(&lesson);
	for (i = 0; i < lesson.net.parameter_count; i++) {
		if (!strstr(lesson.net.parameters[i].name, part))
			continue;
		CU_ASSERT(gradient_error(&lesson, &lesson.net.parameters[i]) < 0.01);
		checked++;
	}
	CU_ASSERT(checked > 0);
	close_lesson(&lesson);
}

static void gradients_of_the_head_are_right(void)
{
	check_gradients("head.");
}

static void gradients_of_layers_are_right(void)
{
	check_gradients("layers.");
}

static void gradients_of_the_input_are_right(void)
{
	check_gradients("input.");
}

static void backward_keeps_nothing_but_gradients(void)
{
	struct lesson lesson;
	size_t before;

	open_lesson(&lesson);
	before = lesson.bench.pool.allocated_bytes;
	make_gradients(&lesson);
	net_free_gradients(&lesson.net);
	CU_ASSERT_EQUAL(lesson.bench.pool.allocated_bytes, before);
	close_lesson(&lesson);
}

/* ---- loss and optimizer ---- */

static void loss_of_equal_scores_is_the_logarithm_of_the_classes(void)
{
	struct lesson lesson;
	size_t i;

	open_lesson(&lesson);
	for (i = 0; i < lesson.net.parameter_count; i++)
		if (strstr(lesson.net.parameters[i].name, "head."))
			matrix_clear(&lesson.bench.card, &lesson.net.parameters[i].value);
	CU_ASSERT_DOUBLE_EQUAL(loss_of(&lesson), log(3), 1e-6);
	close_lesson(&lesson);
}

/* Corrected for their bias, both averages are the gradient's own in the first step.  */
static void first_step_of_adam_is_the_rate(void)
{
	struct adam adam = adam_with(0.125f);
	struct lesson lesson;
	float before, gradient;

	open_lesson(&lesson);
	make_gradients(&lesson);
	before = lesson.net.parameters[0].value.data[0];
	gradient = lesson.net.parameters[0].gradient.data[0];
	CU_ASSERT_EQUAL(adam_step(&adam, &lesson.bench.pool, lesson.net.parameters, lesson.net.parameter_count), 0);
	CU_ASSERT_EQUAL(card_wait(&lesson.bench.card), 0);
	CU_ASSERT_DOUBLE_EQUAL(lesson.net.parameters[0].value.data[0], before - copysignf(0.125f, gradient), 1e-4);
	CU_ASSERT_DOUBLE_EQUAL(lesson.net.parameters[0].exp_avg.data[0], 0.1f * gradient, 1e-6);
	close_lesson(&lesson);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(products_are_right_for_any_size),
	HARNESS_TEST(products_are_right_for_transposes),
	HARNESS_TEST(shared_products_are_right),
	HARNESS_TEST(gradients_of_the_head_are_right),
	HARNESS_TEST(gradients_of_layers_are_right),
	HARNESS_TEST(gradients_of_the_input_are_right),
	HARNESS_TEST(backward_keeps_nothing_but_gradients),
	HARNESS_TEST(loss_of_equal_scores_is_the_logarithm_of_the_classes),
	HARNESS_TEST(first_step_of_adam_is_the_rate),
};
HARNESS_MAIN("demo_math", tests)
