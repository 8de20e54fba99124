/* SPDX-License-Identifier: Apache-2.0 */
/* Labels beside the bands, of forged steps of training: a forward whose results autograd keeps or does not, its backward, and
 * when what of it is freed.  */
#include "unit/harness.h"

#include "analyze/sublabel.h"
#include "support/scene.h"

enum { MAIN = 1, AUTOGRAD = 2, MIB = 1 << 20 };

static uint64_t g_next;

static uint64_t make_sized(struct forge *forge, uint32_t thread, uint32_t stack, uint8_t flags, uint64_t size)
{
	uint64_t address = g_next;

	g_next += size;
	forge_alloc(forge, thread, MV_LEDGER_BLOCK, address, size, stack, flags);
	return address;
}

static uint64_t make(struct forge *forge, uint32_t thread, uint32_t stack, uint8_t flags)
{
	return make_sized(forge, thread, stack, flags, MIB);
}

static uint64_t keep(struct forge *forge, uint32_t thread, uint32_t stack)
{
	uint64_t address = make(forge, thread, stack, MV_FLAG_GRAD);

	forge_owner(forge, thread, address, MV_ROLE_SAVED, NULL);
	return address;
}

static void let_go(struct forge *forge, uint32_t thread, uint64_t address)
{
	forge_free(forge, thread, MV_LEDGER_BLOCK, address);
}

static void begin_backward(struct forge *forge)
{
	forge_phase(forge, MAIN, 1, MV_PHASE_BACKWARD, NULL);
	forge->phase_of[AUTOGRAD] = MV_PHASE_BACKWARD;
}

static void end_backward(struct forge *forge)
{
	forge_phase(forge, MAIN, 0, MV_PHASE_BACKWARD, NULL);
}

/* One step in which STACK makes an activation, and the next frame out something that autograd does not keep.  *HELD is what the
 * step before left of that, and is replaced.  */
static void step(struct forge *forge, uint32_t stack, uint32_t result_stack, uint64_t *held)
{
	uint64_t kept = keep(forge, MAIN, stack), result = make(forge, MAIN, result_stack, MV_FLAG_GRAD);

	if (*held)
		let_go(forge, MAIN, *held);
	*held = result;
	begin_backward(forge);
	let_go(forge, AUTOGRAD, make(forge, AUTOGRAD, 0, 0));
	let_go(forge, AUTOGRAD, kept);
	end_backward(forge);
}

static struct forge *begin(void)
{
	struct forge *forge = forge_open(scene_path("sublabels.memviz"), "train.py", 0);

	forge_thread(forge, "", 0);
	forge_thread(forge, "python", 0);
	forge_thread(forge, "pt_autograd_0", 1);
	forge_device(forge, 0, "Card", UINT64_C(1) << 34);
	g_next = UINT64_C(0x7f0000000000);
	return forge;
}

static uint32_t line(struct forge *forge, uint32_t number)
{
	return forge_python(forge, 0, "/home/user/train.py", "main", number);
}

/* What FORGE has made, over.  */
static struct mv_timeline *end(struct forge *forge)
{
	struct mv_timeline *timeline;

	forge_finish(forge);
	CU_ASSERT_EQUAL_FATAL(mv_timeline_open(scene_path("sublabels.memviz"), &timeline, NULL), 0);
	return timeline;
}

static const struct mv_block *block_at(const struct mv_timeline *timeline, uint64_t address)
{
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (i = 0; i < count && blocks[i].address != address; i++)
		;
	CU_ASSERT_FATAL(i < count);
	return &blocks[i];
}

/* How often LABEL is given.  */
static unsigned count_of(const struct mv_timeline *timeline, enum mv_sublabel label)
{
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);
	unsigned found = 0;

	for (i = 0; i < count; i++)
		found += blocks[i].sublabel == label;
	return found;
}

static uint64_t backward_begins(const struct mv_timeline *timeline, unsigned number)
{
	size_t i, count;
	const struct mv_span *spans = mv_timeline_spans(timeline, &count);

	for (i = 0; i < count; i++)
		if (spans[i].phase == MV_PHASE_BACKWARD && !number--)
			return spans[i].begin_ns;
	return MV_TIME_NEVER;
}

static uint64_t backward_ends(const struct mv_timeline *timeline, unsigned number)
{
	size_t i, count;
	const struct mv_span *spans = mv_timeline_spans(timeline, &count);

	for (i = 0; i < count; i++)
		if (spans[i].phase == MV_PHASE_BACKWARD && !number--)
			return spans[i].end_ns;
	return MV_TIME_NEVER;
}

static void a_result_is_held_from_its_backward_on(void)
{
	struct forge *forge = begin();
	uint32_t model = line(forge, 10), head = line(forge, 20);
	uint64_t held = 0, first;
	struct mv_timeline *timeline;

	step(forge, model, head, &held);
	first = held;
	step(forge, model, head, &held);
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, first)->band, MV_BAND_OTHER);
	CU_ASSERT_EQUAL(block_at(timeline, first)->sublabel, MV_SUBLABEL_HELD);
	CU_ASSERT_EQUAL(block_at(timeline, first)->sublabel_ns, backward_begins(timeline, 0));
	CU_ASSERT_EQUAL(mv_sublabel_at(block_at(timeline, first), backward_begins(timeline, 0) - 1), MV_SUBLABEL_NONE);
	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_HELD), 2);
	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_IN_FLIGHT), 2);
	mv_timeline_close(timeline);
}

static void what_was_made_before_the_forward_is_not_held(void)
{
	struct forge *forge = begin();
	uint64_t held = 0, table = make(forge, MAIN, line(forge, 1), MV_FLAG_GRAD);
	struct mv_timeline *timeline;

	step(forge, line(forge, 10), line(forge, 20), &held);
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, table)->sublabel, MV_SUBLABEL_NONE);
	mv_timeline_close(timeline);
}

static void a_cache_made_in_the_first_forward_is_not_held(void)
{
	struct forge *forge = begin();
	uint64_t held = 0, cache;
	struct mv_timeline *timeline;
	unsigned i;

	keep(forge, MAIN, line(forge, 10));
	cache = make(forge, MAIN, line(forge, 30), MV_FLAG_GRAD);
	for (i = 0; i < 3; i++)
		step(forge, line(forge, 10), line(forge, 20), &held);
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, cache)->sublabel, MV_SUBLABEL_NONE);
	mv_timeline_close(timeline);
}

/* Behind each step a line makes something; what it made WINDOW steps before is let go.  */
static struct mv_timeline *append(unsigned steps, unsigned window, uint64_t made[])
{
	struct forge *forge = begin();
	uint64_t held = 0;
	unsigned i;

	for (i = 0; i < steps; i++) {
		made[i] = make(forge, MAIN, line(forge, 50), 0);
		if (i >= window)
			let_go(forge, MAIN, made[i - window]);
		step(forge, line(forge, 10), line(forge, 20), &held);
	}
	return end(forge);
}

static void what_is_appended_to_a_list_is_growing_from_the_third_step_on(void)
{
	uint64_t made[5];
	struct mv_timeline *timeline = append(5, 5, made);
	uint64_t third_ns = block_at(timeline, made[2])->birth_ns;

	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_GROWING), 5);
	CU_ASSERT_EQUAL(block_at(timeline, made[0])->sublabel_ns, third_ns);
	CU_ASSERT_EQUAL(block_at(timeline, made[2])->sublabel_ns, third_ns);
	CU_ASSERT_EQUAL(block_at(timeline, made[4])->sublabel_ns, block_at(timeline, made[4])->birth_ns);
	mv_timeline_close(timeline);
}

static void what_goes_through_a_queue_is_not_growing(void)
{
	uint64_t made[8];
	struct mv_timeline *timeline = append(8, 4, made);

	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_GROWING), 0);
	mv_timeline_close(timeline);
}

static void what_two_steps_hand_on_is_not_growing(void)
{
	uint64_t made[2];
	struct mv_timeline *timeline = append(2, 2, made);

	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_GROWING), 0);
	mv_timeline_close(timeline);
}

/* As at the end of each epoch: all of it goes, and it begins anew.  */
static void a_list_that_is_emptied_grows_until_then(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	uint64_t held = 0, made[8];
	unsigned i, k;

	for (i = 0; i < 8; i++) {
		for (k = 0; i == 4 && k < 4; k++)
			let_go(forge, MAIN, made[k]);
		made[i] = make(forge, MAIN, line(forge, 50), 0);
		step(forge, line(forge, 10), line(forge, 20), &held);
	}
	timeline = end(forge);
	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_GROWING), 8);
	mv_timeline_close(timeline);
}

/* Two steps of four activations each; then COUNT of them, and nobody calls backward.  */
static struct mv_timeline *evaluate(unsigned count, uint64_t *last)
{
	struct forge *forge = begin();
	uint64_t kept[4];
	unsigned i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < 4; k++)
			kept[k] = keep(forge, MAIN, line(forge, 60));
		begin_backward(forge);
		for (k = 0; k < 4; k++)
			let_go(forge, AUTOGRAD, kept[k]);
		end_backward(forge);
	}
	for (i = 0; i < count; i++)
		*last = keep(forge, MAIN, line(forge, 60));
	return end(forge);
}

static void activations_beyond_those_of_any_step_wait_for_a_backward(void)
{
	uint64_t last;
	struct mv_timeline *timeline = evaluate(12, &last);

	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_WAITING), 12);
	CU_ASSERT_EQUAL(block_at(timeline, last)->sublabel_ns, block_at(timeline, last)->birth_ns);
	mv_timeline_close(timeline);
	timeline = evaluate(8, &last);
	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_WAITING), 0);
	mv_timeline_close(timeline);
}

/* A second activation, which a variable of the program's keeps until the next step has made its own.  */
static void an_activation_that_outlives_its_backward_is_held_after_release(void)
{
	struct forge *forge = begin();
	uint32_t model = line(forge, 10), head = line(forge, 20);
	uint64_t held = 0, kept = keep(forge, MAIN, line(forge, 40));
	struct mv_timeline *timeline;

	step(forge, model, head, &held);
	keep(forge, MAIN, line(forge, 40));
	let_go(forge, MAIN, kept);
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, kept)->band, MV_BAND_ACTIVATION);
	CU_ASSERT_EQUAL(block_at(timeline, kept)->sublabel, MV_SUBLABEL_RELEASED);
	CU_ASSERT_EQUAL(block_at(timeline, kept)->sublabel_ns, backward_ends(timeline, 0));
	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_RELEASED), 1);
	mv_timeline_close(timeline);
}

/* A list of losses keeps their graphs.  */
static void a_leak_is_held_once_its_line_has_come_round(void)
{
	struct forge *forge = begin();
	uint64_t held = 0, leaked[3];
	struct mv_timeline *timeline;
	unsigned i;

	for (i = 0; i < 3; i++) {
		leaked[i] = keep(forge, MAIN, line(forge, 50));
		step(forge, line(forge, 10), line(forge, 20), &held);
	}
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, leaked[0])->sublabel, MV_SUBLABEL_RELEASED);
	CU_ASSERT_EQUAL(block_at(timeline, leaked[0])->sublabel_ns, block_at(timeline, leaked[1])->birth_ns);
	CU_ASSERT_EQUAL(block_at(timeline, leaked[1])->sublabel_ns, block_at(timeline, leaked[2])->birth_ns);
	CU_ASSERT_EQUAL(block_at(timeline, leaked[2])->sublabel, MV_SUBLABEL_NONE);
	mv_timeline_close(timeline);
}

/* Two losses of one forward, each with its own backward: what the second one frees was needed until then, and what else its
 * line makes, too.  */
static void what_a_later_backward_frees_was_not_released_by_an_earlier_one(void)
{
	struct forge *forge = begin();
	uint32_t shared = line(forge, 60);
	uint64_t held = 0, freed = keep(forge, MAIN, shared), alive = keep(forge, MAIN, shared);
	struct mv_timeline *timeline;

	step(forge, line(forge, 10), line(forge, 20), &held);
	begin_backward(forge);
	let_go(forge, AUTOGRAD, freed);
	end_backward(forge);
	keep(forge, MAIN, shared);
	let_go(forge, MAIN, alive);
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, freed)->sublabel, MV_SUBLABEL_NONE);
	CU_ASSERT_EQUAL(block_at(timeline, alive)->sublabel, MV_SUBLABEL_NONE);
	mv_timeline_close(timeline);
}

/* COMES_WITH: the backward records gradients itself, to be gone through again.  */
static unsigned recomputed(int comes_with)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	uint64_t gradient, kept;
	unsigned found;

	keep(forge, MAIN, line(forge, 10));
	begin_backward(forge);
	gradient = make(forge, AUTOGRAD, 0, comes_with ? MV_FLAG_GRAD : 0);
	kept = keep(forge, AUTOGRAD, line(forge, 10));
	let_go(forge, AUTOGRAD, gradient);
	end_backward(forge);
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, kept)->band, MV_BAND_ACTIVATION);
	found = count_of(timeline, MV_SUBLABEL_RECOMPUTED);
	mv_timeline_close(timeline);
	return found;
}

static void what_a_forward_within_backward_keeps_is_recomputed(void)
{
	CU_ASSERT_EQUAL(recomputed(0), 1);
}

static void what_a_backward_keeps_for_another_one_is_not(void)
{
	CU_ASSERT_EQUAL(recomputed(1), 0);
}

static void an_evaluation_that_records_gradients_keeps_in_vain(void)
{
	struct forge *forge = begin();
	uint64_t held = 0, kept;
	struct mv_timeline *timeline;

	step(forge, line(forge, 10), line(forge, 20), &held);
	kept = keep(forge, MAIN, line(forge, 10));
	let_go(forge, MAIN, kept);
	step(forge, line(forge, 10), line(forge, 20), &held);
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, kept)->sublabel, MV_SUBLABEL_VAIN);
	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_VAIN), 1);
	mv_timeline_close(timeline);
}

/* Memory ends in the second evaluation; it was given up, so that only the first one tells.  */
static void an_evaluation_that_runs_out_is_like_the_one_before(void)
{
	struct forge *forge = begin();
	struct mv_timeline *timeline;
	uint64_t held = 0, kept;
	unsigned i;

	for (i = 0; i < 2; i++) {
		step(forge, line(forge, 10), line(forge, 20), &held);
		kept = keep(forge, MAIN, line(forge, 11));
		if (!i)
			let_go(forge, MAIN, kept);
	}
	forge_oom(forge, &(struct mv_oom){.requested_bytes = MIB});
	timeline = end(forge);
	CU_ASSERT_EQUAL(block_at(timeline, kept)->sublabel, MV_SUBLABEL_VAIN);
	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_VAIN), 2);
	mv_timeline_close(timeline);
}

/* An average of the weights, beside an optimizer of the framework's.  */
static void a_lasting_series_like_the_parameters_is_shaped_like_them(void)
{
	struct forge *forge = begin();
	static const uint64_t sizes[] = {8 * MIB, 3 * MIB};
	uint64_t held = 0, average[2];
	struct mv_timeline *timeline;
	unsigned i;

	for (i = 0; i < 2; i++)
		forge_owner(forge, MAIN, make_sized(forge, MAIN, line(forge, 1), 0, sizes[i]), MV_ROLE_PARAMETER, "weight");
	for (i = 0; i < 2; i++)
		average[i] = make_sized(forge, MAIN, line(forge, 2), 0, sizes[i]);
	for (i = 0; i < 3; i++) {
		step(forge, line(forge, 10), line(forge, 20), &held);
		forge_phase(forge, MAIN, 1, MV_PHASE_OPTIMIZER, NULL);
		forge_phase(forge, MAIN, 0, MV_PHASE_OPTIMIZER, NULL);
	}
	timeline = end(forge);
	for (i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(block_at(timeline, average[i])->sublabel, MV_SUBLABEL_SHAPED);
	CU_ASSERT_EQUAL(count_of(timeline, MV_SUBLABEL_SHAPED), 2);
	mv_timeline_close(timeline);
}

static void labels_have_names_and_texts(void)
{
	int i;

	CU_ASSERT_STRING_EQUAL(mv_sublabel_name(MV_SUBLABEL_NONE), "");
	for (i = 1; i < MV_SUBLABEL_COUNT; i++)
		CU_ASSERT(*mv_sublabel_name((enum mv_sublabel)i) && *mv_sublabel_text((enum mv_sublabel)i));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(a_result_is_held_from_its_backward_on),
	HARNESS_TEST(what_was_made_before_the_forward_is_not_held),
	HARNESS_TEST(a_cache_made_in_the_first_forward_is_not_held),
	HARNESS_TEST(what_is_appended_to_a_list_is_growing_from_the_third_step_on),
	HARNESS_TEST(what_goes_through_a_queue_is_not_growing),
	HARNESS_TEST(what_two_steps_hand_on_is_not_growing),
	HARNESS_TEST(a_list_that_is_emptied_grows_until_then),
	HARNESS_TEST(activations_beyond_those_of_any_step_wait_for_a_backward),
	HARNESS_TEST(an_activation_that_outlives_its_backward_is_held_after_release),
	HARNESS_TEST(a_leak_is_held_once_its_line_has_come_round),
	HARNESS_TEST(what_a_later_backward_frees_was_not_released_by_an_earlier_one),
	HARNESS_TEST(what_a_forward_within_backward_keeps_is_recomputed),
	HARNESS_TEST(what_a_backward_keeps_for_another_one_is_not),
	HARNESS_TEST(an_evaluation_that_records_gradients_keeps_in_vain),
	HARNESS_TEST(an_evaluation_that_runs_out_is_like_the_one_before),
	HARNESS_TEST(a_lasting_series_like_the_parameters_is_shaped_like_them),
	HARNESS_TEST(labels_have_names_and_texts),
};
HARNESS_MAIN("sublabels", tests)
