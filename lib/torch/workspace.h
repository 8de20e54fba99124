/* SPDX-License-Identifier: Apache-2.0 */
/* What cuBLAS is given to compute with.  Private to lib/torch.
 *
 * Threads: any.  Memory: a table of fixed size.  */
#ifndef TORCH_WORKSPACE_H
#define TORCH_WORKSPACE_H

/* The pool gets the block at ADDRESS back.  A nanosecond.  */
void mv_workspace_forget(const void *address);

#endif
