/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that can be lost in the store is lost once here, and counted under its cause.  */
#include "unit/harness.h"

#include <sys/mman.h>
#include <unistd.h>

#include "store/store.h"

enum { SLOT_EVENTS = 16384 };

struct bench {
	struct mv_store store;
	char path[64];
};

static void open_bench(struct bench *bench)
{
	struct mv_file_header facts = {.rank = -1};

	snprintf(bench->path, sizeof bench->path, "/tmp/memviz-losses-%d.memviz", getpid());
	CU_ASSERT_FATAL(!mv_store_open(&bench->store, bench->path, MV_STORE_RING_BYTES_MIN, &facts));
}

/* COUNT of CAUSE were lost, and nothing else.  */
static void close_bench(struct bench *bench, enum mv_loss cause, uint64_t count)
{
	int i;

	for (i = 0; i < MV_LOSS_COUNT; i++)
		CU_ASSERT_EQUAL(bench->store.header->losses[i], i == (int)cause ? count : 0);
	munmap(bench->store.header, bench->store.backing.size_bytes);
	munmap(bench->store.memory, bench->store.memory_bytes);
	unlink(bench->path);
}

static bool append(struct bench *bench)
{
	struct mv_event event = {.kind = MV_EVENT_MARK};

	return mv_ring_append(&bench->store.ring, 0, &event);
}

/* Whoever holds the lock was stopped, and does not come back.  */
static void an_event_that_gets_no_lock_is_counted(void)
{
	struct bench bench;

	open_bench(&bench);
	CU_ASSERT(append(&bench));
	CU_ASSERT(mv_lock_take(&bench.store.ring.gates[0].lock));
	CU_ASSERT(!append(&bench));
	CU_ASSERT(!append(&bench));
	mv_lock_release(&bench.store.ring.gates[0].lock);
	CU_ASSERT(append(&bench));
	close_bench(&bench, MV_LOSS_LOCK, 2);
}

static void a_string_that_gets_no_lock_is_counted(void)
{
	struct bench bench;

	open_bench(&bench);
	CU_ASSERT(mv_lock_take(&bench.store.text.lock));
	CU_ASSERT_EQUAL(mv_store_text(&bench.store, "late"), 0);
	mv_lock_release(&bench.store.text.lock);
	CU_ASSERT(mv_store_text(&bench.store, "late") != 0);
	close_bench(&bench, MV_LOSS_LOCK, 1);
}

/* Somebody has written into the file: times do not rise.  */
static void events_that_cannot_be_compressed_are_counted(void)
{
	struct bench bench;
	struct mv_event *events;
	int i;

	open_bench(&bench);
	events = (struct mv_event *)(bench.store.ring.slots + sizeof(struct mv_slot));
	for (i = 0; i < SLOT_EVENTS; i++)
		append(&bench);
	events[7].time_ns = UINT64_MAX;
	CU_ASSERT(append(&bench));
	close_bench(&bench, MV_LOSS_ENCODE, SLOT_EVENTS);
}

static void threads_without_room_are_counted(void)
{
	struct mv_thread thread = {.tid = 1};
	struct bench bench;
	uint32_t last = 1, count;

	open_bench(&bench);
	for (count = 0; last; count++)
		last = mv_dictionary_append(&bench.store.threads, &thread);
	CU_ASSERT(count > 16000);
	CU_ASSERT_EQUAL(mv_dictionary_append(&bench.store.threads, &thread), 0);
	close_bench(&bench, MV_LOSS_THREADS_FULL, 2);
}

static void modules_without_room_are_counted(void)
{
	struct mv_module module = {.size_bytes = 1};
	struct bench bench;

	open_bench(&bench);
	do
		module.start++;
	while (mv_dictionary_add(&bench.store.modules, &module));
	CU_ASSERT(module.start > 2000);
	close_bench(&bench, MV_LOSS_MODULES_FULL, 1);
}

static void stacks_without_room_are_counted(void)
{
	struct mv_stack stack = {.parent = 0};
	struct mv_frame frame = {.kind = MV_FRAME_NATIVE};
	struct bench bench;

	open_bench(&bench);
	do
		stack.frame++;
	while (mv_dictionary_add(&bench.store.stacks, &stack));
	do
		frame.b++;
	while (mv_dictionary_add(&bench.store.frames, &frame));
	CU_ASSERT(stack.frame > 1000000 && frame.b > 260000);
	close_bench(&bench, MV_LOSS_STACKS_FULL, 2);
}

static void pieces_without_room_are_counted(void)
{
	struct mv_event event = {.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_DEVICE};
	struct bench bench;

	open_bench(&bench);
	do
		event.address += 512;
	while (mv_live_add(&bench.store.live, &event));
	CU_ASSERT(event.address / 512 > 10000);
	close_bench(&bench, MV_LOSS_LIVE_FULL, 1);
}

static void strings_without_room_are_counted(void)
{
	char text[4096];
	uint32_t i = 0;
	struct bench bench;

	open_bench(&bench);
	memset(text, 'x', sizeof text);
	do
		memcpy(text, &i, sizeof i);
	while (i++, mv_dictionary_add_text(&bench.store.text, text, sizeof text));
	CU_ASSERT(i > 1000);
	close_bench(&bench, MV_LOSS_TEXT_FULL, 1);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(an_event_that_gets_no_lock_is_counted),
	HARNESS_TEST(a_string_that_gets_no_lock_is_counted),
	HARNESS_TEST(events_that_cannot_be_compressed_are_counted),
	HARNESS_TEST(threads_without_room_are_counted),
	HARNESS_TEST(modules_without_room_are_counted),
	HARNESS_TEST(stacks_without_room_are_counted),
	HARNESS_TEST(pieces_without_room_are_counted),
	HARNESS_TEST(strings_without_room_are_counted),
};
HARNESS_MAIN("lost", tests)
