/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/net.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "demo/gelu.h"

/* Where a layer's parameters are, behind the input's two.  */
enum { WEIGHT, BIAS, INPUT_PARAMETERS };
enum { NORM_WEIGHT, NORM_BIAS, LINEAR_WEIGHT, LINEAR_BIAS, LAYER_PARAMETERS };

/* A layer, or the head.  */
struct layer {
	struct norm norm;
	struct linear linear;
};

static struct linear input_of(const struct net *net)
{
	return (struct linear){&net->parameters[WEIGHT], &net->parameters[BIAS]};
}

static struct layer layer_of(const struct net *net, size_t at)
{
	struct parameter *first = net->parameters + INPUT_PARAMETERS + at * LAYER_PARAMETERS;

	return (struct layer){
		.norm = {first + NORM_WEIGHT, first + NORM_BIAS},
		.linear = {first + LINEAR_WEIGHT, first + LINEAR_BIAS},
	};
}

/* ---- making ---- */

/* Make the parameter behind those that NET has: PREFIX.NAME.  */
static int add_parameter(struct net *net, struct dice *dice, const char *prefix, struct parameter_plan plan)
{
	char name[PARAMETER_NAME_BYTES];
	int err;

	snprintf(name, sizeof name, "%s.%s", prefix, plan.name);
	plan.name = name;
	err = parameter_make(net->pool, &plan, dice, &net->parameters[net->parameter_count]);
	if (!err)
		net->parameter_count++;
	return err;
}

static int add_norm(struct net *net, struct dice *dice, const char *prefix, size_t width)
{
	int err = add_parameter(net, dice, prefix, (struct parameter_plan){"norm.weight", 1, width, 1, 0});

	return err ? err : add_parameter(net, dice, prefix, (struct parameter_plan){"norm.bias", 1, width, 0, 0});
}

/* The spread keeps the variance of what comes out near that of what goes in.  */
static int add_linear(struct net *net, struct dice *dice, const char *prefix, size_t in, size_t out)
{
	float spread = sqrtf(1 / (float)in);
	int err = add_parameter(net, dice, prefix, (struct parameter_plan){"weight", in, out, 0, spread});

	return err ? err : add_parameter(net, dice, prefix, (struct parameter_plan){"bias", 1, out, 0, spread});
}

static int add_layer(struct net *net, struct dice *dice, size_t at)
{
	const struct net_shape *shape = &net->shape;
	bool is_head = at == shape->depth;
	char prefix[PARAMETER_NAME_BYTES / 2];
	int err;

	snprintf(prefix, sizeof prefix, is_head ? "head" : "layers.%zu", at);
	err = add_norm(net, dice, prefix, shape->width);
	return err ? err : add_linear(net, dice, prefix, shape->width, is_head ? shape->classes : shape->width);
}

int net_open(struct net *net, struct pool *pool, const struct net_shape *shape, struct dice *dice)
{
	size_t room = INPUT_PARAMETERS + (shape->depth + 1) * LAYER_PARAMETERS, i;
	int err;

	*net = (struct net){*shape, pool, calloc(room, sizeof *net->parameters), 0};
	if (!net->parameters)
		return -ENOMEM;
	err = add_linear(net, dice, "input", shape->inputs, shape->width);
	for (i = 0; !err && i <= shape->depth; i++)
		err = add_layer(net, dice, i);
	if (err)
		net_close(net);
	return err;
}

void net_close(struct net *net)
{
	while (net->parameter_count)
		parameter_free(net->pool, &net->parameters[--net->parameter_count]);
	free(net->parameters);
	net->parameters = NULL;
}

size_t net_size(const struct net *net)
{
	size_t sum = 0, i;

	for (i = 0; i < net->parameter_count; i++)
		sum += net->parameters[i].value.rows * net->parameters[i].value.columns;
	return sum;
}

/* ---- forward ---- */

static int forward_input(const struct net *net, const struct net_batch *batch, struct net_pass *pass)
{
	struct linear input = input_of(net);

	return linear_forward(net->pool, &input, &batch->points, &pass->saved[0].in);
}

static int forward_layer(const struct net *net, size_t at, struct net_pass *pass)
{
	struct net_saved *saved = &pass->saved[at], *next = saved + 1;
	struct layer layer = layer_of(net, at);
	int err = norm_forward(net->pool, &layer.norm, &saved->in, &saved->normal);

	if (!err)
		err = linear_forward(net->pool, &layer.linear, &saved->normal.out, &saved->linear);
	if (!err)
		err = gelu_forward(net->pool, &saved->linear, &next->in);
	if (err)
		return err;
	matrix_add(net->pool->card, &next->in, &saved->in);
	return 0;
}

static int forward_head(const struct net *net, const struct net_batch *batch, struct net_pass *pass)
{
	struct net_saved *saved = &pass->saved[net->shape.depth];
	struct layer head = layer_of(net, net->shape.depth);
	struct matrix scores = {0};
	int err = norm_forward(net->pool, &head.norm, &saved->in, &saved->normal);

	if (!err)
		err = linear_forward(net->pool, &head.linear, &saved->normal.out, &scores);
	if (!err)
		err = loss_forward(net->pool, &scores, &batch->labels, &pass->loss);
	matrix_free(net->pool, &scores);
	return err;
}

int net_forward(const struct net *net, const struct net_batch *batch, struct net_pass *pass)
{
	size_t i;
	int err;

	pass->saved = calloc(net->shape.depth + 1, sizeof *pass->saved);
	if (!pass->saved)
		return -ENOMEM;
	err = forward_input(net, batch, pass);
	for (i = 0; !err && i < net->shape.depth; i++)
		err = forward_layer(net, i, pass);
	return err ? err : forward_head(net, batch, pass);
}

/* ---- backward ---- */

static void free_saved(const struct net *net, struct net_saved *saved)
{
	matrix_free(net->pool, &saved->linear);
	norm_free_saved(net->pool, &saved->normal);
	matrix_free(net->pool, &saved->in);
}

/* From LAYER's linear part, whose OUT_GRADIENT is known, back to its input: make *IN_GRADIENT.  */
static int backward_linear_and_norm(const struct net *net, const struct layer *layer, const struct net_saved *saved,
				    const struct matrix *out_gradient, struct matrix *in_gradient)
{
	int err = linear_backward_parameters(net->pool, &layer->linear, &saved->normal.out, out_gradient);

	if (!err)
		err = linear_backward_input(net->pool, &layer->linear, out_gradient, in_gradient);
	if (!err)
		err = norm_backward(net->pool, &layer->norm, &saved->in, &saved->normal, in_gradient);
	return err;
}

/* Make *GRADIENT, that of the last layer's output.  */
static int backward_head(const struct net *net, const struct net_batch *batch, struct net_pass *pass,
			 struct matrix *gradient)
{
	struct layer head = layer_of(net, net->shape.depth);
	struct net_saved *saved = &pass->saved[net->shape.depth];
	struct matrix scores_gradient = {0};
	int err = loss_backward(net->pool, &pass->loss, &batch->labels, &scores_gradient);

	if (!err)
		err = backward_linear_and_norm(net, &head, saved, &scores_gradient, gradient);
	matrix_free(net->pool, &scores_gradient);
	free_saved(net, saved);
	return err;
}

/* Turn *GRADIENT, that of the layer's output, into that of its input.  What goes around the layer keeps its gradient;
 * what goes through it is added.  */
static int backward_layer(const struct net *net, size_t at, struct net_pass *pass, const struct matrix *gradient)
{
	struct layer layer = layer_of(net, at);
	struct net_saved *saved = &pass->saved[at];
	struct matrix linear_gradient = {0}, through = {0};
	int err = gelu_backward(net->pool, &saved->linear, gradient, &linear_gradient);

	if (!err)
		err = backward_linear_and_norm(net, &layer, saved, &linear_gradient, &through);
	matrix_free(net->pool, &linear_gradient);
	if (!err)
		matrix_add(net->pool->card, gradient, &through);
	matrix_free(net->pool, &through);
	free_saved(net, saved);
	return err;
}

static int backward_input(const struct net *net, const struct net_batch *batch, const struct matrix *gradient)
{
	struct linear input = input_of(net);

	return linear_backward_parameters(net->pool, &input, &batch->points, gradient);
}

int net_backward(const struct net *net, const struct net_batch *batch, struct net_pass *pass)
{
	struct matrix gradient = {0};
	int err = backward_head(net, batch, pass, &gradient);
	size_t i = net->shape.depth;

	while (!err && i-- > 0)
		err = backward_layer(net, i, pass, &gradient);
	if (!err)
		err = backward_input(net, batch, &gradient);
	matrix_free(net->pool, &gradient);
	return err;
}

void net_free_gradients(const struct net *net)
{
	size_t i;

	for (i = 0; i < net->parameter_count; i++)
		parameter_free_gradient(net->pool, &net->parameters[i]);
}

void net_drop(const struct net *net, struct net_pass *pass)
{
	size_t i;

	for (i = 0; pass->saved && i <= net->shape.depth; i++)
		free_saved(net, &pass->saved[i]);
	free(pass->saved);
	loss_free(net->pool, &pass->loss);
	*pass = (struct net_pass){0};
}
