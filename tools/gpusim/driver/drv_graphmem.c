/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_graphmem.h"

#include <stdlib.h>

#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_start.h"

/* ---- addresses ---- */

static CUresult check(const CUDA_MEM_ALLOC_NODE_PARAMS *params)
{
	const CUmemPoolProps *pool = &params->poolProps;

	if (!params->bytesize || pool->allocType != CU_MEM_ALLOCATION_TYPE_PINNED ||
	    pool->location.type != CU_MEM_LOCATION_TYPE_DEVICE || pool->handleTypes)
		return CUDA_ERROR_INVALID_VALUE;
	return mv_start_check_device(pool->location.id);
}

static CUresult place(struct mv_graphmem *memory)
{
	struct mv_block block = { .kind = MV_BLOCK_GRAPH, .size = memory->size, .card = memory->card, .owner = memory };

	memory->ptr = block.base = mv_card_take_pooled(memory->card, memory->size);
	if (!block.base)
		return CUDA_ERROR_OUT_OF_MEMORY;
	if (mv_block_add(&block))
		return CUDA_SUCCESS;
	mv_card_give_pooled(memory->card, memory->ptr, memory->size);
	return CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult mv_graphmem_take(CUDA_MEM_ALLOC_NODE_PARAMS *params, uint64_t owner, struct mv_graphmem **memory)
{
	struct mv_graphmem *taken;
	CUresult err = check(params);

	if (err)
		return err;
	taken = calloc(1, sizeof(*taken));
	if (!taken)
		return CUDA_ERROR_OUT_OF_MEMORY;
	taken->size = params->bytesize;
	taken->card = params->poolProps.location.id;
	taken->owner = owner;
	taken->references = 1;
	mv_card_lock();
	err = place(taken);
	mv_card_unlock();
	if (err) {
		free(taken);
		return err;
	}
	params->dptr = taken->ptr;
	*memory = taken;
	return CUDA_SUCCESS;
}

static bool may_free(const struct mv_graphmem *memory, uint64_t graph)
{
	return !memory->freed_by || (memory->freed_by != graph && memory->freed_by != memory->owner && graph != memory->owner);
}

CUresult mv_graphmem_claim(CUdeviceptr ptr, uint64_t graph)
{
	CUresult err = CUDA_ERROR_INVALID_VALUE;
	struct mv_block *block;

	mv_card_lock();
	block = mv_block_find_base(ptr, MV_BLOCK_BIT(MV_BLOCK_GRAPH));
	if (block && may_free(block->owner, graph)) {
		((struct mv_graphmem *)block->owner)->freed_by = graph;
		err = CUDA_SUCCESS;
	}
	mv_card_unlock();
	return err;
}

struct mv_graphmem *mv_graphmem_share(struct mv_graphmem *memory)
{
	if (memory)
		memory->references++;
	return memory;
}

/* ---- use ---- */

/* Called with the lock held, as is retire.  */
static CUresult use(struct mv_graphmem *memory)
{
	struct mv_card *card = mv_card(memory->card);
	uint64_t used = card->graph_used_bytes + mv_card_round(memory->size, MV_CARD_UNIT_BYTES);
	uint64_t reserved = mv_card_round(used, MV_FACTS_PAGE_BYTES);

	if (memory->is_live)
		return CUDA_ERROR_INVALID_VALUE;
	if (reserved > card->graph_reserved_bytes) {
		if (!mv_card_charge(memory->card, reserved - card->graph_reserved_bytes))
			return CUDA_ERROR_OUT_OF_MEMORY;
		card->graph_reserved_bytes = reserved;
	}
	memory->is_live = true;
	card->graph_used_bytes = used;
	if (used > card->graph_used_high_bytes)
		card->graph_used_high_bytes = used;
	if (card->graph_reserved_bytes > card->graph_reserved_high_bytes)
		card->graph_reserved_high_bytes = card->graph_reserved_bytes;
	return CUDA_SUCCESS;
}

/* Nobody can launch or free it any more.  */
static void forget(struct mv_graphmem *memory)
{
	mv_block_remove(mv_block_find(memory->ptr));
	mv_card_give_pooled(memory->card, memory->ptr, memory->size);
	free(memory);
}

static void retire(struct mv_graphmem *memory)
{
	if (memory->is_live)
		mv_card(memory->card)->graph_used_bytes -= mv_card_round(memory->size, MV_CARD_UNIT_BYTES);
	memory->is_live = false;
	if (!memory->references)
		forget(memory);
}

CUresult mv_graphmem_allocate(struct mv_graphmem *memory)
{
	CUresult err;

	mv_card_lock();
	err = use(memory);
	mv_card_unlock();
	return err;
}

CUresult mv_graphmem_release(CUdeviceptr ptr)
{
	struct mv_block *block;
	bool was_live;

	mv_card_lock();
	block = mv_block_find_base(ptr, MV_BLOCK_BIT(MV_BLOCK_GRAPH));
	was_live = block && mv_graphmem_is_live(block);
	if (was_live)
		retire(block->owner);
	mv_card_unlock();
	return was_live ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

void mv_graphmem_release_live(struct mv_graphmem *memory)
{
	mv_card_lock();
	retire(memory);
	mv_card_unlock();
}

void mv_graphmem_drop(struct mv_graphmem *memory)
{
	if (!memory || --memory->references)
		return;
	mv_card_lock();
	if (!memory->is_live)
		forget(memory);
	mv_card_unlock();
}

void mv_graphmem_free(struct mv_block *block)
{
	retire(block->owner);
}

bool mv_graphmem_is_live(const struct mv_block *block)
{
	const struct mv_graphmem *memory = block->owner;

	return memory->is_live;
}

/* ---- what stays reserved ---- */

static void trim(CUdevice device)
{
	struct mv_card *card = mv_card(device);
	uint64_t wanted = mv_card_round(card->graph_used_bytes, MV_FACTS_PAGE_BYTES);

	mv_card_refund(device, card->graph_reserved_bytes - wanted);
	card->graph_reserved_bytes = wanted;
}

static void retire_visited(struct mv_block *block, void *device)
{
	if (block->kind == MV_BLOCK_GRAPH && block->card == *(CUdevice *)device)
		retire(block->owner);
}

void mv_graphmem_reset(CUdevice device)
{
	mv_block_each_of(NULL, retire_visited, &device);
	trim(device);
}

/* ---- the driver API ---- */

CUresult cuDeviceGraphMemTrim(CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	mv_card_lock();
	trim(device);
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetGraphMemAttribute(CUdevice device, CUgraphMem_attribute attribute, void *value)
{
	CUresult err = mv_start_check_device(device);
	const struct mv_card *card;

	if (err)
		return err;
	if (!value || attribute < CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT || attribute > CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	card = mv_card(device);
	*(uint64_t *)value = (uint64_t[]){
		[CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT] = card->graph_used_bytes,
		[CU_GRAPH_MEM_ATTR_USED_MEM_HIGH] = card->graph_used_high_bytes,
		[CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT] = card->graph_reserved_bytes,
		[CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH] = card->graph_reserved_high_bytes,
	}[attribute];
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuDeviceSetGraphMemAttribute(CUdevice device, CUgraphMem_attribute attribute, void *value)
{
	CUresult err = mv_start_check_device(device);
	struct mv_card *card;

	if (err)
		return err;
	if (!value || *(uint64_t *)value)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	card = mv_card(device);
	if (attribute == CU_GRAPH_MEM_ATTR_USED_MEM_HIGH)
		card->graph_used_high_bytes = card->graph_used_bytes;
	else if (attribute == CU_GRAPH_MEM_ATTR_RESERVED_MEM_HIGH)
		card->graph_reserved_high_bytes = card->graph_reserved_bytes;
	else
		err = CUDA_ERROR_INVALID_VALUE;
	mv_card_unlock();
	return err;
}
