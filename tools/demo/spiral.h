/* SPDX-License-Identifier: Apache-2.0 */
/* What is learnt: which of SPIRAL_ARMS interleaved spirals a point of the plane lies on.  Some numbers that mean nothing
 * come with the two that do.  */
#ifndef DEMO_SPIRAL_H
#define DEMO_SPIRAL_H

#include "demo/dice.h"

enum { SPIRAL_ARMS = 3, SPIRAL_NOISE = 6, SPIRAL_INPUTS = 2 + SPIRAL_NOISE };

/* Draw COUNT samples: SPIRAL_INPUTS numbers for each to POINTS, the number of its arm, as a float, to LABELS.  */
void spiral_draw(struct dice *dice, size_t count, float *points, float *labels);

#endif
