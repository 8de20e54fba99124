/* SPDX-License-Identifier: Apache-2.0 */
#include "format/checksum.h"

/* The header alone: nothing to link, nothing exported.  */
#define XXH_INLINE_ALL
#include <xxhash.h>

static uint64_t never_zero(uint64_t sum)
{
	return sum ? sum : 1;
}

uint64_t mv_checksum(const void *bytes, size_t size)
{
	return never_zero(XXH3_64bits(bytes, size));
}

uint64_t mv_checksum_chunk(const struct mv_chunk *chunk, const void *body)
{
	struct mv_chunk head = *chunk;

	head.checksum = 0;
	return never_zero(XXH3_64bits_withSeed(body, chunk->body_bytes, XXH3_64bits(&head, sizeof head)));
}
