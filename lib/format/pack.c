/* SPDX-License-Identifier: Apache-2.0 */
#include "format/pack.h"

/* Contexts in the caller's memory are in the part of the interface that only a static library promises; the recorder
 * links it statically.  */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

enum { LEVEL = 1, LARGEST = 1 << 20 };

size_t mv_pack_workspace_bytes(void)
{
	return ZSTD_estimateCCtxSize_usingCParams(ZSTD_getCParams(LEVEL, LARGEST, 0));
}

size_t mv_unpack_workspace_bytes(void)
{
	return ZSTD_estimateDCtxSize();
}

void *mv_pack_in(void *workspace, size_t size)
{
	return ZSTD_initStaticCCtx(workspace, size);
}

void *mv_unpack_in(void *workspace, size_t size)
{
	return ZSTD_initStaticDCtx(workspace, size);
}

size_t mv_pack(void *packer, uint8_t *to, size_t to_size, const uint8_t *from, size_t from_size)
{
	size_t n = ZSTD_compressCCtx(packer, to, to_size, from, from_size, LEVEL);

	return ZSTD_isError(n) ? 0 : n;
}

int mv_unpack(void *unpacker, uint8_t *to, size_t to_size, const uint8_t *from, size_t from_size)
{
	return ZSTD_decompressDCtx(unpacker, to, to_size, from, from_size) == to_size;
}
