/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of an object's unwind tables, read one number after the other and never past their end.
 *
 * What is damaged reads as zeros and is remembered: look at IS_BAD once, when all has been read.
 * Encodings: DWARF 5, 7.6; pointers: Linux Standard Base, Core, "DWARF Exception Header Encoding".
 * Threads, signals: safe.  */
#ifndef STACK_READER_H
#define STACK_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mv_reader {
	const uint8_t *at, *end;
	bool is_bad;
};

/* SIZE bytes, at most 8, as the number that they are in memory.  */
static inline uint64_t mv_read_bytes(struct mv_reader *reader, size_t size)
{
	uint64_t value = 0;

	if (size > (size_t)(reader->end - reader->at)) {
		reader->is_bad = true;
		reader->at = reader->end;
		return 0;
	}
	memcpy(&value, reader->at, size);
	reader->at += size;
	return value;
}

static inline uint8_t mv_read_byte(struct mv_reader *reader)
{
	return (uint8_t)mv_read_bytes(reader, 1);
}

/* A piece of SIZE bytes, which are skipped; an empty one, and bad, if there are not as many.  */
static inline struct mv_reader mv_read_piece(struct mv_reader *reader, uint64_t size)
{
	struct mv_reader piece = {.at = reader->at, .end = reader->at};

	if (size > (uint64_t)(reader->end - reader->at)) {
		reader->is_bad = true;
		reader->at = reader->end;
		return piece;
	}
	reader->at += size;
	piece.end = reader->at;
	return piece;
}

/* Seven bits a byte, the lowest first.  BITS: how many there were.  */
static inline uint64_t mv_read_sevens(struct mv_reader *reader, unsigned *bits)
{
	uint64_t value = 0;
	uint8_t byte;

	*bits = 0;
	do {
		byte = mv_read_byte(reader);
		if (*bits > 63) {
			reader->is_bad = true;
			return 0;
		}
		value |= (uint64_t)(byte & 127) << *bits;
		*bits += 7;
	} while (byte & 128);
	return value;
}

static inline uint64_t mv_read_unsigned(struct mv_reader *reader)
{
	unsigned bits;

	return mv_read_sevens(reader, &bits);
}

static inline int64_t mv_read_signed(struct mv_reader *reader)
{
	unsigned bits;
	uint64_t value = mv_read_sevens(reader, &bits);

	if (bits && bits < 64 && value >> (bits - 1) & 1)
		value |= ~UINT64_C(0) << bits;
	return (int64_t)value;
}

enum {
	MV_POINTER_ABSOLUTE = 0x00,
	MV_POINTER_OMITTED = 0xff,
	MV_POINTER_FORM = 0x0f,
	MV_POINTER_BASE = 0x70,
	MV_POINTER_INDIRECT = 0x80,
};

/* A number in the form that ENCODING says, without what it is relative to.  */
static inline uint64_t mv_read_form(struct mv_reader *reader, uint8_t encoding)
{
	switch (encoding & MV_POINTER_FORM) {
	case 0x0:
	case 0x4:
	case 0xc:
		return mv_read_bytes(reader, 8);
	case 0x1:
		return mv_read_unsigned(reader);
	case 0x2:
		return mv_read_bytes(reader, 2);
	case 0x3:
		return mv_read_bytes(reader, 4);
	case 0x9:
		return (uint64_t)mv_read_signed(reader);
	case 0xa:
		return (uint64_t)(int16_t)mv_read_bytes(reader, 2);
	case 0xb:
		return (uint64_t)(int32_t)mv_read_bytes(reader, 4);
	}
	reader->is_bad = true;
	return 0;
}

/* An address.  DATA: what those that are relative to data are relative to; 0: there are none.  */
static inline uint64_t mv_read_pointer(struct mv_reader *reader, uint8_t encoding, uint64_t data)
{
	uint64_t place = (uint64_t)(uintptr_t)reader->at, value;

	if (encoding == MV_POINTER_OMITTED)
		return 0;
	value = mv_read_form(reader, encoding);
	switch (encoding & MV_POINTER_BASE) {
	case 0x00:
		break;
	case 0x10:
		value += place;
		break;
	case 0x30:
		value += data;
		break;
	default:
		reader->is_bad = true;
	}
	if (encoding & MV_POINTER_INDIRECT)
		reader->is_bad = true;
	return value;
}

#endif
