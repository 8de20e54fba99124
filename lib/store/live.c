/* SPDX-License-Identifier: Apache-2.0 */
#include "store/live.h"

#include <errno.h>

#include "base/hash.h"

/* Where a piece of memory is looked for.  */
struct place {
	struct mv_live_shard *shard;
	uint32_t number; /* of the shard */
	uint32_t hash;
};

static uint32_t records_per_shard(uint64_t size_bytes)
{
	return (uint32_t)(size_bytes / sizeof(struct mv_event) / MV_LIVE_SHARDS);
}

size_t mv_live_index_bytes(uint64_t size_bytes)
{
	return mv_locator_bytes(records_per_shard(size_bytes));
}

void mv_live_open(struct mv_live *live, struct mv_file_header *header, void *index)
{
	const struct mv_region *region = &header->regions[MV_REGION_LIVE];

	*live = (struct mv_live){
		.records = (struct mv_event *)((uint8_t *)header + region->offset),
		.used_bytes = &header->used_bytes[MV_REGION_LIVE],
		.losses = header->losses,
		.shard_records = records_per_shard(region->size_bytes),
	};
	mv_locator_open(&live->locator, index, live->shard_records);
}

static uint32_t hash_of(enum mv_ledger ledger, uint64_t address)
{
	return (uint32_t)(mv_hash_u64(address ^ (uint64_t)ledger << 60) >> 16);
}

static struct place place_of(struct mv_live *live, enum mv_ledger ledger, uint64_t address)
{
	uint32_t hash = hash_of(ledger, address);
	uint32_t number = hash % MV_LIVE_SHARDS;

	return (struct place){.shard = &live->shards[number], .number = number, .hash = hash / MV_LIVE_SHARDS};
}

static struct mv_event *record_at(struct mv_live *live, const struct place *place, uint32_t in_shard)
{
	return &live->records[(size_t)in_shard * MV_LIVE_SHARDS + place->number];
}

/* The lock and the index lie in lines of their own: so that the one is not waited for before the other.  */
static void fetch(const struct mv_live *live, const struct place *place)
{
	__builtin_prefetch(place->shard, 1);
	mv_locator_fetch(&live->locator, place->number, place->hash);
}

static bool lock(struct mv_live *live, struct place *place)
{
	fetch(live, place);
	if (mv_lock_take(&place->shard->lock))
		return true;
	__atomic_fetch_add(&live->losses[MV_LOSS_LOCK], 1, __ATOMIC_RELAXED);
	return false;
}

/* The record that ENTRY leads to.  */
static struct mv_event *record_of(struct mv_live *live, const struct place *place, const uint64_t *entry)
{
	return record_at(live, place, mv_locator_number(*entry) - 1);
}

/* The entry that leads to the memory, or the free one where it would be.  */
static uint64_t *entry_of(struct mv_live *live, const struct place *place, enum mv_ledger ledger, uint64_t address)
{
	struct mv_locator_walk walk = mv_locator_look(&live->locator, place->number, place->hash);
	const struct mv_event *record;
	uint64_t *entry;

	for (;;) {
		entry = mv_locator_next(&walk);
		if (!*entry)
			return entry;
		record = record_of(live, place, entry);
		if (record->address == address && record->ledger == ledger)
			return entry;
	}
}

/* Publish that the shard's record IN_SHARD may be in use.  */
static void raise_used(struct mv_live *live, const struct place *place, uint32_t in_shard)
{
	uint64_t needed = ((uint64_t)in_shard * MV_LIVE_SHARDS + place->number + 1) * sizeof(struct mv_event);
	uint64_t used = __atomic_load_n(live->used_bytes, __ATOMIC_RELAXED);

	while (used < needed && !__atomic_compare_exchange_n(live->used_bytes, &used, needed, 0, __ATOMIC_RELEASE,
							     __ATOMIC_RELAXED))
		;
}

/* A record of the shard that is not in use: 1 + its number, 0 if there is none.  */
static uint32_t take_record(struct mv_live *live, const struct place *place)
{
	struct mv_live_shard *shard = place->shard;
	uint32_t in_shard = shard->free_first;

	if (in_shard) {
		__atomic_store_n(&shard->free_first, record_at(live, place, in_shard - 1)->ref, __ATOMIC_RELAXED);
		return in_shard;
	}
	if (shard->used == live->shard_records)
		return 0;
	raise_used(live, place, shard->used);
	return ++shard->used;
}

/* All of EVENT but IS_LIVE, which comes last.  */
static void fill_record(struct mv_event *record, const struct mv_event *event)
{
	struct mv_event copy = *event;

	copy.is_live = 0;
	*record = copy;
	/* Pairs with whoever reads the file: a live record is a whole one.  */
	__atomic_store_n(&record->is_live, 1, __ATOMIC_RELEASE);
}

static void drop_record(struct mv_live *live, const struct place *place, uint32_t in_shard)
{
	struct mv_event *record = record_at(live, place, in_shard - 1);

	__atomic_store_n(&record->is_live, 0, __ATOMIC_RELEASE);
	record->ref = place->shard->free_first;
	__atomic_store_n(&place->shard->free_first, in_shard, __ATOMIC_RELAXED);
	place->shard->count--;
}

/* The address goes with the record, so the index is put right first.  */
static void remove_entry(struct mv_live *live, const struct place *place, uint64_t *entry, struct mv_event *removed)
{
	uint32_t in_shard = mv_locator_number(*entry);

	*removed = *record_at(live, place, in_shard - 1);
	removed->is_live = 0;
	mv_locator_clear(&live->locator, place->number, entry);
	drop_record(live, place, in_shard);
}

static bool add_locked(struct mv_live *live, struct place *place, const struct mv_event *event)
{
	struct mv_live_shard *shard = place->shard;
	uint32_t in_shard;
	uint64_t *entry;

	mv_locator_make_room(&live->locator, place->number, shard->count);
	entry = entry_of(live, place, (enum mv_ledger)event->ledger, event->address);
	in_shard = mv_locator_number(*entry);
	if (in_shard) {
		__atomic_store_n(&record_at(live, place, in_shard - 1)->is_live, 0, __ATOMIC_RELEASE);
	} else {
		in_shard = take_record(live, place);
		if (!in_shard) {
			__atomic_fetch_add(&live->losses[MV_LOSS_LIVE_FULL], 1, __ATOMIC_RELAXED);
			return false;
		}
		*entry = mv_locator_entry(place->hash, in_shard);
		shard->count++;
	}
	fill_record(record_at(live, place, in_shard - 1), event);
	return true;
}

void mv_live_expect(struct mv_live *live, enum mv_ledger ledger, uint64_t address)
{
	struct place place = place_of(live, ledger, address);

	fetch(live, &place);
}

void mv_live_expect_record(struct mv_live *live, enum mv_ledger ledger, uint64_t address)
{
	struct place place = place_of(live, ledger, address);
	uint32_t in_shard = __atomic_load_n(&place.shard->free_first, __ATOMIC_RELAXED);
	const struct mv_event *record = record_at(live, &place, in_shard ? in_shard - 1 : 0);

	__builtin_prefetch(record, 1);
	__builtin_prefetch((const char *)(record + 1) - 1, 1);
}

bool mv_live_add(struct mv_live *live, const struct mv_event *event)
{
	struct place place = place_of(live, (enum mv_ledger)event->ledger, event->address);
	bool is_there;

	if (!lock(live, &place))
		return false;
	is_there = add_locked(live, &place, event);
	mv_lock_release(&place.shard->lock);
	return is_there;
}

bool mv_live_remove(struct mv_live *live, enum mv_ledger ledger, uint64_t address, struct mv_event *removed)
{
	struct place place = place_of(live, ledger, address);
	uint64_t *entry;
	bool is_known;

	if (!lock(live, &place))
		return false;
	entry = entry_of(live, &place, ledger, address);
	is_known = *entry != 0;
	if (is_known)
		remove_entry(live, &place, entry, removed);
	mv_lock_release(&place.shard->lock);
	return is_known;
}

bool mv_live_find(struct mv_live *live, enum mv_ledger ledger, uint64_t address, struct mv_event *found)
{
	struct place place = place_of(live, ledger, address);
	uint64_t *entry;
	bool is_known;

	if (!lock(live, &place))
		return false;
	entry = entry_of(live, &place, ledger, address);
	is_known = *entry != 0;
	if (is_known)
		*found = *record_of(live, &place, entry);
	mv_lock_release(&place.shard->lock);
	return is_known;
}

static bool set_owner(struct mv_event *record, enum mv_role role, uint32_t name)
{
	if (record->role == role && (!name || record->ref == name))
		return false;
	record->role = (uint8_t)role;
	if (name)
		record->ref = name;
	return true;
}

bool mv_live_set_owner(struct mv_live *live, enum mv_ledger ledger, uint64_t address, enum mv_role role, uint32_t name)
{
	struct place place = place_of(live, ledger, address);
	uint64_t *entry;
	bool is_new = false;

	if (!lock(live, &place))
		return false;
	entry = entry_of(live, &place, ledger, address);
	if (*entry)
		is_new = set_owner(record_of(live, &place, entry), role, name);
	mv_lock_release(&place.shard->lock);
	return is_new;
}

/* What was kept without a hook stays so.  */
static bool keep(struct mv_event *record, enum mv_role role, uint16_t step_mark)
{
	bool is_new = record->role == MV_ROLE_NONE || (record->role == MV_ROLE_SAVED_HOOKED && role == MV_ROLE_SAVED);
	bool is_kept = record->role == MV_ROLE_SAVED || record->role == MV_ROLE_SAVED_HOOKED;

	if (!is_new && (!is_kept || record->mappings == step_mark))
		return false;
	if (is_new)
		record->role = (uint8_t)role;
	record->mappings = step_mark;
	return true;
}

int mv_live_keep(struct mv_live *live, enum mv_ledger ledger, uint64_t address, enum mv_role role, uint32_t step)
{
	struct place place = place_of(live, ledger, address);
	uint64_t *entry;
	int result = -ENOENT;

	if (!lock(live, &place))
		return -ENOENT;
	entry = entry_of(live, &place, ledger, address);
	if (*entry)
		result = keep(record_of(live, &place, entry), role, (uint16_t)(step + 1));
	mv_lock_release(&place.shard->lock);
	return result;
}

/* Counts saturate at both ends: a program may release what it never retained.  */
static uint16_t changed(uint16_t count, int by)
{
	int sum = count + by;

	return (uint16_t)(sum < 0 ? 0 : sum > UINT16_MAX ? UINT16_MAX : sum);
}

static bool is_meant(const struct mv_event *record, const struct mv_users *users)
{
	return !users->before_ns || record->time_ns < users->before_ns;
}

bool mv_live_add_user(struct mv_live *live, const struct mv_event *event)
{
	struct place place = place_of(live, (enum mv_ledger)event->ledger, event->address);
	uint64_t *entry;
	bool is_there = true;

	if (!lock(live, &place))
		return false;
	entry = entry_of(live, &place, (enum mv_ledger)event->ledger, event->address);
	if (*entry) {
		struct mv_event *record = record_of(live, &place, entry);

		record->references = changed(record->references, event->references);
	} else {
		is_there = add_locked(live, &place, event);
	}
	mv_lock_release(&place.shard->lock);
	return is_there;
}

bool mv_live_count_users(struct mv_live *live, enum mv_ledger ledger, uint64_t handle, const struct mv_users *users,
			 struct mv_event *removed)
{
	struct place place = place_of(live, ledger, handle);
	uint64_t *entry;
	bool is_dead = false;

	if (!lock(live, &place))
		return false;
	entry = entry_of(live, &place, ledger, handle);
	if (*entry && is_meant(record_of(live, &place, entry), users)) {
		struct mv_event *record = record_of(live, &place, entry);

		record->references = changed(record->references, users->references);
		record->mappings = changed(record->mappings, users->mappings);
		is_dead = !record->references && !record->mappings;
		if (is_dead)
			remove_entry(live, &place, entry, removed);
	}
	mv_lock_release(&place.shard->lock);
	return is_dead;
}

_Static_assert(sizeof(struct mv_live_shard) == 64, "one cache line");

/* Under the lock of its shard, so that it is not half of one and half of the next.  */
static bool read_record(struct mv_live *live, uint64_t number, struct mv_event *found)
{
	struct place place = {.shard = &live->shards[number % MV_LIVE_SHARDS]};

	if (!__atomic_load_n(&live->records[number].is_live, __ATOMIC_RELAXED) || !lock(live, &place))
		return false;
	*found = live->records[number];
	mv_lock_release(&place.shard->lock);
	return found->is_live;
}

bool mv_live_next(struct mv_live *live, uint64_t *cursor, struct mv_event *found)
{
	uint64_t count = __atomic_load_n(live->used_bytes, __ATOMIC_ACQUIRE) / sizeof(struct mv_event);

	while (*cursor < count)
		if (read_record(live, (*cursor)++, found))
			return true;
	return false;
}
