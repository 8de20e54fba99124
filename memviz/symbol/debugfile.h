/* SPDX-License-Identifier: Apache-2.0 */
/* The file beside an object that has what was stripped from it.  Private to memviz/symbol.
 *
 * Looked for, in the folder that the user names and in /usr/lib/debug: by build id, below .build-id; then by the name that
 * the object itself gives (.gnu_debuglink), beside it and below those folders (GDB manual, "Separate Debug Files").  A file
 * is taken only if its build id is the object's, or, without one, its checksum what the object says.
 * Servers (debuginfod) are asked only if the user wants that, whatever the environment says: what somebody looks at is
 * nobody else's business.  */
#ifndef SYMBOL_DEBUGFILE_H
#define SYMBOL_DEBUGFILE_H

#include "symbol/elffile.h"
#include "symbol/symbols.h"

/* Open that of OBJECT, whose own file is FILE, perhaps not open.  False: there is none.  */
bool mv_debugfile_open(struct mv_elffile *debug, const struct mv_symbols_object *object, const struct mv_elffile *file,
		       const struct mv_symbols_sources *sources);

#endif
