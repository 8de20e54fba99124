/* SPDX-License-Identifier: Apache-2.0 */
/* What an optimizer holds: the groups of its parameters, their gradients, its states.  With the GIL.  Private to lib/torch.  */
#ifndef TORCH_GROUPS_H
#define TORCH_GROUPS_H

#include <stddef.h>

#include "torch/tensor.h"

/* Tell the sink of all that OPTIMIZER holds.  Some microseconds for each parameter.  */
void mv_groups_note(const struct mv_tensor_view *view, PyObject *optimizer);

/* Tell of its parameters only.  Returns how many of them have no name.  */
size_t mv_groups_count_unnamed(const struct mv_tensor_view *view, PyObject *optimizer);

#endif
