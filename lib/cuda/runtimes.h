/* SPDX-License-Identifier: Apache-2.0 */
/* The runtimes of a process: a program's own, and one for each framework.  Each call must reach the one that its caller was
 * linked against, for they keep their errors and contexts apart.
 *
 * Threads: safe.  Signals: safe once found.  Private to lib/cuda.  */
#ifndef CUDA_RUNTIMES_H
#define CUDA_RUNTIMES_H

#include "cuda/hook.h"

/* The function of HOOK's name, one of the runtime's, that the code at CALLER was linked against; without such a one, any
 * runtime's.  NULL: there is none.  What is found is kept.  */
void *mv_runtimes_real(const struct mv_hook *hook, const void *caller);

/* Objects have been unloaded: what was found is not true any more.  */
void mv_runtimes_forget(void);

#endif
