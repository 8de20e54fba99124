/* SPDX-License-Identifier: Apache-2.0 */
#include "export/column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "format/varint.h"

/* Level 6: 9 takes three times as long on a column of times and saves less than one byte in a hundred.  */
enum { LEVEL = 6, IN_BYTES = 64 << 10, OUT_BYTES = 48 << 10, BASE64_BYTES = OUT_BYTES / 3 * 4 };

_Static_assert(OUT_BYTES % 3 == 0, "whole groups of base64, but for the last");

struct mv_column {
	FILE *out;
	z_stream deflate;
	size_t in_bytes;
	size_t out_bytes;
	uint8_t in[IN_BYTES];
	uint8_t packed[OUT_BYTES];
	char text[BASE64_BYTES];
};

static size_t base64(const uint8_t *bytes, size_t length, char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *at = text;
	size_t i;

	for (i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);

		*at++ = digits[group >> 18];
		*at++ = digits[group >> 12 & 63];
		*at++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*at++ = left > 2 ? digits[group & 63] : '=';
	}
	return (size_t)(at - text);
}

/* A write that fails shows in ferror(OUT), which close looks at.  */
static void write_packed(struct mv_column *column)
{
	fwrite(column->text, 1, base64(column->packed, column->out_bytes, column->text), column->out);
	column->out_bytes = 0;
}

static void pack(struct mv_column *column, int flush)
{
	int state;

	column->deflate.next_in = column->in;
	column->deflate.avail_in = (uInt)column->in_bytes;
	do {
		column->deflate.next_out = column->packed + column->out_bytes;
		column->deflate.avail_out = (uInt)(OUT_BYTES - column->out_bytes);
		state = deflate(&column->deflate, flush);
		column->out_bytes = OUT_BYTES - column->deflate.avail_out;
		if (column->out_bytes == OUT_BYTES)
			write_packed(column);
	} while (column->deflate.avail_in || (flush == Z_FINISH && state == Z_OK));
	column->in_bytes = 0;
}

int mv_column_open(struct mv_column **column, FILE *out, const char *prefix, const char *name)
{
	struct mv_column *made = malloc(sizeof *made);

	if (!made)
		return -ENOMEM;
	memset(&made->deflate, 0, sizeof made->deflate);
	if (deflateInit2(&made->deflate, LEVEL, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(made);
		return -ENOMEM;
	}
	made->out = out;
	made->in_bytes = 0;
	made->out_bytes = 0;
	fprintf(out, "<script type=\"text/plain\" id=\"%s-%s\">", prefix, name);
	*column = made;
	return 0;
}

void mv_column_put(struct mv_column *column, uint64_t value)
{
	if (column->in_bytes + MV_VARINT_BYTES > IN_BYTES)
		pack(column, Z_NO_FLUSH);
	column->in_bytes = (size_t)(mv_varint_put(column->in + column->in_bytes, value) - column->in);
}

void mv_column_put_signed(struct mv_column *column, int64_t value)
{
	mv_column_put(column, mv_varint_fold((uint64_t)value));
}

void mv_column_put_bytes(struct mv_column *column, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length) {
		size_t room = IN_BYTES - column->in_bytes;
		size_t part = length < room ? length : room;

		memcpy(column->in + column->in_bytes, at, part);
		column->in_bytes += part;
		at += part;
		length -= part;
		if (column->in_bytes == IN_BYTES)
			pack(column, Z_NO_FLUSH);
	}
}

int mv_column_close(struct mv_column *column)
{
	int err;

	pack(column, Z_FINISH);
	write_packed(column);
	fputs("</script>\n", column->out);
	err = ferror(column->out) ? -EIO : 0;
	deflateEnd(&column->deflate);
	free(column);
	return err;
}
