/* SPDX-License-Identifier: Apache-2.0 */
#include "read/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { UNIT = 4, LENGTH_BYTES = 4 };

/* Bytes of the record at FROM with its padding, 0 if it does not fit.  */
static uint64_t record_bytes(const uint8_t *from, uint64_t left, uint32_t *length)
{
	uint64_t bytes;

	if (left < LENGTH_BYTES)
		return 0;
	memcpy(length, from, LENGTH_BYTES);
	bytes = ((uint64_t)LENGTH_BYTES + *length + UNIT - 1) & ~(uint64_t)(UNIT - 1);
	return LENGTH_BYTES + (uint64_t)*length <= left ? bytes : 0;
}

int mv_strings_open(struct mv_strings *strings, const uint8_t *region, uint64_t size)
{
	uint64_t at = 0, bytes;
	uint32_t length;

	memset(strings, 0, sizeof *strings);
	strings->bytes = malloc(size + UNIT);
	strings->begins = calloc(size / UNIT / 8 + 1, 1);
	if (!strings->bytes || !strings->begins) {
		mv_strings_close(strings);
		return -ENOMEM;
	}
	for (; at < size && (bytes = record_bytes(region + at, size - at, &length)); at += bytes) {
		mv_utf8_clean(strings->bytes + at, region + at + LENGTH_BYTES, length);
		strings->begins[at / UNIT / 8] |= (uint8_t)(1 << (at / UNIT % 8));
	}
	strings->size_bytes = at < size ? at : size;
	return 0;
}

void mv_strings_close(struct mv_strings *strings)
{
	free(strings->bytes);
	free(strings->begins);
	memset(strings, 0, sizeof *strings);
}

bool mv_strings_has(const struct mv_strings *strings, uint32_t id)
{
	return (uint64_t)id * UNIT < strings->size_bytes && strings->begins[id / 8] & (1 << (id % 8));
}

const char *mv_strings_get(const struct mv_strings *strings, uint32_t id)
{
	return mv_strings_has(strings, id) ? strings->bytes + (uint64_t)id * UNIT : "";
}
