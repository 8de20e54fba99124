/* SPDX-License-Identifier: Apache-2.0 */
/* What a program may tell the recorder, if it likes.  Nothing needs to be linked: the functions are looked up in the
 * running process when they are first called, and do nothing, in a nanosecond, where no recorder is.
 *
 *	#include <memviz/memviz.h>
 *
 *	memviz_phase_push("backward");
 *	...
 *	memviz_phase_pop();
 *
 * From Python:
 *
 *	import ctypes
 *	memviz = ctypes.CDLL(None)
 *	if hasattr(memviz, "memviz_phase_push"): memviz.memviz_phase_push(b"evaluation")
 *
 * Units: bytes.  Threads: all functions may be called from any thread; phases are the calling thread's.
 * Signals: safe in a handler, but for the first call of each place, which looks the function up.
 * Errors: none; what cannot be recorded is counted in the recording.
 * Stability: functions are added, never changed.  */
#ifndef MEMVIZ_MEMVIZ_H
#define MEMVIZ_MEMVIZ_H

#include <dlfcn.h>
#include <stddef.h>

/* What a piece of memory is for.  */
enum memviz_role {
	MEMVIZ_PARAMETER = 1,
	MEMVIZ_BUFFER = 2,
	MEMVIZ_GRADIENT = 3,
	MEMVIZ_OPTIMIZER = 4,
	MEMVIZ_ACTIVATION = 5,
	MEMVIZ_INPUT = 6,
	MEMVIZ_TEMPORARY = 7
};

/* The function NAME of the recorder, looked up once for each place that asks; NULL: there is no recorder.  */
struct memviz_lookup {
	void *address;
	int is_done;
};

static inline void *memviz_find(struct memviz_lookup *lookup, const char *name)
{
	if (!__atomic_load_n(&lookup->is_done, __ATOMIC_ACQUIRE)) {
		/* The first argument is RTLD_DEFAULT, which some C libraries declare for GNU sources only.  */
		lookup->address = dlsym((void *)0, name);
		__atomic_store_n(&lookup->is_done, 1, __ATOMIC_RELEASE);
	}
	return lookup->address;
}

/* The calling thread enters a phase called NAME, and leaves the one that it entered last.  "backward" and "optimizer"
 * have the meaning that they have in training, and the end of an "optimizer" is the end of a step; any other name is
 * shown as it is.  */
static inline void memviz_phase_push(const char *name)
{
	static struct memviz_lookup lookup;
	void (*push)(const char *) = __extension__ (void (*)(const char *))memviz_find(&lookup, "memviz_phase_push");

	if (push)
		push(name);
}

static inline void memviz_phase_pop(void)
{
	static struct memviz_lookup lookup;
	void (*pop)(void) = __extension__ (void (*)(void))memviz_find(&lookup, "memviz_phase_pop");

	if (pop)
		pop();
}

/* A pool of the program's own handed out SIZE bytes at ADDRESS on DEVICE; it holds RESERVED bytes of the driver's.  */
static inline void memviz_block_alloc(const void *address, size_t size, int device, size_t reserved)
{
	static struct memviz_lookup lookup;
	void (*note)(const void *, size_t, int, size_t) =
		__extension__ (void (*)(const void *, size_t, int, size_t))memviz_find(&lookup, "memviz_block_alloc");

	if (note)
		note(address, size, device, reserved);
}

/* The pool got the memory at ADDRESS back.  To be called before it can hand it out again.  */
static inline void memviz_block_free(const void *address)
{
	static struct memviz_lookup lookup;
	void (*note)(const void *) = __extension__ (void (*)(const void *))memviz_find(&lookup, "memviz_block_free");

	if (note)
		note(address);
}

/* The pool gives up: it could not get SIZE bytes on DEVICE while ALLOCATED bytes were handed out of RESERVED.  The
 * recorder takes a snapshot before this returns.  Once a program has told of blocks, an allocation that the driver
 * refuses is not taken for the end: the pool may give something back and try again.  */
static inline void memviz_block_oom(size_t size, int device, size_t allocated, size_t reserved)
{
	static struct memviz_lookup lookup;
	void (*note)(size_t, int, size_t, size_t) =
		__extension__ (void (*)(size_t, int, size_t, size_t))memviz_find(&lookup, "memviz_block_oom");

	if (note)
		note(size, device, allocated, reserved);
}

/* What lies at ADDRESS is ROLE, and called NAME (NULL: nothing).  */
static inline void memviz_tag(const void *address, enum memviz_role role, const char *name)
{
	static struct memviz_lookup lookup;
	void (*tag)(const void *, int, const char *) =
		__extension__ (void (*)(const void *, int, const char *))memviz_find(&lookup, "memviz_tag");

	if (tag)
		tag(address, role, name);
}

/* Set a snapshot aside now, beside the recording.  Returns 0; -1 where there is no recording or it cannot be written.  */
static inline int memviz_snapshot(void)
{
	static struct memviz_lookup lookup;
	int (*take)(void) = __extension__ (int (*)(void))memviz_find(&lookup, "memviz_snapshot");

	return take ? take() : -1;
}

#endif
