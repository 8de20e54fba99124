/* SPDX-License-Identifier: Apache-2.0 */
/* zstd, level 1, without malloc: the only door to the library.
 *
 * Threads: a packer serves one thread at a time.  Memory: all of it is the caller's.  */
#ifndef FORMAT_PACK_H
#define FORMAT_PACK_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of memory that a packer, an unpacker need.  */
size_t mv_pack_workspace_bytes(void);
size_t mv_unpack_workspace_bytes(void);

/* Make a packer (an unpacker) of WORKSPACE, aligned to 8 and as large as said above.  It lives there; nothing has to be
 * released.  NULL if the workspace does not do.  */
void *mv_pack_in(void *workspace, size_t size);
void *mv_unpack_in(void *workspace, size_t size);

/* Compress FROM_SIZE bytes (at most 2^20) into TO.  Returns the bytes written, 0 if they do not fit into TO_SIZE.  */
size_t mv_pack(void *packer, uint8_t *to, size_t to_size, const uint8_t *from, size_t from_size);

/* Undo it.  True: exactly TO_SIZE bytes were in there.  Hostile input is safe.  */
int mv_unpack(void *unpacker, uint8_t *to, size_t to_size, const uint8_t *from, size_t from_size);

#endif
