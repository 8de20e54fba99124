/* SPDX-License-Identifier: Apache-2.0 */
/* A thread of the recorder's own, and what only such a thread may do: have the loader load something.
 *
 * It is one of libc's threads, made by the pthread_create that the program itself would get: what it calls, the loader and
 * NVIDIA's libraries, needs thread-local storage and a malloc that knows the thread, and a sanitizer's library or an
 * allocator that watches threads must learn of it.  libc's functions are looked up when they are called: they have moved
 * between libraries, under versions that older systems lack; where there are none, there are no threads.
 *
 * Signals: all are blocked in it, but the two that libc sends to all threads itself (setuid, pthread_cancel).
 * Fork: a child has no such thread.  */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <stdbool.h>

/* Run RUN(ARGUMENT) in a thread that nobody joins; RUN returns NULL.  Its stack is small: MV_THREAD_STACK_BYTES.
 *
 * pthread_create allocates memory with the program's malloc and waits for locks of libc's, so this is called neither with
 * a lock of ours held, nor where the program may be inside malloc or a signal handler: only behind a call of the driver's
 * that has succeeded, which has allocated memory itself.  0, -ENOENT: there is no pthread_create; -errno as that says.  */
int mv_thread_start(void *(*run)(void *argument), void *argument);

enum { MV_THREAD_STACK_BYTES = 512 << 10 };

/* Run WORK(ARGUMENT) in another such thread, and wait for its end.  That thread shares no descriptors with the program
 * (mv_sys_part_descriptors), which may close all that it finds, and give their numbers to files of its own, at any time:
 * the loader would map such a file as the library that it has just opened, and what we close would be the program's.
 * WORK leaves nothing open that is to be used later.  Called by a thread of the recorder's; a fork waits for WORK
 * (base/walk.h).  0; -errno as mv_thread_start, and nothing was run.
 *
 * Where the kernel forbids it (before 5.9 in a container, mostly) WORK runs with the program's descriptors.  */
int mv_thread_run_apart(void (*work)(void *), void *argument);

/* Called by such a thread only, for they wait for the loader.  Open the library NAME and keep it, or, with IS_LOADED, only
 * if somebody has loaded it already: it stays until mv_thread_close_library.  NULL: it is not there.  */
void *mv_thread_open_library(const char *name, bool is_loaded);
void mv_thread_close_library(void *handle);

#endif
