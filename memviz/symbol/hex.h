/* SPDX-License-Identifier: Apache-2.0 */
/* Build ids as people write them.  */
#ifndef SYMBOL_HEX_H
#define SYMBOL_HEX_H

#include "base/text.h"

/* Append COUNT bytes, two digits each.  */
static inline void mv_hex_add(struct mv_text *text, const uint8_t *bytes, uint32_t count)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t i;

	for (i = 0; i < count; i++) {
		mv_text_add_bytes(text, &digits[bytes[i] >> 4], 1);
		mv_text_add_bytes(text, &digits[bytes[i] & 15], 1);
	}
}

#endif
