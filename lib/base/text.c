/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <errno.h>
#include <string.h>

struct mv_text mv_text_in(char *bytes, size_t size)
{
	bytes[0] = 0;
	return (struct mv_text){.bytes = bytes, .size = size};
}

void mv_text_add_bytes(struct mv_text *text, const char *bytes, size_t length)
{
	size_t room = text->size - 1 - text->length;

	if (length > room) {
		length = room;
		text->is_cut = true;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = 0;
}

void mv_text_add(struct mv_text *text, const char *string)
{
	if (string)
		mv_text_add_bytes(text, string, strlen(string));
}

static void add_number(struct mv_text *text, uint64_t value, unsigned base)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	mv_text_add_bytes(text, digits + at, sizeof digits - at);
}

void mv_text_add_u64(struct mv_text *text, uint64_t value)
{
	add_number(text, value, 10);
}

void mv_text_add_i64(struct mv_text *text, int64_t value)
{
	if (value < 0)
		mv_text_add(text, "-");
	add_number(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

void mv_text_add_hex(struct mv_text *text, uint64_t value)
{
	mv_text_add(text, "0x");
	add_number(text, value, 16);
}

/* WHOLE and a tenth, rounded half up; no tenth from 100 on or where it is zero.  */
static void add_tenths(struct mv_text *text, uint64_t tenths, const char *unit)
{
	if (tenths >= 1000)
		tenths = (tenths + 5) / 10 * 10;
	mv_text_add_u64(text, tenths / 10);
	if (tenths % 10) {
		mv_text_add(text, ".");
		mv_text_add_u64(text, tenths % 10);
	}
	mv_text_add(text, unit);
}

void mv_text_add_size(struct mv_text *text, uint64_t size_bytes)
{
	static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
	uint64_t scale = 1;
	size_t i;

	/* 1023.95 of a unit would round to 1024: the next unit says it shorter.  */
	for (i = 0; i + 1 < sizeof units / sizeof *units && size_bytes / scale >= 1024; i++)
		scale *= 1024;
	if (scale == 1) {
		mv_text_add_u64(text, size_bytes);
		mv_text_add(text, units[0]);
		return;
	}
	add_tenths(text, size_bytes / scale * 10 + (size_bytes % scale * 10 + scale / 2) / scale, units[i]);
}

static void add_two(struct mv_text *text, uint64_t big, const char *big_unit, uint64_t small, const char *small_unit)
{
	mv_text_add_u64(text, big);
	mv_text_add(text, big_unit);
	if (!small)
		return;
	mv_text_add(text, " ");
	mv_text_add_u64(text, small);
	mv_text_add(text, small_unit);
}

void mv_text_add_time(struct mv_text *text, uint64_t time_ns)
{
	uint64_t seconds = time_ns / 1000000000u;

	if (time_ns < 1000)
		add_tenths(text, time_ns * 10, " ns");
	else if (time_ns < 1000000)
		add_tenths(text, (time_ns + 50) / 100, " us");
	else if (time_ns < 1000000000u)
		add_tenths(text, (time_ns + 50000) / 100000, " ms");
	else if (seconds < 60)
		add_tenths(text, (time_ns + 50000000) / 100000000, " s");
	else if (seconds < 3600)
		add_two(text, seconds / 60, " min", seconds % 60, " s");
	else
		add_two(text, seconds / 3600, " h", seconds / 60 % 60, " min");
}

static int unit_shift(const char *unit)
{
	static const char letters[] = "bkmgt";
	const char *at;
	char first = (char)(*unit | 0x20);

	if (!*unit)
		return 0;
	at = memchr(letters, first, sizeof letters - 1);
	if (!at)
		return -EINVAL;
	unit++;
	if (first != 'b' && (*unit | 0x20) == 'i')
		unit++;
	if (first != 'b' && (*unit | 0x20) == 'b')
		unit++;
	return *unit ? -EINVAL : (int)(at - letters) * 10;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits of STRING up to the first other character, which *END points at.  */
static int parse_digits(const char *string, const char **end, uint64_t *value)
{
	uint64_t sum = 0;

	if (!is_digit(*string))
		return -EINVAL;
	for (; is_digit(*string); string++)
		if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, (unsigned)(*string - '0'), &sum))
			return -ERANGE;
	*end = string;
	*value = sum;
	return 0;
}

/* The fraction ".25" of a unit of 2^SHIFT bytes, in bytes.  Digits behind the sixth do not count.  */
static uint64_t fraction_bytes(const char *digits, const char *end, int shift)
{
	uint64_t value = 0, scale = 1;

	for (; digits < end && scale < 1000000; digits++, scale *= 10)
		value = value * 10 + (unsigned)(*digits - '0');
	return (value << shift) / scale;
}

int mv_text_parse_size(const char *string, uint64_t *size)
{
	const char *at, *digits = NULL, *digits_end = NULL;
	uint64_t whole;
	int err, shift;

	while (*string == ' ')
		string++;
	err = parse_digits(string, &at, &whole);
	if (err)
		return err;
	if (*at == '.') {
		digits = at + 1;
		for (at = digits; is_digit(*at);)
			at++;
		digits_end = at;
	}
	while (*at == ' ')
		at++;
	shift = unit_shift(at);
	if (shift < 0)
		return shift;
	if (whole > (UINT64_MAX >> 1) >> shift)
		return -ERANGE;
	*size = (whole << shift) + (digits ? fraction_bytes(digits, digits_end, shift) : 0);
	return 0;
}

int mv_text_parse_time(const char *string, uint64_t *time_ns)
{
	static const struct {
		const char *unit;
		uint64_t time_ns;
	} units[] = {{"ms", 1000000}, {"s", 1000000000}, {"min", UINT64_C(60000000000)}};
	static const uint64_t hour_ns = UINT64_C(3600000000000);
	const char *unit;
	uint64_t value;
	size_t i;
	int err = parse_digits(string, &unit, &value);

	if (err)
		return err;
	if (!value && !*unit) {
		*time_ns = 0;
		return 0;
	}
	for (i = 0; i < sizeof units / sizeof *units; i++) {
		if (!mv_text_equal(unit, units[i].unit))
			continue;
		if (value > hour_ns / units[i].time_ns)
			return -ERANGE;
		*time_ns = value * units[i].time_ns;
		return 0;
	}
	return -EINVAL;
}

int mv_text_parse_u64(const char *string, uint64_t *value)
{
	const char *end;
	uint64_t sum;
	int err = parse_digits(string, &end, &sum);

	if (err)
		return err;
	if (*end)
		return -EINVAL;
	*value = sum;
	return 0;
}

static bool equal_any_case(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a | 0x20) != (*b | 0x20))
			return false;
	return *a == *b;
}

int mv_text_parse_bool(const char *string, bool *value)
{
	static const char *const words[] = {"0", "1", "no", "yes", "off", "on", "false", "true"};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++) {
		if (equal_any_case(string, words[i])) {
			*value = i & 1;
			return 0;
		}
	}
	return -EINVAL;
}

/* These three are asked when the loader has not come to libc's own yet, or to a library that stands in for parts of it:
 * so none of libc's functions.  */
const char *mv_text_base_name(const char *path)
{
	const char *name = path;

	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

bool mv_text_starts(const char *string, const char *prefix)
{
	while (*prefix && *string == *prefix) {
		string++;
		prefix++;
	}
	return !*prefix;
}

bool mv_text_ends(const char *string, const char *suffix)
{
	size_t length = strlen(string), size = strlen(suffix);

	return length >= size && mv_text_equal(string + length - size, suffix);
}

bool mv_text_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const char *mv_text_scratch_folder(const char *tmpdir)
{
	return tmpdir && tmpdir[0] == '/' ? tmpdir : "/tmp";
}
