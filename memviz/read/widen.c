/* SPDX-License-Identifier: Apache-2.0 */
#include "read/widen.h"

#include <errno.h>
#include <string.h>

#include "base/sys.h"
#include "format/image.h"

enum { UNIT = sizeof(uint32_t) };

static struct mv_image_plan plan_for(const void *image, const uint64_t more_bytes[MV_REGION_COUNT])
{
	struct mv_image_plan plan = {.slot_events = ((const struct mv_file_header *)image)->slot_events};
	uint64_t used;
	int i;

	for (i = 0; i < MV_REGION_COUNT; i++) {
		mv_image_region(image, (enum mv_region_kind)i, &used);
		plan.size_bytes[i] = used + more_bytes[i];
		/* Where even the empty string is lost.  */
		if (i == MV_REGION_TEXT && !used)
			plan.size_bytes[i] += UNIT;
		if (i == MV_REGION_OPEN)
			plan.slots = (uint32_t)(used / mv_image_slot_bytes(plan.slot_events));
	}
	return plan;
}

int mv_widen(const void *image, const uint64_t more_bytes[MV_REGION_COUNT], struct mv_copy *copy)
{
	struct mv_image_plan plan = plan_for(image, more_bytes);
	struct mv_file_header wide = *(const struct mv_file_header *)image, *made;
	uint64_t size = mv_image_lay_out(&wide, &plan);
	int i, err;

	*copy = (struct mv_copy){0};
	err = mv_sys_map(size, &copy->bytes);
	if (err)
		return err;
	copy->mapped_bytes = copy->size_bytes = size;
	made = copy->bytes;
	*made = wide;
	for (i = 0; i < MV_REGION_COUNT; i++) {
		const uint8_t *from = mv_image_region(image, (enum mv_region_kind)i, &made->used_bytes[i]);

		memcpy((uint8_t *)made + made->regions[i].offset, from, made->used_bytes[i]);
	}
	return 0;
}

static uint64_t padded(uint64_t bytes)
{
	return (bytes + UNIT - 1) & ~(uint64_t)(UNIT - 1);
}

uint32_t mv_widen_add_text(struct mv_file_header *header, const char *string)
{
	/* The empty string is the first, also where all are lost.  */
	uint64_t used = header->used_bytes[MV_REGION_TEXT], at = used ? padded(used) : UNIT;
	uint32_t length = (uint32_t)strlen(string);
	uint8_t *to = (uint8_t *)header + header->regions[MV_REGION_TEXT].offset + at;

	memcpy(to, &length, sizeof length);
	memcpy(to + sizeof length, string, length);
	header->used_bytes[MV_REGION_TEXT] = at + padded(sizeof length + length);
	return (uint32_t)(at / UNIT);
}
