/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/plumbing.h"

#include "read/table.h"

enum { DEPTH_MAX = 32 };

/* The innermost frames that all stacks seen so far have.  */
struct plumbing {
	uint32_t frames[DEPTH_MAX];
	uint32_t depth;
	uint32_t last_stack; /* the same stack often comes again at once */
	bool has_any;
};

static bool is_native(const struct mv_recording *recording, uint32_t frame)
{
	const struct mv_frame *record = mv_table_frame(recording, frame);

	return record && record->kind == MV_FRAME_NATIVE;
}

/* The innermost native frames of STACK, all but its outermost frame.  */
static uint32_t inner_frames(const struct mv_recording *recording, uint32_t stack, uint32_t frames[DEPTH_MAX + 1])
{
	uint32_t i, count = mv_table_stack(recording, stack, frames, DEPTH_MAX + 1);

	for (i = 0; i + 1 < count; i++)
		if (!is_native(recording, frames[i]))
			break;
	return i;
}

static void see(struct plumbing *plumbing, const struct mv_recording *recording, uint32_t stack)
{
	uint32_t frames[DEPTH_MAX + 1], i, count;

	if (plumbing->has_any && (stack == plumbing->last_stack || !plumbing->depth))
		return;
	count = inner_frames(recording, stack, frames);
	if (!plumbing->has_any || count < plumbing->depth)
		plumbing->depth = count;
	for (i = 0; i < plumbing->depth; i++) {
		if (!plumbing->has_any)
			plumbing->frames[i] = frames[i];
		else if (plumbing->frames[i] != frames[i])
			plumbing->depth = i;
	}
	plumbing->has_any = true;
	plumbing->last_stack = stack;
}

static uint32_t without(const struct mv_recording *recording, uint32_t stack, uint32_t depth)
{
	for (; depth; depth--) {
		const struct mv_stack *node = mv_table_stack_node(recording, stack);

		if (!node || node->parent >= stack)
			break;
		stack = node->parent;
	}
	return stack;
}

/* How many of the innermost frames of STACK lead out of the pool: up to the outermost that is plumbing.  */
static uint32_t depth_in(const struct plumbing *plumbing, const struct mv_recording *recording, uint32_t stack)
{
	uint32_t frames[DEPTH_MAX + 1], i, k, depth = 0, count = inner_frames(recording, stack, frames);

	for (i = 0; i < count; i++)
		for (k = 0; k < plumbing->depth; k++)
			if (frames[i] == plumbing->frames[k])
				depth = i + 1;
	return depth;
}

static bool is_of_pool(const struct mv_block *block)
{
	return block->ledger == MV_LEDGER_BLOCK && block->stack;
}

void mv_plumbing_strip(struct mv_replay *replay, struct mv_oom *ooms, size_t count)
{
	struct plumbing plumbing = {.has_any = false};
	size_t i, different = 0;

	for (i = 0; i < replay->block_count; i++) {
		if (!is_of_pool(&replay->blocks[i]))
			continue;
		different += plumbing.last_stack != replay->blocks[i].stack;
		see(&plumbing, replay->recording, replay->blocks[i].stack);
	}
	/* One stack alone has everything in common with itself.  */
	if (different < 2)
		return;
	for (i = 0; i < replay->block_count; i++)
		if (is_of_pool(&replay->blocks[i]))
			replay->blocks[i].stack = without(replay->recording, replay->blocks[i].stack, plumbing.depth);
	for (i = 0; i < count; i++)
		ooms[i].stack = without(replay->recording, ooms[i].stack,
					depth_in(&plumbing, replay->recording, ooms[i].stack));
}
