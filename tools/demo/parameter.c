/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/parameter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "memviz/memviz.h"

static int fill(struct card *card, const struct parameter_plan *plan, struct dice *dice, const struct matrix *value)
{
	size_t count = plan->rows * plan->columns, i;
	float *numbers = malloc(count * sizeof *numbers);

	if (!numbers)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		numbers[i] = plan->centre + plan->spread * (2 * dice_uniform(dice) - 1);
	matrix_write(card, value, numbers);
	free(numbers);
	return 0;
}

int parameter_make(struct pool *pool, const struct parameter_plan *plan, struct dice *dice,
		   struct parameter *parameter)
{
	int err;

	*parameter = (struct parameter){0};
	snprintf(parameter->name, sizeof parameter->name, "%s", plan->name);
	err = matrix_alloc(pool, plan->rows, plan->columns, &parameter->value);
	if (err)
		return err;
	memviz_tag(parameter->value.data, MEMVIZ_PARAMETER, parameter->name);
	err = fill(pool->card, plan, dice, &parameter->value);
	if (err)
		parameter_free(pool, parameter);
	return err;
}

/* Make *COMPANION as large as PARAMETER, and tell the recorder what it is.  */
static int add_companion(struct pool *pool, const struct parameter *parameter, struct matrix *companion,
			 enum memviz_role role, const char *what)
{
	char name[PARAMETER_NAME_BYTES + 16];
	int err = matrix_alloc(pool, parameter->value.rows, parameter->value.columns, companion);

	if (err)
		return err;
	snprintf(name, sizeof name, "%s/%s", parameter->name, what);
	memviz_tag(companion->data, role, name);
	return 0;
}

int parameter_add_gradient(struct pool *pool, struct parameter *parameter)
{
	return add_companion(pool, parameter, &parameter->gradient, MEMVIZ_GRADIENT, "grad");
}

int parameter_add_states(struct pool *pool, struct parameter *parameter)
{
	int err = add_companion(pool, parameter, &parameter->exp_avg, MEMVIZ_OPTIMIZER, "exp_avg");

	if (!err)
		err = add_companion(pool, parameter, &parameter->exp_avg_sq, MEMVIZ_OPTIMIZER, "exp_avg_sq");
	if (err)
		return err;
	matrix_clear(pool->card, &parameter->exp_avg);
	matrix_clear(pool->card, &parameter->exp_avg_sq);
	return 0;
}

void parameter_free_gradient(struct pool *pool, struct parameter *parameter)
{
	matrix_free(pool, &parameter->gradient);
}

void parameter_free(struct pool *pool, struct parameter *parameter)
{
	matrix_free(pool, &parameter->exp_avg_sq);
	matrix_free(pool, &parameter->exp_avg);
	matrix_free(pool, &parameter->gradient);
	matrix_free(pool, &parameter->value);
}
