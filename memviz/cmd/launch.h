/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program and being a good parent to it: what it is sent through us it gets, how it ends is how we end.
 *
 * Signals: while the program runs, those that a terminal or a scheduler sends are passed on, unless the program gets
 * them anyway (a terminal tells all of its foreground).  */
#ifndef CMD_LAUNCH_H
#define CMD_LAUNCH_H

#include <sys/types.h>

/* Who looks on while the program runs.  LOOK is called now and then, with the program's process id, and says in how many
 * milliseconds it wants to be called again.  Not called on kernels before 5.3.  */
struct mv_launch_watch {
	int (*look)(void *context, pid_t program);
	void *context;
};

/* Run PATH with ARGV and ENVIRONMENT, and wait for its end; WATCH may be NULL.  Returns its exit status, or 128 and the
 * signal that ended it; -errno: it could not be started.  */
int mv_launch(const char *path, char *const *argv, char *const *environment, const struct mv_launch_watch *watch);

#endif
