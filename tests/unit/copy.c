/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of a recording that several threads are writing meanwhile.  */
#include "unit/harness.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "analyze/timeline.h"
#include "base/sys.h"
#include "read/copy.h"
#include "read/recording.h"
#include "read/verify.h"
#include "support/scene.h"

/* A writer runs ahead of the copies by so many events at most: nobody records faster than a few million a second, and a
 * ring that turns as a whole while it is copied cannot be.  */
enum { WRITERS = 3, COPIES = 12, AHEAD = 20000 };

struct writer {
	struct mv_store *store;
	uint32_t number;
	unsigned *copies; /* made so far */
	uint64_t events;
};

/* Allocations of sizes that do not repeat, so that the ring turns soon, and their frees.  */
static void *write_events(void *context)
{
	struct writer *writer = context;
	uint64_t random = writer->number;

	while (writer->events < (uint64_t)COPIES * AHEAD) {
		struct mv_event event = {.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_BLOCK, .thread = writer->number};
		struct mv_event known;

		if (writer->events >= (uint64_t)AHEAD * (1 + __atomic_load_n(writer->copies, __ATOMIC_ACQUIRE))) {
			sched_yield();
			continue;
		}
		random = random * 6364136223846793005u + 1442695040888963407u;
		event.address = ((uint64_t)writer->number << 40) + (writer->events % 1000) * 4096;
		event.size_bytes = random >> 30;
		mv_ring_append(&writer->store->ring, writer->number, &event);
		mv_live_add(&writer->store->live, &event);
		event.kind = MV_EVENT_FREE;
		if (writer->events % 10) {
			mv_live_remove(&writer->store->live, MV_LEDGER_BLOCK, event.address, &known);
			mv_ring_append(&writer->store->ring, writer->number, &event);
		}
		writer->events++;
	}
	return NULL;
}

static void look_over(const struct mv_copy *copy)
{
	struct mv_recording *recording;
	struct mv_timeline *timeline;
	struct mv_verified verified;
	struct mv_diag diag = {0};

	CU_ASSERT_EQUAL_FATAL(mv_recording_open_image(copy->bytes, copy->size_bytes, &recording, &diag), 0);
	CU_ASSERT_EQUAL(mv_recording_missing(recording), 0);
	CU_ASSERT_EQUAL(mv_verify(recording, &verified, &diag), 0);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_of(recording, &timeline, &diag), 0);
	mv_timeline_close(timeline);
}

/* ThreadSanitizer's: there only where it is.  */
extern void AnnotateIgnoreReadsBegin(const char *file, int line) __attribute__((weak));
extern void AnnotateIgnoreReadsEnd(const char *file, int line) __attribute__((weak));

/* A copy takes no lock of the writers, who may be another process: what may be a mixture is known by the counters.  */
static int copy_amidst(const struct mv_store *store, struct mv_copy *copy)
{
	struct mv_copy_label label = {MV_FILE_SNAPSHOT, MV_REASON_REQUEST, 1};
	int err;

	if (AnnotateIgnoreReadsBegin)
		AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	err = mv_copy_take(store->header, &label, copy, NULL);
	if (AnnotateIgnoreReadsEnd)
		AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
	return err;
}

static void a_copy_made_while_threads_write_is_whole(void)
{
	struct mv_file_header facts = {.pid = 1, .start_ns = 1, .rank = -1, .program = "writers"};
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];
	struct mv_store store;
	struct mv_copy copy;
	unsigned i, copies = 0;

	CU_ASSERT_EQUAL_FATAL(mv_store_open(&store, scene_path("live.memviz"), 0, &facts), 0);
	for (i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.store = &store, .number = i + 1, .copies = &copies};
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, write_events, &writers[i]), 0);
	}
	for (i = 0; i < COPIES; i++) {
		/* Copy while they write, not before they have begun.  */
		while (__atomic_load_n(&store.header->chunk_next, __ATOMIC_RELAXED) < 1 + i)
			sched_yield();
		CU_ASSERT_EQUAL_FATAL(copy_amidst(&store, &copy), 0);
		look_over(&copy);
		mv_copy_release(&copy);
		__atomic_store_n(&copies, i + 1, __ATOMIC_RELEASE);
	}
	for (i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT(store.header->chunk_next > 1);
	printf("  %d copies, %llu chunks sealed meanwhile, %llu overwritten\n", COPIES,
	       (unsigned long long)store.header->chunk_next - 1, (unsigned long long)store.header->chunk_first - 1);
	mv_sys_unmap(store.header, store.header->file_bytes);
	mv_sys_unmap(store.memory, store.memory_bytes);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_copy_made_while_threads_write_is_whole),
};
HARNESS_MAIN("copy", tests)
