/* SPDX-License-Identifier: Apache-2.0 */
#include "python/line.h"

#include <stdbool.h>

/* A damaged table may add up to anything; it must not overflow.  */
static int move(int line, int delta)
{
	return (int)((unsigned)line + (unsigned)delta);
}

/* Pairs of bytes: so many bytes of bytecode further, so many lines up or down.  */
static int find_in_lnotab(const uint8_t *table, size_t size, int line, int lasti)
{
	int at = 0;
	size_t i;

	for (i = 0; i + 1 < size; i += 2) {
		at += table[i];
		if (at > lasti)
			break;
		line = move(line, (int8_t)table[i + 1]);
	}
	return line;
}

/* Pairs of bytes: the next so many bytes of bytecode stand so many lines up or down from those before; -128: in no
 * line, and the next pair counts from those before.  */
static int find_in_ranges(const uint8_t *table, size_t size, int line, int lasti)
{
	enum { NO_LINE = -128 };
	int end = 0;
	size_t i;

	for (i = 0; i + 1 < size; i += 2) {
		int delta = (int8_t)table[i + 1];

		end += table[i];
		if (delta != NO_LINE)
			line = move(line, delta);
		if (lasti < end)
			return delta == NO_LINE ? 0 : line;
	}
	return 0;
}

struct reader {
	const uint8_t *at, *end;
};

/* Six bits a byte, lowest first; bit 6 says that more follow.  */
static unsigned read_varint(struct reader *reader)
{
	unsigned value = 0, shift = 0;

	while (reader->at < reader->end && shift < 32) {
		uint8_t byte = *reader->at++;

		value |= (unsigned)(byte & 63) << shift;
		if (!(byte & 64))
			break;
		shift += 6;
	}
	return value;
}

/* The lowest bit is the sign.  */
static int read_signed_varint(struct reader *reader)
{
	unsigned value = read_varint(reader);

	return value & 1 ? -(int)(value >> 1) : (int)(value >> 1);
}

/* An entry's first byte: bit 7 set, four bits form, three bits length less one, in units of two bytes.  */
enum {
	FORM_ONE_LINE_0 = 10, /* same line as before; the next two forms: one, two lines further */
	FORM_ONE_LINE_2 = 12,
	FORM_NO_COLUMNS = 13,
	FORM_LONG = 14,
	FORM_NONE = 15,
	UNIT_BYTES = 2,
};

static int read_line_delta(struct reader *reader, unsigned form)
{
	if (form == FORM_NO_COLUMNS || form == FORM_LONG)
		return read_signed_varint(reader);
	return form >= FORM_ONE_LINE_0 && form <= FORM_ONE_LINE_2 ? (int)(form - FORM_ONE_LINE_0) : 0;
}

/* What is left of an entry does not matter, but for its length: every first byte, and no other, has bit 7.  */
static void skip_columns(struct reader *reader)
{
	while (reader->at < reader->end && !(*reader->at & 0x80))
		reader->at++;
}

static int find_in_locations(const uint8_t *table, size_t size, int line, int lasti)
{
	struct reader reader = {table, table + size};
	int end = 0;

	while (reader.at < reader.end) {
		uint8_t first = *reader.at++;
		unsigned form = first >> 3 & 15;

		line = move(line, read_line_delta(&reader, form));
		end += ((first & 7) + 1) * UNIT_BYTES;
		if (lasti < end)
			return form == FORM_NONE ? 0 : line;
		skip_columns(&reader);
	}
	return 0;
}

int mv_pyline_find(enum mv_pylines format, const uint8_t *table, size_t size, int first_line, int lasti)
{
	if (lasti < 0)
		return first_line;
	switch (format) {
	case MV_PYLINES_LNOTAB:
		return find_in_lnotab(table, size, first_line, lasti);
	case MV_PYLINES_RANGES:
		return find_in_ranges(table, size, first_line, lasti);
	case MV_PYLINES_LOCATIONS:
		return find_in_locations(table, size, first_line, lasti);
	}
	return 0;
}
