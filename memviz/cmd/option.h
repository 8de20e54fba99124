/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a command line by a command's table, and telling people what is in that table.  */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include <stdio.h>

#include "cmd/command.h"

enum { MV_OPTION_GO_ON = -1 };

/* Read ARGV[ARGC], where ARGV[0] is the command's name.  MV_OPTION_GO_ON: *ARGS is filled.  Otherwise the exit code:
 * help was asked for and printed, or the command line is wrong and a line on stderr says how.  */
int mv_option_parse(const struct mv_command *command, int argc, char **argv, struct mv_args *args);

/* Write COMMAND's help to OUT.  */
void mv_option_help(const struct mv_command *command, FILE *out);

#endif
