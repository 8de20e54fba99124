/* SPDX-License-Identifier: Apache-2.0 */
/* A forged training run that knows what each of its blocks is: a plain PyTorch loop as the recorder sees it, with the
 * pool that carves blocks out of segments, the thread that runs backward, the owners read at each optimizer step, and
 * AdamW's states in the first one.  Sizes and orders are those of a small GPT or of an MLP.  */
#ifndef SUPPORT_TRAINING_H
#define SUPPORT_TRAINING_H

#include <stddef.h>
#include <stdint.h>

#include "analyze/timeline.h"
#include "support/forge.h"

enum training_model { TRAINING_MLP, TRAINING_GPT };

/* Where memory ends.  */
enum training_oom { TRAINING_NO_OOM, TRAINING_OOM_FORWARD, TRAINING_OOM_BACKWARD, TRAINING_OOM_OPTIMIZER };

struct training_plan {
	enum training_model model;
	unsigned layers;
	unsigned steps; /* whole ones; an OOM strikes in the one after them */
	enum training_oom oom;
	int is_oom_survived;	/* the program catches it and allocates again */
	int hides_backward;	/* backward is not announced; only its thread is known */
	int tells_saved;	/* what autograd keeps is told, as it is of PyTorch since 2.0 */
	int hides_walk;		/* modules are not walked: no names before the first optimizer step */
};

/* What one block really is.  */
struct training_truth {
	uint64_t birth_ns; /* of the recording's clock: unique */
	enum mv_band band;
};

struct training {
	struct forge *forge;
	struct training_truth *truth;
	size_t truth_count, truth_room;
	uint64_t capacity_bytes;
};

/* Let a run happen in FORGE.  */
struct training *training_run(struct forge *forge, const struct training_plan *plan);
void training_release(struct training *training);

/* Of the bytes that TIMELINE shows at TIME_NS of its axis, the percentage in the right band.  */
double training_score(const struct training *training, const struct mv_timeline *timeline, uint64_t time_ns);

#endif
