/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a recording: what is read of a good one, and what is said of a bad one.  */
#include "unit/harness.h"

#include <errno.h>
#include <unistd.h>

#include "format/image.h"
#include "read/cursor.h"
#include "read/table.h"
#include "read/tracks.h"
#include "read/verify.h"
#include "support/scene.h"

enum { THREADS = 5, MANY = 200000 };

/* Events of several threads in turns that are not regular.  */
static const char *record_threads(unsigned events, int is_killed)
{
	const char *path = scene_path("threads.memviz");
	struct forge *forge = forge_open(path, "train.py", 0);
	unsigned i;

	for (i = 0; i <= THREADS; i++)
		forge_thread(forge, "worker", 0);
	for (i = 0; i < events; i++)
		forge_alloc(forge, 1 + i * i % 7 % THREADS, MV_LEDGER_BLOCK, 0x1000 + i * UINT64_C(512), 512, 0, 0);
	if (is_killed)
		forge_kill(forge);
	else
		forge_finish(forge);
	return path;
}

static struct mv_recording *open_whole(const char *path)
{
	struct mv_recording *recording = NULL;
	struct mv_diag diag = {0};
	int err = mv_recording_open(path, &recording, &diag);

	if (err)
		fprintf(stderr, "byte %llu: %s\n", (unsigned long long)diag.offset, diag.text);
	CU_ASSERT_EQUAL_FATAL(err, 0);
	return recording;
}

/* How many events come, each later than the one before.  */
static unsigned count_events(const struct mv_recording *recording)
{
	const struct mv_event *event;
	struct mv_cursor *cursor;
	uint64_t last_ns = 0;
	unsigned count = 0;

	CU_ASSERT_EQUAL_FATAL(mv_cursor_open(recording, &cursor, NULL), 0);
	while (mv_cursor_next(cursor, &event, NULL) > 0 && event->time_ns > last_ns) {
		last_ns = event->time_ns;
		count++;
	}
	mv_cursor_close(cursor);
	return count;
}

static void events_of_all_threads_come_in_order(void)
{
	struct mv_recording *recording = open_whole(record_threads(MANY, 0));
	struct mv_verified verified;

	CU_ASSERT_EQUAL(count_events(recording), MANY);
	CU_ASSERT_EQUAL(mv_recording_missing(recording), 0);
	CU_ASSERT_EQUAL(mv_verify(recording, &verified, NULL), 0);
	CU_ASSERT_EQUAL(verified.events, MANY);
	CU_ASSERT(verified.chunks > 0);
	mv_recording_close(recording);
}

static void a_recording_that_was_never_finished_is_read(void)
{
	struct mv_recording *recording = open_whole(record_threads(MANY, 1));

	CU_ASSERT(mv_recording_is_unfinished(recording));
	CU_ASSERT_EQUAL(count_events(recording), MANY);
	mv_recording_close(recording);
}

/* The process died between putting a chunk into the ring and emptying its slot.  */
static void a_slot_that_was_sealed_already_is_not_read_twice(void)
{
	size_t size;
	struct mv_file_header *image = scene_read(record_threads(MANY, 1), &size);
	struct mv_slot *slot = (struct mv_slot *)((uint8_t *)image + image->regions[MV_REGION_OPEN].offset +
						  mv_image_slot_bytes(image->slot_events));
	struct mv_recording *recording;
	uint32_t open = slot->count;

	slot->first_ordinal -= open;
	CU_ASSERT_EQUAL_FATAL(mv_recording_open_image(image, size, &recording, NULL), 0);
	CU_ASSERT_EQUAL(count_events(recording), MANY - open);
	mv_recording_close(recording);
	free(image);
}

static void events_that_are_missing_are_counted(void)
{
	size_t size;
	struct mv_file_header *image = scene_read(record_threads(MANY, 1), &size);
	struct mv_slot *slot = (struct mv_slot *)((uint8_t *)image + image->regions[MV_REGION_OPEN].offset +
						  mv_image_slot_bytes(image->slot_events));
	struct mv_recording *recording;

	slot->first_ordinal += 7;
	CU_ASSERT_EQUAL_FATAL(mv_recording_open_image(image, size, &recording, NULL), 0);
	CU_ASSERT_EQUAL(mv_recording_missing(recording), 7);
	CU_ASSERT_EQUAL(mv_recording_tracks(recording)->gap_ns, ((struct mv_event *)(slot + 1))->time_ns);
	mv_recording_close(recording);
	free(image);
}

/* ---- tables ---- */

static void strings_cannot_steer_a_terminal(void)
{
	const char *path = scene_path("strings.memviz");
	struct forge *forge = forge_open(path, "tr\033[31main", 0);
	uint32_t good = forge_text(forge, "m\303\266d\303\274l/\344\270\255.py"), bad = forge_text(forge, "a\033]0;x\007\377\302\205b");
	struct mv_recording *recording;

	forge_finish(forge);
	recording = open_whole(path);
	CU_ASSERT_STRING_EQUAL(mv_recording_text(recording, good), "m\303\266d\303\274l/\344\270\255.py");
	CU_ASSERT_STRING_EQUAL(mv_recording_text(recording, bad), "a?]0;x????b");
	CU_ASSERT_STRING_EQUAL(mv_recording_text(recording, good + 1), "");
	CU_ASSERT_STRING_EQUAL(mv_recording_text(recording, UINT32_MAX), "");
	CU_ASSERT_STRING_EQUAL(mv_recording_program(recording), "tr?[31main");
	mv_recording_close(recording);
}

static void a_stack_that_bites_its_tail_ends(void)
{
	const char *path = scene_path("stack.memviz");
	struct forge *forge = forge_open(path, "train.py", 0);
	uint32_t callers = forge_python(forge, 0, "a.py", "main", 1), frames[8];
	uint32_t stack = forge_python(forge, callers, "a.py", "inner", 2);
	struct mv_recording *recording;
	struct mv_file_header *image;
	size_t size;

	forge_finish(forge);
	image = scene_read(path, &size);
	((struct mv_stack *)((uint8_t *)image + image->regions[MV_REGION_STACKS].offset))[callers].parent = stack;
	image->checksums[MV_REGION_STACKS] = 0;
	mv_image_seal_state(image);
	CU_ASSERT_EQUAL_FATAL(mv_recording_open_image(image, size, &recording, NULL), 0);
	CU_ASSERT_EQUAL(mv_table_stack(recording, stack, frames, 8), 2);
	CU_ASSERT_EQUAL(mv_table_stack(recording, 999999, frames, 8), 0);
	mv_recording_close(recording);
	free(image);
}

/* ---- bad files ---- */

static int open_bytes(const void *bytes, size_t size, struct mv_diag *diag)
{
	const char *path = scene_path("bad.memviz");
	struct mv_recording *recording;
	int err;

	scene_write(path, bytes, size);
	err = mv_recording_open(path, &recording, diag);
	mv_recording_close(recording);
	return err;
}

static void a_missing_file_is_the_systems_error(void)
{
	struct mv_recording *recording;
	struct mv_diag diag;

	CU_ASSERT_EQUAL(mv_recording_open(scene_path("none.memviz"), &recording, &diag), -ENOENT);
	CU_ASSERT_EQUAL(mv_recording_open(scene_folder(), &recording, &diag), -ENODEV);
	CU_ASSERT_PTR_NULL(recording);
}

static void an_empty_a_foreign_and_a_newer_file_are_told_apart(void)
{
	struct mv_diag diag;
	size_t size;
	struct mv_file_header *image = scene_read(record_threads(10, 0), &size);

	CU_ASSERT_EQUAL(open_bytes("", 0, &diag), -ENODATA);
	CU_ASSERT_EQUAL(open_bytes("\177ELF\002\001\001 and more", 16, &diag), -EPROTO);
	image->version_major = 9;
	CU_ASSERT_EQUAL(open_bytes(image, size, &diag), -EPROTO);
	CU_ASSERT_EQUAL(diag.offset, offsetof(struct mv_file_header, version_major));
	free(image);
}

static void a_file_that_was_cut_says_where(void)
{
	struct mv_diag diag;
	size_t size, at;
	char *image = scene_read(record_threads(MANY, 0), &size);

	for (at = 100; at < size - 64; at += size / 50) {
		int err = open_bytes(image, at, &diag);

		CU_ASSERT(err == -EINVAL || err == -ENODATA);
		CU_ASSERT_EQUAL(diag.offset, at);
	}
	free(image);
}

/* Every byte that means something is covered by a checksum; the rest is filling between regions.  */
static void a_flipped_bit_is_found(void)
{
	struct mv_diag diag;
	size_t size, at;
	unsigned found = 0, tried = 0;
	unsigned char *image = scene_read(record_threads(3000, 0), &size);

	for (at = 3; at < size; at += 997) {
		image[at] ^= 0x10;
		found += open_bytes(image, size, &diag) != 0;
		image[at] ^= 0x10;
		tried++;
	}
	CU_ASSERT(found * 100 >= tried * 95);
	free(image);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(events_of_all_threads_come_in_order),
	HARNESS_TEST(a_recording_that_was_never_finished_is_read),
	HARNESS_TEST(a_slot_that_was_sealed_already_is_not_read_twice),
	HARNESS_TEST(events_that_are_missing_are_counted),
	HARNESS_TEST(strings_cannot_steer_a_terminal),
	HARNESS_TEST(a_stack_that_bites_its_tail_ends),
	HARNESS_TEST(a_missing_file_is_the_systems_error),
	HARNESS_TEST(an_empty_a_foreign_and_a_newer_file_are_told_apart),
	HARNESS_TEST(a_file_that_was_cut_says_where),
	HARNESS_TEST(a_flipped_bit_is_found),
};
HARNESS_MAIN("recording", tests)
