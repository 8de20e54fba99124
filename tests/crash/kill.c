/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a process at any instant: a child appends as fast as it can, in one thread or in eight, and counts, in memory
 * that it shares with the test, what has been promised to it; after a random time it is killed, or ends itself in one of the
 * ways in which programs do; then the file must hold all that was promised, whole, and of each thread at most one event
 * more.
 *
 * MEMVIZ_TEST_KILLS in the environment says how many times for each of both; 150 without it.  */
#include "unit/harness.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "read/cursor.h"
#include "read/table.h"
#include "store/store.h"

enum { KILLS = 150, THREADS = 8, LONGEST_US = 20000, PIECES = 64, PLACE_BITS = 32 };

/* Promised so far by each thread: appends and changes of what is alive that have returned.  */
struct promises {
	volatile uint64_t appended[THREADS];
	volatile uint64_t added[THREADS], removed[THREADS];
};

enum ending { KILL, SEGV, ABORT, LEAVE, REPLACE, ENDINGS };

static volatile int *volatile g_nowhere = (volatile int *)4096; /* a page that nobody gets */
static struct promises *g_promises;
static struct mv_store g_store;
static char g_path[64];

/* ---- the child ---- */

static struct mv_event piece(uint32_t thread, uint64_t i)
{
	uint64_t address = (uint64_t)(thread + 1) << PLACE_BITS | i;

	return (struct mv_event){.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_DEVICE, .address = address,
				 .size_bytes = mv_hash_u64(address), .extra = ~address, .time_ns = 1};
}

/* PIECES are alive at a time, the oldest goes first.  */
static void turn_over(uint32_t thread, uint64_t i)
{
	struct mv_event event = piece(thread, i), removed;

	if (i >= PIECES && mv_live_remove(&g_store.live, MV_LEDGER_DEVICE, piece(thread, i - PIECES).address, &removed))
		g_promises->removed[thread] = i - PIECES + 1;
	if (mv_live_add(&g_store.live, &event))
		g_promises->added[thread] = i + 1;
}

static void *append_forever(void *argument)
{
	uint32_t thread = (uint32_t)(uintptr_t)argument;
	uint64_t i;

	for (i = 0;; i++) {
		struct mv_event event = {.kind = MV_EVENT_MARK, .extra = i, .thread = thread, .address = i * 77777};

		if (mv_ring_append(&g_store.ring, thread, &event))
			g_promises->appended[thread] = i + 1;
		turn_over(thread, i);
	}
	return NULL;
}

static void end(enum ending ending)
{
	switch (ending) {
	case KILL:
		for (;;)
			pause();
	case SEGV:
		*g_nowhere = 1;
		break;
	case ABORT:
		abort();
	case LEAVE:
		_exit(0);
	case REPLACE:
		execl("/bin/true", "true", (char *)NULL);
		break;
	case ENDINGS:
		break;
	}
	_exit(9);
}

static void run_child(int threads, enum ending ending, unsigned microseconds)
{
	struct mv_file_header facts = {.rank = -1};
	struct rlimit no_core = {0, 0};
	pthread_t started;
	int i;

	signal(SIGABRT, SIG_DFL);
	signal(SIGSEGV, SIG_DFL); /* not a sanitizer's */
	setrlimit(RLIMIT_CORE, &no_core);
	if (mv_store_open(&g_store, g_path, MV_STORE_RING_BYTES_MIN * 4, &facts))
		_exit(1);
	for (i = 0; i < threads; i++)
		pthread_create(&started, NULL, append_forever, (void *)(uintptr_t)i);
	usleep(microseconds);
	end(ending);
}

static void kill_one(int threads, enum ending ending, unsigned microseconds)
{
	pid_t child;

	memset((void *)(uintptr_t)g_promises, 0, sizeof *g_promises);
	child = fork();
	if (!child)
		run_child(threads, ending, microseconds);
	if (ending == KILL) {
		usleep(microseconds);
		kill(child, SIGKILL);
	}
	waitpid(child, NULL, 0);
}

/* ---- what must be there ---- */

/* Events of each thread must be there without a hole, from the first that was not overwritten to the last promised or the
 * one behind it.  */
static unsigned wrong_events(struct mv_recording *recording)
{
	uint64_t seen[THREADS] = {0};
	const struct mv_event *event;
	struct mv_cursor *cursor;
	unsigned i, wrong = 0;

	if (mv_cursor_open(recording, &cursor, NULL))
		return 1;
	while (mv_cursor_next(cursor, &event, NULL) == 1) {
		uint64_t *next = &seen[event->thread % THREADS];

		if (!*next && mv_recording_header(recording)->events_evicted)
			*next = event->extra;
		wrong += event->extra != *next || event->address != event->extra * 77777;
		*next = event->extra + 1;
	}
	mv_cursor_close(cursor);
	for (i = 0; i < THREADS; i++)
		wrong += seen[i] < g_promises->appended[i] || seen[i] > g_promises->appended[i] + 1;
	return wrong;
}

/* Of each thread's pieces those are alive that were added and not removed; one may be about to come, and one to go.  */
static unsigned wrong_alive(struct mv_recording *recording)
{
	uint64_t alive[THREADS] = {0};
	uint32_t n, count = mv_table_count(recording, MV_REGION_LIVE);
	unsigned i, wrong = 0;

	for (n = 0; n < count; n++) {
		const struct mv_event *record = mv_table_live(recording, n);
		uint32_t thread = record ? (uint32_t)(record->address >> PLACE_BITS) - 1 : 0;
		struct mv_event whole = piece(thread, record ? (uint32_t)record->address : 0);

		if (!record)
			continue;
		wrong += record->size_bytes != whole.size_bytes || record->extra != whole.extra || thread >= THREADS;
		alive[thread % THREADS]++;
	}
	for (i = 0; i < THREADS; i++) {
		uint64_t promised = g_promises->added[i] - g_promises->removed[i];

		wrong += alive[i] + 1 < promised || alive[i] > promised + 1;
	}
	return wrong;
}

static uint64_t promised(void)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < THREADS; i++)
		sum += g_promises->appended[i];
	return sum;
}

/* Kills KILLS children; returns how many recordings were wrong.  */
static unsigned kill_all(int threads, unsigned kills, unsigned *read)
{
	unsigned i, wrong = 0, seed = 5;

	for (i = 0; i < kills; i++) {
		struct mv_recording *recording;
		struct mv_diag diag = {0};

		snprintf(g_path, sizeof g_path, "/tmp/memviz-kill-%d-%u.memviz", getpid(), i);
		kill_one(threads, i % 2 ? KILL : (enum ending)(i / 2 % ENDINGS), rand_r(&seed) % LONGEST_US);
		if (access(g_path, F_OK))
			continue; /* killed before there was a file */
		if (mv_recording_open(g_path, &recording, &diag)) {
			/* Killed while the file was being made: nothing had been promised.  */
			wrong += promised() != 0;
		} else {
			wrong += wrong_events(recording) || wrong_alive(recording);
			*read += 1;
			mv_recording_close(recording);
		}
		unlink(g_path);
	}
	return wrong;
}

static void check(int threads)
{
	const char *wanted = getenv("MEMVIZ_TEST_KILLS");
	unsigned read = 0, kills = wanted ? (unsigned)atoi(wanted) : KILLS;

	g_promises = mmap(NULL, sizeof *g_promises, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CU_ASSERT_FATAL(g_promises != MAP_FAILED);
	CU_ASSERT_EQUAL(kill_all(threads, kills, &read), 0);
	printf("  %u recordings of %u ends in %d threads read\n", read, kills, threads);
	CU_ASSERT(read > kills / 2);
	munmap(g_promises, sizeof *g_promises);
}

static void every_event_that_was_promised_survives_any_end(void)
{
	check(1);
}

static void every_event_of_eight_threads_survives_any_end(void)
{
	check(THREADS);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(every_event_that_was_promised_survives_any_end),
	HARNESS_TEST(every_event_of_eight_threads_survives_any_end),
};
HARNESS_MAIN("kill", tests)
