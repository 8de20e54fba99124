/* SPDX-License-Identifier: Apache-2.0 */
/* The small symbol table that distributions leave in stripped objects: an object of its own, compressed with xz, in the
 * section .gnu_debugdata (GDB manual, "MiniDebugInfo").  Private to memviz/symbol; the only door to liblzma.  */
#ifndef SYMBOL_MINIDEBUG_H
#define SYMBOL_MINIDEBUG_H

#include "symbol/elffile.h"

struct mv_minidebug {
	struct mv_elffile file;
	void *bytes;
};

/* Unpack that of FILE.  False: there is none, or it is damaged.  */
bool mv_minidebug_open(struct mv_minidebug *mini, const struct mv_elffile *file);
void mv_minidebug_close(struct mv_minidebug *mini);

#endif
