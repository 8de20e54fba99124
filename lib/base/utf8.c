/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

/* Bytes of the UTF-8 sequence at FROM, 0 if it is none (Unicode 15, table 3-7).  */
static size_t sequence_bytes(const uint8_t *from, size_t left)
{
	static const struct {
		uint8_t lead_from, lead_to, second_from, second_to, bytes;
	} forms[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	size_t i, k;

	for (i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (*from < forms[i].lead_from || *from > forms[i].lead_to)
			continue;
		if (forms[i].bytes > left || from[1] < forms[i].second_from || from[1] > forms[i].second_to)
			return 0;
		for (k = 2; k < forms[i].bytes; k++)
			if ((from[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].bytes;
	}
	return 0;
}

/* Control characters have two forms: a byte below space, DEL, and U+0080 to U+009F.  */
static size_t fit_bytes(const uint8_t *from, size_t left)
{
	size_t bytes;

	if (*from < 0x80)
		return *from >= ' ' && *from != 0x7f;
	bytes = sequence_bytes(from, left);
	return bytes == 2 && from[0] == 0xc2 && from[1] < 0xa0 ? 0 : bytes;
}

void mv_utf8_clean(char *to, const uint8_t *from, size_t length)
{
	size_t at = 0;

	while (at < length) {
		size_t bytes = fit_bytes(from + at, length - at);

		if (bytes == 1)
			to[at] = (char)from[at];
		else if (bytes)
			memmove(to + at, from + at, bytes);
		else
			to[at] = '?';
		at += bytes ? bytes : 1;
	}
	to[length] = 0;
}
