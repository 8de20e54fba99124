/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/spiral.h"

#include <math.h>

static const float TURN = 6.2831853f;	/* radians */
static const float TURNS = 1;	/* of an arm, from the middle to its end */
static const float BLUR = 0.04f;	/* standard deviation, where an arm ends at 1 from the middle */
static const float SCALE = 2;		/* of the points, so that they are larger than the noise */
static const float NOISE = 0.5f;	/* standard deviation of the numbers that mean nothing */

static void draw_point(struct dice *dice, size_t arm, float *point)
{
	float along = sqrtf(dice_uniform(dice));
	float angle = TURN * (TURNS * along + (float)arm / SPIRAL_ARMS);
	int i;

	point[0] = SCALE * (along * cosf(angle) + BLUR * dice_normal(dice));
	point[1] = SCALE * (along * sinf(angle) + BLUR * dice_normal(dice));
	for (i = 0; i < SPIRAL_NOISE; i++)
		point[2 + i] = NOISE * dice_normal(dice);
}

void spiral_draw(struct dice *dice, size_t count, float *points, float *labels)
{
	size_t i, arm;

	for (i = 0; i < count; i++) {
		arm = dice_below(dice, SPIRAL_ARMS);
		labels[i] = (float)arm;
		draw_point(dice, arm, points + i * SPIRAL_INPUTS);
	}
}
