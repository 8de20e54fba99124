/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds which memory, found out where Python itself calls us.  Private to lib/torch.
 *
 * Allocations are counted (mv_torch_tick).  At some of them a pending call is asked for, which the
 * interpreter runs in the main thread; it registers torch.optim's global step hooks.  From then on each optimizer step
 * tells its parameters, gradients and states in the thread that steps, where its backward is over: reading gradients
 * anywhere else races with backward.  The names come from a walk over all modules.  */
#ifndef TORCH_OWNER_H
#define TORCH_OWNER_H

#include "torch/tensor.h"

/* Name every parameter and buffer of every module that there is, and the parameters' gradients if they are wanted: names.c.
 * 30 to 50 ms where torch is loaded, most of it for its own objects.  */
void mv_names_walk(const struct mv_tensor_view *view, bool wants_gradients);

#endif
