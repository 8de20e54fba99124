/* SPDX-License-Identifier: Apache-2.0 */
/* What is in use of a card, taken apart: from forged samples, calls and memory.  */
#include "unit/harness.h"

#include <unistd.h>

#include "analyze/reconcile.h"
#include "support/forge.h"

#define MIB ((int64_t)1 << 20)
#define ADDRESS (UINT64_C(0x7f) << 40)

struct stage {
	struct forge *forge;
	struct mv_timeline *timeline;
	uint64_t samples;
	char path[64];
};

static void begin(struct stage *stage)
{
	*stage = (struct stage){.path = "/tmp/memviz-reconcile-XXXXXX"};
	CU_ASSERT_FATAL(mkdtemp(stage->path) != NULL);
	strcat(stage->path, "/a.memviz");
	stage->forge = forge_open(stage->path, "train.py", 0);
	forge_device(stage->forge, 0, "Card", 1024 * MIB);
	forge_device(stage->forge, 1, "Card", 1024 * MIB);
	forge_thread(stage->forge, "train.py", 0);
	forge_thread(stage->forge, "memviz", 0);
}

static void end(struct stage *stage)
{
	mv_timeline_close(stage->timeline);
	unlink(stage->path);
	*strrchr(stage->path, '/') = 0;
	rmdir(stage->path);
}

/* A term of a sample; bytes below 0: it is not told.  Returns its time on the axis.  */
static uint64_t term(struct stage *stage, uint8_t device, enum mv_term which, int64_t bytes)
{
	struct mv_event event = {
		.kind = MV_EVENT_USAGE,
		.thread = 1,
		.device = device,
		.address = stage->samples,
		.extra = which,
		.size_bytes = (uint64_t)bytes,
	};

	return bytes < 0 ? 0 : forge_event(stage->forge, &event) - FORGE_START_NS;
}

/* A sample; all in MiB.  Returns its time.  */
static uint64_t sample(struct stage *stage, uint8_t device, int64_t used, int64_t process, int64_t others)
{
	uint64_t time_ns;

	stage->samples++;
	time_ns = term(stage, device, MV_TERM_USED, used * MIB);
	term(stage, device, MV_TERM_PROCESS, process * MIB);
	term(stage, device, MV_TERM_OTHERS, others * MIB);
	return time_ns;
}

static uint64_t allocate(struct stage *stage, uint8_t device, enum mv_ledger ledger, uint64_t address, uint64_t size)
{
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC, .ledger = ledger, .device = device, .address = address, .size_bytes = size};

	return forge_event(stage->forge, &event) - FORGE_START_NS;
}

static void call(struct stage *stage, enum mv_change change)
{
	struct mv_event event = {.kind = MV_EVENT_CALL, .role = change, .api = forge_api(stage->forge, "cuSomething")};

	forge_event(stage->forge, &event);
}

static struct mv_equation solve(struct stage *stage, uint8_t device, uint64_t time_ns)
{
	struct mv_equation equation = {0};
	struct mv_diag diag;

	if (!stage->timeline) {
		forge_finish(stage->forge);
		CU_ASSERT_EQUAL_FATAL(mv_timeline_open(stage->path, &stage->timeline, &diag), 0);
	}
	CU_ASSERT_EQUAL(mv_reconcile(stage->timeline, mv_timeline_card(stage->timeline, device), time_ns, &equation), 0);
	return equation;
}

static int64_t sum_of(const struct mv_equation *equation)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < MV_PART_COUNT; i++)
		sum += equation->parts[i].bytes;
	return sum;
}

static void check(const struct mv_equation *equation, enum mv_part part, int64_t bytes, enum mv_basis basis)
{
	CU_ASSERT_EQUAL(equation->parts[part].bytes, bytes);
	CU_ASSERT_EQUAL(equation->parts[part].basis, basis);
	CU_ASSERT_EQUAL(sum_of(equation), (int64_t)equation->used_bytes);
}

/* ---- parts ---- */

static void the_first_sample_says_what_a_context_takes(void)
{
	struct mv_equation equation;
	struct stage stage;

	begin(&stage);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, 20 * MIB);
	equation = solve(&stage, 0, sample(&stage, 0, 400, 320, 70));
	check(&equation, MV_PART_LEDGER, 20 * MIB, MV_BASIS_COUNTED);
	check(&equation, MV_PART_CONTEXT, 300 * MIB, MV_BASIS_FIRST);
	check(&equation, MV_PART_OTHERS, 70 * MIB, MV_BASIS_NVML);
	check(&equation, MV_PART_UNEXPLAINED, 10 * MIB, MV_BASIS_REST);
	CU_ASSERT(equation.source == MV_SOURCE_NVML && equation.used_bytes == (uint64_t)(400 * MIB));
	end(&stage);
}

static void pages_are_counted_once(void)
{
	struct mv_equation equation;
	struct stage stage;

	begin(&stage);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS + 512, 1000);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS + 2048, 5000);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS + (uint64_t)(2 * MIB) - 512, 1024);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS + (uint64_t)(100 * MIB), (uint64_t)(3 * MIB + 1));
	equation = solve(&stage, 0, sample(&stage, 0, 8, 8, 0));
	check(&equation, MV_PART_LEDGER, 7024 + 3 * MIB + 1, MV_BASIS_COUNTED);
	check(&equation, MV_PART_ROUNDING, 5 * MIB - 7025, MV_BASIS_PAGES);
	check(&equation, MV_PART_CONTEXT, 0, MV_BASIS_FIRST);
	end(&stage);
}

static void reserves_are_apart_from_what_was_handed_out(void)
{
	struct mv_equation equation;
	struct stage stage;
	uint64_t time_ns;

	begin(&stage);
	allocate(&stage, 0, MV_LEDGER_POOLED, ADDRESS, (uint64_t)(5 * MIB));
	time_ns = sample(&stage, 0, 142, 142, 0);
	term(&stage, 0, MV_TERM_POOL_RESERVED, 32 * MIB);
	term(&stage, 0, MV_TERM_GRAPH_RESERVED, 10 * MIB);
	equation = solve(&stage, 0, time_ns);
	check(&equation, MV_PART_LEDGER, 5 * MIB, MV_BASIS_COUNTED);
	check(&equation, MV_PART_POOLS, 27 * MIB, MV_BASIS_DRIVER);
	check(&equation, MV_PART_GRAPHS, 10 * MIB, MV_BASIS_DRIVER);
	check(&equation, MV_PART_CONTEXT, 100 * MIB, MV_BASIS_FIRST);
	end(&stage);
}

static void growth_around_loads_is_modules(void)
{
	struct mv_equation equation;
	struct stage stage;
	uint64_t time_ns;

	begin(&stage);
	sample(&stage, 0, 100, 100, 0);
	call(&stage, MV_CHANGE_MODULE_BEGIN);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(50 * MIB));
	call(&stage, MV_CHANGE_LIMIT);
	sample(&stage, 0, 170, 170, 0);
	call(&stage, MV_CHANGE_MODULE_END);
	sample(&stage, 0, 164, 164, 0);
	/* Of this nobody has said anything, */
	sample(&stage, 0, 167, 167, 0);
	/* and of this that it was a context.  */
	call(&stage, MV_CHANGE_CONTEXT_BEGIN);
	time_ns = sample(&stage, 0, 207, 207, 0);
	equation = solve(&stage, 0, time_ns);
	check(&equation, MV_PART_CONTEXT, 140 * MIB, MV_BASIS_FIRST);
	check(&equation, MV_PART_MODULES, 14 * MIB, MV_BASIS_GROWTH);
	check(&equation, MV_PART_UNEXPLAINED, 3 * MIB, MV_BASIS_REST);
	CU_ASSERT_EQUAL(equation.changes, 3);
	end(&stage);
}

/* An allocation is noted behind its call, and may be in use before.  */
static void a_first_sample_in_the_middle_of_a_call_does_no_harm(void)
{
	struct mv_equation equation;
	struct stage stage;
	uint64_t time_ns;

	begin(&stage);
	sample(&stage, 0, 120, 120, 0);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(20 * MIB));
	sample(&stage, 0, 120, 120, 0);
	time_ns = sample(&stage, 0, 125, 125, 0);
	equation = solve(&stage, 0, time_ns);
	check(&equation, MV_PART_CONTEXT, 100 * MIB, MV_BASIS_FIRST);
	check(&equation, MV_PART_UNEXPLAINED, 5 * MIB, MV_BASIS_REST);
	end(&stage);
}

/* As of a program that builds its model: more was allocated once NVML had answered.  */
static void a_first_sample_of_less_than_is_counted_says_nothing(void)
{
	struct mv_equation equation;
	struct stage stage;
	uint64_t first_ns, second_ns;

	begin(&stage);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(48 * MIB));
	first_ns = sample(&stage, 0, 20, 20, 0);
	second_ns = sample(&stage, 0, 50, 50, 0);
	equation = solve(&stage, 0, first_ns);
	CU_ASSERT_EQUAL(equation.parts[MV_PART_CONTEXT].basis, MV_BASIS_UNKNOWN);
	check(&equation, MV_PART_UNEXPLAINED, -28 * MIB, MV_BASIS_REST);
	equation = solve(&stage, 0, second_ns);
	check(&equation, MV_PART_CONTEXT, 2 * MIB, MV_BASIS_FIRST);
	check(&equation, MV_PART_UNEXPLAINED, 0, MV_BASIS_REST);
	end(&stage);
}

static void what_is_counted_twice_makes_the_rest_negative(void)
{
	struct mv_equation equation;
	struct stage stage;

	begin(&stage);
	equation = solve(&stage, 0, sample(&stage, 0, 100, 60, 55));
	check(&equation, MV_PART_UNEXPLAINED, -15 * MIB, MV_BASIS_REST);
	end(&stage);
}

static void what_another_process_owns_is_not_this_one_s(void)
{
	struct mv_equation equation;
	struct stage stage;

	begin(&stage);
	forge_alloc(stage.forge, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(30 * MIB), 0, MV_FLAG_IMPORTED);
	equation = solve(&stage, 0, sample(&stage, 0, 140, 100, 40));
	check(&equation, MV_PART_LEDGER, 0, MV_BASIS_COUNTED);
	check(&equation, MV_PART_CONTEXT, 100 * MIB, MV_BASIS_FIRST);
	end(&stage);
}

/* ---- moments ---- */

static void between_samples_what_is_known_is_carried_on(void)
{
	struct mv_equation early, late;
	uint64_t first_ns, second_ns;
	struct stage stage;

	begin(&stage);
	first_ns = sample(&stage, 0, 100, 100, 0);
	second_ns = allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(20 * MIB));
	early = solve(&stage, 0, first_ns);
	late = solve(&stage, 0, second_ns);
	CU_ASSERT_EQUAL(early.used_bytes, (uint64_t)(100 * MIB));
	CU_ASSERT_EQUAL(late.used_bytes, (uint64_t)(120 * MIB));
	CU_ASSERT_EQUAL(late.said_ns, first_ns);
	check(&late, MV_PART_LEDGER, 20 * MIB, MV_BASIS_COUNTED);
	check(&late, MV_PART_CONTEXT, 100 * MIB, MV_BASIS_FIRST);
	end(&stage);
}

static void a_sample_behind_the_moment_may_be_the_nearest(void)
{
	struct mv_equation equation;
	uint64_t time_ns, sample_ns;
	struct stage stage;

	begin(&stage);
	time_ns = allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(20 * MIB));
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS + (uint64_t)(100 * MIB), (uint64_t)(2 * MIB));
	sample_ns = sample(&stage, 0, 122, 122, 0);
	equation = solve(&stage, 0, time_ns);
	CU_ASSERT_EQUAL(equation.used_bytes, (uint64_t)(120 * MIB));
	CU_ASSERT_EQUAL(equation.said_ns, sample_ns);
	check(&equation, MV_PART_CONTEXT, 100 * MIB, MV_BASIS_FIRST);
	end(&stage);
}

static void each_card_has_its_own_equation(void)
{
	struct mv_equation first, second;
	uint64_t first_ns, second_ns;
	struct stage stage;

	begin(&stage);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(2 * MIB));
	allocate(&stage, 1, MV_LEDGER_DEVICE, 2 * ADDRESS, (uint64_t)(4 * MIB));
	first_ns = sample(&stage, 0, 102, 102, 0);
	second_ns = sample(&stage, 1, 254, 204, 50);
	first = solve(&stage, 0, first_ns);
	second = solve(&stage, 1, second_ns);
	check(&first, MV_PART_CONTEXT, 100 * MIB, MV_BASIS_FIRST);
	check(&first, MV_PART_UNEXPLAINED, 0, MV_BASIS_REST);
	check(&second, MV_PART_CONTEXT, 200 * MIB, MV_BASIS_FIRST);
	check(&second, MV_PART_OTHERS, 50 * MIB, MV_BASIS_NVML);
	end(&stage);
}

/* ---- what is not known ---- */

static void without_a_word_on_the_process_the_rest_is_all(void)
{
	struct mv_equation equation;
	struct stage stage;

	begin(&stage);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(20 * MIB));
	equation = solve(&stage, 0, sample(&stage, 0, 400, -1, -1));
	check(&equation, MV_PART_CONTEXT, 0, MV_BASIS_UNKNOWN);
	check(&equation, MV_PART_OTHERS, 0, MV_BASIS_UNKNOWN);
	check(&equation, MV_PART_UNEXPLAINED, 380 * MIB, MV_BASIS_REST);
	end(&stage);
}

static void without_samples_the_driver_s_word_counts(void)
{
	struct mv_equation equation;
	struct stage stage;
	uint64_t time_ns;

	begin(&stage);
	allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(20 * MIB));
	forge_event(stage.forge, &(struct mv_event){.kind = MV_EVENT_MEMORY_INFO, .size_bytes = (uint64_t)(624 * MIB),
						    .extra = (uint64_t)(1024 * MIB)});
	time_ns = allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS + (uint64_t)(64 * MIB), (uint64_t)(10 * MIB));
	equation = solve(&stage, 0, time_ns);
	CU_ASSERT_EQUAL(equation.source, MV_SOURCE_DRIVER);
	CU_ASSERT_EQUAL(equation.used_bytes, (uint64_t)(410 * MIB));
	check(&equation, MV_PART_UNEXPLAINED, 380 * MIB, MV_BASIS_REST);
	check(&equation, MV_PART_CONTEXT, 0, MV_BASIS_UNKNOWN);
	end(&stage);
}

static void without_anybody_s_word_there_is_what_was_counted(void)
{
	struct mv_equation equation;
	struct stage stage;

	begin(&stage);
	equation = solve(&stage, 0, allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)(20 * MIB)));
	CU_ASSERT_EQUAL(equation.source, MV_SOURCE_NONE);
	CU_ASSERT_EQUAL(equation.used_bytes, (uint64_t)(20 * MIB));
	check(&equation, MV_PART_UNEXPLAINED, 0, MV_BASIS_REST);
	end(&stage);
}

/* As a newer recorder, or a damaged file, may have it.  */
static void terms_that_are_not_known_are_left_out(void)
{
	struct mv_equation equation;
	struct stage stage;
	uint64_t time_ns;

	begin(&stage);
	time_ns = sample(&stage, 0, 100, 100, 0);
	term(&stage, 0, (enum mv_term)200, 7 * MIB);
	term(&stage, 0, MV_TERM_NONE, 7 * MIB);
	equation = solve(&stage, 0, time_ns);
	check(&equation, MV_PART_CONTEXT, 100 * MIB, MV_BASIS_FIRST);
	check(&equation, MV_PART_UNEXPLAINED, 0, MV_BASIS_REST);
	end(&stage);
}

/* As a damaged file may have them: the sum wraps, nothing overflows.  */
static void absurd_sizes_still_add_up(void)
{
	struct mv_equation equation;
	uint64_t time_ns, rest;
	struct stage stage;
	int i;

	begin(&stage);
	stage.samples++;
	term(&stage, 0, MV_TERM_PROCESS, INT64_MAX);
	term(&stage, 0, MV_TERM_OTHERS, INT64_MAX);
	term(&stage, 0, MV_TERM_USED, INT64_MAX);
	time_ns = allocate(&stage, 0, MV_LEDGER_DEVICE, ADDRESS, (uint64_t)INT64_MAX - 5);
	equation = solve(&stage, 0, time_ns);
	for (rest = equation.used_bytes, i = 0; i < MV_PART_COUNT; i++)
		rest -= (uint64_t)equation.parts[i].bytes;
	CU_ASSERT_EQUAL(rest, 0);
	CU_ASSERT_EQUAL(equation.parts[MV_PART_LEDGER].bytes, INT64_MAX - 5);
	end(&stage);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(the_first_sample_says_what_a_context_takes),
	HARNESS_TEST(pages_are_counted_once),
	HARNESS_TEST(reserves_are_apart_from_what_was_handed_out),
	HARNESS_TEST(growth_around_loads_is_modules),
	HARNESS_TEST(a_first_sample_in_the_middle_of_a_call_does_no_harm),
	HARNESS_TEST(a_first_sample_of_less_than_is_counted_says_nothing),
	HARNESS_TEST(what_is_counted_twice_makes_the_rest_negative),
	HARNESS_TEST(what_another_process_owns_is_not_this_one_s),
	HARNESS_TEST(between_samples_what_is_known_is_carried_on),
	HARNESS_TEST(a_sample_behind_the_moment_may_be_the_nearest),
	HARNESS_TEST(each_card_has_its_own_equation),
	HARNESS_TEST(without_a_word_on_the_process_the_rest_is_all),
	HARNESS_TEST(without_samples_the_driver_s_word_counts),
	HARNESS_TEST(without_anybody_s_word_there_is_what_was_counted),
	HARNESS_TEST(terms_that_are_not_known_are_left_out),
	HARNESS_TEST(absurd_sizes_still_add_up),
};
HARNESS_MAIN("reconcile", tests)
