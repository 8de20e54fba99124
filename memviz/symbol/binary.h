/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of program a file is, as far as preloading a library into it goes.
 *
 * Threads: safe.  Memory: none is kept.  */
#ifndef SYMBOL_BINARY_H
#define SYMBOL_BINARY_H

#include <stdbool.h>

struct mv_binary {
	bool is_elf;
	bool is_static;	 /* no loader is asked for */
	bool is_foreign; /* of another machine or word size than this program */
	bool is_musl;	 /* its loader is musl's, which cannot load what was built for glibc */
};

/* Look at the file PATH.  -errno: it cannot be read.  */
int mv_binary_look(const char *path, struct mv_binary *binary);

#endif
