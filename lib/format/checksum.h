/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of the file format: XXH3, 64 bits, of the xxHash library.  Finds accidents, not enemies.  */
#ifndef FORMAT_CHECKSUM_H
#define FORMAT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#include "memviz/format.h"

/* Of SIZE bytes.  Never 0, which stands for "not computed".  */
uint64_t mv_checksum(const void *bytes, size_t size);

/* Of a chunk and its BODY, as the chunk's header carries it.  */
uint64_t mv_checksum_chunk(const struct mv_chunk *chunk, const void *body);

#endif
