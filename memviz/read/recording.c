/* SPDX-License-Identifier: Apache-2.0 */
#include "read/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "format/checksum.h"
#include "format/image.h"
#include "read/copy.h"
#include "read/mapping.h"
#include "read/chain.h"
#include "read/strings.h"
#include "read/tracks.h"

struct mv_recording {
	const uint8_t *image;
	struct mv_mapping mapping; /* of the file; not open for an image of the caller's */
	struct mv_copy copy;	   /* of an unfinished file */
	bool is_unfinished;
	struct mv_chain chunks;
	struct mv_strings strings;
	struct mv_tracks tracks;
	char program[sizeof(((struct mv_file_header *)0)->program) + 1];
};

const struct mv_file_header *mv_recording_header(const struct mv_recording *recording)
{
	return (const struct mv_file_header *)recording->image;
}

const char *mv_recording_program(const struct mv_recording *recording)
{
	return recording->program[0] ? recording->program : "a program";
}

bool mv_recording_is_unfinished(const struct mv_recording *recording)
{
	return recording->is_unfinished;
}

const uint8_t *mv_recording_region(const struct mv_recording *recording, enum mv_region_kind region, uint64_t *used_bytes)
{
	return mv_image_region(recording->image, region, used_bytes);
}

const struct mv_chunk *const *mv_recording_chunks(const struct mv_recording *recording, size_t *count)
{
	*count = recording->chunks.count;
	return recording->chunks.at;
}

const struct mv_tracks *mv_recording_tracks(const struct mv_recording *recording)
{
	return &recording->tracks;
}

uint32_t mv_recording_slots(const struct mv_recording *recording)
{
	uint64_t used;

	mv_recording_region(recording, MV_REGION_OPEN, &used);
	return (uint32_t)(used / mv_image_slot_bytes(mv_recording_header(recording)->slot_events));
}

const struct mv_slot *mv_recording_slot(const struct mv_recording *recording, uint32_t index, uint32_t *events)
{
	uint32_t room = mv_recording_header(recording)->slot_events;
	uint64_t used;
	const uint8_t *open = mv_recording_region(recording, MV_REGION_OPEN, &used);
	const struct mv_slot *slot = (const struct mv_slot *)(open + index * mv_image_slot_bytes(room));

	*events = slot->count < room ? slot->count : room;
	return slot;
}

uint64_t mv_recording_offset(const struct mv_recording *recording, const void *at)
{
	return (uint64_t)((const uint8_t *)at - recording->image);
}

const char *mv_recording_text(const struct mv_recording *recording, uint32_t id)
{
	return mv_strings_get(&recording->strings, id);
}

bool mv_recording_has_text(const struct mv_recording *recording, uint32_t id)
{
	return mv_strings_has(&recording->strings, id);
}

uint64_t mv_recording_text_bytes(const struct mv_recording *recording)
{
	return recording->strings.size_bytes;
}

uint64_t mv_recording_missing(const struct mv_recording *recording)
{
	return recording->tracks.missing_events;
}

uint64_t mv_recording_events(const struct mv_recording *recording)
{
	uint32_t k, open, slots = mv_recording_slots(recording);
	size_t i, count;
	const struct mv_chunk *const *chunks = mv_recording_chunks(recording, &count);
	uint64_t events = 0;

	for (i = 0; i < count; i++)
		events += chunks[i]->event_count;
	for (k = 0; k < slots; k++, events += open)
		mv_recording_slot(recording, k, &open);
	return events;
}

/* ---- opening ---- */

static int check_sums(const struct mv_file_header *header, struct mv_diag *diag)
{
	int i;

	for (i = 0; i < mv_image_regions(header); i++) {
		uint64_t used;
		const uint8_t *region = mv_image_region(header, (enum mv_region_kind)i, &used);

		if (header->checksums[i] && header->checksums[i] != mv_checksum(region, used))
			return mv_diag_set(diag, -EINVAL, header->regions[i].offset,
					   "the checksum of the table that begins here does not match");
	}
	return 0;
}

static int take_strings(struct mv_recording *recording, struct mv_diag *diag)
{
	const char *program = mv_recording_header(recording)->program;
	uint64_t size;
	const uint8_t *text = mv_recording_region(recording, MV_REGION_TEXT, &size);

	mv_utf8_clean(recording->program, (const uint8_t *)program,
			 strnlen(program, sizeof recording->program - 1));
	if (mv_strings_open(&recording->strings, text, size))
		return mv_diag_set(diag, -ENOMEM, 0, "out of memory");
	return 0;
}

/* Read what stands in recording->image.  */
static int take_in(struct mv_recording *recording, uint64_t size, struct mv_diag *diag)
{
	int err = mv_image_check(recording->image, size, diag);

	if (!err)
		err = check_sums(mv_recording_header(recording), diag);
	if (!err)
		err = mv_chain_walk(recording->image, &recording->chunks, diag);
	if (!err)
		err = take_strings(recording, diag);
	return err ? err : mv_tracks_open(&recording->tracks, recording, diag);
}

/* The file is checked before it is copied: a copy takes the header's word for where things are.  */
static int copy_unfinished(struct mv_recording *recording, struct mv_diag *diag)
{
	const struct mv_file_header *header = recording->mapping.bytes;
	struct mv_copy_label label = {MV_FILE_FINISHED, MV_REASON_NONE, 0};
	int err = mv_copy_take(header, &label, &recording->copy, diag);

	recording->image = recording->copy.bytes;
	return err;
}

static int open_path(struct mv_recording *recording, const char *path, struct mv_diag *diag)
{
	const struct mv_file_header *header;
	uint64_t size;
	int err = mv_mapping_open(&recording->mapping, path, diag);

	if (err)
		return err;
	size = recording->mapping.size_bytes;
	header = recording->mapping.bytes;
	err = mv_image_check(header, size, diag);
	if (err)
		return err;
	recording->image = recording->mapping.bytes;
	recording->is_unfinished = header->state == MV_FILE_RECORDING;
	if (recording->is_unfinished) {
		err = copy_unfinished(recording, diag);
		size = recording->copy.size_bytes;
	}
	return err ? err : take_in(recording, size, diag);
}

int mv_recording_open(const char *path, struct mv_recording **recording, struct mv_diag *diag)
{
	struct mv_recording *made = calloc(1, sizeof *made);
	int err = made ? open_path(made, path, diag) : mv_diag_set(diag, -ENOMEM, 0, "out of memory");

	if (err) {
		mv_recording_close(made);
		made = NULL;
	}
	*recording = made;
	return err;
}

int mv_recording_open_image(const void *image, uint64_t size, struct mv_recording **recording, struct mv_diag *diag)
{
	struct mv_recording *made = calloc(1, sizeof *made);
	int err = -ENOMEM;

	if (made) {
		made->image = image;
		err = take_in(made, size, diag);
	} else {
		mv_diag_set(diag, err, 0, "out of memory");
	}
	if (err) {
		mv_recording_close(made);
		made = NULL;
	} else {
		made->is_unfinished = mv_recording_header(made)->state == MV_FILE_RECORDING;
	}
	*recording = made;
	return err;
}

void mv_recording_close(struct mv_recording *recording)
{
	if (!recording)
		return;
	mv_tracks_close(&recording->tracks);
	mv_strings_close(&recording->strings);
	free(recording->chunks.at);
	mv_copy_release(&recording->copy);
	mv_mapping_close(&recording->mapping);
	free(recording);
}
