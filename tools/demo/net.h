/* SPDX-License-Identifier: Apache-2.0 */
/* The network: a residual multi-layer perceptron.
 *
 *	hidden = points W + b					input
 *	hidden = hidden + gelu(norm(hidden) W + b)		layers.0 to layers.DEPTH-1
 *	scores = norm(hidden) W + b				head
 *
 * Use: net_forward keeps what net_backward needs in a struct net_pass; net_backward frees it while it goes back, and
 * makes the gradients; net_drop frees what is left of a pass, also after an error.
 * Functions return 0 or pool_alloc's errors.  */
#ifndef DEMO_NET_H
#define DEMO_NET_H

#include "demo/linear.h"
#include "demo/loss.h"
#include "demo/norm.h"

/* Each at least 1, DEPTH at most 999.  */
struct net_shape {
	size_t inputs, width, depth, classes;
};

struct net {
	struct net_shape shape;
	struct pool *pool;
	struct parameter *parameters;	/* NULL: the net is not open */
	size_t parameter_count;
};

/* Samples, a row for each.  */
struct net_batch {
	struct matrix points;		/* SHAPE.inputs columns */
	struct matrix labels;		/* one column: the number of the class, as a float */
};

/* What is kept of a layer, or of the head, which has no LINEAR.  */
struct net_saved {
	struct matrix in;
	struct norm_saved normal;
	struct matrix linear;		/* what goes into the activation function */
};

/* What is kept of a pass.  Zero: nothing.  */
struct net_pass {
	struct net_saved *saved;	/* DEPTH layers and the head */
	struct loss loss;
};

/* A net of that shape with random parameters.  -ENOMEM, too, where the host has no memory.  After an error there is
 * nothing to close.  */
int net_open(struct net *net, struct pool *pool, const struct net_shape *shape, struct dice *dice);
void net_close(struct net *net);

/* Numbers that are learnt.  */
size_t net_size(const struct net *net);

/* Compute the loss of BATCH, into *PASS, which is zero before.  */
int net_forward(const struct net *net, const struct net_batch *batch, struct net_pass *pass);

/* Make all gradients, which net_free_gradients must have freed before.  Frees of *PASS all but the loss.  */
int net_backward(const struct net *net, const struct net_batch *batch, struct net_pass *pass);

void net_free_gradients(const struct net *net);

/* Free what is left of *PASS, and make it zero.  */
void net_drop(const struct net *net, struct net_pass *pass);

#endif
