/* SPDX-License-Identifier: Apache-2.0 */
/* When nodes of autograd's graph are let go.  What is freed meanwhile was kept by the graph: not only what autograd itself
 * saves, but also what a torch.autograd.Function of the program's keeps in its context as it likes.
 *
 * A graph can be deep, so PyTorch takes it apart in one function instead of by destructors within each other: deleteNode,
 * which the shared pointers to nodes call; where nodes count their references themselves (2.15), in the destructor of Node,
 * of the first node to go.  The libraries call both through their tables of linkage.  What the first node itself keeps,
 * if it is one of the program's, goes before that.
 *
 * Nothing is thrown through either.  */
#include <stdbool.h>

#include "torch/real.h"
#include "torch/torch.h"

#define LIBRARY "libtorch_cpu.so"
#define DELETE_NODE "_ZN5torch8autograd10deleteNodeEPNS0_4NodeE"
#define DESTRUCTOR "_ZN5torch8autograd4NodeD2Ev"

typedef void (*release_fn)(void *node);

/* Nodes within each other.  initial-exec: see lib/torch/engine.c.  */
static __thread unsigned t_depth __attribute__((tls_model("initial-exec")));

bool mv_torch_is_releasing(void)
{
	return t_depth > 0;
}

static void release(release_fn real, void *node)
{
	t_depth++;
	if (real)
		real(node);
	t_depth--;
}

void mv_release_node(void *node) MV_TORCH_EXPORTED(DELETE_NODE);
void mv_release_destroy(void *node) MV_TORCH_EXPORTED(DESTRUCTOR);

void mv_release_node(void *node)
{
	static void *kept;

	release((release_fn)mv_torch_real(&kept, LIBRARY, DELETE_NODE), node);
}

void mv_release_destroy(void *node)
{
	static void *kept;

	release((release_fn)mv_torch_real(&kept, LIBRARY, DESTRUCTOR), node);
}
