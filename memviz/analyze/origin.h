/* SPDX-License-Identifier: Apache-2.0 */
/* What the Python frames of a stack say about what was made there.  Private to memviz/analyze.
 *
 * Memory: an index of the stacks that were asked for; malloc.  */
#ifndef ANALYZE_ORIGIN_H
#define ANALYZE_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "analyze/index.h"
#include "read/recording.h"

struct mv_origin {
	const struct mv_recording *recording;
	struct mv_index known; /* stack → SEEN and what it is */
};

/* True if STACK is that of a PyTorch module which is being built, or moved to a card: Module._apply, which goes through
 * all parameters and buffers (torch/nn/modules/module.py since 0.4), or the __init__ of one of PyTorch's modules.  */
bool mv_origin_is_module(struct mv_origin *origin, uint32_t stack);

/* True if STACK is that of PyTorch's FSDP when it makes room for parameters that it gathers from all ranks: alloc_storage of
 * fully_shard (since 2.4), FlatParamHandle._alloc_padded_unsharded_flat_param of FullyShardedDataParallel (since 1.13).  */
bool mv_origin_is_gathering(struct mv_origin *origin, uint32_t stack);

void mv_origin_release(struct mv_origin *origin);

#endif
