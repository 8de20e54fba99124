/* SPDX-License-Identifier: Apache-2.0 */
/* A recording while the Nth system call fails, for N = 1, 2, 3 …: the store says so or works, and leaves nothing behind
 * that it does not own up to.  */
#include "unit/harness.h"

#include <dirent.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault/sys.h"
#include "format/image.h"
#include "read/recording.h"
#include "read/tracks.h"
#include "store/store.h"

static char g_folder[64], g_path[96], g_copy[96];

static void make_folder(void)
{
	strcpy(g_folder, "/tmp/memviz-fault-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(g_folder) != NULL);
	snprintf(g_path, sizeof g_path, "%s/a.memviz", g_folder);
	snprintf(g_copy, sizeof g_copy, "%s/a.oom1.memviz", g_folder);
}

static unsigned files_left(void)
{
	DIR *folder = opendir(g_folder);
	unsigned count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count - 2;
}

static int open_store(struct mv_store *store)
{
	struct mv_file_header facts = {.rank = -1};

	return mv_store_open(store, g_path, MV_STORE_RING_BYTES_MIN, &facts);
}

static void close_store(struct mv_store *store)
{
	fault_fail_at(0, 0);
	munmap(store->memory, store->memory_bytes);
	munmap(store->header, store->header->file_bytes);
}

/* Returns how many different calls were made to fail.  */
static unsigned fail_opening(int err)
{
	struct mv_store store;
	unsigned n;

	for (n = 1;; n++) {
		int result;

		fault_fail_at(n, err);
		result = open_store(&store);
		if (!fault_has_failed()) {
			CU_ASSERT_EQUAL(result, 0);
			close_store(&store);
			unlink(g_path);
			return n - 1;
		}
		CU_ASSERT_EQUAL(result, err);
		CU_ASSERT_EQUAL(files_left(), 0);
	}
}

static void a_recording_that_cannot_be_made_leaves_nothing(void)
{
	static const int errors[] = {-ENOSPC, -EROFS, -EIO, -ENOMEM};
	size_t i;

	make_folder();
	for (i = 0; i < sizeof errors / sizeof *errors; i++)
		CU_ASSERT(fail_opening(errors[i]) >= 4);
	CU_ASSERT_EQUAL(rmdir(g_folder), 0);
}

static void a_snapshot_that_fails_leaves_the_recording_alone(void)
{
	struct mv_event event = {.kind = MV_EVENT_MARK};
	struct mv_store store;
	unsigned n;

	make_folder();
	CU_ASSERT_FATAL(!open_store(&store));
	for (n = 1;; n++) {
		int result;

		fault_fail_at(n, -ENOSPC);
		result = mv_store_snapshot(&store, g_copy, MV_FILE_SNAPSHOT, MV_REASON_OOM);
		if (!fault_has_failed())
			break;
		CU_ASSERT_EQUAL(result, -ENOSPC);
		CU_ASSERT_EQUAL(files_left(), 1);
		CU_ASSERT(mv_ring_append(&store.ring, 0, &event));
	}
	CU_ASSERT(n > 4);
	CU_ASSERT_EQUAL(files_left(), 2);
	close_store(&store);
	unlink(g_path);
	unlink(g_copy);
	CU_ASSERT_EQUAL(rmdir(g_folder), 0);
}

/* Whatever fails at the end, a whole recording is there afterwards: the compact one, or the one that was being written.  */
static void finishing_that_fails_keeps_the_recording(void)
{
	unsigned n;
	int has_failed = 1;

	make_folder();
	for (n = 1; has_failed; n++) {
		struct mv_store store;
		struct mv_event event = {.kind = MV_EVENT_MARK};

		fault_fail_at(0, 0);
		CU_ASSERT_FATAL(!open_store(&store));
		mv_ring_append(&store.ring, 0, &event);
		fault_fail_at(n, -ENOSPC);
		mv_store_finish(&store);
		has_failed = fault_has_failed();
		CU_ASSERT(!has_failed || store.header->state == MV_FILE_FINISHED);
		CU_ASSERT(!mv_image_check(store.header, store.header->file_bytes, NULL));
		CU_ASSERT_EQUAL(files_left(), 1);
		close_store(&store);
		unlink(g_path);
	}
	CU_ASSERT_EQUAL(rmdir(g_folder), 0);
}

/* What the recording at PATH holds; the test fails if there is none.  */
static uint32_t events_at(const char *path)
{
	struct mv_recording *recording;
	struct mv_diag diag = {0};
	uint32_t events;

	CU_ASSERT_FATAL(!mv_recording_open(path, &recording, &diag));
	events = (uint32_t)mv_recording_tracks(recording)->events;
	mv_recording_close(recording);
	return events;
}

static void check_without_mapping(int err)
{
	struct mv_event event = {.kind = MV_EVENT_MARK};
	struct mv_store store;

	make_folder();
	fault_forbid_mapping(err);
	CU_ASSERT_FATAL(!open_store(&store));
	CU_ASSERT_EQUAL(files_left(), 0);
	CU_ASSERT(mv_ring_append(&store.ring, 0, &event));
	CU_ASSERT(!mv_store_snapshot(&store, g_copy, MV_FILE_SNAPSHOT, MV_REASON_OOM));
	CU_ASSERT_EQUAL(events_at(g_copy), 1);
	CU_ASSERT(mv_ring_append(&store.ring, 0, &event));
	CU_ASSERT(!mv_store_finish(&store));
	CU_ASSERT_EQUAL(events_at(g_path), 2);
	CU_ASSERT_EQUAL(files_left(), 2);
	fault_forbid_mapping(0);
	close_store(&store);
	unlink(g_copy);
	unlink(g_path);
	CU_ASSERT_EQUAL(rmdir(g_folder), 0);
}

static void a_file_that_its_mode_forbids_is_made_with_another(void)
{
	struct mv_event event = {.kind = MV_EVENT_MARK};
	struct mv_store store;

	make_folder();
	fault_fail_at(1, -EACCES);
	CU_ASSERT_FATAL(!open_store(&store));
	CU_ASSERT(fault_has_failed());
	CU_ASSERT(mv_ring_append(&store.ring, 0, &event));
	CU_ASSERT(!mv_store_finish(&store));
	CU_ASSERT_EQUAL(events_at(g_path), 1);
	close_store(&store);
	unlink(g_path);
	CU_ASSERT_EQUAL(rmdir(g_folder), 0);
}

static void where_files_cannot_be_mapped_memory_is_recorded_into(void)
{
	check_without_mapping(-ENODEV);
	check_without_mapping(-EINVAL);
}

static void what_was_in_memory_and_cannot_be_written_is_owned_up_to(void)
{
	struct mv_store store;
	unsigned n;

	make_folder();
	fault_forbid_mapping(-ENODEV);
	CU_ASSERT_FATAL(!open_store(&store));
	for (n = 1;; n++) {
		int result;

		fault_fail_at(n, -ENOSPC);
		result = mv_store_finish(&store);
		if (!fault_has_failed())
			break;
		CU_ASSERT_EQUAL(result, -ENOSPC);
		CU_ASSERT_EQUAL(files_left(), 0);
	}
	CU_ASSERT(n > 3);
	fault_forbid_mapping(0);
	close_store(&store);
	unlink(g_path);
	CU_ASSERT_EQUAL(rmdir(g_folder), 0);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_recording_that_cannot_be_made_leaves_nothing),
	HARNESS_TEST(a_snapshot_that_fails_leaves_the_recording_alone),
	HARNESS_TEST(finishing_that_fails_keeps_the_recording),
	HARNESS_TEST(a_file_that_its_mode_forbids_is_made_with_another),
	HARNESS_TEST(where_files_cannot_be_mapped_memory_is_recorded_into),
	HARNESS_TEST(what_was_in_memory_and_cannot_be_written_is_owned_up_to),
};
HARNESS_MAIN("fault", tests)
