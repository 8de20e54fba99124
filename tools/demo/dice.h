/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that look random and are the same for the same seed everywhere (splitmix64: Steele, Lea, Flood 2014).  */
#ifndef DEMO_DICE_H
#define DEMO_DICE_H

#include <stddef.h>
#include <stdint.h>

/* Any value is a seed.  */
struct dice {
	uint64_t state;
};

/* From 0, below 1.  */
float dice_uniform(struct dice *dice);

/* Around 0, with a standard deviation of 1.  */
float dice_normal(struct dice *dice);

/* From 0, below COUNT, which is at least 1.  */
size_t dice_below(struct dice *dice, size_t count);

#endif
