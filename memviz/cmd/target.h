/* SPDX-License-Identifier: Apache-2.0 */
/* The program that memviz run is to start: where it is, and whether it can be recorded.  */
#ifndef CMD_TARGET_H
#define CMD_TARGET_H

enum { MV_TARGET_PATH_BYTES = 4096 };

struct mv_target {
	char path[MV_TARGET_PATH_BYTES];
	const char *obstacle; /* why nothing can be preloaded into it: "is statically linked"; NULL: it can be recorded */
};

/* Find PROGRAM as a shell would.  -ENOENT: there is none; -EACCES: it is not a program.  */
int mv_target_find(const char *program, struct mv_target *target);

#endif
