/* SPDX-License-Identifier: Apache-2.0 */
/* What can be got back out of a damaged recording.  */
#include "unit/harness.h"

#include <errno.h>

#include "format/image.h"
#include "read/recover.h"
#include "read/table.h"
#include "read/verify.h"
#include "support/scene.h"

enum { EVENTS = 60000 };

/* A recording of one thread with names, a stack, and EVENTS + 1 events, in chunks; and in an open slot, unless it is the
 * process's own end that is recorded.  What is alive is a block, and an executable graph, which is no memory.  */
static void *record_until(size_t *size, bool is_end)
{
	const struct mv_event graph = {.time_ns = FORGE_START_NS + 1, .kind = MV_EVENT_CALL, .role = MV_CHANGE_GRAPH_BEGIN,
				       .address = 0x50};
	const char *path = scene_path("whole.memviz");
	struct forge *forge = forge_open(path, "train.py", 0);
	uint32_t stack, i;

	forge_thread(forge, "", 0);
	forge_thread(forge, "python", 0);
	forge_device(forge, 0, "Card", 1 << 30);
	stack = forge_python(forge, 0, "train.py", "main", 3);
	for (i = 0; i < EVENTS; i++) {
		if (i % 2)
			forge_free(forge, 1, MV_LEDGER_BLOCK, 0x10000 + i % 4096 / 2 * UINT64_C(512));
		else
			forge_alloc(forge, 1, MV_LEDGER_BLOCK, 0x10000 + i % 4096 / 2 * UINT64_C(512), 512 + i, stack, 0);
	}
	forge_alloc(forge, 1, MV_LEDGER_BLOCK, 0x90000000, 1 << 20, stack, 0);
	mv_live_add(&forge->store.live, &graph);
	if (is_end) {
		forge_finish(forge);
	} else {
		forge_snapshot(forge, path, MV_REASON_REQUEST);
		forge_kill(forge);
	}
	return scene_read(path, size);
}

static void *record(size_t *size)
{
	return record_until(size, false);
}

/* What is recovered of BYTES must open and be without fault.  Returns the events in it.  */
static uint64_t recover(const void *bytes, size_t size, struct mv_recovered *recovered)
{
	struct mv_recording *recording = NULL;
	struct mv_verified verified = {0};
	struct mv_diag diag = {0};
	struct mv_copy copy;
	int err = mv_recover(bytes, size, &copy, recovered, &diag);

	if (err) {
		CU_ASSERT(err == -EINVAL || err == -EPROTO || err == -ENODATA);
		return 0;
	}
	err = mv_recording_open_image(copy.bytes, copy.size_bytes, &recording, &diag);
	if (!err)
		err = mv_verify(recording, &verified, &diag);
	if (err)
		fprintf(stderr, "byte %llu: %s\n", (unsigned long long)diag.offset, diag.text);
	CU_ASSERT_EQUAL(err, 0);
	mv_recording_close(recording);
	mv_copy_release(&copy);
	return verified.events;
}

static void a_whole_recording_loses_nothing(void)
{
	struct mv_recovered recovered;
	size_t size;
	void *image = record(&size);

	CU_ASSERT_EQUAL(recover(image, size, &recovered), EVENTS + 1);
	CU_ASSERT_EQUAL(recovered.chunks_lost + recovered.events_lost + recovered.table_bytes_lost + recovered.alive_lost, 0);
	CU_ASSERT(!recovered.is_header_mended);
	free(image);
}

static void a_truncated_recording_keeps_what_is_there(void)
{
	struct mv_recovered recovered;
	size_t size;
	struct mv_file_header *image = record(&size);
	uint64_t all = recover(image, size, &recovered), ring = image->regions[MV_REGION_RING].offset;

	/* In the middle of the ring: some chunks and all tables stay.  */
	CU_ASSERT(recover(image, ring + (size - ring) / 2, &recovered) > all / 4);
	CU_ASSERT(recovered.chunks_lost > 0);
	CU_ASSERT_EQUAL(recovered.table_bytes_lost, 0);
	/* Before the ring: what is open.  */
	CU_ASSERT(recover(image, ring, &recovered) > 0);
	CU_ASSERT_EQUAL(recovered.chunks, 0);
	/* In the tables: names go.  */
	recover(image, image->regions[MV_REGION_TEXT].offset + 16, &recovered);
	CU_ASSERT(recovered.table_bytes_lost > 0);
	free(image);
}

static void a_damaged_chunk_costs_only_itself(void)
{
	struct mv_recovered recovered;
	size_t size;
	struct mv_file_header *image = record(&size);
	const struct mv_chunk *first = (void *)((uint8_t *)image + image->regions[MV_REGION_RING].offset);
	uint32_t lost = first->event_count;

	((uint8_t *)(first + 1))[100] ^= 1;
	CU_ASSERT_EQUAL(recover(image, size, &recovered), EVENTS + 1 - lost);
	CU_ASSERT_EQUAL(recovered.chunks_lost, 1);
	free(image);
}

static void mend_each_region(struct mv_file_header *image, size_t size)
{
	struct mv_recovered recovered;
	int i;

	for (i = 0; i < MV_REGION_COUNT; i++) {
		struct mv_region whole = image->regions[i];

		image->regions[i].offset ^= UINT64_C(1) << 37;
		CU_ASSERT_EQUAL(recover(image, size, &recovered), EVENTS + 1);
		CU_ASSERT(recovered.is_header_mended);
		image->regions[i] = whole;
		image->regions[i].size_bytes ^= UINT64_C(1) << 41;
		CU_ASSERT_EQUAL(recover(image, size, &recovered), EVENTS + 1);
		image->regions[i] = whole;
	}
}

static void a_damaged_layout_is_mended_from_its_neighbours(void)
{
	int is_end;

	for (is_end = 0; is_end <= 1; is_end++) {
		size_t size;
		struct mv_file_header *image = record_until(&size, is_end);

		mend_each_region(image, size);
		free(image);
	}
}

static void what_was_lost_is_noted_in_the_recording(void)
{
	struct mv_recovered recovered;
	struct mv_recording *recording;
	struct mv_copy copy;
	size_t size;
	void *image = record(&size);

	CU_ASSERT_EQUAL_FATAL(mv_recover(image, size - 4096, &copy, &recovered, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(mv_recording_open_image(copy.bytes, copy.size_bytes, &recording, NULL), 0);
	CU_ASSERT(strstr(mv_table_note_value(recording, "recovered"), "lost: ") != NULL);
	CU_ASSERT_STRING_EQUAL(mv_recording_program(recording), "train.py");
	mv_recording_close(recording);
	mv_copy_release(&copy);
	free(image);
}

static void no_flipped_byte_and_no_cut_brings_it_down(void)
{
	struct mv_recovered recovered;
	size_t size, at, i;
	uint8_t *image = record(&size), *copy = aligned_alloc(64, (size + 63) & ~(size_t)63);
	uint64_t random = 42;

	for (i = 0; i < 150; i++) {
		memcpy(copy, image, size);
		for (at = 0; at < 1 + i % 8; at++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			copy[(random >> 16) % (i % 3 ? size : sizeof(struct mv_file_header))] ^= (uint8_t)(1 << (random >> 8) % 8);
		}
		random = random * 6364136223846793005u + 1442695040888963407u;
		recover(copy, i % 4 ? size : (random >> 16) % size, &recovered);
	}
	free(copy);
	free(image);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_whole_recording_loses_nothing),
	HARNESS_TEST(a_truncated_recording_keeps_what_is_there),
	HARNESS_TEST(a_damaged_chunk_costs_only_itself),
	HARNESS_TEST(a_damaged_layout_is_mended_from_its_neighbours),
	HARNESS_TEST(what_was_lost_is_noted_in_the_recording),
	HARNESS_TEST(no_flipped_byte_and_no_cut_brings_it_down),
};
HARNESS_MAIN("recover", tests)
