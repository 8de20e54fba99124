/* SPDX-License-Identifier: Apache-2.0 */
/* Whether backward runs, for those who must not be in its way.  Private to lib/torch.
 *
 * Backward adds to gradients, and replaces them, on threads of its own and without the GIL: to read one meanwhile is to read
 * memory that has been freed.  Who reads gradients elsewhere than in an optimizer's step asks here, for each of them.
 *
 * Threads: any.  */
#ifndef TORCH_TURN_H
#define TORCH_TURN_H

#include <stdbool.h>

/* A backward, or one of its nodes, begins and ends on the calling thread: an exception has ended what it passes.  A node may
 * outlast its backward, which fails as soon as one of them does.  Waits for whoever reads, a millisecond at the most.  */
void mv_turn_enter(void);
void mv_turn_leave(void);

/* What a personality routine answers that does no more than LEAVE where an exception passes; ACTIONS as it was given them.  */
int mv_turn_pass(int actions, void (*leave)(void));

/* True: no backward runs, and none begins before mv_turn_end_reading, which is to come within microseconds.  False: one
 * does, or somebody else reads.  */
bool mv_turn_begin_reading(void);
void mv_turn_end_reading(void);

#endif
