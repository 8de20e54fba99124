/* SPDX-License-Identifier: Apache-2.0 */
/* The newest events in open slots, older ones compressed in the ring.  A thread appends to its slot; the one that fills
 * a slot seals it: encodes the events, makes room by giving up the oldest chunks, and puts the new chunk in place.
 *
 * Costs: an append about 20 ns; every SLOT_EVENTS appends about half a millisecond for sealing.
 * Threads: safe; a lock for each slot, one for the ring.  Two threads in one slot wait for each other.
 * Signals: the caller's guard keeps them out.  Fork: a child has a ring of its own.
 * A process that dies leaves all events whose append has returned.  */
#ifndef STORE_RING_H
#define STORE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "format/chunk.h"
#include "memviz/format.h"

enum { MV_RING_SLOTS_MAX = 64 };

/* What belongs to a slot and not into the file.  A cache line each: threads in different slots do not meet.  */
struct mv_ring_gate {
	struct mv_lock lock;
	uint64_t appended; /* events; under LOCK */
} __attribute__((aligned(64)));

struct mv_ring {
	struct mv_file_header *header;
	uint8_t *slots; /* first slot */
	uint64_t slot_bytes;
	uint32_t slot_count, slot_events;
	uint8_t *bytes; /* the ring's region */
	uint64_t size_bytes;
	struct mv_codec *codec; /* under LOCK, and so is all below */
	uint8_t *body;		/* room for the largest chunk's body */
	struct mv_lock lock;
	struct mv_ring_gate gates[MV_RING_SLOTS_MAX];
	uint64_t last_stamp; /* times are unique: see base/stamp.h */
	bool is_closed;	     /* atomic */
};

/* Bytes of private memory for a ring of chunks of SLOT_EVENTS events.  */
size_t mv_ring_memory_bytes(uint32_t slot_events);

/* Make RING ready over the recording in HEADER.  MEMORY is zeroed, aligned to 64, of the size said above.
 * -EINVAL: the ring's region is too small for the largest chunk.  */
int mv_ring_open(struct mv_ring *ring, struct mv_file_header *header, void *memory);

/* Append EVENT to slot NUMBER modulo the slots there are, with a time of its own, which is also left in EVENT.
 * False: a lock could not be had (counted), or the ring has been closed.  */
bool mv_ring_append(struct mv_ring *ring, uint32_t number, struct mv_event *event);

/* Events appended so far.  */
uint64_t mv_ring_appended(const struct mv_ring *ring);

/* Move the events of all slots into the ring, where they take a thirtieth of the room, because the recording ends.  What
 * cannot be moved stays where it is.  Other threads may still be appending: what they have been told is appended is
 * there, and from now on they are told that it is not.  That is no loss: it comes after the end.  */
void mv_ring_close(struct mv_ring *ring);

#endif
