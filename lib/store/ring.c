/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ring.h"

#include <errno.h>
#include <string.h>

#include "base/stamp.h"
#include "format/checksum.h"

enum { ALIGNMENT = 64 };

static uint64_t aligned(uint64_t bytes)
{
	return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

static size_t codec_bytes(uint32_t slot_events)
{
	return aligned(mv_codec_bytes(slot_events));
}

size_t mv_ring_memory_bytes(uint32_t slot_events)
{
	return codec_bytes(slot_events) + aligned(mv_chunk_body_bytes_max(slot_events));
}

int mv_ring_open(struct mv_ring *ring, struct mv_file_header *header, void *memory)
{
	const struct mv_region *open = &header->regions[MV_REGION_OPEN];
	uint64_t slot_bytes = sizeof(struct mv_slot) + header->slot_events * sizeof(struct mv_event);

	*ring = (struct mv_ring){
		.header = header,
		.slots = (uint8_t *)header + open->offset,
		.slot_bytes = slot_bytes,
		.slot_count = (uint32_t)(open->size_bytes / slot_bytes),
		.slot_events = header->slot_events,
		.bytes = (uint8_t *)header + header->regions[MV_REGION_RING].offset,
		.size_bytes = header->regions[MV_REGION_RING].size_bytes,
		.codec = mv_codec_in(memory, header->slot_events),
		.body = (uint8_t *)memory + codec_bytes(header->slot_events),
	};
	if (!ring->codec || !ring->slot_count || ring->slot_count > MV_RING_SLOTS_MAX ||
	    ring->size_bytes < 2 * (sizeof(struct mv_chunk) + mv_chunk_body_bytes_max(header->slot_events)))
		return -EINVAL;
	header->chunk_first = header->chunk_next = 1;
	return 0;
}

static struct mv_slot *slot_at(struct mv_ring *ring, uint32_t number)
{
	return (struct mv_slot *)(ring->slots + number * ring->slot_bytes);
}

static struct mv_event *events_of(struct mv_slot *slot)
{
	return (struct mv_event *)(slot + 1);
}

/* ---- the ring ---- */

static const struct mv_chunk *chunk_at(const struct mv_ring *ring, uint64_t offset)
{
	return (const struct mv_chunk *)(ring->bytes + offset);
}

static uint64_t chunk_bytes(const struct mv_chunk *chunk)
{
	return aligned(sizeof *chunk + chunk->body_bytes);
}

static bool is_empty(const struct mv_file_header *header)
{
	return header->chunk_first == header->chunk_next;
}

/* Give up the oldest chunk.  Where it was the last before the end, the next stands at 0.  Where there is none, somebody
 * else has written into the file: then the ring is empty, rather than that the program waits for ever.  */
static void evict(struct mv_ring *ring)
{
	struct mv_file_header *header = ring->header;
	const struct mv_chunk *oldest = chunk_at(ring, header->ring_tail);
	uint64_t next = header->ring_tail + chunk_bytes(oldest);

	if (oldest->magic != MV_CHUNK_MAGIC || oldest->sequence != header->chunk_first || next > ring->size_bytes) {
		header->chunk_first = header->chunk_next;
		return;
	}
	if (oldest->last_ns > header->horizon_ns)
		header->horizon_ns = oldest->last_ns;
	header->events_evicted += oldest->event_count;
	if (next >= header->used_bytes[MV_REGION_RING] || chunk_at(ring, next)->sequence != oldest->sequence + 1)
		next = 0;
	header->ring_tail = next;
	/* Readers look at CHUNK_FIRST first; pairs with the acquire in mv_image_compact().  */
	__atomic_store_n(&header->chunk_first, oldest->sequence + 1, __ATOMIC_RELEASE);
}

/* True if [AT, AT + SIZE) overlaps what lies between the tail and the head.  */
static bool is_taken(const struct mv_file_header *header, uint64_t at, uint64_t size)
{
	if (is_empty(header))
		return false;
	if (header->ring_tail < header->ring_head)
		return at < header->ring_head && at + size > header->ring_tail;
	return at < header->ring_head || at + size > header->ring_tail;
}

/* A place for SIZE bytes behind the newest chunk, or at 0 where they would cross the end.  */
static uint64_t make_room(struct mv_ring *ring, uint64_t size)
{
	struct mv_file_header *header = ring->header;
	uint64_t at = header->ring_head;

	if (at + size > ring->size_bytes) {
		/* What is left from here to the end goes with the oldest chunks that lie there.  */
		while (!is_empty(header) && header->ring_tail >= at)
			evict(ring);
		at = 0;
	}
	while (is_taken(header, at, size))
		evict(ring);
	if (is_empty(header))
		header->ring_tail = at;
	return at;
}

static void raise_used(struct mv_file_header *header, uint64_t used)
{
	if (header->used_bytes[MV_REGION_RING] < used)
		__atomic_store_n(&header->used_bytes[MV_REGION_RING], used, __ATOMIC_RELEASE);
}

static void put_chunk(struct mv_ring *ring, struct mv_chunk *chunk)
{
	struct mv_file_header *header = ring->header;
	uint64_t size = chunk_bytes(chunk), at = make_room(ring, size);

	chunk->sequence = header->chunk_next;
	chunk->checksum = mv_checksum_chunk(chunk, ring->body);
	memcpy(ring->bytes + at, chunk, sizeof *chunk);
	memcpy(ring->bytes + at + sizeof *chunk, ring->body, chunk->body_bytes);
	raise_used(header, at + size);
	header->ring_head = at + size;
	__atomic_store_n(&header->chunk_next, chunk->sequence + 1, __ATOMIC_RELEASE);
}

static void count_loss(struct mv_ring *ring, enum mv_loss loss, uint64_t events)
{
	__atomic_fetch_add(&ring->header->losses[loss], events, __ATOMIC_RELAXED);
}

/* Put the events of SLOT into the ring, whose lock is held.  False: they cannot be encoded.  */
static bool put_events(struct mv_ring *ring, uint32_t number, struct mv_slot *slot)
{
	struct mv_chunk chunk = {.slot = number, .first_ordinal = slot->first_ordinal};

	if (mv_chunk_encode(ring->codec, &chunk, events_of(slot), slot->count, ring->body))
		return false;
	put_chunk(ring, &chunk);
	return true;
}

/* A reader that finds events here and in the ring knows it by their ordinals.  */
static void empty(struct mv_slot *slot)
{
	uint32_t count = slot->count;

	__atomic_store_n(&slot->count, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->first_ordinal, slot->first_ordinal + count, __ATOMIC_RELEASE);
	/* Whoever copies the slot meanwhile must see the new ordinal before the first new event.  */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Move the events of SLOT into the ring; there must be room in it afterwards.  */
static void seal(struct mv_ring *ring, uint32_t number, struct mv_slot *slot)
{
	if (!mv_lock_take(&ring->lock)) {
		count_loss(ring, MV_LOSS_LOCK, slot->count);
	} else {
		if (!put_events(ring, number, slot))
			count_loss(ring, MV_LOSS_ENCODE, slot->count);
		mv_lock_release(&ring->lock);
	}
	empty(slot);
}

/* ---- slots ---- */

static void raise_slots_used(struct mv_ring *ring, uint32_t number)
{
	uint64_t *at = &ring->header->used_bytes[MV_REGION_OPEN];
	uint64_t needed = (number + 1) * ring->slot_bytes, used = __atomic_load_n(at, __ATOMIC_RELAXED);

	while (used < needed &&
	       !__atomic_compare_exchange_n(at, &used, needed, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

static void append_locked(struct mv_ring *ring, uint32_t number, struct mv_event *event)
{
	struct mv_slot *slot = slot_at(ring, number);
	struct mv_event *place;

	if (slot->count == ring->slot_events)
		seal(ring, number, slot);
	if (!slot->count)
		raise_slots_used(ring, number);
	place = &events_of(slot)[slot->count];
	/* First what has been written for some time: what is read back at once in another width is waited for.  */
	*place = *event;
	/* Under the lock, so that times rise within a slot.  */
	event->time_ns = mv_stamp_take(&ring->last_stamp);
	place->time_ns = event->time_ns;
	/* The next lock would wait until the next place is in the cache.  */
	__builtin_prefetch(place + 1, 1);
	/* Pairs with the acquire of whoever reads the file: what is counted is whole.  */
	__atomic_store_n(&slot->count, slot->count + 1, __ATOMIC_RELEASE);
	/* Whoever adds them up reads it without the lock.  */
	__atomic_store_n(&ring->gates[number].appended, ring->gates[number].appended + 1, __ATOMIC_RELAXED);
}

bool mv_ring_append(struct mv_ring *ring, uint32_t number, struct mv_event *event)
{
	/* Whoever closes it waits for the lock, and would wait in vain for that of a thread that never lets go for long.  */
	if (__atomic_load_n(&ring->is_closed, __ATOMIC_RELAXED))
		return false;
	number %= ring->slot_count;
	if (!mv_lock_take(&ring->gates[number].lock)) {
		/* Pairs with the release of whoever closed the lock: is_closed was there before.  */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!__atomic_load_n(&ring->is_closed, __ATOMIC_RELAXED))
			count_loss(ring, MV_LOSS_LOCK, 1);
		return false;
	}
	append_locked(ring, number, event);
	mv_lock_release(&ring->gates[number].lock);
	return true;
}

uint64_t mv_ring_appended(const struct mv_ring *ring)
{
	uint64_t sum = 0;
	uint32_t i;

	for (i = 0; i < ring->slot_count; i++)
		sum += __atomic_load_n(&ring->gates[i].appended, __ATOMIC_RELAXED);
	return sum;
}

static void put_open(struct mv_ring *ring, uint32_t number, struct mv_slot *slot)
{
	if (!slot->count || !mv_lock_take(&ring->lock))
		return;
	if (put_events(ring, number, slot))
		empty(slot);
	mv_lock_release(&ring->lock);
}

void mv_ring_close(struct mv_ring *ring)
{
	uint32_t number;

	__atomic_store_n(&ring->is_closed, true, __ATOMIC_RELAXED);
	for (number = 0; number < ring->slot_count; number++) {
		struct mv_lock *lock = &ring->gates[number].lock;

		if (!mv_lock_take(lock))
			continue;
		put_open(ring, number, slot_at(ring, number));
		mv_lock_close(lock);
	}
}
