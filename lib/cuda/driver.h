/* SPDX-License-Identifier: Apache-2.0 */
/* The real driver and runtime behind the wrappers: where their functions are, found without the loader's lock and
 * without ever loading them.
 *
 * Threads: safe; what is found is kept.  Signals: safe once found.  Private to lib/cuda.  */
#ifndef CUDA_DRIVER_H
#define CUDA_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuda/abi.h"
#include "cuda/hook.h"

/* The driver's function behind HOOK, as its symbol table has it; NULL where there is no driver (yet), or it has no such
 * function.  */
void *mv_driver_genuine(const struct mv_hook *hook);

/* The row whose function the driver has at ADDRESS, not NULL, once there is a driver; NULL: none.  A hashed look-up.  */
const struct mv_hook *mv_driver_hook_at(const void *address);

/* The function that HOOK's wrapper calls: what was handed out in its place (mv_driver_set_real), else the genuine one;
 * for names of the runtime, see mv_runtimes_real.  NULL: there is none.  */
void *mv_driver_real(const struct mv_hook *hook, const void *caller);

/* REAL was handed out in HOOK's place.  False: another function was before, and stays the one that the wrapper calls.  */
bool mv_driver_set_real(const struct mv_hook *hook, void *real);

/* True if CALLER lies in the same loaded object as REAL, a function of a library that is no part of the program itself.  A
 * few nanoseconds: the objects of the latest REAL of each HOME are kept.  */
bool mv_driver_is_beside(const void *real, const void *caller, enum mv_hook_home home);

/* Forget where functions lay, if objects have been unloaded since the last time.  Called where functions are looked up: a
 * driver that is loaded again may lie elsewhere.  */
void mv_driver_follow_loader(void);

/* True if ADDRESS lies in the driver or in one of NVIDIA's libraries that belong to it, or in the recorder itself: what
 * those look up is theirs.  */
bool mv_driver_is_own(const void *address);

/* The device of the calling thread's current context, -1 if it has none.  The one question that is asked in a hook:
 * it neither makes a context nor touches a stream.  */
int mv_driver_current_device(void);

/* The handle of the calling thread's current context, 0 if it has none.  The same holds for this question, */
uint64_t mv_driver_current_context(void);

/* and for this one: true if the driver says that STREAM is being captured into a graph.  IS_PER_THREAD says how the
 * program means the null stream.  */
bool mv_driver_is_capturing(uint64_t stream, bool is_per_thread);

/* Whether the primary context of DEVICE is there: 1, 0; -1: the driver does not say, so that nothing may be done which
 * either answer alone allows.  */
int mv_driver_has_context(int device);

/* What the driver says is free and there on the current context's device.  */
bool mv_driver_memory_info(uint64_t *free_bytes, uint64_t *total_bytes);

/* What does not change about a device.  False: the driver does not say.  */
struct mv_driver_device {
	uint64_t total_bytes;
	uint8_t uuid[16];
	char name[64];
};
bool mv_driver_describe(int device, struct mv_driver_device *description);

/* The driver's CUDA version (13000), 0 if it is not known.  */
int mv_driver_version(void);

#endif
