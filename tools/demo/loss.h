/* SPDX-License-Identifier: Apache-2.0 */
/* The loss: cross-entropy of the softmax of scores, a row for each sample, against the right classes; the mean over the
 * samples.
 *
 * Functions return 0 or matrix_alloc's errors; what was made before an error has its owner, who frees it.  */
#ifndef DEMO_LOSS_H
#define DEMO_LOSS_H

#include "demo/matrix.h"

enum { LOSS_MEAN, LOSS_ACCURACY, LOSS_FIGURES };

struct loss {
	struct matrix probabilities;	/* what the backward pass needs */
	struct matrix figures;		/* LOSS_FIGURES numbers: the mean loss, the share of samples that are right */
};

/* Make both matrices of *LOSS.  LABELS has the number of the right class for each sample, as a float.  */
int loss_forward(struct pool *pool, const struct matrix *scores, const struct matrix *labels, struct loss *loss);

/* Make *SCORES_GRADIENT.  */
int loss_backward(struct pool *pool, const struct loss *loss, const struct matrix *labels,
		  struct matrix *scores_gradient);

void loss_free(struct pool *pool, struct loss *loss);

#endif
