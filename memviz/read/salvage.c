/* SPDX-License-Identifier: Apache-2.0 */
#include "read/salvage.h"

#include <string.h>

#include "format/image.h"
#include "read/table.h"

enum { ALIGNMENT = 64, SLOTS_MAX = 1 << 12 };

static uint64_t aligned(uint64_t bytes)
{
	return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

/* ---- layout ---- */

/* True if region I ends where the next one begins, or the file.  */
static bool meets_next(const struct mv_file_header *header, int i)
{
	const struct mv_region *region = &header->regions[i];
	uint64_t end;

	if (__builtin_add_overflow(region->offset, region->size_bytes, &end) || end > INT64_MAX)
		return false;
	return aligned(end) == (i + 1 < mv_image_regions(header) ? region[1].offset : header->file_bytes);
}

/* Where region I and the one before it do not meet, one of the two is wrong: if I meets the next one it is right.  */
static void mend_seam(struct mv_file_header *header, int i)
{
	struct mv_region *before = &header->regions[i - 1], *region = &header->regions[i];

	if (meets_next(header, i - 1))
		return;
	if (meets_next(header, i) && region->offset > before->offset)
		before->size_bytes = region->offset - before->offset;
	else
		region->offset = aligned(before->offset + before->size_bytes);
}

bool mv_salvage_layout(struct mv_file_header *header)
{
	int i, count = mv_image_regions(header);

	header->regions[0].offset = aligned(sizeof *header);
	for (i = 1; i < count; i++)
		mend_seam(header, i);
	for (i = 0; i < count; i++)
		if (header->regions[i].offset > INT64_MAX || header->regions[i].size_bytes > INT64_MAX)
			return false;
	/* Where nothing was open, slots are nothing but their heads.  */
	if (!header->slot_events)
		return header->regions[MV_REGION_OPEN].size_bytes <= SLOTS_MAX * sizeof(struct mv_slot);
	return header->slot_events <= MV_IMAGE_SLOT_EVENTS_MAX;
}

/* ---- tables ---- */

static uint64_t whole_strings(const uint8_t *bytes, uint64_t size)
{
	uint64_t at = 0;

	while (size - at >= sizeof(uint32_t)) {
		uint64_t length_bytes = sizeof(uint32_t);
		uint32_t length;

		memcpy(&length, bytes + at, sizeof length);
		length_bytes += (length + 3ull) & ~3ull;
		if (length_bytes > size - at)
			break;
		at += length_bytes;
	}
	return at;
}

static bool is_module(const struct mv_module *module)
{
	return module->build_id_bytes <= 64;
}

static bool is_frame(const struct mv_frame *frame)
{
	return frame->kind <= MV_FRAME_FORWARD;
}

static bool is_stack(const struct mv_stack *stack, uint64_t index)
{
	return index == 0 || stack->parent < index;
}

static bool is_possible(enum mv_region_kind region, const uint8_t *record, uint64_t index)
{
	switch (region) {
	case MV_REGION_MODULES:
		return is_module((const struct mv_module *)record);
	case MV_REGION_FRAMES:
		return is_frame((const struct mv_frame *)record);
	case MV_REGION_STACKS:
		return is_stack((const struct mv_stack *)record, index);
	default:
		return true;
	}
}

static uint64_t record_bytes(enum mv_region_kind region)
{
	switch (region) {
	case MV_REGION_NOTES:
		return sizeof(struct mv_note);
	case MV_REGION_APIS:
		return sizeof(uint32_t);
	case MV_REGION_THREADS:
		return sizeof(struct mv_thread);
	case MV_REGION_MODULES:
		return sizeof(struct mv_module);
	case MV_REGION_FRAMES:
		return sizeof(struct mv_frame);
	case MV_REGION_NAMES:
		return sizeof(struct mv_name);
	default:
		return sizeof(struct mv_stack);
	}
}

uint64_t mv_salvage_table(enum mv_region_kind region, const uint8_t *bytes, uint64_t size)
{
	uint64_t at, stride;

	if (region == MV_REGION_TEXT)
		return whole_strings(bytes, size);
	stride = record_bytes(region);
	for (at = 0; at + stride <= size; at += stride)
		if (!is_possible(region, bytes + at, at / stride))
			break;
	return at;
}

/* ---- events ---- */

static bool is_event(const struct mv_event *event)
{
	return event->kind && event->kind < MV_EVENT_KINDS && event->ledger < MV_LEDGER_KINDS &&
	       event->phase < MV_PHASE_KINDS && mv_table_has_role(event);
}

bool mv_salvage_is_alive(const struct mv_event *live)
{
	bool is_memory = live->kind == MV_EVENT_ALLOC && live->ledger;

	return live->is_live == 1 && (is_memory || live->kind == MV_EVENT_CALL) && is_event(live);
}

uint32_t mv_salvage_open(const struct mv_event *events, uint32_t count, uint32_t room)
{
	uint32_t i;

	for (i = 0; i < count && i < room; i++) {
		if (!is_event(&events[i]) || (i && events[i].time_ns <= events[i - 1].time_ns))
			break;
	}
	return i;
}

/* ---- chunks ---- */

static bool is_promised(const struct mv_chunk *chunk, const struct mv_file_header *header)
{
	return chunk->sequence >= header->chunk_first && chunk->sequence < header->chunk_next;
}

static void keep_promised(struct mv_chain *chunks, const struct mv_file_header *header)
{
	size_t i, kept = 0, promised = 0;

	for (i = 0; i < chunks->count; i++)
		promised += is_promised(chunks->at[i], header);
	for (i = 0; i < chunks->count && promised; i++)
		if (is_promised(chunks->at[i], header))
			chunks->at[kept++] = chunks->at[i];
	if (promised)
		chunks->count = kept;
}

void mv_salvage_chunks(struct mv_chain *chunks, const struct mv_file_header *header)
{
	uint64_t last_ns[SLOTS_MAX] = {0};
	size_t i, kept = 0;

	keep_promised(chunks, header);
	chunks->events = 0;
	for (i = 0; i < chunks->count; i++) {
		const struct mv_chunk *chunk = chunks->at[i];

		if (chunk->slot >= SLOTS_MAX || chunk->last_ns < chunk->first_ns ||
		    (last_ns[chunk->slot] && chunk->first_ns <= last_ns[chunk->slot]))
			continue;
		last_ns[chunk->slot] = chunk->last_ns;
		chunks->at[kept++] = chunk;
		chunks->events += chunk->event_count;
	}
	chunks->count = kept;
}
