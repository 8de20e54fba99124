/* SPDX-License-Identifier: Apache-2.0 */
#include "support/named.h"

#include <stdio.h>

#include "format/image.h"
#include "read/table.h"
#include "read/widen.h"
#include "symbol/cachefile.h"

enum { TEXT_BYTES = 128, ADDRESSES = 5 };

static int write_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");
	int err = file && fwrite(bytes, 1, size, file) == size ? 0 : -1;

	return file && !fclose(file) ? err : -1;
}

/* ---- a recording ---- */

static void add_names(const struct mv_recording *recording, struct mv_file_header *made)
{
	struct mv_name *names = (struct mv_name *)((uint8_t *)made + made->regions[MV_REGION_NAMES].offset);
	uint32_t inner = mv_widen_add_text(made, "inner(int)"), outer = mv_widen_add_text(made, "outer()");
	uint32_t i, count = 0, file = mv_widen_add_text(made, "source.cc"), frames = mv_table_count(recording, MV_REGION_FRAMES);

	for (i = 1; i < frames; i++) {
		const struct mv_frame *frame = mv_table_frame(recording, i);

		if (frame->kind != MV_FRAME_NATIVE)
			continue;
		names[count++] = (struct mv_name){i, inner, file, 3, frame->b & ~UINT64_C(0xff)};
		names[count++] = (struct mv_name){i, outer, file, 7, frame->b & ~UINT64_C(0xff)};
	}
	made->used_bytes[MV_REGION_NAMES] = count * sizeof *names;
}

int named_pack(const char *path)
{
	uint64_t more[MV_REGION_COUNT] = {[MV_REGION_TEXT] = TEXT_BYTES};
	struct mv_recording *recording;
	struct mv_file_header *made;
	struct mv_copy copy;
	int err = mv_recording_open(path, &recording, NULL);

	if (err)
		return -1;
	more[MV_REGION_NAMES] = 2 * mv_table_count(recording, MV_REGION_FRAMES) * sizeof(struct mv_name);
	if (!mv_widen(mv_recording_header(recording), more, &copy)) {
		made = copy.bytes;
		add_names(recording, made);
		mv_image_seal_layout(made);
		mv_image_sum_regions(made);
		mv_image_seal_state(made);
		err = write_file(path, copy.bytes, copy.size_bytes);
		mv_copy_release(&copy);
	}
	mv_recording_close(recording);
	return err;
}

/* ---- a file of the cache ---- */

int named_cache(const char *path)
{
	static const uint8_t build_id[20] = {1, 2, 3};
	static const struct mv_symbol levels[] = {{"inner(int)", "source.cc", 3}, {"outer()", "source.cc", 7}};
	struct mv_cachefile_key key = {build_id, sizeof build_id, 42};
	struct mv_cachefile_entry entries[ADDRESSES];
	struct mv_cachefile none = {NULL, 0}, made;
	uint32_t i;
	int err = -1;

	for (i = 0; i < ADDRESSES; i++)
		entries[i] = (struct mv_cachefile_entry){0x1000 + i, {levels, i % 3, 0x1000}};
	if (mv_cachefile_make(&made, &none, &key, entries, ADDRESSES))
		err = write_file(path, made.bytes, made.size_bytes);
	mv_cachefile_release(&made);
	return err;
}
