/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is allocated at this moment: one record for each piece of memory, in the recording, and an index by
 * (ledger, address) in private memory.  The records are struct mv_event as it was when the memory was born, with what
 * has been learnt since: its role and name, and for physical memory the handles and mappings that keep it.
 *
 * Physical memory of the VMM calls dies when its last handle is released and its last mapping is gone.
 *
 * Threads: safe; 64 locks, by hash.  Signals: the caller's guard keeps them out.  Fork: a child has a table of its own.
 * A process that dies leaves each record as it was before or as it is after; never half.  */
#ifndef STORE_LIVE_H
#define STORE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "base/sink.h"
#include "memviz/format.h"
#include "store/locator.h"

enum { MV_LIVE_SHARDS = MV_LOCATOR_PARTS };

struct mv_live_shard {
	struct mv_lock lock;
	uint32_t used;	     /* records of this shard that were ever used */
	uint32_t free_first; /* 1 + the shard's number of a record to use again; 0: none.  The next one is in its REF */
	uint32_t count;	     /* alive */
	uint8_t spare[48];   /* a cache line each */
};

struct mv_live {
	struct mv_event *records; /* shard S has S, S + 64, S + 128 … */
	uint64_t *used_bytes;
	uint64_t *losses;      /* header's */
	uint32_t shard_records; /* that a shard has room for */
	struct mv_locator locator; /* a part for each shard: 1 + the shard's number of a record */
	struct mv_live_shard shards[MV_LIVE_SHARDS];
};

/* Bytes of private memory for the index over a region of SIZE bytes.  */
size_t mv_live_index_bytes(uint64_t size_bytes);

void mv_live_open(struct mv_live *live, struct mv_file_header *header, void *index);

/* Memory at ADDRESS in LEDGER will be added soon: have what that will write brought into the cache meanwhile.  */
void mv_live_expect(struct mv_live *live, enum mv_ledger ledger, uint64_t address);

/* The same, when that has come: what it leads to.  */
void mv_live_expect_record(struct mv_live *live, enum mv_ledger ledger, uint64_t address);

/* EVENT, an allocation, is alive from now on.  A record of the same ledger and address is replaced: its free was not
 * seen.  False: no room (counted).  */
bool mv_live_add(struct mv_live *live, const struct mv_event *event);

/* The same, but a record of the same ledger and address stays, and has EVENT's references on top of its own.  */
bool mv_live_add_user(struct mv_live *live, const struct mv_event *event);

/* The memory at ADDRESS in LEDGER is no more; what was known about it goes to *REMOVED.  False: it was not known.  */
bool mv_live_remove(struct mv_live *live, enum mv_ledger ledger, uint64_t address, struct mv_event *removed);

/* Copy what is known about the memory that begins at ADDRESS.  False: nothing.  */
bool mv_live_find(struct mv_live *live, enum mv_ledger ledger, uint64_t address, struct mv_event *found);

/* The memory at ADDRESS has ROLE and NAME (text; 0 leaves the name as it is).  False: it is not known, or had both.  */
bool mv_live_set_owner(struct mv_live *live, enum mv_ledger ledger, uint64_t address, enum mv_role role, uint32_t name);

/* The memory at ADDRESS has ROLE, MV_ROLE_SAVED or MV_ROLE_SAVED_HOOKED, in STEP, unless it has a stronger one.  1: that is
 * new, or new in that step; 0: it is not; -ENOENT: the memory is not known.  */
int mv_live_keep(struct mv_live *live, enum mv_ledger ledger, uint64_t address, enum mv_role role, uint32_t step);

/* The physical memory HANDLE, of LEDGER, gained or lost USERS.  If none is left it is removed, to *REMOVED, and the
 * result is true.  */
bool mv_live_count_users(struct mv_live *live, enum mv_ledger ledger, uint64_t handle, const struct mv_users *users,
			 struct mv_event *removed);

/* The next piece of memory that is alive, from record number *CURSOR on, which is moved behind it; it begins at 0.  What
 * comes or goes meanwhile is seen or not.  False: there is no more.  */
bool mv_live_next(struct mv_live *live, uint64_t *cursor, struct mv_event *found);

#endif
