/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of files with what was found out before (symbol/cachefile.h).  Private to memviz/symbol.
 *
 * The folder, and what leads to it, is made for its owner alone.  A file is written beside its place and renamed; the
 * oldest go when all of them take more than MV_CACHEFOLDER_BYTES.  What is not a plain file of the user's own, or what
 * others can write, is not read.  What goes wrong here costs time and nothing else, so nobody is told.
 *
 * Threads, processes: any number.  */
#ifndef SYMBOL_CACHEFOLDER_H
#define SYMBOL_CACHEFOLDER_H

#include "symbol/cachefile.h"

enum { MV_CACHEFOLDER_BYTES = 256 << 20 };

/* Read what FOLDER has for KEY.  False: nothing.  */
bool mv_cachefolder_read(const char *folder, const struct mv_cachefile_key *key, struct mv_cachefile *cache);

/* Write CACHE, which is about KEY, to FOLDER.  */
void mv_cachefolder_write(const char *folder, const struct mv_cachefile_key *key, const struct mv_cachefile *cache);

/* Remove the oldest files in FOLDER, until all take at most LIMIT_BYTES.  */
void mv_cachefolder_trim(const char *folder, uint64_t limit_bytes);

#endif
