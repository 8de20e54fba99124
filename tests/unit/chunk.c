/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <errno.h>

#include "format/checksum.h"
#include "format/chunk.h"
#include "format/varint.h"

enum { EVENTS = 4096 };

struct bench {
	struct mv_codec *codec;
	struct mv_event *events, *copy;
	struct mv_chunk chunk;
	uint8_t *body;
	uint64_t random;
};

static uint64_t next_random(struct bench *bench)
{
	bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
	return bench->random >> 33;
}

static struct bench open_bench(void)
{
	struct bench bench = {.random = 7};

	bench.codec = mv_codec_in(aligned_alloc(64, (mv_codec_bytes(EVENTS) + 63) & ~(size_t)63), EVENTS);
	bench.events = calloc(EVENTS, sizeof *bench.events);
	bench.copy = calloc(EVENTS, sizeof *bench.copy);
	bench.body = malloc(mv_chunk_body_bytes_max(EVENTS));
	return bench;
}

static void close_bench(struct bench *bench)
{
	free(bench->codec);
	free(bench->events);
	free(bench->copy);
	free(bench->body);
}

/* Anything that the fields can hold, as long as times rise and tags are not all different.  */
static void fill_wild(struct bench *bench, uint32_t count)
{
	uint64_t time = 1;
	uint32_t i;

	for (i = 0; i < count; i++) {
		struct mv_event *event = &bench->events[i];

		*event = (struct mv_event){
			.time_ns = time += 1 + next_random(bench) % 1000,
			.address = next_random(bench) << (next_random(bench) % 34),
			.size_bytes = next_random(bench) * next_random(bench),
			.extra = next_random(bench) & 3 ? 0 : UINT64_MAX - next_random(bench),
			.stack = (uint32_t)next_random(bench),
			.ref = (uint32_t)next_random(bench),
			.step = (uint32_t)next_random(bench),
			.thread = next_random(bench) % 3,
			.api = next_random(bench) % 5,
			.result = -1,
			.kind = (uint8_t)(next_random(bench) % MV_EVENT_KINDS),
			.ledger = (uint8_t)(next_random(bench) % MV_LEDGER_KINDS),
			.device = next_random(bench) % 2,
		};
	}
}

/* Allocations and frees as a pool makes them: addresses repeat, a free repeats its allocation.  */
static void fill_pool(struct bench *bench, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		struct mv_event *event = &bench->events[i];

		*event = (struct mv_event){.time_ns = 1000 + i * 7, .kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_BLOCK,
					   .address = 0x7f0000000000 + i / 2 % 64 * 512, .size_bytes = 512 * (1 + i / 2 % 9),
					   .stack = 5 + i / 2 % 7, .api = 3};
		if (i % 2) {
			event->kind = MV_EVENT_FREE;
			event->ref = event->stack;
			event->stack = 0;
		}
	}
}

static int round_trip(struct bench *bench, uint32_t count)
{
	if (mv_chunk_encode(bench->codec, &bench->chunk, bench->events, count, bench->body))
		return 0;
	if (mv_chunk_decode(bench->codec, &bench->chunk, bench->body, 0, bench->copy, NULL))
		return 0;
	return !memcmp(bench->events, bench->copy, count * sizeof *bench->events);
}

static void any_events_come_back_as_they_were(void)
{
	struct bench bench = open_bench();
	uint32_t count;

	for (count = 1; count <= EVENTS; count = count * 3 + 1) {
		fill_wild(&bench, count);
		CU_ASSERT(round_trip(&bench, count));
	}
	close_bench(&bench);
}

static void a_pool_s_events_take_little_room(void)
{
	struct bench bench = open_bench();

	fill_pool(&bench, EVENTS);
	CU_ASSERT(round_trip(&bench, EVENTS));
	/* What repeats every 126 pairs costs a few bytes for each column, not for each event.  */
	CU_ASSERT(bench.chunk.body_bytes < EVENTS / 4);
	close_bench(&bench);
}

static void times_that_fall_are_refused(void)
{
	struct bench bench = open_bench();

	fill_pool(&bench, 10);
	bench.events[5].time_ns = 1;
	CU_ASSERT_EQUAL(mv_chunk_encode(bench.codec, &bench.chunk, bench.events, 10, bench.body), -EINVAL);
	CU_ASSERT_EQUAL(mv_chunk_encode(bench.codec, &bench.chunk, bench.events, 0, bench.body), -EINVAL);
	CU_ASSERT_EQUAL(mv_chunk_encode(bench.codec, &bench.chunk, bench.events, EVENTS + 1, bench.body), -EINVAL);
	close_bench(&bench);
}

/* Whatever a damaged body makes of the events, it is read within its bounds, and a body that is cut is noticed.  */
static void damaged_bodies_are_read_safely(void)
{
	struct bench bench = open_bench();
	uint32_t i, refused = 0;

	fill_pool(&bench, 500);
	CU_ASSERT_FATAL(round_trip(&bench, 500));
	for (i = 0; i < bench.chunk.body_bytes; i++) {
		struct mv_diag diag = {0};

		bench.body[i] ^= 0x41;
		refused += mv_chunk_decode(bench.codec, &bench.chunk, bench.body, 100, bench.copy, &diag) != 0;
		CU_ASSERT(!diag.err || (diag.offset >= 100 && diag.text[0]));
		bench.body[i] ^= 0x41;
	}
	CU_ASSERT(refused > bench.chunk.body_bytes / 4);
	for (i = 0; i < bench.chunk.body_bytes; i++) {
		struct mv_chunk cut = bench.chunk;

		cut.body_bytes = i;
		CU_ASSERT_EQUAL(mv_chunk_decode(bench.codec, &cut, bench.body, 0, bench.copy, NULL), -EINVAL);
	}
	close_bench(&bench);
}

static void a_checksum_covers_header_and_body(void)
{
	struct bench bench = open_bench();
	uint64_t sum;

	fill_pool(&bench, 100);
	CU_ASSERT_FATAL(round_trip(&bench, 100));
	sum = mv_checksum_chunk(&bench.chunk, bench.body);
	bench.chunk.checksum = 99; /* itself it does not cover */
	CU_ASSERT_EQUAL(mv_checksum_chunk(&bench.chunk, bench.body), sum);
	bench.chunk.slot ^= 1;
	CU_ASSERT_NOT_EQUAL(mv_checksum_chunk(&bench.chunk, bench.body), sum);
	bench.chunk.slot ^= 1;
	bench.body[bench.chunk.body_bytes - 1] ^= 1;
	CU_ASSERT_NOT_EQUAL(mv_checksum_chunk(&bench.chunk, bench.body), sum);
	close_bench(&bench);
}

static void numbers_take_as_many_bytes_as_they_need(void)
{
	static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX >> 1, UINT64_MAX};
	uint8_t bytes[MV_VARINT_BYTES];
	size_t i;

	for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const uint8_t *at = bytes, *end = mv_varint_put(bytes, numbers[i]);
		uint64_t back = 1;

		CU_ASSERT(mv_varint_get(&at, end, &back));
		CU_ASSERT(back == numbers[i] && at == end);
		at = bytes;
		CU_ASSERT(!mv_varint_get(&at, end - 1, &back));
		CU_ASSERT_EQUAL(mv_varint_unfold(mv_varint_fold(numbers[i])), numbers[i]);
	}
	memset(bytes, 0xff, sizeof bytes);
	CU_ASSERT(!mv_varint_get(&(const uint8_t *){bytes}, bytes + sizeof bytes, &(uint64_t){0}));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(any_events_come_back_as_they_were),
	HARNESS_TEST(a_pool_s_events_take_little_room),
	HARNESS_TEST(times_that_fall_are_refused),
	HARNESS_TEST(damaged_bodies_are_read_safely),
	HARNESS_TEST(a_checksum_covers_header_and_body),
	HARNESS_TEST(numbers_take_as_many_bytes_as_they_need),
};
HARNESS_MAIN("chunk", tests)
