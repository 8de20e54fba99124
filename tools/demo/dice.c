/* SPDX-License-Identifier: Apache-2.0 */
#include "demo/dice.h"

#include <math.h>

static uint64_t roll(struct dice *dice)
{
	uint64_t x = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

float dice_uniform(struct dice *dice)
{
	return (float)(roll(dice) >> 40) * 0x1p-24f;
}

/* Box and Muller's.  */
float dice_normal(struct dice *dice)
{
	float radius = sqrtf(-2 * logf(1 - dice_uniform(dice)));

	return radius * cosf(6.2831853f * dice_uniform(dice));
}

size_t dice_below(struct dice *dice, size_t count)
{
	return (size_t)(roll(dice) % count);
}
