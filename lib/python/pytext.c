/* SPDX-License-Identifier: Apache-2.0 */
#include "python/pytext.h"

enum {
	REPLACEMENT = 0xfffd,
	SURROGATE_FIRST = 0xd800,
	SURROGATE_LAST = 0xdfff,
	UTF8_MAX = 4, /* bytes of a character */
};

static uint32_t character_at(const uint8_t *data, unsigned width, size_t i)
{
	uint16_t two;
	uint32_t four;

	switch (width) {
	case 1:
		return data[i];
	case 2:
		memcpy(&two, data + 2 * i, sizeof two);
		return two;
	default:
		memcpy(&four, data + 4 * i, sizeof four);
		return four;
	}
}

/* C as UTF-8 into BYTES[UTF8_MAX].  Returns how many.  */
static size_t encode(uint32_t c, char *bytes)
{
	if (c < 0x80) {
		bytes[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		bytes[0] = (char)(0xc0 | c >> 6);
		bytes[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c > 0x10ffff || (c >= SURROGATE_FIRST && c <= SURROGATE_LAST))
		c = REPLACEMENT;
	if (c < 0x10000) {
		bytes[0] = (char)(0xe0 | c >> 12);
		bytes[1] = (char)(0x80 | (c >> 6 & 63));
		bytes[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	bytes[0] = (char)(0xf0 | c >> 18);
	bytes[1] = (char)(0x80 | (c >> 12 & 63));
	bytes[2] = (char)(0x80 | (c >> 6 & 63));
	bytes[3] = (char)(0x80 | (c & 63));
	return UTF8_MAX;
}

size_t mv_pytext_copy(const struct mv_pylayout *layout, uintptr_t string, char *bytes, size_t size)
{
	uint32_t state = (uint32_t)mv_py_int(string, layout->text_state);
	unsigned width = state >> MV_PYTEXT_KIND_SHIFT & MV_PYTEXT_KIND_MASK;
	unsigned start = state & MV_PYTEXT_IS_ASCII ? layout->text_ascii : layout->text_wide;
	size_t length = mv_py_word(string, layout->text_length), used = 0, i;

	if (!(state & MV_PYTEXT_IS_COMPACT) || (width != 1 && width != 2 && width != 4)) {
		bytes[0] = '?';
		return 1;
	}
	for (i = 0; i < length; i++) {
		char utf8[UTF8_MAX];
		size_t n = encode(character_at((const uint8_t *)string + start, width, i), utf8);

		if (used + n > size)
			break;
		memcpy(bytes + used, utf8, n);
		used += n;
	}
	return used;
}
