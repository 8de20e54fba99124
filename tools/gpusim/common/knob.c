/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/common/knob.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gpusim/common/notice.h"

static bool is_end_of_size(const char *rest)
{
	return !*rest || !strcasecmp(rest, "B") || !strcasecmp(rest, "iB");
}

static bool read_bytes(const char *text, uint64_t *value)
{
	static const char units[] = "KMGT";
	char *rest;
	double number = strtod(text, &rest);
	const char *unit = NULL;

	if (rest == text || !(number >= 0))
		return false;
	if (isalpha((unsigned char)*rest))
		unit = strchr(units, toupper((unsigned char)*rest));
	if (unit) {
		number *= (double)(UINT64_C(1) << (10 * (unit - units + 1)));
		rest++;
	}
	if (!is_end_of_size(rest) || number >= 0x1p63)
		return false;
	*value = (uint64_t)number;
	return true;
}

static bool read_count(const char *text, uint64_t *value)
{
	char *rest;

	if (*text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &rest, 10);
	return !*rest;
}

static bool read_version(const char *text, uint64_t *value)
{
	unsigned int major, minor;
	char excess;

	if (sscanf(text, "%2u.%1u%c", &major, &minor, &excess) != 2)
		return false;
	*value = 10 * major + minor;
	return true;
}

static bool read_choice(const char *text, const char *const *choices, uint64_t *value)
{
	for (uint64_t i = 0; choices[i]; i++) {
		if (!strcasecmp(text, choices[i])) {
			*value = i;
			return true;
		}
	}
	return false;
}

static bool read_number(const struct mv_knob *knob, const char *text, uint64_t *value)
{
	bool is_read = false;

	switch (knob->kind) {
	case MV_KNOB_BYTES:
		is_read = read_bytes(text, value);
		break;
	case MV_KNOB_COUNT:
		is_read = read_count(text, value);
		break;
	case MV_KNOB_VERSION:
		is_read = read_version(text, value);
		break;
	case MV_KNOB_CHOICE:
		return read_choice(text, knob->choices, value);
	case MV_KNOB_TEXT:
		return false;
	}
	return is_read && *value >= knob->low && *value <= knob->high;
}

static void read_one(const struct mv_knob *knob, void *field)
{
	const char *text = getenv(knob->name);

	if (!text || !*text)
		text = knob->fallback;
	if (knob->kind == MV_KNOB_TEXT) {
		snprintf(field, MV_KNOB_TEXT_BYTES, "%s", text);
		return;
	}
	if (read_number(knob, text, field))
		return;
	mv_notice("%s=%s can't be used; taking %s", knob->name, text, knob->fallback);
	read_number(knob, knob->fallback, field);
}

void mv_knob_read(const struct mv_knob *knobs, size_t count, void *settings)
{
	for (size_t i = 0; i < count; i++)
		read_one(&knobs[i], (char *)settings + knobs[i].offset);
}
