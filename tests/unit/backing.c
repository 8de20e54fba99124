/* SPDX-License-Identifier: Apache-2.0 */
/* What others do to the file of a recording while it is written.  */
#include "unit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyze/timeline.h"
#include "read/recording.h"
#include "read/tracks.h"
#include "store/store.h"

enum { NOBODY = 65534, APPENDERS = 4 };

struct bench {
	struct mv_store store;
	char folder[64], path[96];
	uint32_t threads;
};

static int open_bench(struct bench *bench)
{
	struct mv_file_header facts = {.rank = -1};

	strcpy(bench->folder, "/tmp/memviz-backing-XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(bench->folder) != NULL);
	CU_ASSERT_FATAL(!chmod(bench->folder, 0777));
	snprintf(bench->path, sizeof bench->path, "%s/a.memviz", bench->folder);
	return mv_store_open(&bench->store, bench->path, MV_STORE_RING_BYTES_MIN, &facts);
}

static void close_bench(struct bench *bench)
{
	unlink(bench->path);
	CU_ASSERT_EQUAL(rmdir(bench->folder), 0);
}

static void append(struct bench *bench, unsigned count)
{
	struct mv_event event = {.kind = MV_EVENT_MARK};

	while (count--)
		CU_ASSERT(mv_ring_append(&bench->store.ring, 0, &event));
}

static void *append_for_ever(void *argument)
{
	struct bench *bench = argument;
	struct mv_event event = {.kind = MV_EVENT_MARK};
	uint32_t number = __atomic_fetch_add(&bench->threads, 1, __ATOMIC_RELAXED);
	uintptr_t appended = 0;

	while (mv_ring_append(&bench->store.ring, number, &event))
		appended++;
	return (void *)appended;
}

static uint64_t events_in_file(const struct bench *bench)
{
	struct mv_recording *recording;
	struct mv_diag diag = {0};
	uint64_t events;

	if (mv_recording_open(bench->path, &recording, &diag))
		return 0;
	events = mv_recording_tracks(recording)->events;
	mv_recording_close(recording);
	return events;
}

static uint64_t lost_in_file(const struct bench *bench)
{
	struct mv_timeline *timeline;
	uint64_t lost;

	if (mv_timeline_open(bench->path, &timeline, NULL))
		return 0;
	lost = mv_timeline_header(timeline)->losses[MV_LOSS_CUT];
	mv_timeline_close(timeline);
	return lost;
}

/* In a child, as a user without rights: 0, as an exit status, if its own recording refuses to be cut and ends well.  */
static int try_to_cut(void)
{
	struct bench bench;
	int fd;

	if (getuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))
		return 2;
	if (open_bench(&bench))
		return 3;
	fd = open(bench.path, O_WRONLY | O_TRUNC);
	if (fd >= 0 || errno != EACCES || truncate(bench.path, 0) == 0 || errno != EACCES)
		return 4;
	append(&bench, 10);
	if (mv_store_finish(&bench.store) || events_in_file(&bench) != 10)
		return 5;
	fd = open(bench.path, O_WRONLY | O_TRUNC);
	close_bench(&bench);
	return fd < 0 ? 6 : 0;
}

static void a_recording_cannot_be_cut_by_its_owner_until_it_is_finished(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(try_to_cut());
	CU_ASSERT_FATAL(waitpid(child, &status, 0) == child);
	CU_ASSERT(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static void a_recording_that_was_removed_is_there_again_at_the_end(void)
{
	struct bench bench;

	CU_ASSERT_FATAL(!open_bench(&bench));
	append(&bench, 3);
	CU_ASSERT_EQUAL(unlink(bench.path), 0);
	CU_ASSERT_EQUAL(mv_backing_look(&bench.store.backing, bench.path), MV_BACKING_GONE);
	append(&bench, 4);
	CU_ASSERT_EQUAL(mv_store_finish(&bench.store), 0);
	CU_ASSERT_EQUAL(events_in_file(&bench), 7);
	close_bench(&bench);
}

static void a_recording_whose_folder_was_removed_says_so(void)
{
	struct bench bench;

	CU_ASSERT_FATAL(!open_bench(&bench));
	append(&bench, 3);
	close_bench(&bench);
	append(&bench, 3);
	CU_ASSERT_EQUAL(mv_store_finish(&bench.store), -ENOENT);
}

/* Who may do everything is asked for by looking.  */
static void a_recording_that_was_cut_is_given_up_without_a_signal(void)
{
	static const off_t lengths[] = {0, 4096, 20 << 20};
	size_t i;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct bench bench;

		CU_ASSERT_FATAL(!open_bench(&bench));
		append(&bench, 20000);
		CU_ASSERT(!mv_store_is_cut(&bench.store));
		CU_ASSERT_FATAL(!chmod(bench.path, 0600) && !truncate(bench.path, lengths[i]));
		CU_ASSERT(mv_store_is_cut(&bench.store));
		CU_ASSERT_EQUAL(mv_store_abandon(&bench.store), 20000);
		/* A thread that was at it goes on for a while.  */
		append(&bench, 40000);
		mv_store_note(&bench.store, "key", "value");
		CU_ASSERT_EQUAL(lost_in_file(&bench), 20000);
		close_bench(&bench);
	}
}

/* RLIMIT_FSIZE would bring a signal, too.  */
static int record_over_limit(void)
{
	struct rlimit limit = {1 << 20, 1 << 20};
	struct bench bench;

	if (setrlimit(RLIMIT_FSIZE, &limit) || open_bench(&bench))
		return 2;
	append(&bench, 1000);
	if (access(bench.path, F_OK) == 0 || !bench.store.backing.is_memory)
		return 3;
	if (mv_store_finish(&bench.store) || events_in_file(&bench) != 1000)
		return 4;
	close_bench(&bench);
	return 0;
}

static void a_limit_on_the_size_of_files_is_kept(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(record_over_limit());
	CU_ASSERT_FATAL(waitpid(child, &status, 0) == child);
	CU_ASSERT(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

/* They are told in time that the recording is over, and what they were told before holds.  */
static void the_end_comes_between_two_events(void)
{
	pthread_t threads[APPENDERS];
	struct bench bench = {.threads = 0};
	uint64_t appended = 0;
	void *count;
	int i;

	CU_ASSERT_FATAL(!open_bench(&bench));
	for (i = 0; i < APPENDERS; i++)
		CU_ASSERT_FATAL(!pthread_create(&threads[i], NULL, append_for_ever, &bench));
	while (mv_ring_appended(&bench.store.ring) < 100000)
		sched_yield();
	CU_ASSERT_EQUAL(mv_store_finish(&bench.store), 0);
	for (i = 0; i < APPENDERS; i++) {
		CU_ASSERT(!pthread_join(threads[i], &count));
		appended += (uintptr_t)count;
	}
	CU_ASSERT_EQUAL(events_in_file(&bench) + bench.store.header->events_evicted, appended);
	close_bench(&bench);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(the_end_comes_between_two_events),
	HARNESS_TEST(a_recording_cannot_be_cut_by_its_owner_until_it_is_finished),
	HARNESS_TEST(a_recording_that_was_removed_is_there_again_at_the_end),
	HARNESS_TEST(a_recording_whose_folder_was_removed_says_so),
	HARNESS_TEST(a_recording_that_was_cut_is_given_up_without_a_signal),
	HARNESS_TEST(a_limit_on_the_size_of_files_is_kept),
};
HARNESS_MAIN("backing", tests)
