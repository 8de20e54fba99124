/* SPDX-License-Identifier: Apache-2.0 */
/* The objects behind CUDA's opaque handles.
 *
 * A handle is a pointer into one region of equal slots, so that any bits at all can be checked for being a live
 * handle of a certain kind, without reading what they point to: programs pass stale and invented handles, and the
 * answer must be an error code, not a crash.  A slot that was freed and used again for the same kind can't be told
 * from the old one, as in the real driver.
 *
 * Threads: any; mv_handle_get takes no lock.  Fork: the region is private to each process afterwards.
 * Memory: address space for MV_HANDLE_SLOTS, committed as it is used, reused, never given back.  */
#ifndef GPUSIM_DRIVER_DRV_HANDLE_H
#define GPUSIM_DRIVER_DRV_HANDLE_H

#include <stdint.h>

enum mv_handle_kind {
	MV_HANDLE_FREE,
	MV_HANDLE_CONTEXT,
	MV_HANDLE_STREAM,
	MV_HANDLE_EVENT,
	MV_HANDLE_MODULE,
	MV_HANDLE_FUNCTION,
	MV_HANDLE_LINK,
	MV_HANDLE_POOL,
	MV_HANDLE_PHYSICAL,
	MV_HANDLE_ARRAY,
	MV_HANDLE_MIPMAP,
	MV_HANDLE_EXTERNAL,
	MV_HANDLE_TEXTURE,
	MV_HANDLE_SURFACE,
	MV_HANDLE_GRAPH,
	MV_HANDLE_NODE,
	MV_HANDLE_EXEC,
	MV_HANDLE_USER_OBJECT,
	MV_HANDLE_CONDITION,
	MV_HANDLE_LOG_CALLBACK,
};

enum {
	MV_HANDLE_BYTES = 512,		/* of a slot, and so of the largest object */
	MV_HANDLE_SLOTS = 1 << 21,
};

/* The first member of every object.  */
struct mv_handle {
	uint32_t kind;		/* enum mv_handle_kind; atomic, written last when made and first when freed */
	uint32_t next_free;	/* slot after this one in the list of free slots; 0: none */
};

/* Make an object of KIND, zero but for its first member.  NULL when there is no slot left.  */
void *mv_handle_new(enum mv_handle_kind kind);

/* HANDLE if it is a live object of KIND, else NULL.  HANDLE may be any bits.  */
void *mv_handle_get(const void *handle, enum mv_handle_kind kind);

/* Free OBJECT, which came from mv_handle_new; NULL does nothing.  */
void mv_handle_free(void *object);

/* Call VISIT with each live object of KIND and DATA.  VISIT may free the object it is called with.  Objects made
 * meanwhile may or may not be visited.  */
void mv_handle_each(enum mv_handle_kind kind, void (*visit)(void *object, void *data), void *data);

/* To be held over fork(), see drv_start.c.  */
void mv_handle_lock(void);
void mv_handle_unlock(void);

#endif
