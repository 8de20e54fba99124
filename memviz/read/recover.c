/* SPDX-License-Identifier: Apache-2.0 */
/* The good parts are measured first, then a new image is laid out that has room for just them, and filled.  */
#include "read/recover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"
#include "format/checksum.h"
#include "format/image.h"
#include "read/recording.h"
#include "read/salvage.h"
#include "read/tracks.h"
#include "read/widen.h"

enum { ALIGNMENT = 64, NOTE_BYTES = 160, NOTE_ROOM = 2 * NOTE_BYTES };

struct wreck {
	const uint8_t *bytes;
	uint64_t size;
	struct mv_file_header header; /* mended */
	uint64_t there[MV_REGION_COUNT]; /* bytes of the region's used part that the file has */
	uint64_t good[MV_REGION_COUNT];	 /* of tables */
	struct mv_chain chunks;
	uint32_t slots, slot_events; /* of what is open */
	uint64_t last_ns;
};

static uint64_t aligned(uint64_t bytes)
{
	return (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

/* Where nothing of a region is there, its offset means nothing.  */
static const uint8_t *region_of(const struct wreck *wreck, int region)
{
	return wreck->bytes + (wreck->there[region] ? wreck->header.regions[region].offset : 0);
}

/* ---- looking ---- */

static int identify(const struct wreck *wreck, struct mv_diag *diag)
{
	const struct mv_file_header *header = &wreck->header;

	if (memcmp(header->magic, MV_FORMAT_MAGIC, sizeof header->magic) ||
	    header->byte_order != MV_FORMAT_BYTE_ORDER)
		return mv_diag_set(diag, -EPROTO, 0, "not a memviz recording");
	if (header->version_major != MV_FORMAT_MAJOR)
		return mv_diag_set(diag, -EPROTO, offsetof(struct mv_file_header, version_major),
				   "recorded by another version of memviz; this one reads version 1");
	return 0;
}

static bool is_layout_right(const struct mv_file_header *header)
{
	return header->layout_checksum == mv_checksum(header, offsetof(struct mv_file_header, layout_checksum));
}

/* What consists of records that stay as they are.  */
static bool is_table(int region)
{
	return region < MV_REGION_LIVE || region == MV_REGION_NAMES;
}

/* How much of each region's used part the file has.  */
static void measure_regions(struct wreck *wreck)
{
	int i;

	for (i = 0; i < mv_image_regions(&wreck->header); i++) {
		const struct mv_region *region = &wreck->header.regions[i];
		uint64_t used = wreck->header.used_bytes[i];

		if (used > region->size_bytes)
			used = region->size_bytes;
		if (region->offset >= wreck->size || region->offset % ALIGNMENT)
			used = 0;
		else if (used > wreck->size - region->offset)
			used = wreck->size - region->offset;
		wreck->there[i] = used;
		wreck->good[i] = used;
		if (is_table(i) && used)
			wreck->good[i] = mv_salvage_table((enum mv_region_kind)i, region_of(wreck, i), used);
	}
}

static const struct mv_slot *slot_of(const struct wreck *wreck, uint32_t i, uint32_t *events)
{
	uint64_t stride = mv_image_slot_bytes(wreck->header.slot_events), from = i * stride;
	uint64_t left = wreck->there[MV_REGION_OPEN] - from;
	const struct mv_slot *slot = (const struct mv_slot *)(region_of(wreck, MV_REGION_OPEN) + from);
	uint64_t room = left < stride ? (left - sizeof *slot) / sizeof(struct mv_event) : wreck->header.slot_events;

	*events = mv_salvage_open((const struct mv_event *)(slot + 1), slot->count, (uint32_t)room);
	return slot;
}

static void measure_slots(struct wreck *wreck)
{
	uint64_t stride = mv_image_slot_bytes(wreck->header.slot_events), there = wreck->there[MV_REGION_OPEN];
	uint32_t i, events;

	wreck->slots = (uint32_t)(there / stride + (there % stride >= sizeof(struct mv_slot)));
	for (i = 0; i < wreck->slots; i++) {
		const struct mv_slot *slot = slot_of(wreck, i, &events);

		if (events > wreck->slot_events)
			wreck->slot_events = events;
		if (events && ((const struct mv_event *)(slot + 1))[events - 1].time_ns > wreck->last_ns)
			wreck->last_ns = ((const struct mv_event *)(slot + 1))[events - 1].time_ns;
	}
}

static int find_chunks(struct wreck *wreck)
{
	uint64_t there = wreck->there[MV_REGION_RING];
	size_t i;
	int err = there ? mv_chain_scan(region_of(wreck, MV_REGION_RING), there, &wreck->chunks) : 0;

	if (err)
		return err;
	mv_salvage_chunks(&wreck->chunks, &wreck->header);
	for (i = 0; i < wreck->chunks.count; i++)
		if (wreck->chunks.at[i]->last_ns > wreck->last_ns)
			wreck->last_ns = wreck->chunks.at[i]->last_ns;
	return 0;
}

static int look(struct wreck *wreck, struct mv_recovered *recovered, struct mv_diag *diag)
{
	int err;

	if (wreck->size < sizeof wreck->header)
		return mv_diag_set(diag, -ENODATA, wreck->size, "the file ends within its header: nothing can be recovered");
	memcpy(&wreck->header, wreck->bytes, sizeof wreck->header);
	err = identify(wreck, diag);
	if (err)
		return err;
	if (!is_layout_right(&wreck->header)) {
		recovered->is_header_mended = true;
		if (!mv_salvage_layout(&wreck->header))
			return mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, regions),
					   "the header is damaged beyond repair");
	}
	if (wreck->header.slot_events > MV_IMAGE_SLOT_EVENTS_MAX)
		return mv_diag_set(diag, -EINVAL, offsetof(struct mv_file_header, slot_events),
				   "the header is damaged beyond repair");
	measure_regions(wreck);
	measure_slots(wreck);
	return find_chunks(wreck) ? mv_diag_set(diag, -ENOMEM, 0, "out of memory") : 0;
}

/* ---- making ---- */

static struct mv_image_plan plan_for(const struct wreck *wreck)
{
	struct mv_image_plan plan = {.slots = wreck->slots, .slot_events = wreck->slot_events};
	size_t k;
	int i;

	for (i = 0; i < MV_REGION_OPEN; i++)
		plan.size_bytes[i] = wreck->good[i];
	plan.size_bytes[MV_REGION_NAMES] = wreck->good[MV_REGION_NAMES];
	plan.size_bytes[MV_REGION_TEXT] += NOTE_ROOM;
	plan.size_bytes[MV_REGION_NOTES] += sizeof(struct mv_note);
	plan.size_bytes[MV_REGION_LIVE] -= plan.size_bytes[MV_REGION_LIVE] % sizeof(struct mv_event);
	for (k = 0; k < wreck->chunks.count; k++)
		plan.size_bytes[MV_REGION_RING] += aligned(sizeof(struct mv_chunk) + wreck->chunks.at[k]->body_bytes);
	return plan;
}

static uint8_t *place_of(struct mv_file_header *made, int region)
{
	return (uint8_t *)made + made->regions[region].offset;
}

static void fill_tables(const struct wreck *wreck, struct mv_file_header *made, struct mv_recovered *recovered)
{
	int i;

	for (i = 0; i < MV_REGION_COUNT; i++) {
		if (!is_table(i))
			continue;
		memcpy(place_of(made, i), region_of(wreck, i), wreck->good[i]);
		made->used_bytes[i] = wreck->good[i];
		if (wreck->header.used_bytes[i] > wreck->good[i])
			recovered->table_bytes_lost += wreck->header.used_bytes[i] - wreck->good[i];
	}
}

static void fill_live(const struct wreck *wreck, struct mv_file_header *made, struct mv_recovered *recovered)
{
	uint64_t i, count = made->regions[MV_REGION_LIVE].size_bytes / sizeof(struct mv_event);
	uint64_t promised = wreck->header.used_bytes[MV_REGION_LIVE] / sizeof(struct mv_event);
	const struct mv_event *from = (const struct mv_event *)region_of(wreck, MV_REGION_LIVE);
	struct mv_event *to = (struct mv_event *)place_of(made, MV_REGION_LIVE);

	made->used_bytes[MV_REGION_LIVE] = count * sizeof *to;
	recovered->alive_lost = promised > count ? promised - count : 0;
	for (i = 0; i < count; i++) {
		if (!from[i].is_live)
			continue;
		if (mv_salvage_is_alive(&from[i]))
			to[i] = from[i];
		else
			recovered->alive_lost++;
	}
}

static void fill_slots(const struct wreck *wreck, struct mv_file_header *made, struct mv_recovered *recovered)
{
	uint8_t *to = place_of(made, MV_REGION_OPEN);
	uint32_t i, events;

	made->used_bytes[MV_REGION_OPEN] = made->regions[MV_REGION_OPEN].size_bytes;
	for (i = 0; i < wreck->slots; i++, to += mv_image_slot_bytes(made->slot_events)) {
		const struct mv_slot *from = slot_of(wreck, i, &events);
		struct mv_slot *slot = (struct mv_slot *)to;

		slot->first_ordinal = from->first_ordinal;
		slot->count = events;
		memcpy(slot + 1, from + 1, events * sizeof(struct mv_event));
		recovered->events += events;
		if (from->count > events && from->count <= wreck->header.slot_events)
			recovered->events_lost += from->count - events;
	}
}

/* Chunks stand one behind the other and are numbered anew: a gap in the numbers would be the end of the chain.  */
static void fill_ring(const struct wreck *wreck, struct mv_file_header *made, struct mv_recovered *recovered)
{
	uint8_t *ring = place_of(made, MV_REGION_RING), *to = ring;
	uint64_t promised = wreck->header.chunk_next - wreck->header.chunk_first;
	size_t i;

	for (i = 0; i < wreck->chunks.count; i++) {
		const struct mv_chunk *from = wreck->chunks.at[i];
		struct mv_chunk *chunk = (struct mv_chunk *)to;

		memcpy(chunk, from, sizeof *from + from->body_bytes);
		chunk->sequence = i + 1;
		chunk->checksum = mv_checksum_chunk(chunk, chunk + 1);
		to += aligned(sizeof *chunk + chunk->body_bytes);
	}
	made->used_bytes[MV_REGION_RING] = (uint64_t)(to - ring);
	made->ring_tail = 0;
	made->ring_head = (uint64_t)(to - ring);
	made->chunk_first = 1;
	made->chunk_next = wreck->chunks.count + 1;
	recovered->chunks = wreck->chunks.count;
	recovered->events += wreck->chunks.events;
	recovered->chunks_lost = promised > wreck->chunks.count && promised < UINT32_MAX ? promised - wreck->chunks.count : 0;
}

/* ---- what is said of it ---- */

static void add_note(struct mv_file_header *made, const struct mv_recovered *recovered)
{
	char value[NOTE_BYTES - 8];
	struct mv_note note;

	snprintf(value, sizeof value, "lost: %llu events, %llu chunks, %llu bytes of tables, %llu records of what is alive",
		 (unsigned long long)recovered->events_lost, (unsigned long long)recovered->chunks_lost, (unsigned long long)recovered->table_bytes_lost,
		 (unsigned long long)recovered->alive_lost);
	note = (struct mv_note){mv_widen_add_text(made, "recovered"), mv_widen_add_text(made, value)};
	made->used_bytes[MV_REGION_NOTES] -= made->used_bytes[MV_REGION_NOTES] % sizeof note;
	memcpy(place_of(made, MV_REGION_NOTES) + made->used_bytes[MV_REGION_NOTES], &note, sizeof note);
	made->used_bytes[MV_REGION_NOTES] += sizeof note;
}

static void finish_header(const struct wreck *wreck, struct mv_file_header *made)
{
	if (made->state != MV_FILE_SNAPSHOT)
		made->state = MV_FILE_FINISHED;
	if (!made->end_ns || made->end_ns < wreck->last_ns)
		made->end_ns = wreck->last_ns;
	memset(made->checksums, 0, sizeof made->checksums);
	mv_image_seal_layout(made);
	mv_image_seal_state(made);
}

/* What is open follows what is sealed, or is not what it seems.  */
static int open_made(struct mv_copy *copy, struct mv_recording **recording, struct mv_diag *diag)
{
	struct mv_file_header *made = copy->bytes;
	int err = mv_recording_open_image(copy->bytes, copy->size_bytes, recording, diag);

	if (err != -EINVAL)
		return err;
	made->used_bytes[MV_REGION_OPEN] = 0;
	mv_image_seal_state(made);
	return mv_recording_open_image(copy->bytes, copy->size_bytes, recording, diag);
}

/* Where events are missing between others, what came before is not complete: that is what the horizon says.  */
static int raise_horizon(struct mv_copy *copy, struct mv_recovered *recovered, struct mv_diag *diag)
{
	struct mv_file_header *made = copy->bytes;
	const struct mv_tracks *tracks;
	struct mv_recording *recording;
	uint64_t gap_ns;
	int err = open_made(copy, &recording, diag);

	if (err)
		return err;
	tracks = mv_recording_tracks(recording);
	gap_ns = tracks->gap_ns;
	recovered->events_lost += mv_recording_missing(recording);
	/* What is missing at a beginning was overwritten while it was recorded, or is lost now.  */
	if (tracks->earlier_events > made->events_evicted) {
		recovered->events_lost += tracks->earlier_events - made->events_evicted;
		gap_ns = tracks->begin_ns > gap_ns ? tracks->begin_ns : gap_ns;
	}
	mv_recording_close(recording);
	if (recovered->chunks_lost && gap_ns > made->horizon_ns)
		made->horizon_ns = gap_ns;
	return 0;
}

static int assemble(const struct wreck *wreck, struct mv_copy *copy, struct mv_recovered *recovered, struct mv_diag *diag)
{
	struct mv_image_plan plan = plan_for(wreck);
	struct mv_file_header layout = wreck->header, *made;
	uint64_t size = mv_image_lay_out(&layout, &plan);
	int err = mv_sys_map(size, &copy->bytes);

	if (err)
		return mv_diag_set(diag, err, 0, "out of memory");
	copy->mapped_bytes = copy->size_bytes = size;
	made = copy->bytes;
	*made = layout;
	fill_tables(wreck, made, recovered);
	fill_live(wreck, made, recovered);
	fill_slots(wreck, made, recovered);
	fill_ring(wreck, made, recovered);
	finish_header(wreck, made);
	err = raise_horizon(copy, recovered, diag);
	if (err)
		return err;
	add_note(made, recovered);
	mv_image_seal_state(made);
	return 0;
}

int mv_recover(const void *bytes, uint64_t size, struct mv_copy *copy, struct mv_recovered *recovered,
	       struct mv_diag *diag)
{
	struct wreck wreck = {.bytes = bytes, .size = size};
	int err;

	*copy = (struct mv_copy){0};
	*recovered = (struct mv_recovered){0};
	err = look(&wreck, recovered, diag);
	if (!err)
		err = assemble(&wreck, copy, recovered, diag);
	if (err)
		mv_copy_release(copy);
	free(wreck.chunks.at);
	return err;
}
