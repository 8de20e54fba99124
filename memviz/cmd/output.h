/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is written beside its place and put there when it is complete; or stdout; or a device, as it stands.
 *
 * Use: mv_output_open, write to FILE, then mv_output_finish, or mv_output_drop to leave nothing behind.  */
#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

enum { MV_OUTPUT_PATH_BYTES = 4096 };

struct mv_output {
	FILE *file;
	bool is_stdout;
	char path[MV_OUTPUT_PATH_BYTES];
	char part[MV_OUTPUT_PATH_BYTES + 16]; /* "": there is none */
};

/* Begin PATH; "-" is stdout.  False: it cannot be written, and a line on stderr says why.  */
bool mv_output_open(struct mv_output *output, const char *path);

/* Put it in its place.  False: it could not be written whole; a line on stderr says why, and nothing is left.  */
bool mv_output_finish(struct mv_output *output);
void mv_output_drop(struct mv_output *output);

/* False, and a line on stderr: PATH (NULL: stdout) is the file INPUT, which is not to be lost.  */
bool mv_output_spares(const char *path, const char *input);

#endif
