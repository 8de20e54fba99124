/* SPDX-License-Identifier: Apache-2.0 */
#include "format/image.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "format/checksum.h"

enum { ALIGNMENT = 64, MINOR_OF_NAMES = 1 };

static uint64_t aligned(uint64_t bytes)
{
	return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

uint64_t mv_image_slot_bytes(uint32_t slot_events)
{
	return sizeof(struct mv_slot) + (uint64_t)slot_events * sizeof(struct mv_event);
}

uint64_t mv_image_lay_out(struct mv_file_header *header, const struct mv_image_plan *plan)
{
	uint64_t at = aligned(sizeof *header);
	int i;

	memcpy(header->magic, MV_FORMAT_MAGIC, sizeof header->magic);
	header->byte_order = MV_FORMAT_BYTE_ORDER;
	header->version_major = MV_FORMAT_MAJOR;
	header->version_minor = MV_FORMAT_MINOR;
	header->header_bytes = sizeof *header;
	header->slot_events = plan->slot_events;
	for (i = 0; i < MV_REGION_COUNT; i++) {
		uint64_t size = i == MV_REGION_OPEN ? plan->slots * mv_image_slot_bytes(plan->slot_events)
						    : plan->size_bytes[i];

		header->regions[i] = (struct mv_region){at, size};
		at = aligned(at + size);
	}
	header->file_bytes = at;
	return at;
}

void mv_image_seal_layout(struct mv_file_header *header)
{
	header->layout_checksum = mv_checksum(header, offsetof(struct mv_file_header, layout_checksum));
}

static uint64_t state_checksum(const struct mv_file_header *header)
{
	struct mv_file_header copy = *header;
	size_t from = offsetof(struct mv_file_header, state);

	copy.state_checksum = 0;
	return mv_checksum((uint8_t *)&copy + from, sizeof copy - from);
}

void mv_image_seal_state(struct mv_file_header *header)
{
	header->state_checksum = state_checksum(header);
}

/* ---- checking ---- */

int mv_image_regions(const struct mv_file_header *header)
{
	return header->version_minor >= MINOR_OF_NAMES ? MV_REGION_COUNT : MV_REGION_NAMES;
}

static int check_identity(const struct mv_file_header *header, struct mv_diag *diag)
{
	if (memcmp(header->magic, MV_FORMAT_MAGIC, sizeof header->magic))
		return mv_diag_set(diag, -EPROTO, 0, "not a memviz recording");
	if (header->byte_order != MV_FORMAT_BYTE_ORDER)
		return mv_diag_set(diag, -EPROTO, offsetof(struct mv_file_header, byte_order),
				   "recorded on a machine with another byte order, or damaged");
	if (header->version_major > MV_FORMAT_MAJOR)
		return mv_diag_set(diag, -EPROTO, offsetof(struct mv_file_header, version_major),
				   "recorded by a newer memviz; this one reads versions up to 1");
	if (header->version_major < 1 || header->header_bytes < sizeof *header)
		return mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, version_major),
				   "a version and a header length were expected");
	if (header->layout_checksum != mv_checksum(header, offsetof(struct mv_file_header, layout_checksum)))
		return mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, layout_checksum),
				   "the header's checksum does not match");
	if (header->state_checksum && header->state_checksum != state_checksum(header))
		return mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, state_checksum),
				   "the checksum of the header's counters does not match");
	return 0;
}

static int check_region(const struct mv_file_header *header, int i, uint64_t size, struct mv_diag *diag)
{
	const struct mv_region *region = &header->regions[i];
	uint64_t end;

	if (region->offset % ALIGNMENT || region->offset < sizeof *header ||
	    __builtin_add_overflow(region->offset, region->size_bytes, &end) || end > header->file_bytes)
		return mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, regions[i]),
				   "a region within the file was expected");
	if (header->used_bytes[i] > region->size_bytes)
		return mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, used_bytes[i]),
				   "more is used of the region than it has");
	/* An unfinished ring's tail may be missing: the file is cut where nothing was ever written.  */
	if (header->used_bytes[i] && region->offset + header->used_bytes[i] > size)
		return mv_diag_set(diag, -EINVAL, size, "the file ends within what it says it holds: it was cut");
	return 0;
}

static int check_ring(const struct mv_file_header *header, struct mv_diag *diag)
{
	uint64_t used = header->used_bytes[MV_REGION_RING];

	if (header->ring_head > used || header->ring_tail > used || header->ring_head % ALIGNMENT ||
	    header->ring_tail % ALIGNMENT || header->chunk_next < header->chunk_first)
		return mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, ring_tail),
				   "the ring's head and tail lie outside of it");
	return 0;
}

int mv_image_check(const void *image, uint64_t size, struct mv_diag *diag)
{
	const struct mv_file_header *header = image;
	int i, err;

	if (size == 0)
		return mv_diag_set(diag, -ENODATA, 0, "the file is empty");
	if (size < sizeof header->magic || memcmp(header->magic, MV_FORMAT_MAGIC, sizeof header->magic))
		return mv_diag_set(diag, -EPROTO, 0, "not a memviz recording");
	if (size < sizeof *header)
		return mv_diag_set(diag, -ENODATA, size, "the file ends within its header: it was cut");
	err = check_identity(header, diag);
	for (i = 0; i < mv_image_regions(header) && !err; i++)
		err = check_region(header, i, size, diag);
	if (!err && header->slot_events > MV_IMAGE_SLOT_EVENTS_MAX)
		err = mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, slot_events),
				  "a smaller number of events was expected");
	return err ? err : check_ring(header, diag);
}

const uint8_t *mv_image_region(const void *image, enum mv_region_kind region, uint64_t *used_bytes)
{
	const struct mv_file_header *header = image;

	*used_bytes = 0;
	if ((int)region >= mv_image_regions(header))
		return image;
	*used_bytes = __atomic_load_n(&header->used_bytes[region], __ATOMIC_ACQUIRE);
	return (const uint8_t *)image + header->regions[region].offset;
}

/* ---- compacting ----
 *
 * The recorder may go on while its image is copied.  What is copied first may refer to what is copied later, never the
 * other way round: slots, then the ring that slots are sealed into, then the live table, then the tables that events
 * refer to.  The ring stands last in the copy, but for the names, because only then is it known how much of it there is.  */

struct slots {
	const uint8_t *first;
	uint64_t stride;
	uint32_t count;
	uint32_t most_events; /* in any of them */
};

static const struct mv_slot *slot_at(const struct slots *slots, uint32_t i)
{
	return (const struct mv_slot *)(slots->first + i * slots->stride);
}

static uint32_t events_in(const struct mv_file_header *header, const struct mv_slot *slot)
{
	uint32_t count = __atomic_load_n(&slot->count, __ATOMIC_ACQUIRE);

	return count < header->slot_events ? count : header->slot_events;
}

static struct slots find_slots(const void *image)
{
	const struct mv_file_header *header = image;
	struct slots slots = {.stride = mv_image_slot_bytes(header->slot_events)};
	uint64_t used;
	uint32_t i;

	slots.first = mv_image_region(image, MV_REGION_OPEN, &used);
	slots.count = (uint32_t)(used / slots.stride);
	for (i = 0; i < slots.count; i++) {
		uint32_t events = events_in(header, slot_at(&slots, i));

		if (events > slots.most_events)
			slots.most_events = events;
	}
	return slots;
}

/* Room for what is used now, and for some more of everything.  */
static struct mv_image_plan plan_copy(const void *image, const struct slots *slots)
{
	struct mv_image_plan plan = {.slots = slots->count};
	int i;

	for (i = 0; i < MV_REGION_COUNT; i++) {
		mv_image_region(image, (enum mv_region_kind)i, &plan.size_bytes[i]);
		plan.size_bytes[i] += MV_IMAGE_SLACK_BYTES;
	}
	plan.slot_events = slots->most_events + (uint32_t)(MV_IMAGE_SLACK_BYTES / sizeof(struct mv_event));
	return plan;
}

uint64_t mv_image_compact_bytes(const void *image)
{
	struct slots slots = find_slots(image);
	struct mv_image_plan plan = plan_copy(image, &slots);
	struct mv_file_header scratch;

	/* A chunk or two may be sealed meanwhile.  */
	plan.size_bytes[MV_REGION_RING] += MV_IMAGE_RING_SLACK_BYTES;
	return mv_image_lay_out(&scratch, &plan);
}

/* Copy what SLOT holds.  False: it was sealed meanwhile, and what was copied may be a mixture.  */
static bool copy_slot(const struct mv_file_header *header, const struct mv_slot *from, struct mv_slot *to,
		      uint32_t events_max)
{
	uint64_t ordinal = __atomic_load_n(&from->first_ordinal, __ATOMIC_ACQUIRE);
	uint32_t events = events_in(header, from);

	to->first_ordinal = ordinal;
	to->count = events < events_max ? events : events_max;
	memcpy(to + 1, from + 1, to->count * sizeof(struct mv_event));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return ordinal == __atomic_load_n(&from->first_ordinal, __ATOMIC_RELAXED);
}

static void copy_slots(const void *image, const struct slots *slots, struct mv_file_header *copy)
{
	uint8_t *to = (uint8_t *)copy + copy->regions[MV_REGION_OPEN].offset;
	uint32_t i;

	for (i = 0; i < slots->count; i++, to += mv_image_slot_bytes(copy->slot_events))
		/* What was sealed meanwhile is in the ring, which is copied next.  */
		if (!copy_slot(image, slot_at(slots, i), (struct mv_slot *)to, copy->slot_events))
			((struct mv_slot *)to)->count = 0;
	copy->used_bytes[MV_REGION_OPEN] = copy->regions[MV_REGION_OPEN].size_bytes;
}

/* A chunk that was being given up when tail and first number were read: the tail is moved first.  */
static void settle_tail(struct mv_file_header *copy)
{
	const struct mv_chunk *oldest =
		(const struct mv_chunk *)((uint8_t *)copy + copy->regions[MV_REGION_RING].offset + copy->ring_tail);

	if (copy->ring_tail + sizeof *oldest <= copy->used_bytes[MV_REGION_RING] &&
	    oldest->sequence == copy->chunk_first + 1)
		copy->chunk_first++;
	if (copy->chunk_first > copy->chunk_next)
		copy->chunk_first = copy->chunk_next;
}

/* Chunks that are overwritten while they are copied are behind the tail when it is read, afterwards.  False: the ring has
 * grown beyond SIZE bytes of copy.  */
static bool copy_ring(const void *image, struct mv_file_header *copy, uint64_t size)
{
	const struct mv_file_header *header = image;
	struct mv_region *region = &copy->regions[MV_REGION_RING];
	const uint8_t *ring;

	copy->chunk_next = __atomic_load_n(&header->chunk_next, __ATOMIC_ACQUIRE);
	copy->ring_head = header->ring_head;
	ring = mv_image_region(image, MV_REGION_RING, &region->size_bytes);
	if (region->offset + region->size_bytes > size)
		return false;
	memcpy((uint8_t *)copy + region->offset, ring, region->size_bytes);
	copy->used_bytes[MV_REGION_RING] = region->size_bytes;
	copy->chunk_first = __atomic_load_n(&header->chunk_first, __ATOMIC_ACQUIRE);
	copy->ring_tail = header->ring_tail;
	copy->horizon_ns = header->horizon_ns;
	copy->events_evicted = header->events_evicted;
	settle_tail(copy);
	return true;
}

/* What does not fit any more was added after everything that could refer to it was copied.  */
static void copy_table(const void *image, struct mv_file_header *copy, enum mv_region_kind region)
{
	uint64_t room = copy->regions[region].size_bytes;
	const uint8_t *from = mv_image_region(image, region, &copy->used_bytes[region]);

	if (copy->used_bytes[region] > room)
		copy->used_bytes[region] = room;
	memcpy((uint8_t *)copy + copy->regions[region].offset, from, copy->used_bytes[region]);
}

/* Names stand behind the ring, wherever that ends.  Only finished files have them: nobody adds to them.  */
static bool copy_names(const void *image, struct mv_file_header *copy, uint64_t size)
{
	const struct mv_region *ring = &copy->regions[MV_REGION_RING];
	struct mv_region *region = &copy->regions[MV_REGION_NAMES];
	const uint8_t *names = mv_image_region(image, MV_REGION_NAMES, &region->size_bytes);

	region->offset = aligned(ring->offset + ring->size_bytes);
	if (region->offset + region->size_bytes > size)
		return false;
	memcpy((uint8_t *)copy + region->offset, names, region->size_bytes);
	copy->used_bytes[MV_REGION_NAMES] = region->size_bytes;
	copy->file_bytes = aligned(region->offset + region->size_bytes);
	return true;
}

/* ---- packing what was copied ---- */

/* Move what is used of a region of WIDE, which lies in COPY's bytes, to its place in COPY, and clear what is left to the
 * next.  */
static void move_region(const struct mv_file_header *wide, struct mv_file_header *copy, int i)
{
	uint8_t *bytes = (uint8_t *)copy;
	uint64_t used = copy->used_bytes[i], end = copy->regions[i].offset + used;

	memmove(bytes + copy->regions[i].offset, bytes + wide->regions[i].offset, used);
	memset(bytes + end, 0, aligned(end) - end);
}

static void move_slots(const struct mv_file_header *wide, struct mv_file_header *copy, uint32_t slots)
{
	const uint8_t *from = (const uint8_t *)copy + wide->regions[MV_REGION_OPEN].offset;
	uint8_t *to = (uint8_t *)copy + copy->regions[MV_REGION_OPEN].offset;
	uint64_t stride = mv_image_slot_bytes(copy->slot_events);
	uint32_t i;

	for (i = 0; i < slots; i++, to += stride, from += mv_image_slot_bytes(wide->slot_events)) {
		uint64_t used = mv_image_slot_bytes(((const struct mv_slot *)from)->count);

		memmove(to, from, used);
		memset(to + used, 0, stride - used);
	}
}

/* Take out the room that was left for what might have been added.  */
static void pack(struct mv_file_header *copy, uint32_t slots)
{
	struct mv_file_header wide = *copy;
	struct mv_image_plan plan = {.slots = slots};
	struct slots copied = find_slots(copy);
	int i;

	memcpy(plan.size_bytes, copy->used_bytes, sizeof plan.size_bytes);
	plan.slot_events = copied.most_events;
	mv_image_lay_out(copy, &plan);
	for (i = 0; i < MV_REGION_COUNT; i++) {
		if (i == MV_REGION_OPEN)
			move_slots(&wide, copy, slots);
		else
			move_region(&wide, copy, i);
	}
	copy->used_bytes[MV_REGION_OPEN] = copy->regions[MV_REGION_OPEN].size_bytes;
}

void mv_image_sum_regions(struct mv_file_header *header)
{
	int i;

	for (i = 0; i < MV_REGION_COUNT; i++)
		if (i != MV_REGION_RING)
			header->checksums[i] =
				mv_checksum((uint8_t *)header + header->regions[i].offset, header->used_bytes[i]);
}

uint64_t mv_image_compact(const void *image, void *to, uint64_t size, enum mv_file_state state,
			  enum mv_snapshot_reason reason, uint64_t end_ns)
{
	struct mv_file_header *copy = to;
	struct slots slots = find_slots(image);
	struct mv_image_plan plan = plan_copy(image, &slots);
	int region;

	*copy = *(const struct mv_file_header *)image;
	if (mv_image_lay_out(copy, &plan) > size)
		return 0;
	copy_slots(image, &slots, copy);
	if (!copy_ring(image, copy, aligned(size)) || !copy_names(image, copy, aligned(size)))
		return 0;
	for (region = MV_REGION_LIVE; region >= MV_REGION_TEXT; region--)
		copy_table(image, copy, (enum mv_region_kind)region);
	pack(copy, slots.count);
	mv_image_seal_layout(copy);
	copy->state = state;
	copy->reason = reason;
	copy->end_ns = end_ns;
	mv_image_sum_regions(copy);
	mv_image_seal_state(copy);
	return copy->file_bytes;
}
