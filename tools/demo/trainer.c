/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/trainer.h"

#include <errno.h>
#include <stdlib.h>

#include "demo/spiral.h"
#include "memviz/memviz.h"

int trainer_open(struct trainer *trainer, const struct trainer_plan *plan)
{
	struct net_shape shape = {SPIRAL_INPUTS, plan->width, plan->depth, SPIRAL_ARMS};
	int err;

	*trainer = (struct trainer){.dice = {plan->seed}, .adam = adam_with(plan->rate)};
	err = card_open(&trainer->card, plan->device);
	if (err)
		return err;
	trainer->pool = pool_on(&trainer->card);
	return net_open(&trainer->net, &trainer->pool, &shape, &trainer->dice);
}

void trainer_close(struct trainer *trainer)
{
	if (trainer->net.parameters)
		net_close(&trainer->net);
	if (trainer->card.stream)
		pool_release_cached(&trainer->pool);
	card_close(&trainer->card);
}

/* ---- a step ---- */

static int alloc_batch(struct pool *pool, size_t rows, struct net_batch *batch)
{
	int err = matrix_alloc(pool, rows, SPIRAL_INPUTS, &batch->points);

	if (!err)
		err = matrix_alloc(pool, rows, 1, &batch->labels);
	if (err)
		return err;
	memviz_tag(batch->points.data, MEMVIZ_INPUT, "points");
	memviz_tag(batch->labels.data, MEMVIZ_INPUT, "labels");
	return 0;
}

static int load_batch(struct trainer *trainer, size_t rows, struct net_batch *batch)
{
	float *points = malloc(rows * (SPIRAL_INPUTS + 1) * sizeof *points), *labels = points + rows * SPIRAL_INPUTS;
	int err = points ? alloc_batch(&trainer->pool, rows, batch) : -ENOMEM;

	if (!err) {
		spiral_draw(&trainer->dice, rows, points, labels);
		matrix_write(&trainer->card, &batch->points, points);
		matrix_write(&trainer->card, &batch->labels, labels);
	}
	free(points);
	return err;
}

static void free_batch(struct trainer *trainer, struct net_batch *batch)
{
	matrix_free(&trainer->pool, &batch->labels);
	matrix_free(&trainer->pool, &batch->points);
}

static int run_backward(struct trainer *trainer, const struct net_batch *batch, struct net_pass *pass)
{
	int err;

	net_free_gradients(&trainer->net);
	memviz_phase_push("backward");
	err = net_backward(&trainer->net, batch, pass);
	memviz_phase_pop();
	return err;
}

static int run_optimizer(struct trainer *trainer)
{
	int err;

	memviz_phase_push("optimizer");
	err = adam_step(&trainer->adam, &trainer->pool, trainer->net.parameters, trainer->net.parameter_count);
	memviz_phase_pop();
	return err;
}

static int read_outcome(struct trainer *trainer, const struct loss *loss, struct trainer_outcome *outcome)
{
	float figures[LOSS_FIGURES];
	int err = matrix_read(&trainer->card, &loss->figures, figures);

	if (err)
		return err;
	*outcome = (struct trainer_outcome){figures[LOSS_MEAN], figures[LOSS_ACCURACY],
					    trainer->pool.peak_allocated_bytes};
	return 0;
}

int trainer_step(struct trainer *trainer, size_t rows, struct trainer_outcome *outcome)
{
	struct net_batch batch = {{0}, {0}};
	struct net_pass pass = {0};
	int err;

	trainer->pool.peak_allocated_bytes = trainer->pool.allocated_bytes;
	err = load_batch(trainer, rows, &batch);
	if (!err)
		err = net_forward(&trainer->net, &batch, &pass);
	if (!err)
		err = run_backward(trainer, &batch, &pass);
	if (!err)
		err = run_optimizer(trainer);
	if (!err)
		err = read_outcome(trainer, &pass.loss, outcome);
	net_drop(&trainer->net, &pass);
	free_batch(trainer, &batch);
	return err;
}
