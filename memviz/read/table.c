/* SPDX-License-Identifier: Apache-2.0 */
#include "read/table.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"

static const size_t record_bytes[MV_REGION_COUNT] = {
	[MV_REGION_NOTES] = sizeof(struct mv_note),	[MV_REGION_APIS] = sizeof(uint32_t),
	[MV_REGION_THREADS] = sizeof(struct mv_thread), [MV_REGION_MODULES] = sizeof(struct mv_module),
	[MV_REGION_FRAMES] = sizeof(struct mv_frame),	[MV_REGION_STACKS] = sizeof(struct mv_stack),
	[MV_REGION_LIVE] = sizeof(struct mv_event),	[MV_REGION_NAMES] = sizeof(struct mv_name),
};

uint32_t mv_table_count(const struct mv_recording *recording, enum mv_region_kind region)
{
	uint64_t used;

	mv_recording_region(recording, region, &used);
	if (!record_bytes[region])
		return 0;
	used /= record_bytes[region];
	return used < UINT32_MAX ? (uint32_t)used : UINT32_MAX;
}

static const void *record(const struct mv_recording *recording, enum mv_region_kind region, uint32_t index)
{
	uint64_t used;

	if (index >= mv_table_count(recording, region))
		return NULL;
	return mv_recording_region(recording, region, &used) + index * record_bytes[region];
}

const struct mv_note *mv_table_note(const struct mv_recording *recording, uint32_t index)
{
	return record(recording, MV_REGION_NOTES, index);
}

const struct mv_thread *mv_table_thread(const struct mv_recording *recording, uint32_t index)
{
	return record(recording, MV_REGION_THREADS, index);
}

const struct mv_module *mv_table_module(const struct mv_recording *recording, uint32_t index)
{
	return record(recording, MV_REGION_MODULES, index);
}

const struct mv_frame *mv_table_frame(const struct mv_recording *recording, uint32_t index)
{
	return index ? record(recording, MV_REGION_FRAMES, index) : NULL;
}

const struct mv_stack *mv_table_stack_node(const struct mv_recording *recording, uint32_t index)
{
	return index ? record(recording, MV_REGION_STACKS, index) : NULL;
}

static const struct mv_event *live_of(const struct mv_recording *recording, uint32_t index, enum mv_event_kind kind)
{
	const struct mv_event *live = record(recording, MV_REGION_LIVE, index);

	return live && live->is_live == 1 && live->kind == kind ? live : NULL;
}

const struct mv_event *mv_table_live(const struct mv_recording *recording, uint32_t index)
{
	return live_of(recording, index, MV_EVENT_ALLOC);
}

const struct mv_event *mv_table_kept(const struct mv_recording *recording, uint32_t index)
{
	return live_of(recording, index, MV_EVENT_CALL);
}

const char *mv_table_note_value(const struct mv_recording *recording, const char *key)
{
	uint32_t i = mv_table_count(recording, MV_REGION_NOTES);

	while (i--) {
		const struct mv_note *note = mv_table_note(recording, i);

		if (mv_text_equal(mv_recording_text(recording, note->key), key))
			return mv_recording_text(recording, note->value);
	}
	return "";
}

const char *mv_table_api(const struct mv_recording *recording, uint32_t api)
{
	const uint32_t *text = api ? record(recording, MV_REGION_APIS, api) : NULL;

	return text ? mv_recording_text(recording, *text) : "";
}

void mv_table_thread_name(const struct mv_recording *recording, uint32_t index, char name[17])
{
	const struct mv_thread *thread = mv_table_thread(recording, index);

	name[0] = 0;
	if (thread)
		mv_utf8_clean(name, (const uint8_t *)thread->name, strnlen(thread->name, sizeof thread->name));
}

uint32_t mv_table_stack(const struct mv_recording *recording, uint32_t stack, uint32_t *frames, uint32_t max)
{
	uint32_t count = 0;

	while (stack && count < max) {
		const struct mv_stack *node = mv_table_stack_node(recording, stack);

		if (!node)
			break;
		frames[count++] = node->frame;
		/* A parent at or above its child would make a circle.  */
		if (node->parent >= stack)
			break;
		stack = node->parent;
	}
	return count;
}

const struct mv_name *mv_table_names(const struct mv_recording *recording, uint32_t frame, uint32_t *count)
{
	uint32_t low = 0, all = mv_table_count(recording, MV_REGION_NAMES), high = all, end;
	const struct mv_name *names = record(recording, MV_REGION_NAMES, 0);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (names[middle].frame < frame)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < all && end - low < MV_TABLE_NAMES && names[end].frame == frame; end++)
		;
	*count = end - low;
	return *count ? &names[low] : NULL;
}
