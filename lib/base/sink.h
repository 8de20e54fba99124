/* SPDX-License-Identifier: Apache-2.0 */
/* What the rooms that watch the program tell the session: the only way up from lib/cuda and lib/torch.
 *
 * Each function may be called from any thread, inside any call of the program's; it makes no call into the program, the
 * driver or the loader while it holds a lock, and it never fails the caller.  errno may change.  */
#ifndef BASE_SINK_H
#define BASE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "memviz/format.h"

/* Memory that the recorder has taken note of as gone, so that it can be taken back if the call fails after all.  */
struct mv_undo {
	struct mv_event event;
	bool is_set;
};

/* An out-of-memory error for good, as whoever failed describes it.  Zero: not known.  */
struct mv_oom_report {
	uint64_t requested_bytes;
	uint64_t allocated_bytes;
	uint64_t reserved_bytes;
	uint64_t free_bytes;
	uint64_t total_bytes;
	uint8_t device;
	uint8_t ledger; /* enum mv_ledger: what could not be had */
	uint16_t api;
	const void *origin; /* where the program called the driver or the runtime; NULL: a pool has given up */
};

/* What physical memory gained, or lost where negative.  */
struct mv_users {
	int references, mappings;
	uint64_t before_ns; /* of memory that was born before, for a handle may be another's by now; 0: of any */
};

/* The address that stands for a part of an array in the mapping ledger.  PART is different for each.  */
enum { MV_PART_BITS = 21, MV_ARRAY_ALIGNMENT = 16 };
static inline uint64_t mv_part_address(uint64_t array, uint64_t part)
{
	return array / MV_ARRAY_ALIGNMENT << MV_PART_BITS | (part & (((uint64_t)1 << MV_PART_BITS) - 1));
}

struct mv_sink {
	/* EVENT has its kind, ledger, address, size, extra, device, context, api, result, role and flags; the rest is added:
	 * time, thread, phase, step, stack.  An allocation becomes alive.  */
	void (*note)(struct mv_event *event);

	/* EVENT (ledger, address, api, flags) is about to be freed; what was known goes to UNDO, which may be NULL.  Memory
	 * of a graph (MV_FLAG_CAPTURED) outlives what is done to it elsewhere, and the other way round.  */
	void (*note_free)(struct mv_event *event, struct mv_undo *undo);
	/* The free failed; UNDO is what note_free filled.  */
	void (*note_free_failed)(struct mv_event *event, const struct mv_undo *undo);

	/* The physical memory HANDLE gained or lost USERS; it is freed with the last.  */
	void (*note_users)(uint64_t handle, struct mv_users users, uint16_t api);

	/* All mappings in [ADDRESS, ADDRESS + SIZE) go away; with them, perhaps, the memory behind.  */
	void (*note_unmap)(uint64_t address, uint64_t size_bytes, uint16_t api);

	/* EVENT, memory of another process, was opened: alive from now on, or once more what it is already.  As often it
	 * loses a reference (note_users).  */
	void (*note_opened)(struct mv_event *event);

	/* All that was mapped of HANDLE (a resource of another interface's) or behind it (an array) before BEFORE_NS goes
	 * away.  */
	void (*note_hidden)(uint64_t handle, uint64_t before_ns, uint16_t api);

	/* A context of DEVICE has ended, and with it all memory that was allocated in it before BEFORE_NS.  CONTEXT is what
	 * that memory was noted with: 0 for the primary one.  */
	void (*note_context_end)(uint8_t device, uint8_t context, uint64_t before_ns, uint16_t api);

	/* The device's name and capacity, once for each device.  True: not known yet, so it is worth finding out.  Neither
	 * begins a recording: what happened on the device is noted first.  */
	bool (*wants_device)(uint8_t device);
	void (*note_device)(uint8_t device, uint64_t total_bytes, const char *name, const uint8_t uuid[16]);

	/* An allocation failed: for good, unless whoever called from ORIGIN is known to try again.  Takes a snapshot; returns when it is on disk.  */
	void (*note_oom)(const struct mv_oom_report *report);

	/* The calling thread enters or leaves PHASE; NAME may be NULL; FLAGS: MV_FLAG_TOLD or 0.  The end of an optimizer
	 * phase ends a step.  */
	void (*note_phase)(bool begins, enum mv_phase phase, const char *name, uint8_t flags);

	/* What lies at ADDRESS is ROLE and called NAME (NULL: nothing).  With OWNER, the address of something whose name is
	 * known, NAME is the name within that: "fc.weight" and "exp_avg" become "fc.weight/exp_avg".  False: no memory is
	 * known that begins at ADDRESS, and nothing was noted unless IS_SURE: it may still lie within some.  */
	bool (*note_owner)(uint64_t address, enum mv_role role, const char *name, uint64_t owner, bool is_sure);

	/* False: no name is known of what lies at ADDRESS, where memory begins.  */
	bool (*is_named)(uint64_t address);

	/* Autograd keeps the memory that begins at, or holds, ADDRESS for backward, or has given it to a hook that may.  False:
	 * no memory is known that begins there, and nothing was noted unless IS_SURE: it may still lie within some.  */
	bool (*note_saved)(uint64_t address, bool is_hooked, bool is_sure);

	/* All has been told that could be found out about the moment of the last out-of-memory error; little has been freed
	 * since.  Takes its snapshot anew.  */
	void (*note_unwound)(void);

	/* A fact about the run: "driver" = "13000".  */
	void (*note_fact)(const char *key, const char *value);
};

#endif
