/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at any instruction: a child appends as fast as it can and counts, in memory that it shares with the test, what
 * has been promised to it; it is killed after a random time; then the file must hold all of that.  */
#include "unit/harness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "read/cursor.h"
#include "store/store.h"

enum { KILLS = 150, THREADS = 2 };

/* Promised so far by each thread: appends that have returned.  */
struct promises {
	volatile uint64_t appended[THREADS];
};

static struct promises *g_promises;
static struct mv_store g_store;
static char g_path[64];

static void *append_forever(void *argument)
{
	uint32_t thread = (uint32_t)(uintptr_t)argument;
	uint64_t i;

	for (i = 0;; i++) {
		struct mv_event event = {.kind = MV_EVENT_MARK, .extra = i, .thread = thread, .address = i * 77777};

		if (mv_ring_append(&g_store.ring, thread, &event))
			g_promises->appended[thread] = i + 1;
	}
	return NULL;
}

static void run_child(void)
{
	struct mv_file_header facts = {.rank = -1};
	pthread_t other;

	if (mv_store_open(&g_store, g_path, MV_STORE_RING_BYTES_MIN * 8, &facts))
		_exit(1);
	pthread_create(&other, NULL, append_forever, (void *)(uintptr_t)1);
	append_forever((void *)(uintptr_t)0);
}

static void kill_one(unsigned microseconds)
{
	pid_t child;

	memset((void *)(uintptr_t)g_promises, 0, sizeof *g_promises);
	child = fork();
	if (!child)
		run_child();
	usleep(microseconds);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Events of each thread must be there without a hole, from the first to at least the last promised.  */
static unsigned wrong_events(struct mv_recording *recording)
{
	uint64_t seen[THREADS] = {0};
	const struct mv_event *event;
	struct mv_cursor *cursor;
	unsigned wrong = 0;

	if (mv_cursor_open(recording, &cursor, NULL))
		return 1;
	while (mv_cursor_next(cursor, &event, NULL) == 1) {
		wrong += event->extra != seen[event->thread % THREADS] || event->address != event->extra * 77777;
		seen[event->thread % THREADS] = event->extra + 1;
	}
	mv_cursor_close(cursor);
	return wrong + (seen[0] < g_promises->appended[0]) + (seen[1] < g_promises->appended[1]);
}

static void every_event_that_was_promised_survives_a_kill(void)
{
	unsigned i, wrong = 0, read = 0, seed = 5;
	uint64_t total = 0;

	g_promises = mmap(NULL, sizeof *g_promises, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < KILLS; i++) {
		struct mv_recording *recording;
		struct mv_diag diag = {0};

		snprintf(g_path, sizeof g_path, "/tmp/memviz-kill-%d-%u.memviz", getpid(), i);
		kill_one(rand_r(&seed) % 60000);
		if (access(g_path, F_OK))
			continue; /* killed before there was a file */
		if (mv_recording_open(g_path, &recording, &diag)) {
			/* Killed while the file was being made: nothing had been promised.  */
			wrong += g_promises->appended[0] + g_promises->appended[1] != 0;
		} else {
			wrong += wrong_events(recording);
			read++;
			mv_recording_close(recording);
		}
		total += g_promises->appended[0] + g_promises->appended[1];
		unlink(g_path);
	}
	printf("  %u recordings of %u kills read, %llu events\n", read, KILLS, (unsigned long long)total);
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(read > KILLS / 2);
	munmap(g_promises, sizeof *g_promises);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(every_event_that_was_promised_survives_a_kill),
};
HARNESS_MAIN("kill", tests)
