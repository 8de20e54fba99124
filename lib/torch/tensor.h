/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the sink about Python's tensors.  With the GIL.  Private to lib/torch.  */
#ifndef TORCH_TENSOR_H
#define TORCH_TENSOR_H

#include <stdint.h>

#include "base/sink.h"
#include "torch/pyapi.h"

/* What is needed to look at tensors; references are borrowed from the loaded modules.  */
struct mv_tensor_view {
	const struct mv_python *python;
	const struct mv_sink *sink;
	PyObject *tensor_type;
	PyObject *parameter_type;
};

/* False: torch is not loaded.  */
bool mv_tensor_view(struct mv_tensor_view *view);

/* The address of what OBJECT holds on a device, 0 if it is no tensor or holds nothing.  Of a distributed tensor, the local
 * part's.  */
uint64_t mv_tensor_address(const struct mv_tensor_view *view, PyObject *object);

/* OBJECT, if it is a tensor with memory, is ROLE and called NAME, within the thing at OWNER (0: nothing).  Returns its
 * address or 0.  About half a microsecond.  */
uint64_t mv_tensor_note(const struct mv_tensor_view *view, PyObject *object, enum mv_role role, const char *name,
			uint64_t owner);

#endif
