/* SPDX-License-Identifier: Apache-2.0 */
/* Which band a block belongs to, and why.  Private to memviz/analyze.
 *
 * A block has one band for its whole life, decided from what is known at the end, by the strongest evidence:
 *
 *   what the framework said		parameters and buffers; what the optimizer holds; gradients it read; tags; what
 *					autograd kept: activation
 *   born in an optimizer step		freed within: temporary; survived: optimizer, unless a later step, which read all
 *					owners, did not name it
 *   born in backward			freed within: temporary; survived: gradient, with the same exception; while
 *					gradients were recorded (a checkpoint's forward, again) and longer than that
 *					forward: activation
 *   born in forward			freed before backward: temporary; in a backward: activation; later: other.  Where
 *					all that autograd keeps is known, and it did not keep this: activation only if the
 *					thread that runs backward freed it, otherwise other: somebody holds it.  What a
 *					hook of saved tensors got (checkpoint, offloading) may be kept or not
 *   cut off by the end of the file,
 *   or by memory running out		as the same allocation of the step before; where there is none, see
 *					analyze/guess.h; otherwise a forward's blocks are activations until their
 *					backward has ended
 *
 * Where nothing of that kind is ever seen, because no framework trains here, everything is other.
 *
 * That decides plain training loops.  It does not see tensors that the program keeps and backward needs too, nor
 * training without an optimizer of the framework's.  */
#ifndef ANALYZE_BANDS_H
#define ANALYZE_BANDS_H

#include "analyze/replay.h"

/* Fill BAND and REASON of all blocks of REPLAY, whose cards TIMELINE knows.  0 or -ENOMEM.  */
int mv_bands_assign(const struct mv_timeline *timeline, struct mv_replay *replay);

#endif
