/* SPDX-License-Identifier: Apache-2.0 */
/* Each row of the table of labels beside the bands: a block that it is for, and what it says.  */
#include "unit/harness.h"

#include "analyze/sublabelrules.h"

enum { BIRTH_NS = 3, BACKWARD_NS = 5, RELEASED_NS = 8 };

struct trial {
	struct mv_block block;
	struct mv_sublabel_facts facts;
};

static struct trial trial_of(enum mv_band band, enum mv_phase phase)
{
	return (struct trial){
		.block = {.band = (uint8_t)band, .birth_ns = BIRTH_NS, .death_ns = MV_TIME_NEVER, .is_birth_known = true},
		.facts = {.phase = phase, .has_grad = true, .plenty_ns = MV_TIME_NEVER, .growing_ns = MV_TIME_NEVER,
			  .needed_ns = MV_TIME_NEVER, .released_ns = MV_TIME_NEVER},
	};
}

static bool says(struct trial trial, enum mv_sublabel label, uint64_t since_ns)
{
	const struct mv_sublabelrule *rule;
	uint64_t found_ns = 0;

	trial.facts.block = &trial.block;
	rule = mv_sublabelrules_find(&trial.facts, &found_ns);
	return rule && rule->label == label && found_ns == since_ns;
}

static bool is_silent(struct trial trial)
{
	uint64_t found_ns;

	trial.facts.block = &trial.block;
	return !mv_sublabelrules_find(&trial.facts, &found_ns);
}

static void what_backward_makes_for_itself_is_in_flight(void)
{
	CU_ASSERT(says(trial_of(MV_BAND_TEMPORARY, MV_PHASE_BACKWARD), MV_SUBLABEL_IN_FLIGHT, BIRTH_NS));
	CU_ASSERT(is_silent(trial_of(MV_BAND_TEMPORARY, MV_PHASE_NONE)));
	CU_ASSERT(is_silent(trial_of(MV_BAND_GRADIENT, MV_PHASE_BACKWARD)));
}

static void what_cublas_computes_with_is_no_gradient_on_its_way(void)
{
	struct trial trial = trial_of(MV_BAND_TEMPORARY, MV_PHASE_BACKWARD);

	trial.block.role = MV_ROLE_WORKSPACE;
	CU_ASSERT(is_silent(trial));
}

static void an_activation_of_a_plain_backward_is_recomputed(void)
{
	struct trial trial = trial_of(MV_BAND_ACTIVATION, MV_PHASE_BACKWARD);

	CU_ASSERT(is_silent(trial)); /* kept for a backward through this one */
	trial.facts.is_in_plain = true;
	CU_ASSERT(says(trial, MV_SUBLABEL_RECOMPUTED, BIRTH_NS));
	trial.facts.has_grad = false;
	CU_ASSERT(is_silent(trial));
}

static void a_series_like_the_parameters_is_shaped_like_them(void)
{
	struct trial trial = trial_of(MV_BAND_OTHER, MV_PHASE_NONE);

	trial.facts.is_series = true;
	CU_ASSERT(says(trial, MV_SUBLABEL_SHAPED, BIRTH_NS));
	trial.block.band = MV_BAND_OPTIMIZER;
	CU_ASSERT(is_silent(trial));
}

static void a_result_that_backward_does_not_need_is_held_once_that_has_begun(void)
{
	struct trial trial = trial_of(MV_BAND_OTHER, MV_PHASE_NONE);

	trial.facts.needed_ns = BACKWARD_NS;
	CU_ASSERT(is_silent(trial));
	trial.facts.is_result = true;
	CU_ASSERT(says(trial, MV_SUBLABEL_HELD, BACKWARD_NS));
	trial.facts.has_grad = false;
	CU_ASSERT(is_silent(trial));
}

static void a_cache_that_is_filled_once_is_not_held(void)
{
	struct trial trial = trial_of(MV_BAND_OTHER, MV_PHASE_NONE);

	trial.facts.needed_ns = BACKWARD_NS;
	trial.facts.is_result = trial.facts.is_made_once = true;
	CU_ASSERT(is_silent(trial));
}

static void what_piles_up_is_growing_from_when_it_does(void)
{
	struct trial trial = trial_of(MV_BAND_OTHER, MV_PHASE_NONE);

	trial.facts.growing_ns = BACKWARD_NS;
	CU_ASSERT(says(trial, MV_SUBLABEL_GROWING, BACKWARD_NS));
	trial.facts.growing_ns = BIRTH_NS - 1;
	CU_ASSERT(says(trial, MV_SUBLABEL_GROWING, BIRTH_NS));
	trial.block.band = MV_BAND_OPTIMIZER;
	CU_ASSERT(is_silent(trial));
}

static void an_activation_whose_backward_is_over_is_held_after_release(void)
{
	struct trial trial = trial_of(MV_BAND_ACTIVATION, MV_PHASE_NONE);

	CU_ASSERT(is_silent(trial));
	trial.facts.needed_ns = BACKWARD_NS;
	trial.facts.released_ns = RELEASED_NS;
	CU_ASSERT(says(trial, MV_SUBLABEL_RELEASED, RELEASED_NS));
}

static void what_keeps_more_than_ever_waits_for_a_backward(void)
{
	struct trial trial = trial_of(MV_BAND_ACTIVATION, MV_PHASE_NONE);

	trial.facts.plenty_ns = BACKWARD_NS;
	CU_ASSERT(says(trial, MV_SUBLABEL_WAITING, BACKWARD_NS));
	trial.block.band = MV_BAND_OTHER;
	CU_ASSERT(is_silent(trial));
}

static void an_activation_that_dies_before_any_backward_was_kept_in_vain(void)
{
	struct trial trial = trial_of(MV_BAND_ACTIVATION, MV_PHASE_NONE);

	trial.block.role = MV_ROLE_SAVED;
	CU_ASSERT(is_silent(trial)); /* it may come */
	trial.block.death_ns = RELEASED_NS;
	CU_ASSERT(says(trial, MV_SUBLABEL_VAIN, BIRTH_NS));
	trial.facts.is_given_up = true;
	CU_ASSERT(is_silent(trial));
	trial.facts.is_like_unneeded = true;
	CU_ASSERT(says(trial, MV_SUBLABEL_VAIN, BIRTH_NS));
	trial.facts.is_given_up = false;
	trial.facts.needed_ns = BACKWARD_NS;
	CU_ASSERT(is_silent(trial));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(what_backward_makes_for_itself_is_in_flight),
	HARNESS_TEST(what_cublas_computes_with_is_no_gradient_on_its_way),
	HARNESS_TEST(an_activation_of_a_plain_backward_is_recomputed),
	HARNESS_TEST(a_series_like_the_parameters_is_shaped_like_them),
	HARNESS_TEST(a_result_that_backward_does_not_need_is_held_once_that_has_begun),
	HARNESS_TEST(a_cache_that_is_filled_once_is_not_held),
	HARNESS_TEST(what_piles_up_is_growing_from_when_it_does),
	HARNESS_TEST(an_activation_whose_backward_is_over_is_held_after_release),
	HARNESS_TEST(what_keeps_more_than_ever_waits_for_a_backward),
	HARNESS_TEST(an_activation_that_dies_before_any_backward_was_kept_in_vain),
};
HARNESS_MAIN("sublabelrules", tests)
