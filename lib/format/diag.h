/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a file: where, and what was expected there.  Readers fill it; programs that talk to people print
 * it.  Every function that takes one accepts NULL.  */
#ifndef FORMAT_DIAG_H
#define FORMAT_DIAG_H

#include <stdint.h>

struct mv_diag {
	int err;	 /* -errno: -EINVAL damaged, -EPROTO foreign or too new, -ENODATA nothing in it */
	uint64_t offset; /* byte in the file */
	char text[160];	 /* what was expected there, one line without an end */
};

/* Fill DIAG (unless NULL) and return ERR, which is negative: `return mv_diag_set(diag, -EINVAL, at, "…")`.  */
int mv_diag_set(struct mv_diag *diag, int err, uint64_t offset, const char *text);

#endif
