/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <errno.h>
#include <pthread.h>

#include "store/live.h"

enum { RECORDS = 4096, THREADS = 4, ROUNDS = 20000 };

/* A header with nothing but a live region.  */
struct bench {
	struct mv_file_header *header;
	struct mv_live live;
	void *index;
};

static struct bench open_bench(void)
{
	struct bench bench;
	uint64_t size = RECORDS * sizeof(struct mv_event), offset = (sizeof *bench.header + 63) & ~(uint64_t)63;

	bench.header = calloc(1, offset + size);
	bench.header->regions[MV_REGION_LIVE] = (struct mv_region){offset, size};
	bench.index = calloc(1, mv_live_index_bytes(size));
	mv_live_open(&bench.live, bench.header, bench.index);
	return bench;
}

static void close_bench(struct bench *bench)
{
	free(bench->header);
	free(bench->index);
}

static struct mv_event block(uint64_t address, uint64_t size)
{
	return (struct mv_event){.time_ns = address + 1, .address = address, .size_bytes = size,
				 .kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_BLOCK};
}

/* What the file says is alive: the sum of the records, as a reader would take it.  */
static uint64_t bytes_in_file(const struct bench *bench)
{
	uint64_t used = bench->header->used_bytes[MV_REGION_LIVE], i, sum = 0;

	for (i = 0; i < used / sizeof(struct mv_event); i++)
		if (bench->live.records[i].is_live)
			sum += bench->live.records[i].size_bytes;
	return sum;
}

static void what_was_added_is_removed_once(void)
{
	struct bench bench = open_bench();
	struct mv_event event = block(4096, 100), removed;

	CU_ASSERT(mv_live_add(&bench.live, &event));
	CU_ASSERT_EQUAL(bytes_in_file(&bench), 100);
	CU_ASSERT(!mv_live_remove(&bench.live, MV_LEDGER_DEVICE, 4096, &removed));
	CU_ASSERT(mv_live_remove(&bench.live, MV_LEDGER_BLOCK, 4096, &removed));
	CU_ASSERT(removed.size_bytes == 100 && removed.time_ns == 4097 && !removed.is_live);
	CU_ASSERT(!mv_live_remove(&bench.live, MV_LEDGER_BLOCK, 4096, &removed));
	CU_ASSERT_EQUAL(bytes_in_file(&bench), 0);
	close_bench(&bench);
}

static void memory_at_an_address_in_use_replaces_what_was_there(void)
{
	struct bench bench = open_bench();
	struct mv_event old = block(512, 7), new = block(512, 9), found;

	mv_live_add(&bench.live, &old);
	CU_ASSERT(mv_live_add(&bench.live, &new));
	CU_ASSERT(mv_live_find(&bench.live, MV_LEDGER_BLOCK, 512, &found));
	CU_ASSERT_EQUAL(found.size_bytes, 9);
	CU_ASSERT_EQUAL(bytes_in_file(&bench), 9);
	close_bench(&bench);
}

/* Random births and deaths against a plain array.  */
static void the_table_says_what_a_plain_list_says(void)
{
	enum { PLACES = 1500 };
	static uint8_t is_alive[PLACES];
	struct bench bench = open_bench();
	struct mv_event removed;
	unsigned i, wrong = 0, alive = 0;

	memset(is_alive, 0, sizeof is_alive);
	srand(3);
	for (i = 0; i < 200000; i++) {
		unsigned place = (unsigned)rand() % PLACES;
		struct mv_event event = block((uint64_t)place * 512, 1);

		if (is_alive[place])
			wrong += !mv_live_remove(&bench.live, MV_LEDGER_BLOCK, event.address, &removed);
		else
			wrong += !mv_live_add(&bench.live, &event);
		is_alive[place] = !is_alive[place];
		alive += is_alive[place] ? 1 : (unsigned)-1;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(bytes_in_file(&bench), alive);
	close_bench(&bench);
}

static void a_full_table_counts_what_it_has_no_room_for(void)
{
	struct bench bench = open_bench();
	uint64_t i, added = 0;

	for (i = 1; i <= RECORDS * 2; i++) {
		struct mv_event event = block(i * 512, 1);

		added += mv_live_add(&bench.live, &event);
	}
	CU_ASSERT(added > RECORDS * 3 / 4 && added <= RECORDS);
	CU_ASSERT_EQUAL(bench.header->losses[MV_LOSS_LIVE_FULL], RECORDS * 2 - added);
	CU_ASSERT_EQUAL(bytes_in_file(&bench), added);
	close_bench(&bench);
}

static void physical_memory_lives_by_handles_and_mappings(void)
{
	struct bench bench = open_bench();
	struct mv_event memory = {.address = 77, .size_bytes = 2 << 20, .ledger = MV_LEDGER_DEVICE, .references = 1};
	static const struct mv_users mapped = {.mappings = 1}, unmapped = {.mappings = -1}, released = {.references = -1};
	struct mv_event removed;

	mv_live_add(&bench.live, &memory);
	CU_ASSERT(!mv_live_count_users(&bench.live, MV_LEDGER_DEVICE, 77, &mapped, &removed));
	CU_ASSERT(!mv_live_count_users(&bench.live, MV_LEDGER_DEVICE, 77, &released, &removed));
	CU_ASSERT_EQUAL(bytes_in_file(&bench), 2 << 20);
	CU_ASSERT(mv_live_count_users(&bench.live, MV_LEDGER_DEVICE, 77, &unmapped, &removed));
	CU_ASSERT_EQUAL(removed.size_bytes, 2 << 20);
	CU_ASSERT(!mv_live_count_users(&bench.live, MV_LEDGER_DEVICE, 77, &unmapped, &removed));
	close_bench(&bench);
}

static int g_opened;

/* A lock that can't be had in time is a loss, not a fault.  */
static void *open_often(void *context)
{
	struct bench *bench = context;
	struct mv_event opened = block(4096, 0);
	int i;

	opened.ledger = MV_LEDGER_DEVICE;
	opened.references = 1;
	for (i = 0; i < 1000; i++)
		if (mv_live_add_user(&bench->live, &opened))
			__atomic_fetch_add(&g_opened, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void what_is_opened_by_several_at_once_is_closed_as_often(void)
{
	struct bench bench = open_bench();
	struct mv_users close = {.references = -1};
	pthread_t threads[THREADS];
	struct mv_event removed;
	int i, closed = 0;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, open_often, &bench);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	while (closed < g_opened && !mv_live_count_users(&bench.live, MV_LEDGER_DEVICE, 4096, &close, &removed))
		closed++;
	CU_ASSERT(g_opened > 1000);
	CU_ASSERT_EQUAL(closed + 1, g_opened);
	close_bench(&bench);
}

/* The handle went to another thread while its first owner's release was under way.  */
static void a_late_release_spares_who_has_the_handle_now(void)
{
	struct bench bench = open_bench();
	struct mv_event memory = {.address = 77, .time_ns = 500, .ledger = MV_LEDGER_DEVICE, .references = 1};
	struct mv_users released = {.references = -1, .before_ns = 400};
	struct mv_event removed;

	mv_live_add(&bench.live, &memory);
	CU_ASSERT(!mv_live_count_users(&bench.live, MV_LEDGER_DEVICE, 77, &released, &removed));
	released.before_ns = 600;
	CU_ASSERT(mv_live_count_users(&bench.live, MV_LEDGER_DEVICE, 77, &released, &removed));
	close_bench(&bench);
}

static void all_that_is_alive_is_seen_once(void)
{
	struct bench bench = open_bench();
	struct mv_event memory = {.ledger = MV_LEDGER_BLOCK}, found;
	uint64_t cursor = 0, sum = 0;

	for (memory.address = 1; memory.address <= 1000; memory.address++)
		mv_live_add(&bench.live, &memory);
	mv_live_remove(&bench.live, MV_LEDGER_BLOCK, 500, &found);
	while (mv_live_next(&bench.live, &cursor, &found))
		sum += found.address;
	CU_ASSERT_EQUAL(sum, 1000 * 1001 / 2 - 500);
	close_bench(&bench);
}

static void an_owner_is_news_only_once(void)
{
	struct bench bench = open_bench();
	struct mv_event event = block(512, 7), found;

	mv_live_add(&bench.live, &event);
	CU_ASSERT(mv_live_set_owner(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_PARAMETER, 3));
	CU_ASSERT(!mv_live_set_owner(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_PARAMETER, 3));
	CU_ASSERT(!mv_live_set_owner(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_PARAMETER, 0));
	CU_ASSERT(!mv_live_set_owner(&bench.live, MV_LEDGER_BLOCK, 513, MV_ROLE_PARAMETER, 3));
	CU_ASSERT(mv_live_find(&bench.live, MV_LEDGER_BLOCK, 512, &found));
	CU_ASSERT(found.role == MV_ROLE_PARAMETER && found.ref == 3);
	close_bench(&bench);
}

static void what_autograd_keeps_is_news_once_for_each_step(void)
{
	struct bench bench = open_bench();
	struct mv_event event = block(512, 7), found;

	mv_live_add(&bench.live, &event);
	CU_ASSERT_EQUAL(mv_live_keep(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_SAVED_HOOKED, 0), 1);
	CU_ASSERT_EQUAL(mv_live_keep(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_SAVED, 0), 1);
	CU_ASSERT_EQUAL(mv_live_keep(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_SAVED_HOOKED, 0), 0);
	CU_ASSERT_EQUAL(mv_live_keep(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_SAVED, 1), 1);
	CU_ASSERT_EQUAL(mv_live_keep(&bench.live, MV_LEDGER_BLOCK, 513, MV_ROLE_SAVED, 1), -ENOENT);
	CU_ASSERT(mv_live_find(&bench.live, MV_LEDGER_BLOCK, 512, &found));
	CU_ASSERT_EQUAL(found.role, MV_ROLE_SAVED);
	mv_live_set_owner(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_PARAMETER, 3);
	CU_ASSERT_EQUAL(mv_live_keep(&bench.live, MV_LEDGER_BLOCK, 512, MV_ROLE_SAVED, 2), 0);
	close_bench(&bench);
}

static struct bench g_shared;

static void *churn(void *argument)
{
	uint64_t base = (uint64_t)(uintptr_t)argument << 32, i;
	struct mv_event removed;
	uintptr_t wrong = 0;

	for (i = 0; i < ROUNDS; i++) {
		struct mv_event event = block(base + i % 100 * 512, 1);

		wrong += !mv_live_add(&g_shared.live, &event);
		wrong += !mv_live_remove(&g_shared.live, MV_LEDGER_BLOCK, event.address, &removed);
	}
	return (void *)wrong;
}

static void threads_do_not_disturb_each_other(void)
{
	pthread_t threads[THREADS];
	void *wrong;
	uintptr_t i;

	g_shared = open_bench();
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, churn, (void *)(i + 1));
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		CU_ASSERT_PTR_NULL(wrong);
	}
	CU_ASSERT_EQUAL(bytes_in_file(&g_shared), 0);
	close_bench(&g_shared);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(what_was_added_is_removed_once),
	HARNESS_TEST(memory_at_an_address_in_use_replaces_what_was_there),
	HARNESS_TEST(the_table_says_what_a_plain_list_says),
	HARNESS_TEST(a_full_table_counts_what_it_has_no_room_for),
	HARNESS_TEST(physical_memory_lives_by_handles_and_mappings),
	HARNESS_TEST(what_is_opened_by_several_at_once_is_closed_as_often),
	HARNESS_TEST(a_late_release_spares_who_has_the_handle_now),
	HARNESS_TEST(all_that_is_alive_is_seen_once),
	HARNESS_TEST(an_owner_is_news_only_once),
	HARNESS_TEST(what_autograd_keeps_is_news_once_for_each_step),
	HARNESS_TEST(threads_do_not_disturb_each_other),
};
HARNESS_MAIN("live", tests)
