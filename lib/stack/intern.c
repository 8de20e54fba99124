/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/intern.h"

#include <stddef.h>

#include "base/hash.h"
#include "base/sys.h"

enum {
	STACK_BYTES = MV_INTERN_STACKS * sizeof(struct mv_intern_stack),
	FRAME_BYTES = MV_INTERN_FRAMES * sizeof(struct mv_intern_record),
	NODE_BYTES = MV_INTERN_NODES * sizeof(struct mv_intern_record),
	ALL_BYTES = STACK_BYTES + FRAME_BYTES + NODE_BYTES,
};

/* Open addressing stays short as long as a quarter is free.  */
static bool is_full(uint32_t used, uint32_t slot_count)
{
	return used >= slot_count / 4 * 3;
}

int mv_intern_start(struct mv_intern *intern)
{
	void *memory;
	char *at;
	int err;

	if (intern->memory)
		mv_sys_unmap(intern->memory, ALL_BYTES);
	*intern = (struct mv_intern){0};
	err = mv_sys_map(ALL_BYTES, &memory);
	if (err)
		return err;
	at = memory;
	intern->memory = memory;
	intern->stacks = (struct mv_intern_stack *)at;
	intern->frames.slots = (struct mv_intern_record *)(at + STACK_BYTES);
	intern->frames.slot_count = MV_INTERN_FRAMES;
	intern->nodes.slots = (struct mv_intern_record *)(at + STACK_BYTES + FRAME_BYTES);
	intern->nodes.slot_count = MV_INTERN_NODES;
	return 0;
}

/* ---- stacks ---- */

/* The slot of HASH, or the free one where it would stand.  Hashes are spread already.  The table is never full.  */
static struct mv_intern_stack *stack_slot(const struct mv_intern *intern, uint64_t hash)
{
	uint64_t i = hash % MV_INTERN_STACKS;

	for (;; i = (i + 1) % MV_INTERN_STACKS) {
		/* Pairs with the release in mv_intern_add.  */
		uint64_t found = __atomic_load_n(&intern->stacks[i].hash, __ATOMIC_ACQUIRE);

		if (!found || found == hash)
			return &intern->stacks[i];
	}
}

bool mv_intern_find(const struct mv_intern *intern, uint64_t hash, uint32_t *id)
{
	const struct mv_intern_stack *slot = stack_slot(intern, hash);

	/* Loaded again: it may have been published since.  */
	if (__atomic_load_n(&slot->hash, __ATOMIC_ACQUIRE) != hash)
		return false;
	*id = (uint32_t)slot->id;
	return true;
}

bool mv_intern_add(struct mv_intern *intern, uint64_t hash, uint32_t id)
{
	struct mv_intern_stack *slot = stack_slot(intern, hash);

	if (slot->hash == hash)
		return true;
	if (is_full(intern->stacks_used, MV_INTERN_STACKS))
		return false;
	intern->stacks_used++;
	slot->id = id;
	__atomic_store_n(&slot->hash, hash, __ATOMIC_RELEASE);
	return true;
}

/* ---- records ---- */

struct mv_intern_record *mv_intern_record(struct mv_intern_records *records, uint64_t a, uint64_t b)
{
	uint32_t i = (uint32_t)mv_hash_add(mv_hash_u64(a), b) % records->slot_count;

	for (;; i = (i + 1) % records->slot_count) {
		struct mv_intern_record *slot = &records->slots[i];

		if (!slot->id)
			return is_full(records->used, records->slot_count) ? NULL : slot;
		if (slot->a == a && slot->b == b)
			return slot;
	}
}

void mv_intern_fill(struct mv_intern_records *records, struct mv_intern_record *slot, uint64_t a, uint64_t b,
		    uint32_t id)
{
	*slot = (struct mv_intern_record){.a = a, .b = b, .id = id};
	records->used++;
}
