/* SPDX-License-Identifier: Apache-2.0 */
#include "export/quote.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at TEXT, 0 if there is none (Unicode 15, table 3-7).  */
static size_t sequence_bytes(const uint8_t *text, size_t length)
{
	uint8_t low = 0x80, high = 0xbf;
	size_t bytes, i;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	bytes = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (text[0] == 0xe0)
		low = 0xa0;
	if (text[0] == 0xed)
		high = 0x9f;
	if (text[0] == 0xf0)
		low = 0x90;
	if (text[0] == 0xf4)
		high = 0x8f;
	if (length < bytes || text[1] < low || text[1] > high)
		return 0;
	for (i = 2; i < bytes; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return bytes;
}

static void put_ascii(FILE *out, uint8_t c)
{
	if (c < 0x20 || c == 0x7f || strchr("\"\\<>&", c))
		fprintf(out, "\\u%04x", c);
	else
		putc(c, out);
}

void mv_quote_bytes(FILE *out, const char *text, size_t length)
{
	const uint8_t *at = (const uint8_t *)text;

	putc('"', out);
	while (length) {
		size_t bytes = sequence_bytes(at, length);

		if (bytes == 1)
			put_ascii(out, *at);
		else if (bytes)
			fwrite(at, 1, bytes, out);
		else
			fputs("\\ufffd", out);
		at += bytes ? bytes : 1;
		length -= bytes ? bytes : 1;
	}
	putc('"', out);
}

void mv_quote(FILE *out, const char *text)
{
	mv_quote_bytes(out, text ? text : "", text ? strlen(text) : 0);
}
