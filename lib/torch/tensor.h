/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the sink about Python's tensors.  With the GIL.  Private to lib/torch.  */
#ifndef TORCH_TENSOR_H
#define TORCH_TENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sink.h"
#include "torch/pyapi.h"

/* What is needed to look at tensors; references are borrowed from the loaded modules.  */
struct mv_tensor_view {
	const struct mv_python *python;
	const struct mv_sink *sink;
	PyObject *tensor_type;
	PyObject *parameter_type;
	bool is_apart; /* not in the thread that steps: backward may run, and no gradient is read then */
};

/* To be used in a step; IS_APART is false.  False: torch is not loaded.  */
bool mv_tensor_view(struct mv_tensor_view *view);

/* OBJECT, if it is a tensor with memory on a device, is ROLE and called NAME, within the thing at OWNER (0: nothing).  Of a
 * distributed tensor that is the local part's memory; of a class around others all of theirs.  Returns the first one's
 * address or 0.  About half a microsecond for a plain one.  */
uint64_t mv_tensor_note(const struct mv_tensor_view *view, PyObject *object, enum mv_role role, const char *name,
			uint64_t owner);

/* The gradient of PARAMETER, whose memory is at OWNER, if it has one.  */
void mv_tensor_note_gradient(const struct mv_tensor_view *view, PyObject *parameter, uint64_t owner);

#endif
