/* SPDX-License-Identifier: Apache-2.0 */
/* Who wrote what a frame runs, by name, for people who look at many frames at once.
 *
 * Threads: pure.  Memory: none.  */
#ifndef ANALYZE_AUTHOR_H
#define ANALYZE_AUTHOR_H

#include "analyze/place.h"

/* Write PLACE's author to TEXT[SIZE]: "PyTorch's dispatch", "transformers", "libnccl"; "" for the user's own.  */
void mv_author_write(const struct mv_place *place, char *text, size_t size);

/* True if both are of the same package: one folder of installed packages, one library.  */
bool mv_author_is_same(const struct mv_place *one, const struct mv_place *other);

/* What CODE is called in what programs read: "own", "library", "dispatch" …  */
const char *mv_author_code(enum mv_code code);

/* Whose COUNT frames are, those that have most of them first, to TEXT[SIZE]: "PyTorch's dispatch, Python and others"; the
 * user's own are not named.  */
void mv_author_write_all(const struct mv_place *const *frames, size_t count, char *text, size_t size);

#endif
