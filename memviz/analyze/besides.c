/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/besides.h"

#include <errno.h>

#include "analyze/index.h"
#include "analyze/samples.h"

/* Objects that are there once, however often they are said to begin.  */
struct census {
	struct mv_index objects; /* what begins, and handle → 1: is there */
};

/* COUNT gains or loses OBJECT.  */
static int count_object(struct census *census, uint32_t kind, uint64_t object, bool begins, uint64_t *count)
{
	uint32_t *is_there = mv_index_at(&census->objects, kind, object, 0);

	if (!is_there)
		return -ENOMEM;
	*count += begins && !*is_there;
	*count -= !begins && *is_there;
	*is_there = begins;
	return 0;
}

static void set_limit(struct mv_besides *besides, const struct mv_card_call *call)
{
	if (call->extra >= MV_BESIDES_LIMITS)
		return;
	besides->limits[call->extra] = call->size_bytes;
	besides->is_limit_set[call->extra] = true;
}

static int count_call(struct census *census, const struct mv_card_call *call, struct mv_besides *besides)
{
	switch ((enum mv_change)call->change) {
	case MV_CHANGE_CONTEXT_BEGIN:
	case MV_CHANGE_CONTEXT_END:
		return count_object(census, MV_CHANGE_CONTEXT_BEGIN, call->object,
				    call->change == MV_CHANGE_CONTEXT_BEGIN, &besides->contexts);
	case MV_CHANGE_MODULE_BEGIN:
	case MV_CHANGE_MODULE_END:
		return count_object(census, MV_CHANGE_MODULE_BEGIN, call->object,
				    call->change == MV_CHANGE_MODULE_BEGIN, &besides->modules);
	case MV_CHANGE_POOL_BEGIN:
	case MV_CHANGE_POOL_END:
		return count_object(census, MV_CHANGE_POOL_BEGIN, call->object, call->change == MV_CHANGE_POOL_BEGIN,
				    &besides->pools);
	case MV_CHANGE_GRAPH_BEGIN:
	case MV_CHANGE_GRAPH_END:
		return count_object(census, MV_CHANGE_GRAPH_BEGIN, call->object, call->change == MV_CHANGE_GRAPH_BEGIN,
				    &besides->graphs);
	case MV_CHANGE_LIMIT:
		set_limit(besides, call);
		return 0;
	case MV_CHANGE_CHECKPOINT:
	case MV_CHANGE_RESTORE:
		besides->is_checkpointed = call->change == MV_CHANGE_CHECKPOINT;
		return 0;
	case MV_CHANGE_EXPORT:
		besides->exports++;
		return 0;
	case MV_CHANGE_OTHER:
	case MV_CHANGE_POOL_SET:
	case MV_CHANGE_GRAPH_MEMORY:
	case MV_CHANGE_KINDS:
		return 0;
	}
	return 0;
}

/* The end of an object need not happen in a context of its card.  */
static bool is_end(uint8_t change)
{
	return change == MV_CHANGE_CONTEXT_END || change == MV_CHANGE_MODULE_END || change == MV_CHANGE_POOL_END ||
	       change == MV_CHANGE_GRAPH_END;
}

static int count_calls(const struct mv_samples *samples, uint8_t device, uint64_t time_ns, struct mv_besides *besides)
{
	struct census census = {.objects = {0}};
	size_t i;
	int err = 0;

	for (i = 0; i < samples->call_count && samples->calls[i].time_ns <= time_ns && !err; i++)
		if (samples->calls[i].device == device || is_end(samples->calls[i].change))
			err = count_call(&census, &samples->calls[i], besides);
	mv_index_release(&census.objects);
	return err;
}

static int count_asides(const struct mv_samples *samples, uint8_t device, uint64_t time_ns, struct mv_besides *besides)
{
	struct census census = {.objects = {0}};
	size_t i;
	int err = 0;

	for (i = 0; i < samples->aside_count && samples->asides[i].time_ns <= time_ns && !err; i++) {
		const struct mv_aside *aside = &samples->asides[i];

		if (aside->flags & MV_FLAG_IMPORTED && (aside->device == device || aside->is_end)) {
			err = count_object(&census, 0, aside->address, !aside->is_end, &besides->unsized_count);
		} else if (aside->device == device && !aside->is_end) {
			besides->node_count++;
			besides->node_bytes += aside->size_bytes;
		}
	}
	mv_index_release(&census.objects);
	return err;
}

static void count_block(const struct mv_block *block, struct mv_besides *besides)
{
	bool is_estimated = block->flags & MV_FLAG_ESTIMATED, is_handle = block->flags & MV_FLAG_HANDLE;

	if (block->flags & MV_FLAG_IMPORTED) {
		/* What is mapped of it is not more of it.  */
		besides->imported_count += block->ledger != MV_LEDGER_MAPPING;
		besides->imported_bytes += block->ledger != MV_LEDGER_MAPPING ? block->size_bytes : 0;
	} else if (block->ledger == MV_LEDGER_DEVICE && is_estimated) {
		besides->array_count++;
		besides->array_bytes += block->size_bytes;
	} else if (block->ledger == MV_LEDGER_RESERVATION && is_handle && !is_estimated) {
		besides->team_count++;
		besides->team_bytes += block->size_bytes;
	}
}

static void count_blocks(const struct mv_timeline *timeline, uint8_t device, uint64_t time_ns,
			 struct mv_besides *besides)
{
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (i = 0; i < count && blocks[i].birth_ns <= time_ns; i++)
		if (blocks[i].device == device && mv_block_is_alive_at(&blocks[i], time_ns))
			count_block(&blocks[i], besides);
}

int mv_besides_find(const struct mv_timeline *timeline, uint8_t device, uint64_t time_ns, struct mv_besides *besides)
{
	const struct mv_samples *samples = mv_timeline_samples(timeline);

	*besides = (struct mv_besides){.contexts = 0};
	count_blocks(timeline, device, time_ns, besides);
	if (count_calls(samples, device, time_ns, besides) || count_asides(samples, device, time_ns, besides))
		return -ENOMEM;
	return 0;
}
