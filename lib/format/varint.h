/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of variable length: seven bits a byte, lowest first, the top bit says that more follow; at most ten bytes
 * (LEB128).  Signed numbers are folded first (zigzag): 0, -1, 1, -2 … become 0, 1, 2, 3 …  */
#ifndef FORMAT_VARINT_H
#define FORMAT_VARINT_H

#include <stdbool.h>
#include <stdint.h>

enum { MV_VARINT_BYTES = 10 };

/* Write VALUE at AT, where MV_VARINT_BYTES have room.  Returns the place behind it.  */
static inline uint8_t *mv_varint_put(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

/* Read a number at *AT, below END, into *VALUE, and move *AT behind it.  False: it does not end there, or does not fit
 * 64 bits.  */
static inline bool mv_varint_get(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
	uint64_t sum = 0;
	unsigned shift;

	for (shift = 0; shift < 64 && *at < end; shift += 7) {
		uint8_t byte = *(*at)++;

		if (shift == 63 && byte > 1)
			return false;
		sum |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*value = sum;
			return true;
		}
	}
	return false;
}

static inline uint64_t mv_varint_fold(uint64_t difference)
{
	return (difference << 1) ^ (uint64_t)((int64_t)difference >> 63);
}

static inline uint64_t mv_varint_unfold(uint64_t folded)
{
	return (folded >> 1) ^ (0 - (folded & 1));
}

#endif
