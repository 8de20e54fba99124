/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of ours that PyTorch calls as hooks, and its compiler must not trip over.  With the GIL.  Private to lib/torch.  */
#ifndef TORCH_HOOK_H
#define TORCH_HOOK_H

#include "torch/pyapi.h"

/* A hook for METHOD, a new reference; NULL: it could not be made, and no error is left.  torch.compile cannot look into a
 * function of C's: it would break its graph there, and warn of it, or fail where a program forbids breaks.  So this is
 * one of Python's, which calls METHOD unless it is being compiled; a step that runs compiled is not noted.  */
PyObject *mv_hook_make(const struct mv_python *python, struct mv_python_method *method);

#endif
