/* SPDX-License-Identifier: Apache-2.0 */
/* Tables from what has been seen to its id: stacks by their hash, frames and stack records by what they say.
 *
 * Threads: mv_intern_find without a lock, at any time; everything else by one thread at a time, under the caller's
 * lock.  Signals: the caller's guard keeps them out.  Fork: a child starts with empty tables.
 * Memory: mapped once, with a cap; a table begins small and doubles as it is filled, so that what is looked at lies
 * close together for as long as little is known.  Full tables forget nothing.  */
#ifndef STACK_INTERN_H
#define STACK_INTERN_H

#include <stdbool.h>
#include <stdint.h>

/* How large they get.  Each is a power of two, filled to three quarters.  */
enum {
	MV_INTERN_STACKS = 1 << 18, /* of 16 bytes */
	MV_INTERN_FRAMES = 1 << 16, /* of 24 bytes */
	MV_INTERN_NODES = 1 << 18,
};

struct mv_intern_stack {
	uint64_t hash; /* never 0 in use; published after ID */
	uint64_t id;
};

/* Two words that mean something to the caller, and the id that stands for them; id 0: free.  */
struct mv_intern_record {
	uint64_t a, b;
	uint32_t id;
};

/* Tables of one kind lie one behind the other, each twice as large as the one before; the last one so far is in use.  */
struct mv_intern_records {
	struct mv_intern_record *tables;
	uint32_t slot_count, slot_max, used;
};

struct mv_intern {
	struct mv_intern_stack *stacks; /* their tables */
	uint32_t stack_count;		/* slots of the one in use; published after they are filled */
	uint32_t stacks_used;
	struct mv_intern_records frames, nodes;
	void *memory;
};

/* Map empty tables into *INTERN, giving back what it held.  Returns 0 or -ENOMEM, and then holds nothing.  */
int mv_intern_start(struct mv_intern *intern);

/* True if the stack HASH is known; *ID is its id, 0 if it is known that it has none.  */
bool mv_intern_find(const struct mv_intern *intern, uint64_t hash, uint32_t *id);

/* The stack HASH has ID.  False: no room, so it will be looked at anew each time.  */
bool mv_intern_add(struct mv_intern *intern, uint64_t hash, uint32_t id);

/* The slot of the record A, B: its ID is 0 if it is not known.  NULL: not known, and no room.  */
struct mv_intern_record *mv_intern_record(struct mv_intern_records *records, uint64_t a, uint64_t b);

/* SLOT, which was free, stands for A, B from now on.  */
void mv_intern_fill(struct mv_intern_records *records, struct mv_intern_record *slot, uint64_t a, uint64_t b,
		    uint32_t id);

#endif
