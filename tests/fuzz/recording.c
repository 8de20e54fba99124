/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: read, checked, replayed and reported, or refused; and recovered.  Twice: as they are, and with their
 * checksums put right, which is how the fuzzer gets past them.  */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/author.h"
#include "analyze/finding.h"
#include "analyze/series.h"
#include "analyze/summary.h"
#include "export/packed.h"
#include "format/checksum.h"
#include "format/image.h"
#include "read/recover.h"
#include "read/table.h"
#include "read/verify.h"

enum { ALIGNMENT = 64 };

static void right_chunks(uint8_t *bytes, size_t size)
{
	size_t at;

	for (at = 0; at + sizeof(struct mv_chunk) <= size; at += ALIGNMENT) {
		struct mv_chunk *chunk = (struct mv_chunk *)(bytes + at);

		if (chunk->magic == MV_CHUNK_MAGIC && chunk->body_bytes <= size - at - sizeof *chunk)
			chunk->checksum = mv_checksum_chunk(chunk, chunk + 1);
	}
}

static void right_sums(uint8_t *bytes, size_t size)
{
	struct mv_file_header *header = (struct mv_file_header *)bytes;

	if (size < sizeof *header)
		return;
	memset(header->checksums, 0, sizeof header->checksums);
	mv_image_seal_layout(header);
	header->state_checksum = 0;
	right_chunks(bytes, size);
}

static void look_at_stacks(const struct mv_recording *recording)
{
	const struct mv_place *frames[16];
	uint32_t i, count = mv_table_count(recording, MV_REGION_STACKS);
	bool is_packed = mv_table_count(recording, MV_REGION_NAMES);
	struct mv_places *places;
	char text[80];
	size_t k, n, origin;

	/* Names from the file itself: nothing that it names is to be opened.  */
	if (mv_places_open(recording, is_packed ? MV_PLACES_ALL_NAMES : MV_PLACES_NO_NAMES, NULL, &places))
		return;
	for (i = 0; i < count && i < 1000; i++) {
		n = mv_places_stack(places, i, frames, 16, &origin);
		for (k = 0; k < n; k++)
			mv_place_write(frames[k], text, sizeof text);
		mv_author_write_all(frames, n, text, sizeof text);
	}
	mv_places_close(places);
}

/* What carries its names is packed again; names of what does not would be looked for on this machine.  */
static void pack(const struct mv_recording *recording)
{
	struct mv_recording *again;
	struct mv_packed packed;
	struct mv_names *names;
	struct mv_copy copy;
	size_t count;

	if (!mv_table_count(recording, MV_REGION_NAMES) || mv_names_open(recording, NULL, &names))
		return;
	mv_names_objects(names, &count);
	if (!mv_packed_make(recording, names, &copy, &packed, NULL)) {
		if (mv_recording_open_image(copy.bytes, copy.size_bytes, &again, NULL))
			abort();
		mv_recording_close(again);
		mv_copy_release(&copy);
	}
	mv_names_close(names);
}

static void look_for_finding(const struct mv_report *report)
{
	char bytes[64];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);
	struct mv_finding finding;
	struct mv_places *places;

	if (mv_places_open(mv_timeline_recording(report->timeline), MV_PLACES_NO_NAMES, NULL, &places))
		return;
	if (!mv_finding_make(report, places, &finding))
		mv_finding_add(&finding, &text);
	mv_places_close(places);
}

static void look_at_moments(const struct mv_timeline *timeline)
{
	size_t i, cards, ooms;
	const struct mv_card *card = mv_timeline_cards(timeline, &cards);
	const struct mv_oom *oom = mv_timeline_ooms(timeline, &ooms);
	struct mv_summary summary;
	struct mv_report report;

	for (i = 0; i < cards && i < 2; i++) {
		if (mv_report_make(timeline, &card[i], card[i].peak_ns, NULL, &report))
			continue;
		look_for_finding(&report);
		mv_report_release(&report);
	}
	for (i = 0; i < ooms && i < 2; i++)
		mv_summary_make(timeline, &oom[i], NULL, "x.memviz", &summary);
}

static void read_image(const void *bytes, size_t size)
{
	struct mv_recording *recording;
	struct mv_timeline *timeline;
	struct mv_verified verified;
	struct mv_diag diag;

	if (mv_recording_open_image(bytes, size, &recording, &diag))
		return;
	mv_verify(recording, &verified, &diag);
	look_at_stacks(recording);
	pack(recording);
	if (mv_timeline_of(recording, &timeline, &diag))
		return;
	look_at_moments(timeline);
	mv_timeline_close(timeline);
}

/* What is recovered must be readable.  */
static void recover_image(const void *bytes, size_t size)
{
	struct mv_recovered recovered;
	struct mv_recording *recording;
	struct mv_copy copy;

	if (mv_recover(bytes, size, &copy, &recovered, NULL))
		return;
	if (mv_recording_open_image(copy.bytes, copy.size_bytes, &recording, NULL))
		abort();
	mv_recording_close(recording);
	mv_copy_release(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = aligned_alloc(ALIGNMENT, (size + ALIGNMENT) & ~(size_t)(ALIGNMENT - 1));

	memcpy(bytes, data, size);
	read_image(bytes, size);
	recover_image(bytes, size);
	right_sums(bytes, size);
	read_image(bytes, size);
	recover_image(bytes, size);
	free(bytes);
	return 0;
}
