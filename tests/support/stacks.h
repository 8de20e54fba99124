/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks whose stacks are as deep and as mixed as real ones.  */
#ifndef SUPPORT_STACKS_H
#define SUPPORT_STACKS_H

#include "support/forge.h"

/* Allocate, as blocks of a pool that lives on, largest first:
 *
 *	512 MiB	by a line of the user's own, model.py:16, behind PyTorch's modules and the interpreter
 *	256 MiB	by a program that is all of installed packages, and its vllm/models/llama.py:300
 *	128 MiB	by the user's own C++, without Python
 *	64 MiB	by libraries alone
 *	32 MiB	by backward, at a node that model.py:17 has made  */
void stacks_add(struct forge *forge);

#endif
