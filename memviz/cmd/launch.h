/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program and being a good parent to it: what it is sent through us it gets, how it ends is how we end.
 *
 * Signals: while the program runs, those that a terminal or a scheduler sends are passed on, unless the program gets
 * them anyway (a terminal tells all of its foreground).  */
#ifndef CMD_LAUNCH_H
#define CMD_LAUNCH_H

#include <sys/types.h>

/* Run PATH with ARGV and ENVIRONMENT, and wait for its end.  Returns its exit status, or 128 and the signal that ended
 * it; -errno: it could not be started.  */
int mv_launch(const char *path, char *const *argv, char *const *environment);

#endif
