/* SPDX-License-Identifier: Apache-2.0 */
/* A card, a pool on it, a network, its optimizer, and the data: all that is needed to train.  The recorder is told where
 * backward and the optimizer's step begin and end.  */
#ifndef DEMO_TRAINER_H
#define DEMO_TRAINER_H

#include "demo/adam.h"
#include "demo/net.h"

struct trainer_plan {
	int device;
	size_t width, depth;		/* of the network, see net.h */
	float rate;			/* of learning, see adam.h */
	uint64_t seed;
};

struct trainer {
	struct card card;
	struct pool pool;
	struct net net;
	struct adam adam;
	struct dice dice;
};

/* What came of a step.  */
struct trainer_outcome {
	float loss;			/* mean over the batch, before the step */
	float accuracy;			/* 0 to 1 */
	size_t peak_bytes;		/* most that was allocated during the step */
};

/* Returns 0, or card_open's or net_open's errors.  *TRAINER is to be closed in any case; it must stay where it is.  */
int trainer_open(struct trainer *trainer, const struct trainer_plan *plan);
void trainer_close(struct trainer *trainer);

/* Train with ROWS new samples, at least 1.  Returns 0 and *OUTCOME; -ENOMEM: the pool or the host has not enough memory;
 * -EIO: the card failed.  After an error the trainer can only be closed.  */
int trainer_step(struct trainer *trainer, size_t rows, struct trainer_outcome *outcome);

#endif
