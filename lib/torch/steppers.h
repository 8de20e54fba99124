/* SPDX-License-Identifier: Apache-2.0 */
/* The optimizers that have stepped, and in which thread each did last.  Private to lib/torch.
 *
 * Gradients may be read in the thread that steps, of all optimizers that step in it: no backward of theirs is under way.
 *
 * With the GIL; where there is none, one thread at a time is served, and others find nothing.  Memory: a weak reference
 * of Python's for each; what is beyond MV_STEPPERS is not kept in mind.  */
#ifndef TORCH_STEPPERS_H
#define TORCH_STEPPERS_H

#include <stdint.h>

#include "torch/pyapi.h"

enum { MV_STEPPERS = 512 };

#define MV_STEPPERS_NO UINT32_MAX

/* OPTIMIZER is about to step in the calling thread.  Returns how often it has before; MV_STEPPERS_NO: it is not kept in
 * mind.  */
uint32_t mv_steppers_step(const struct mv_python *python, PyObject *optimizer);

/* How often OPTIMIZER, which is alive, has stepped or begun to; MV_STEPPERS_NO: it is not kept in mind.  */
uint32_t mv_steppers_steps(const PyObject *optimizer);

/* VISIT each living optimizer whose last step was in the calling thread.  */
void mv_steppers_each(const struct mv_python *python, void (*visit)(PyObject *optimizer, void *context), void *context);

#endif
