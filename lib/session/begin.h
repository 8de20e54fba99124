/* SPDX-License-Identifier: Apache-2.0 */
/* How the recording of a process comes to be, once, however many threads have something to tell first.
 *
 * Whoever comes while there is none asks what has to be asked of others: the driver's version, the loader, the unwinder,
 * the interpreter, with no lock of ours.  Then one of them makes the file and its tables; that takes nobody but the
 * kernel, so the others wait for it: a thread that holds a lock of the loader's or the driver's keeps nobody from being
 * done.  What comes from a thread that has waited in vain, or from a signal handler in one that is at it, is counted and,
 * when there is a recording, counted there.
 *
 * Threads: safe.  Signals: the caller's guard keeps them out.
 * Fork: all state is on one page, which the kernel empties in a child.  Where it cannot (before Linux 4.14, and in some
 * sandboxes), the page bears the number of its process, which is then asked for at each event.
 * Private to lib/session.  */
#ifndef SESSION_BEGIN_H
#define SESSION_BEGIN_H

#include "session/session.h"

/* The session of this process if there is one, recording or closed; NULL: none has begun.  */
struct mv_session *mv_begin_known(void);

/* The same, after beginning it if need be.  NULL: it cannot be, which has been said once, or not in time.  */
struct mv_session *mv_begin(void);

/* Count an event that came while the session begins.  Async-signal-safe.  */
void mv_begin_miss(void);

#endif
