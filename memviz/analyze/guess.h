/* SPDX-License-Identifier: Apache-2.0 */
/* Bands of blocks that the end of the file cut off.  Private to memviz/analyze.
 *
 * Training repeats itself: the Nth allocation of a size by a stack in a stretch is the Nth one of the stretch before; if
 * there is none of that size, the Nth one by that stack, if it is about as large.  Where that one's end is known, so is
 * this one's.
 *
 * Before the first optimizer step nobody has said what the parameters are: what was made while a module was built or
 * moved to the card, and lives on, is taken for one.
 *
 * In a first backward there is none: a block as large as a parameter is taken for its gradient.  In a first optimizer
 * step PyTorch's optimizers make all states, parameter after parameter, before anything else; so what follows the
 * parameters' sizes is a state, until something does not.
 *
 * Sizes are those of a pool's blocks, which may be up to a mebibyte larger than what was asked for.  */
#ifndef ANALYZE_GUESS_H
#define ANALYZE_GUESS_H

#include "analyze/origin.h"
#include "analyze/replay.h"

enum { MV_GUESS_SLACK_BYTES = 1 << 20 };

/* A stretch of time, and the phase of the births in it that count.  */
struct mv_guess_window {
	uint64_t begin_ns, end_ns; /* both within */
	enum mv_phase phase;	   /* MV_PHASE_NONE: neither backward nor optimizer */
};

/* True if blocks of ONE and TWO bytes may have been asked for with the same size.  */
bool mv_guess_is_alike(uint64_t one, uint64_t two);

/* The phase that counts: what the program calls its own phases is forward.  */
enum mv_phase mv_guess_phase(const struct mv_block *block);

/* For each block born in WINDOW whose reason is MV_REASON_UNKNOWN and whose counterpart in EARLIER has a better one:
 * take its band, with MV_REASON_LIKE_EARLIER.  0 or -ENOMEM.  */
int mv_guess_like_earlier(struct mv_replay *replay, const struct mv_guess_window *window,
			  const struct mv_guess_window *earlier);

/* For each such block that is alive at the end and was made by a module: parameter.  So too where autograd keeps it, or it
 * was copied from the host.  */
void mv_guess_parameters(struct mv_replay *replay, struct mv_origin *origin);

/* For each such block born in WINDOW, a backward: gradient if its size is a parameter's.  0 or -ENOMEM.  */
int mv_guess_gradients(struct mv_replay *replay, const struct mv_guess_window *window);

/* For each such block born in WINDOW, an optimizer step: optimizer if it is in the sequence of states.  */
int mv_guess_states(struct mv_replay *replay, const struct mv_guess_window *window);

/* For each series of blocks that match the parameters one by one, which nobody owns, and which were born before FROM_NS and are
 * there after UNTIL_NS: TAKE each of them, by its index.  0 or -ENOMEM.  */
int mv_guess_series(struct mv_replay *replay, uint64_t from_ns, uint64_t until_ns,
		    void (*take)(struct mv_replay *replay, size_t index, void *context), void *context);

/* Where no optimizer of the framework's steps, the program has its own, and its states are as many and as large as the
 * parameters: what mv_guess_series finds is optimizer.  0 or -ENOMEM.  */
int mv_guess_own_states(struct mv_replay *replay, uint64_t from_ns, uint64_t until_ns);

#endif
