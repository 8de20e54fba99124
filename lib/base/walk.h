/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's list of objects, walked so that a fork finds nobody at it.
 *
 * dl_iterate_phdr holds a lock of the loader's, which glibc does not make free in a forked child: one that is forked while
 * another thread walks the list can never throw an exception or load a library.  So whoever forks waits for the walks of
 * this library, some microseconds each; and a walk that would begin meanwhile waits for the fork.  Neither waits for long:
 * a thread that was stopped must not stop another one.
 *
 * Threads: safe.  Signals: not inside the loader.  Fork: mv_walk_hold before it, mv_walk_release after it, in the child
 * mv_walk_forget, which is async-signal-safe.  */
#ifndef BASE_WALK_H
#define BASE_WALK_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>

/* As dl_iterate_phdr.  */
int mv_walk_objects(int (*visit)(struct dl_phdr_info *info, size_t size, void *context), void *context);

/* Around anything else that takes locks which a child would find taken, the loader's or a library's.  As long as the walks
 * of others it may hold a fork up.  One may lie within the other.  */
void mv_walk_enter(void);
void mv_walk_leave(void);

/* Let no walk begin, and wait for those under way, at most 50 ms.  False: there still are some.  */
bool mv_walk_hold(void);
void mv_walk_release(void);

/* Nobody walks here.  */
void mv_walk_forget(void);

#endif
