/* SPDX-License-Identifier: Apache-2.0 */
/* The program that memviz run is to start: where it is, and whether it can be recorded.  */
#ifndef CMD_TARGET_H
#define CMD_TARGET_H

#include <stdbool.h>

enum { MV_TARGET_PATH_BYTES = 4096 };

struct mv_target {
	char path[MV_TARGET_PATH_BYTES];
	const char *obstacle; /* why nothing can be preloaded into it: "is statically linked"; NULL: it can be recorded */
	bool hides_others;    /* nor can what it starts: it is not given the environment */
};

/* Why nothing can be preloaded into the program PATH, or into the one that it is a script for; NULL: it can.  */
const char *mv_target_obstacle(const char *path);

/* Find PROGRAM as a shell would.  -ENOENT: there is none; -EACCES: it is not a program.  */
int mv_target_find(const char *program, struct mv_target *target);

#endif
