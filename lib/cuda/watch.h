/* SPDX-License-Identifier: Apache-2.0 */
/* The room's door: CUDA's memory calls, told to a sink.
 *
 * The library exports the driver's and the runtime's memory functions, dlsym and dlvsym.  Programs that link CUDA find
 * the wrappers by their names; those that look functions up, as every CUDA runtime does, find them through these and
 * cuGetProcAddress.  Until a sink is set the wrappers only pass calls on.
 *
 * Threads: safe.  Signals: a wrapper may be interrupted by itself; the inner call is passed on unwatched.
 * Fork: what is known about the loaded libraries stays true in a child.  */
#ifndef CUDA_WATCH_H
#define CUDA_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sink.h"
#include "base/text.h"

/* Tell SINK, which lives as long as the process, what happens from now on.  NULL: tell nobody; wrappers stay in place and
 * pass calls on, new look-ups are not touched.  */
void mv_watch_set_sink(const struct mv_sink *sink);
const struct mv_sink *mv_watch_sink(void);

/* Defined by whoever uses this room: called when a sink is first asked for, maybe before any constructor of this library
 * has run and maybe by two threads at once; sets a sink, or NULL.  */
void mv_watch_settle(void);

/* To be called when this library has been loaded: where that was after the program began, the program's calls are made to
 * lead here.  mv_watch_describe_start then says, for people, what that means for a recording; false: it was in time.  */
void mv_watch_catch_up(void);
bool mv_watch_describe_start(struct mv_text *text);

/* Take NVTX ranges for phases also where a profiler is told of them.  Where the library that NVTX loads is this one, they
 * are in any case.  */
void mv_watch_want_ranges(bool is_wanted);

/* The names of the watched functions: their number, and name N.  Function N has api id N + 1.  */
unsigned mv_watch_names(void);
const char *mv_watch_name(unsigned n);

/* What the driver says is free and there on DEVICE, asked on behalf of an out-of-memory report: the calling thread has
 * just failed to get memory there.  False: its context is another device's, or there is none.  */
bool mv_watch_memory_info(uint8_t device, uint64_t *free_bytes, uint64_t *total_bytes);

/* How functions were found so far, for people; a static string.  And the driver's CUDA version, 0 if unknown.  */
const char *mv_watch_lookup_state(void);
int mv_watch_driver_version(void);

/* What is to be known of look-ups, for people, appended to TEXT; returns how many there are.  Who made them, with the latest
 * version of CUDA that each asked for; functions that may take memory, were handed out and are not watched; objects whose
 * calls reach the driver, or libc's dlsym, without us, with one such call each.  The last one goes through the tables of
 * all loaded objects: about 2 ms with PyTorch.  */
unsigned mv_watch_describe_callers(struct mv_text *text);
unsigned mv_watch_describe_unwatched(struct mv_text *text);
unsigned mv_watch_describe_bypasses(struct mv_text *text);

#endif
