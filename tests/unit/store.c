/* SPDX-License-Identifier: Apache-2.0 */
/* A recording as its writer makes it: tables, ring, snapshots, and what is left of a file that was not finished.  */
#include "unit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "format/checksum.h"
#include "format/image.h"
#include "store/store.h"

struct bench {
	struct mv_store store;
	char folder[64], path[96], copy[96];
};

static struct bench open_bench(void)
{
	struct bench bench;
	struct mv_file_header facts = {.pid = 12, .start_ns = 5, .rank = -1, .program = "train.py"};

	strcpy(bench.folder, "/tmp/memviz-store-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(bench.folder) != NULL);
	snprintf(bench.path, sizeof bench.path, "%s/a.memviz", bench.folder);
	snprintf(bench.copy, sizeof bench.copy, "%s/b.memviz", bench.folder);
	CU_ASSERT_FATAL(!mv_store_open(&bench.store, bench.path, MV_STORE_RING_BYTES_MIN, &facts));
	return bench;
}

static void close_bench(struct bench *bench)
{
	unlink(bench->path);
	unlink(bench->copy);
	CU_ASSERT_EQUAL(rmdir(bench->folder), 0); /* nothing else was left there */
}

/* Pair number I: an allocation or the free of it; as little alike as events can be.  */
static bool append(struct bench *bench, uint64_t i)
{
	struct mv_event event = {.kind = i % 2 ? MV_EVENT_FREE : MV_EVENT_ALLOC, .ledger = MV_LEDGER_BLOCK,
				 .address = i / 2 * 12345678 % 1000003 * 512, .size_bytes = 512, .extra = mv_hash_u64(i)};

	return mv_ring_append(&bench->store.ring, 0, &event);
}

struct image {
	uint8_t *bytes;
	uint64_t size;
	const struct mv_file_header *header;
};

static struct image load(const char *path)
{
	struct image image = {NULL, 0, NULL};
	struct stat stat;
	int fd = open(path, O_RDONLY);

	CU_ASSERT_FATAL(fd >= 0 && !fstat(fd, &stat));
	image.size = (uint64_t)stat.st_size;
	image.bytes = aligned_alloc(64, (image.size + 63) & ~(uint64_t)63);
	CU_ASSERT_EQUAL(read(fd, image.bytes, image.size), (ssize_t)image.size);
	close(fd);
	image.header = (const struct mv_file_header *)image.bytes;
	return image;
}

/* Walk the chunks that the header promises.  Returns how many events they hold; the checksums must be right.  */
static uint64_t events_in_ring(const struct image *image)
{
	const struct mv_file_header *header = image->header;
	const uint8_t *ring = image->bytes + header->regions[MV_REGION_RING].offset;
	uint64_t at = header->ring_tail, sequence, events = 0;

	for (sequence = header->chunk_first; sequence < header->chunk_next; sequence++) {
		const struct mv_chunk *chunk = (const struct mv_chunk *)(ring + at);

		if (at >= header->used_bytes[MV_REGION_RING] || chunk->sequence != sequence)
			chunk = (const struct mv_chunk *)(ring + (at = 0));
		CU_ASSERT_EQUAL_FATAL(chunk->sequence, sequence);
		CU_ASSERT_EQUAL(chunk->checksum, mv_checksum_chunk(chunk, chunk + 1));
		events += chunk->event_count;
		at += (sizeof *chunk + chunk->body_bytes + 63) & ~(uint64_t)63;
	}
	return events;
}

static uint64_t events_in_slot(const struct image *image)
{
	return ((const struct mv_slot *)(image->bytes + image->header->regions[MV_REGION_OPEN].offset))->count;
}

static void a_new_file_is_whole_and_private(void)
{
	struct bench bench = open_bench();
	struct image image = load(bench.path);
	struct stat stat_buf;

	CU_ASSERT(!mv_image_check(image.bytes, image.size, NULL));
	CU_ASSERT(!stat(bench.path, &stat_buf) && (stat_buf.st_mode & 0777) == 0400);
	/* Set aside, not sparse: blocks are of 512 bytes.  */
	CU_ASSERT((uint64_t)stat_buf.st_blocks * 512 >= image.size);
	CU_ASSERT_EQUAL(image.header->state, MV_FILE_RECORDING);
	CU_ASSERT_STRING_EQUAL(image.header->program, "train.py");
	free(image.bytes);
	close_bench(&bench);
}

static void a_file_that_exists_is_not_touched(void)
{
	struct bench bench = open_bench();
	struct mv_store other;
	struct mv_file_header facts = {0};

	CU_ASSERT_EQUAL(mv_store_open(&other, bench.path, 0, &facts), -EEXIST);
	CU_ASSERT_EQUAL(symlink(bench.path, bench.copy), 0);
	CU_ASSERT_EQUAL(mv_store_open(&other, bench.copy, 0, &facts), -EEXIST);
	CU_ASSERT_EQUAL(mv_store_open(&other, "/nonexistent/x.memviz", 0, &facts), -ENOENT);
	close_bench(&bench);
}

/* The file is read as it lies there, as after a kill.  */
static void every_append_is_in_the_file_at_once(void)
{
	struct bench bench = open_bench();
	uint64_t i, wrong = 0;

	for (i = 0; i < 20000; i++) {
		struct image image;

		wrong += !append(&bench, i);
		if (i % 1999)
			continue;
		image = load(bench.path);
		wrong += events_in_ring(&image) + events_in_slot(&image) != i + 1;
		free(image.bytes);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	close_bench(&bench);
}

static void a_ring_that_is_full_keeps_the_newest(void)
{
	struct bench bench = open_bench();
	uint64_t i, total = 1000000;
	struct image image;

	for (i = 0; i < total; i++)
		append(&bench, i);
	image = load(bench.path);
	CU_ASSERT(image.header->events_evicted > 0);
	CU_ASSERT_EQUAL(events_in_ring(&image) + events_in_slot(&image) + image.header->events_evicted, total);
	CU_ASSERT(image.header->horizon_ns > 0);
	CU_ASSERT(image.header->used_bytes[MV_REGION_RING] <= MV_STORE_RING_BYTES_MIN);
	free(image.bytes);
	close_bench(&bench);
}

static void a_snapshot_is_small_and_whole(void)
{
	struct bench bench = open_bench();
	uint64_t i;
	struct image image;

	for (i = 0; i < 30000; i++)
		append(&bench, i);
	CU_ASSERT(!mv_store_snapshot(&bench.store, bench.copy, MV_FILE_SNAPSHOT, MV_REASON_OOM));
	image = load(bench.copy);
	CU_ASSERT(!mv_image_check(image.bytes, image.size, NULL));
	CU_ASSERT(image.header->state == MV_FILE_SNAPSHOT && image.header->reason == MV_REASON_OOM);
	CU_ASSERT_EQUAL(events_in_ring(&image) + events_in_slot(&image), 30000);
	CU_ASSERT(image.size < 2 << 20);
	CU_ASSERT(append(&bench, 30000)); /* the recording goes on */
	free(image.bytes);
	close_bench(&bench);
}

static void each_byte_of_a_snapshot_s_header_counts(void)
{
	struct bench bench = open_bench();
	struct image image;
	uint64_t i, unnoticed = 0;

	append(&bench, 0);
	mv_store_snapshot(&bench.store, bench.copy, MV_FILE_SNAPSHOT, MV_REASON_OOM);
	image = load(bench.copy);
	for (i = 0; i < sizeof *image.header; i++) {
		image.bytes[i] ^= 0x10;
		unnoticed += !mv_image_check(image.bytes, image.size, NULL);
		image.bytes[i] ^= 0x10;
	}
	CU_ASSERT_EQUAL(unnoticed, 0);
	for (i = 0; i < image.size; i += 61)
		unnoticed += !mv_image_check(image.bytes, i, NULL) && i < image.header->regions[MV_REGION_RING].offset;
	CU_ASSERT_EQUAL(unnoticed, 0);
	free(image.bytes);
	close_bench(&bench);
}

static void finishing_replaces_the_file_by_a_compact_one(void)
{
	struct bench bench = open_bench();
	struct image image;

	append(&bench, 0);
	mv_store_note(&bench.store, "torch", "2.15.0");
	mv_store_finish(&bench.store);
	image = load(bench.path);
	CU_ASSERT(!mv_image_check(image.bytes, image.size, NULL));
	CU_ASSERT_EQUAL(image.header->state, MV_FILE_FINISHED);
	CU_ASSERT(image.size < 64 << 10);
	CU_ASSERT_EQUAL(image.header->used_bytes[MV_REGION_NOTES], 2 * sizeof(struct mv_note));
	free(image.bytes);
	close_bench(&bench);
}

static void a_note_is_made_when_it_says_something_new(void)
{
	struct bench bench = open_bench();
	const uint64_t *used = &bench.store.header->used_bytes[MV_REGION_NOTES];
	uint64_t before;
	int i;

	mv_store_note(&bench.store, "owners", "not met");
	before = *used;
	for (i = 0; i < 100; i++)
		mv_store_note(&bench.store, "owners", "not met");
	CU_ASSERT_EQUAL(*used, before);
	mv_store_note(&bench.store, "owners", "met");
	mv_store_note(&bench.store, "owners", "not met");
	CU_ASSERT_EQUAL(*used, before + 2 * sizeof(struct mv_note));
	mv_store_finish(&bench.store);
	close_bench(&bench);
}

static void what_was_still_open_is_compressed_at_the_end(void)
{
	struct bench bench = open_bench();
	struct image image;
	uint64_t i;

	for (i = 0; i < 5000; i++)
		append(&bench, i);
	mv_store_finish(&bench.store);
	image = load(bench.path);
	CU_ASSERT_EQUAL(events_in_slot(&image), 0);
	CU_ASSERT_EQUAL(events_in_ring(&image), 5000);
	CU_ASSERT_EQUAL(image.header->losses[MV_LOSS_ENCODE], 0);
	free(image.bytes);
	close_bench(&bench);
}

static void what_comes_after_the_end_is_no_loss(void)
{
	struct bench bench = open_bench();
	struct image image;

	CU_ASSERT(append(&bench, 0));
	mv_ring_close(&bench.store.ring);
	CU_ASSERT(!append(&bench, 1));
	mv_store_finish(&bench.store);
	image = load(bench.path);
	CU_ASSERT_EQUAL(events_in_ring(&image), 1);
	CU_ASSERT_EQUAL(image.header->losses[MV_LOSS_LOCK], 0);
	free(image.bytes);
	close_bench(&bench);
}

static void equal_strings_and_records_are_kept_once(void)
{
	struct bench bench = open_bench();
	struct mv_frame frame = {.kind = MV_FRAME_NATIVE, .a = 1, .b = 77};
	uint32_t text = mv_store_text(&bench.store, "train_step"), other = mv_store_text(&bench.store, "train_ste");
	uint32_t id = mv_dictionary_add(&bench.store.frames, &frame);
	char bytes[32];
	struct mv_text copy = mv_text_in(bytes, sizeof bytes);

	CU_ASSERT(text && other && text != other);
	CU_ASSERT_EQUAL(mv_store_text(&bench.store, "train_step"), text);
	CU_ASSERT_EQUAL(mv_store_text(&bench.store, ""), 0);
	CU_ASSERT_EQUAL(mv_dictionary_add(&bench.store.frames, &frame), id);
	frame.b++;
	CU_ASSERT_NOT_EQUAL(mv_dictionary_add(&bench.store.frames, &frame), id);
	mv_dictionary_copy_text(&bench.store.text, text, &copy);
	CU_ASSERT_STRING_EQUAL(bytes, "train_step");
	close_bench(&bench);
}

static void a_full_table_counts_and_answers_none(void)
{
	struct bench bench = open_bench();
	char name[64];
	unsigned i;

	memset(name, 'x', sizeof name);
	for (i = 0; i < 1000000 && !bench.store.header->losses[MV_LOSS_TEXT_FULL]; i++) {
		memcpy(name, &i, sizeof i);
		mv_dictionary_add_text(&bench.store.text, name, sizeof name);
	}
	CU_ASSERT_EQUAL(bench.store.header->losses[MV_LOSS_TEXT_FULL], 1);
	i++;
	memcpy(name, &i, sizeof i);
	CU_ASSERT_EQUAL(mv_dictionary_add_text(&bench.store.text, name, sizeof name), 0);
	i = 0;
	memcpy(name, &i, sizeof i);
	CU_ASSERT_NOT_EQUAL(mv_dictionary_add_text(&bench.store.text, name, sizeof name), 0); /* what is there stays */
	close_bench(&bench);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_new_file_is_whole_and_private),
	HARNESS_TEST(a_file_that_exists_is_not_touched),
	HARNESS_TEST(every_append_is_in_the_file_at_once),
	HARNESS_TEST(a_ring_that_is_full_keeps_the_newest),
	HARNESS_TEST(a_snapshot_is_small_and_whole),
	HARNESS_TEST(each_byte_of_a_snapshot_s_header_counts),
	HARNESS_TEST(finishing_replaces_the_file_by_a_compact_one),
	HARNESS_TEST(a_note_is_made_when_it_says_something_new),
	HARNESS_TEST(what_was_still_open_is_compressed_at_the_end),
	HARNESS_TEST(what_comes_after_the_end_is_no_loss),
	HARNESS_TEST(equal_strings_and_records_are_kept_once),
	HARNESS_TEST(a_full_table_counts_and_answers_none),
};
HARNESS_MAIN("store", tests)
