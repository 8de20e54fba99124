/* SPDX-License-Identifier: Apache-2.0 */
/* What rows of the table name as their families, and what families have in common.
 *
 * A family reads what the program passed only when the driver has read it, too (mv_call_in), and writes nothing there.
 * The one thing that a family asks the driver is what the calling thread's context is and whether a stream is being
 * captured; neither makes anything, waits for anything, or disturbs a capture.
 *
 * Threads: safe.  Private to lib/cuda.  */
#ifndef CUDA_FAMILY_H
#define CUDA_FAMILY_H

#include "cuda/hook.h"

/* The device numbered ORDINAL as events have it: what is negative is not known, what is too large is the last.  */
uint8_t mv_hook_device(int ordinal);

/* The device that CALL concerns: the row's argument, else the current context's.  */
uint8_t mv_hook_device_of(const struct mv_call *call);

/* Tell the sink what DEVICE is, if it wants to know; after what happened on it.  */
void mv_hook_introduce(uint8_t device);

/* Note EVENT, an allocation that CALL made; without an address: that is what came out of it.  If the call failed, that
 * it did.  */
void mv_hook_note_memory(const struct mv_call *call, struct mv_event *event);

/* Note that CALL, which was to become EVENT, failed; with it, if memory ran out, that it did.  HAS_DEVICE: it has to do with
 * EVENT's device, which is introduced.  */
void mv_hook_note_failure(const struct mv_call *call, struct mv_event *event, bool has_device);

/* Note when CALL began: a family's BEFORE that has to tell memory of that time from what came since.  */
void mv_hook_note_start(struct mv_call *call);

/* Note that CALL, which succeeded, did what its row's CHANGE says to OBJECT, on DEVICE.  */
void mv_hook_note_change(const struct mv_call *call, uint64_t object, uint8_t device);

/* True if the stream that CALL has as EXTRA is being captured into a graph.  */
bool mv_hook_is_captured(const struct mv_call *call);

/* Bytes of an array as DESCRIPTOR asks for it, of one level or of all LEVELS.  An estimate: the driver does not say.  */
uint64_t mv_hook_array_bytes(const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned levels);

extern const struct mv_hook_family mv_family_alloc;	   /* memory comes out: memory.c */
extern const struct mv_hook_family mv_family_appear;	   /* memory that was there becomes CUDA's: memory.c */
extern const struct mv_hook_family mv_family_free;	   /* memory goes away: memory.c */
extern const struct mv_hook_family mv_family_info;	   /* the program learns how much is free: memory.c */
extern const struct mv_hook_family mv_family_create;	   /* physical memory without an address: physical.c */
extern const struct mv_hook_family mv_family_multicast;	   /* what it is bound to, itself no memory: physical.c */
extern const struct mv_hook_family mv_family_retain;	   /* one more handle to it: physical.c */
extern const struct mv_hook_family mv_family_release;	   /* one less: physical.c */
extern const struct mv_hook_family mv_family_map;	   /* it becomes visible at an address: physical.c */
extern const struct mv_hook_family mv_family_unmap;	   /* and no more: physical.c */
extern const struct mv_hook_family mv_family_array;	   /* arrays of one or two dimensions: array.c */
extern const struct mv_hook_family mv_family_array3d;	   /* of up to three: array.c */
extern const struct mv_hook_family mv_family_mipmap;	   /* with levels: array.c */
extern const struct mv_hook_family mv_family_array_end;	   /* and their end: array.c */
extern const struct mv_hook_family mv_family_tiles;	   /* physical memory behind parts of them: array.c */
extern const struct mv_hook_family mv_family_open;	   /* memory of another process: shared.c */
extern const struct mv_hook_family mv_family_import;	   /* of another interface: shared.c */
extern const struct mv_hook_family mv_family_buffer;	   /* which becomes visible at an address: shared.c */
extern const struct mv_hook_family mv_family_levels;	   /* or as an array: shared.c */
extern const struct mv_hook_family mv_family_resource;	   /* a graphics resource's: shared.c */
extern const struct mv_hook_family mv_family_hide;	   /* and no more: shared.c */
extern const struct mv_hook_family mv_family_pool;	   /* a pool is made: pooled.c */
extern const struct mv_hook_family mv_family_pool_end;	   /* and destroyed: pooled.c */
extern const struct mv_hook_family mv_family_pool_of;	   /* the program learns a device's pool: pooled.c */
extern const struct mv_hook_family mv_family_pool_at;	   /* or a location's: pooled.c */
extern const struct mv_hook_family mv_family_capture;	   /* a stream's calls become a graph: graph.c */
extern const struct mv_hook_family mv_family_capture_end;  /* and no more: graph.c */
extern const struct mv_hook_family mv_family_node;	   /* a graph gets a node of any kind: graph.c */
extern const struct mv_hook_family mv_family_node_alloc;   /* one that allocates: graph.c */
extern const struct mv_hook_family mv_family_node_free;	   /* one that frees: graph.c */
extern const struct mv_hook_family mv_family_reset;	   /* a device's memory goes away: context.c */
extern const struct mv_hook_family mv_family_leave;	   /* so it does when the last one leaves: context.c */
extern const struct mv_hook_family mv_family_enter;	   /* a device's primary context is asked for: context.c */
extern const struct mv_hook_family mv_family_context;	   /* a context is made: context.c */
extern const struct mv_hook_family mv_family_context_end;  /* and destroyed, with its memory: context.c */
extern const struct mv_hook_family mv_family_change;	   /* memory changes that no ledger shows: change.c */
extern const struct mv_hook_family mv_family_init;	   /* CUDA comes up: watch.c */
extern const struct mv_hook_family mv_family_procaddress;  /* functions are looked up: procaddress.c */

#endif
