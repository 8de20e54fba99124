/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/intern.h"

#include <stddef.h>

#include "base/hash.h"
#include "base/sys.h"

enum { SLOTS_MIN = 1 << 9 };

/* Slots of all tables up to one of SLOTS; of those before it.  */
#define SLOTS_UP_TO(slots) (2 * (slots) - SLOTS_MIN)
#define SLOTS_BEFORE(slots) ((slots) - SLOTS_MIN)

enum {
	STACK_BYTES = SLOTS_UP_TO(MV_INTERN_STACKS) * sizeof(struct mv_intern_stack),
	FRAME_BYTES = SLOTS_UP_TO(MV_INTERN_FRAMES) * sizeof(struct mv_intern_record),
	NODE_BYTES = SLOTS_UP_TO(MV_INTERN_NODES) * sizeof(struct mv_intern_record),
	ALL_BYTES = STACK_BYTES + FRAME_BYTES + NODE_BYTES,
};

/* Open addressing stays short as long as a quarter is free.  */
static bool is_full(uint32_t used, uint32_t slot_count)
{
	return used >= slot_count / 4 * 3;
}

static struct mv_intern_records records_in(void *memory, uint32_t slot_max)
{
	return (struct mv_intern_records){.tables = memory, .slot_count = SLOTS_MIN, .slot_max = slot_max};
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
	intern->stack_count = SLOTS_MIN;
	intern->frames = records_in(at + STACK_BYTES, MV_INTERN_FRAMES);
	intern->nodes = records_in(at + STACK_BYTES + FRAME_BYTES, MV_INTERN_NODES);
	return 0;
}

/* ---- stacks ---- */

/* The slot of HASH in the table of COUNT, or the free one where it would stand.  Hashes are spread already.  No table is
 * ever full.  */
static struct mv_intern_stack *stack_slot(const struct mv_intern *intern, uint32_t count, uint64_t hash)
{
	struct mv_intern_stack *table = intern->stacks + SLOTS_BEFORE(count);
	uint64_t i = hash & (count - 1);

	for (;; i = (i + 1) & (count - 1)) {
		/* Pairs with the release in mv_intern_add.  */
		uint64_t found = __atomic_load_n(&table[i].hash, __ATOMIC_ACQUIRE);

		if (!found || found == hash)
			return &table[i];
	}
}

/* Who still looks at the smaller table finds what it has, and asks again under the lock for what it has not.  */
static void grow_stacks(struct mv_intern *intern)
{
	const struct mv_intern_stack *from = intern->stacks + SLOTS_BEFORE(intern->stack_count);
	uint32_t i;

	for (i = 0; i < intern->stack_count; i++)
		if (from[i].hash)
			*stack_slot(intern, 2 * intern->stack_count, from[i].hash) = from[i];
	__atomic_store_n(&intern->stack_count, 2 * intern->stack_count, __ATOMIC_RELEASE);
}

bool mv_intern_find(const struct mv_intern *intern, uint64_t hash, uint32_t *id)
{
	uint32_t count = __atomic_load_n(&intern->stack_count, __ATOMIC_ACQUIRE);
	const struct mv_intern_stack *slot = stack_slot(intern, count, hash);

	/* Loaded again: it may have been published since.  */
	if (__atomic_load_n(&slot->hash, __ATOMIC_ACQUIRE) != hash)
		return false;
	*id = (uint32_t)slot->id;
	return true;
}

bool mv_intern_add(struct mv_intern *intern, uint64_t hash, uint32_t id)
{
	struct mv_intern_stack *slot;

	if (intern->stacks_used >= intern->stack_count / 2 && intern->stack_count < MV_INTERN_STACKS)
		grow_stacks(intern);
	slot = stack_slot(intern, intern->stack_count, hash);
	if (slot->hash == hash)
		return true;
	if (is_full(intern->stacks_used, intern->stack_count))
		return false;
	intern->stacks_used++;
	slot->id = id;
	__atomic_store_n(&slot->hash, hash, __ATOMIC_RELEASE);
	return true;
}

/* ---- records ---- */

/* The slot of A, B in the table of COUNT, or the free one where it would stand.  */
static struct mv_intern_record *record_slot(const struct mv_intern_records *records, uint32_t count, uint64_t a, uint64_t b)
{
	struct mv_intern_record *table = records->tables + SLOTS_BEFORE(count);
	uint32_t i = (uint32_t)mv_hash_add(mv_hash_u64(a), b) & (count - 1);

	while (table[i].id && (table[i].a != a || table[i].b != b))
		i = (i + 1) & (count - 1);
	return &table[i];
}

static void grow_records(struct mv_intern_records *records)
{
	const struct mv_intern_record *from = records->tables + SLOTS_BEFORE(records->slot_count);
	uint32_t i;

	for (i = 0; i < records->slot_count; i++)
		if (from[i].id)
			*record_slot(records, 2 * records->slot_count, from[i].a, from[i].b) = from[i];
	records->slot_count *= 2;
}

struct mv_intern_record *mv_intern_record(struct mv_intern_records *records, uint64_t a, uint64_t b)
{
	struct mv_intern_record *slot;

	if (is_full(records->used, records->slot_count) && records->slot_count < records->slot_max)
		grow_records(records);
	slot = record_slot(records, records->slot_count, a, b);
	return slot->id || !is_full(records->used, records->slot_count) ? slot : NULL;
}

void mv_intern_fill(struct mv_intern_records *records, struct mv_intern_record *slot, uint64_t a, uint64_t b,
		    uint32_t id)
{
	*slot = (struct mv_intern_record){.a = a, .b = b, .id = id};
	records->used++;
}
