/* SPDX-License-Identifier: Apache-2.0 */
/* A kill at every instant that can be told from the one before: after each store into the recording's file the file is read,
 * as it would lie there had the process died, and must hold what has been promised.
 *
 * The mapping is read-only while an operation of the store runs, so that each of its stores faults; the handler lets that
 * one instruction through, single-stepped, and looks afterwards.  The file is then read by the reader's own functions.  A
 * store into the part of the ring that is not published cannot be seen by any reader: there, where thousands of them copy a
 * chunk's body, it is checked that they are just that, and the file is read now and then only.  */
#include "unit/harness.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/hash.h"
#include "read/cursor.h"
#include "read/recording.h"
#include "read/table.h"
#include "store/store.h"

enum { TRAP_FLAG = 0x100, PAGE_BYTES = 4096, SELDOM = 4096, SLOT_EVENTS = 16384, FILLED_EVENTS = 40 * SLOT_EVENTS, TRIES = 4 };

static struct mv_store g_store;
static char g_path[64];
/* What the operation that runs may and must not change.  */
static struct {
	uint64_t events;	/* promised: appends that have returned */
	uint64_t alive;		/* live records promised, not counting the one that is being changed */
	bool is_appending;	/* one more event may be there */
	uint64_t changed;	/* address of the live record that may be there or not; 0: none */
	uint64_t stores, reads, wrong;
	const uint8_t *at; /* of the store that is let through */
} g_watch;

static struct mv_event event_number(uint64_t i)
{
	return (struct mv_event){.kind = MV_EVENT_MARK, .extra = i, .address = i * 77777, .size_bytes = mv_hash_u64(i)};
}

static struct mv_event piece_at(uint64_t address)
{
	return (struct mv_event){.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_DEVICE, .address = address,
				 .size_bytes = mv_hash_u64(address), .extra = ~address, .time_ns = address};
}

/* ---- what must be in the file ---- */

static bool is_whole(const struct mv_event *event)
{
	struct mv_event whole = event_number(event->extra);

	return event->kind == whole.kind && event->address == whole.address && event->size_bytes == whole.size_bytes;
}

/* All events without a hole, from the first that was not given up to the last promised or the one behind it.  */
static bool has_events(const struct mv_recording *recording)
{
	const struct mv_event *event;
	struct mv_cursor *cursor;
	uint64_t first = 0, next = 0, seen = 0;
	bool is_good = true;

	if (mv_cursor_open(recording, &cursor, NULL))
		return false;
	for (; mv_cursor_next(cursor, &event, NULL) == 1; seen++) {
		if (!seen)
			first = next = event->extra;
		is_good &= is_whole(event) && event->extra == next;
		next++;
	}
	mv_cursor_close(cursor);
	return is_good && first <= mv_recording_header(recording)->events_evicted && next >= g_watch.events &&
	       next <= g_watch.events + g_watch.is_appending;
}

static bool has_alive(const struct mv_recording *recording)
{
	uint32_t i, count = mv_table_count(recording, MV_REGION_LIVE);
	uint64_t alive = 0;
	bool is_good = true;

	for (i = 0; i < count; i++) {
		const struct mv_event *record = mv_table_live(recording, i);
		struct mv_event whole;

		if (!record)
			continue;
		whole = piece_at(record->address);
		is_good &= record->size_bytes == whole.size_bytes && record->extra == whole.extra &&
			   record->ledger == whole.ledger;
		alive += record->address != g_watch.changed;
	}
	return is_good && alive == g_watch.alive;
}

static void read_file(void)
{
	struct mv_recording *recording;
	struct mv_diag diag = {0};
	bool is_good = !mv_recording_open(g_path, &recording, &diag);

	if (is_good) {
		is_good = has_events(recording) && has_alive(recording) && !mv_recording_missing(recording);
		mv_recording_close(recording);
	}
	g_watch.reads++;
	g_watch.wrong += !is_good;
}

/* ---- each store ---- */

/* True if no reader looks there: in the ring, and outside of what lies between tail and head.  */
static bool is_unpublished(const uint8_t *at)
{
	const struct mv_file_header *header = g_store.header;
	uint64_t offset = (uint64_t)(at - g_store.ring.bytes);

	if (at < g_store.ring.bytes || offset >= g_store.ring.size_bytes)
		return false;
	if (header->chunk_first == header->chunk_next)
		return true;
	if (header->ring_tail < header->ring_head)
		return offset < header->ring_tail || offset >= header->ring_head;
	return offset >= header->ring_head && offset < header->ring_tail;
}

/* All of the file, while nothing of it is being written.  */
static void protect(int access)
{
	mprotect(g_store.header, g_store.header->file_bytes, access);
}

/* One store touches two pages at most.  */
static void protect_around(const uint8_t *at, int access)
{
	uintptr_t page = (uintptr_t)at & ~(uintptr_t)(PAGE_BYTES - 1);

	mprotect((void *)page, (size_t)2 * PAGE_BYTES, access);
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
	const uint8_t *at = info->si_addr, *file = (const uint8_t *)g_store.header;

	if (at < file || at >= file + g_store.backing.size_bytes) {
		signal(signal_number, SIG_DFL); /* a fault of our own */
		return;
	}
	g_watch.at = at;
	protect_around(at, PROT_READ | PROT_WRITE);
#if defined(__x86_64__)
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
#else
	(void)context;
#endif
}

static void on_step(int signal_number, siginfo_t *info, void *context)
{
	(void)signal_number;
	(void)info;
#if defined(__x86_64__)
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
#else
	(void)context;
#endif
	protect_around(g_watch.at, PROT_READ);
	if (!is_unpublished(g_watch.at) || g_watch.stores % SELDOM == 0)
		read_file();
	g_watch.stores++;
}

static void handle(int signal_number, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	sigaction(signal_number, &action, NULL);
}

/* ---- what is stepped through ---- */

static bool can_step(void)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	return true;
#else
	harness_skip("single steps are taken on x86-64, without a thread sanitizer");
	return false;
#endif
}

static bool open_store(void)
{
	struct mv_file_header facts = {.rank = -1};

	if (!can_step())
		return false;
	memset(&g_watch, 0, sizeof g_watch);
	snprintf(g_path, sizeof g_path, "/tmp/memviz-step-%d.memviz", getpid());
	CU_ASSERT_FATAL(!mv_store_open(&g_store, g_path, MV_STORE_RING_BYTES_MIN, &facts));
	handle(SIGSEGV, on_fault);
	handle(SIGTRAP, on_step);
	return true;
}

/* At least that many stores were seen, and the file was right after each.  */
static void close_store(uint64_t stores)
{
	signal(SIGSEGV, SIG_DFL);
	signal(SIGTRAP, SIG_DFL);
	printf("  %llu stores, %llu times read\n", (unsigned long long)g_watch.stores, (unsigned long long)g_watch.reads);
	CU_ASSERT(g_watch.stores >= stores);
	CU_ASSERT_EQUAL(g_watch.wrong, 0);
	munmap(g_store.header, g_store.backing.size_bytes);
	munmap(g_store.memory, g_store.memory_bytes);
	unlink(g_path);
}

static void append_one(void)
{
	struct mv_event event = event_number(g_watch.events);

	CU_ASSERT(mv_ring_append(&g_store.ring, 0, &event));
	g_watch.events++;
}

static void append_quietly(uint64_t count)
{
	while (count--)
		append_one();
}

static void step_append(void)
{
	g_watch.is_appending = true;
	protect(PROT_READ);
	append_one();
	protect(PROT_READ | PROT_WRITE);
	g_watch.is_appending = false;
	read_file();
}

static void an_append_is_whole_at_every_store(void)
{
	int i;

	if (!open_store())
		return;
	for (i = 0; i < 3; i++)
		step_append();
	close_store(3 * 2);
}

static void sealing_is_whole_at_every_store(void)
{
	if (!open_store())
		return;
	append_quietly(SLOT_EVENTS);
	step_append();
	step_append();
	CU_ASSERT_EQUAL(g_store.header->chunk_next, 2);
	close_store(1000);
}

static void overwriting_the_oldest_is_whole_at_every_store(void)
{
	uint64_t evicted;
	int i;

	if (!open_store())
		return;
	append_quietly(FILLED_EVENTS);
	evicted = g_store.header->events_evicted;
	CU_ASSERT(evicted > 0);
	/* How long a chunk is depends on the times in it: one may still fit where a longer one has been.  */
	for (i = 0; i < TRIES && g_store.header->events_evicted == evicted; i++) {
		step_append();
		append_quietly(SLOT_EVENTS - 1);
	}
	CU_ASSERT(g_store.header->events_evicted > evicted);
	close_store(1000);
}

static void step_add(uint64_t address)
{
	struct mv_event event = piece_at(address);

	g_watch.changed = address;
	protect(PROT_READ);
	CU_ASSERT(mv_live_add(&g_store.live, &event));
	protect(PROT_READ | PROT_WRITE);
	g_watch.changed = 0;
}

static void step_remove(uint64_t address)
{
	struct mv_event removed;

	g_watch.changed = address;
	protect(PROT_READ);
	CU_ASSERT(mv_live_remove(&g_store.live, MV_LEDGER_DEVICE, address, &removed));
	protect(PROT_READ | PROT_WRITE);
	g_watch.changed = 0;
}

static void what_is_alive_is_whole_at_every_store(void)
{
	uint64_t i;

	if (!open_store())
		return;
	for (i = 1; i <= 200; i++) {
		step_add(i * 512);
		g_watch.alive++;
	}
	g_watch.alive--;
	step_add(7 * 512); /* its free was not seen */
	step_remove(7 * 512);
	for (i = 100; i < 150; i++) {
		g_watch.alive--;
		step_remove(i * 512);
	}
	read_file();
	close_store(1000);
}

static void tables_and_the_end_are_whole_at_every_store(void)
{
	struct mv_frame frame = {.kind = MV_FRAME_NATIVE, .a = 1, .b = 2};

	if (!open_store())
		return;
	append_quietly(100);
	protect(PROT_READ);
	mv_store_note(&g_store, "key", "a value that is new");
	CU_ASSERT(mv_dictionary_add(&g_store.frames, &frame) != 0);
	CU_ASSERT(!mv_store_finish(&g_store));
	protect(PROT_READ | PROT_WRITE);
	read_file();
	close_store(20);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(an_append_is_whole_at_every_store),
	HARNESS_TEST(sealing_is_whole_at_every_store),
	HARNESS_TEST(overwriting_the_oldest_is_whole_at_every_store),
	HARNESS_TEST(what_is_alive_is_whole_at_every_store),
	HARNESS_TEST(tables_and_the_end_are_whole_at_every_store),
};
HARNESS_MAIN("step", tests)
