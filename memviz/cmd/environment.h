/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of a program to be started: ours, with changes.
 *
 * Memory: malloc.  When it runs out, the environment is marked broken and says so at the end.  */
#ifndef CMD_ENVIRONMENT_H
#define CMD_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

struct mv_environment {
	char **at; /* NAME=VALUE, each malloc'ed; ends in NULL */
	size_t count, room;
	bool is_broken;
};

/* A copy of this process's.  */
void mv_environment_open(struct mv_environment *environment);
void mv_environment_close(struct mv_environment *environment);

/* The value of NAME; NULL: not set.  */
const char *mv_environment_get(const struct mv_environment *environment, const char *name);

/* Set NAME to VALUE.  */
void mv_environment_set(struct mv_environment *environment, const char *name, const char *value);

/* Put VALUE and SEPARATOR before what NAME is set to already.  */
void mv_environment_prepend(struct mv_environment *environment, const char *name, const char *value, char separator);

#endif
