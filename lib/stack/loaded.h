/* SPDX-License-Identifier: Apache-2.0 */
/* Which loaded object an address lies in, as a record of the recording's modules.
 *
 * An object is looked up (dl_iterate_phdr) when an address in it is first seen, and again after any object has been
 * unloaded, since another may lie in its place.  A frame keeps its own object loaded, so what is found for the frames
 * of the calling thread is right for as long as they are on the stack.
 *
 * Threads: mv_loaded_place without a lock; it takes the room's lock for what is new.  Signals: the caller's guard keeps
 * them out.  Fork: a child calls mv_loaded_start.
 * Memory: mapped once; objects beyond MV_LOADED_OBJECTS are not known.  */
#ifndef STACK_LOADED_H
#define STACK_LOADED_H

#include <stdbool.h>

#include "base/elf.h"
#include "base/lock.h"
#include "stack/native.h"
#include "stack/stack.h"

enum {
	MV_LOADED_OBJECTS = 2048,
	MV_LOADED_PATH_BYTES = 4096, /* the kernel's own limit */
};

/* Make ready, with nothing known.  New modules go to TABLES, under LOCK.  Returns 0 or -ENOMEM.  */
int mv_loaded_start(const struct mv_stack_tables *tables, struct mv_lock *lock);

/* Fill MODULE and BIAS of each frame, of the calling thread, that is in a known object; 0 for the others.  CHANGES: as
 * they were read after the frames were.  PATH[MV_LOADED_PATH_BYTES]: room, since the stack may be small.  */
void mv_loaded_place(struct mv_native_frame frames[], unsigned n, struct mv_elf_changes changes, char path[]);

#endif
