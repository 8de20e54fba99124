/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_block.h"

#include <search.h>
#include <stdlib.h>

#include "gpusim/driver/drv_card.h"

static void *g_tree;		/* of struct mv_block, by address */
static uint64_t g_last_id;

/* Overlapping blocks count as equal, so that a block of one byte finds what lies at an address.  */
static int compare(const void *left, const void *right)
{
	const struct mv_block *a = left, *b = right;

	if (a->base + a->size <= b->base)
		return -1;
	return b->base + b->size <= a->base;
}

static struct mv_block *find(CUdeviceptr ptr, size_t size)
{
	struct mv_block key = { .base = ptr, .size = size };
	struct mv_block **found = tfind(&key, &g_tree, compare);

	return found ? *found : NULL;
}

struct mv_block *mv_block_add(const struct mv_block *block)
{
	struct mv_block *added = malloc(sizeof(*added));
	struct mv_block **place;

	if (!added)
		return NULL;
	*added = *block;
	added->id = ++g_last_id;
	place = tsearch(added, &g_tree, compare);
	if (place && *place == added)
		return added;
	free(added);
	return NULL;
}

void mv_block_remove(struct mv_block *block)
{
	tdelete(block, &g_tree, compare);
	free(block);
}

struct mv_block *mv_block_find(CUdeviceptr ptr)
{
	return ptr ? find(ptr, 1) : NULL;
}

struct mv_block *mv_block_find_base(CUdeviceptr ptr, unsigned int kinds)
{
	struct mv_block *block = mv_block_find(ptr);

	if (!block || block->base != ptr || !(kinds & MV_BLOCK_BIT(block->kind)))
		return NULL;
	return block;
}

bool mv_block_is_in(CUdeviceptr ptr, size_t size)
{
	return find(ptr, size) != NULL;
}

/* ---- all blocks of a context ---- */

struct selection {
	CUcontext context;
	struct mv_block **blocks;	/* NULL: only count */
	size_t count;
};

static void select_node(const void *node, VISIT order, void *data)
{
	struct mv_block *block = *(struct mv_block *const *)node;
	struct selection *selection = data;

	if ((order != postorder && order != leaf) || block->context != selection->context)
		return;
	if (selection->blocks)
		selection->blocks[selection->count] = block;
	selection->count++;
}

void mv_block_each_of(CUcontext context, void (*visit)(struct mv_block *block, void *data), void *data)
{
	struct selection selection = { .context = context };

	twalk_r(g_tree, select_node, &selection);
	selection.blocks = calloc(selection.count + 1, sizeof(*selection.blocks));
	if (!selection.blocks)
		return;
	selection.count = 0;
	twalk_r(g_tree, select_node, &selection);
	for (size_t i = 0; i < selection.count; i++)
		visit(selection.blocks[i], data);
	free(selection.blocks);
}

bool mv_block_is_hollow(CUdeviceptr ptr)
{
	const unsigned int on_host = MV_BLOCK_BIT(MV_BLOCK_MANAGED) | MV_BLOCK_BIT(MV_BLOCK_HOST) |
				     MV_BLOCK_BIT(MV_BLOCK_REGISTERED);
	const struct mv_block *block = mv_block_find(ptr);

	/* A mapping that nobody was given access to can't be touched in any case.  */
	if (mv_card_is_backed())
		return block && block->kind == MV_BLOCK_MAPPED && !block->accessed_by;
	return block && !(on_host & MV_BLOCK_BIT(block->kind));
}
