/* SPDX-License-Identifier: Apache-2.0 */
/* Each row of the table of rules: a block that it is for, and what it says.  */
#include "unit/harness.h"

#include "analyze/bandrules.h"

/* A court that knows all, as a recording of PyTorch's does.  */
static const struct mv_court knowing = {
	.knows_gradients = true, .knows_states = true, .knows_saved = true, .knows_grad_mode = true, .sees_training = true,
};

/* One in which nothing of autograd's was seen.  */
static const struct mv_court guessing = {.knows_grad_mode = true, .sees_training = true};

struct trial {
	const struct mv_court *court;
	struct mv_block block;
	struct mv_evidence evidence;
};

static struct trial trial_of(enum mv_role role, enum mv_phase phase)
{
	return (struct trial){
		.court = &knowing,
		.block = {.role = (uint8_t)role, .is_birth_known = true, .death_ns = 10},
		.evidence = {.phase = phase, .is_over = true, .has_grad = true, .is_unsaved = !role},
	};
}

static bool says(struct trial trial, enum mv_band band, enum mv_reason reason)
{
	const struct mv_bandrule *rule;

	trial.evidence.block = &trial.block;
	rule = mv_bandrules_find(trial.court, &trial.evidence);
	return rule->band == band && rule->reason == reason;
}

/* ---- what was said ---- */

static void parameters_and_buffers_are_parameters_by_name(void)
{
	struct trial parameter = trial_of(MV_ROLE_PARAMETER, MV_PHASE_NONE), buffer = trial_of(MV_ROLE_BUFFER, MV_PHASE_NONE);

	CU_ASSERT(says(parameter, MV_BAND_PARAMETER, MV_REASON_OWNED));
	parameter.block.name = buffer.block.name = 1;
	CU_ASSERT(says(parameter, MV_BAND_PARAMETER, MV_REASON_NAMED));
	CU_ASSERT(says(buffer, MV_BAND_PARAMETER, MV_REASON_NAMED));
}

static void gradients_and_states_are_what_their_owner_says(void)
{
	struct trial gradient = trial_of(MV_ROLE_GRADIENT, MV_PHASE_BACKWARD);

	CU_ASSERT(says(gradient, MV_BAND_GRADIENT, MV_REASON_OWNED));
	gradient.block.name = 1;
	CU_ASSERT(says(gradient, MV_BAND_GRADIENT, MV_REASON_NAMED));
	CU_ASSERT(says(trial_of(MV_ROLE_OPTIMIZER, MV_PHASE_OPTIMIZER), MV_BAND_OPTIMIZER, MV_REASON_OWNED));
}

static void tags_are_believed(void)
{
	CU_ASSERT(says(trial_of(MV_ROLE_ACTIVATION, MV_PHASE_NONE), MV_BAND_ACTIVATION, MV_REASON_TAGGED));
	CU_ASSERT(says(trial_of(MV_ROLE_TEMPORARY, MV_PHASE_NONE), MV_BAND_TEMPORARY, MV_REASON_TAGGED));
	CU_ASSERT(says(trial_of(MV_ROLE_INPUT, MV_PHASE_NONE), MV_BAND_OTHER, MV_REASON_TAGGED));
}

static void what_comes_from_the_host_is_other(void)
{
	CU_ASSERT(says(trial_of(MV_ROLE_COPIED, MV_PHASE_NONE), MV_BAND_OTHER, MV_REASON_COPIED));
}

static void what_fsdp_gathers_is_parameter_wherever_and_however_long(void)
{
	struct trial trial = trial_of(MV_ROLE_SAVED, MV_PHASE_BACKWARD);

	trial.evidence.is_gathered = trial.evidence.is_short = true;
	CU_ASSERT(says(trial, MV_BAND_PARAMETER, MV_REASON_GATHERED));
}

static void what_cublas_keeps_to_compute_with_is_other(void)
{
	struct trial trial = trial_of(MV_ROLE_WORKSPACE, MV_PHASE_BACKWARD);

	CU_ASSERT(says(trial_of(MV_ROLE_WORKSPACE, MV_PHASE_NONE), MV_BAND_OTHER, MV_REASON_WORKSPACE));
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_WORKSPACE));
	trial.evidence.is_short = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_WORKSPACE));
}

static void what_autograd_keeps_is_activation_wherever_it_was_born(void)
{
	CU_ASSERT(says(trial_of(MV_ROLE_SAVED, MV_PHASE_NONE), MV_BAND_ACTIVATION, MV_REASON_SAVED));
	CU_ASSERT(says(trial_of(MV_ROLE_SAVED, MV_PHASE_BACKWARD), MV_BAND_ACTIVATION, MV_REASON_SAVED));
	CU_ASSERT(says(trial_of(MV_ROLE_SAVED, MV_PHASE_OPTIMIZER), MV_BAND_ACTIVATION, MV_REASON_SAVED));
}

static void what_is_kept_in_step_after_step_is_data(void)
{
	struct trial trial = trial_of(MV_ROLE_SAVED, MV_PHASE_NONE);

	trial.block.kept_steps = 2;
	CU_ASSERT(says(trial, MV_BAND_ACTIVATION, MV_REASON_SAVED));
	trial.block.kept_steps = 3;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_REUSED));
}

/* ---- where lives say nothing ---- */

static void what_is_from_before_the_recording_is_other(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_NONE);

	trial.block.is_birth_known = false;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_BEFORE_WINDOW));
}

static void without_training_everything_is_other(void)
{
	static const struct mv_court blind;
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_NONE);

	trial.court = &blind;
	trial.evidence.is_short = true;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_UNKNOWN));
}

/* ---- optimizer steps ---- */

static void what_a_step_needs_for_itself_is_temporary(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_OPTIMIZER);

	trial.evidence.is_short = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_SHORT));
	trial.evidence.is_given_up = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN));
	trial.evidence = (struct mv_evidence){.phase = MV_PHASE_OPTIMIZER};
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN));
}

static void what_outlives_a_step_is_a_state_unless_optimizers_deny_it(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_OPTIMIZER);

	CU_ASSERT(says(trial, MV_BAND_OPTIMIZER, MV_REASON_SURVIVED_STEP));
	trial.evidence.saw_told = true;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_OUTLIVED));
	trial.court = &guessing;
	CU_ASSERT(says(trial, MV_BAND_OPTIMIZER, MV_REASON_SURVIVED_STEP));
	trial.evidence.missed_step = true;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_OUTLIVED));
}

/* ---- backward ---- */

static void what_backward_needs_for_itself_is_temporary(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_BACKWARD);

	trial.evidence.is_short = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_SHORT));
	trial.evidence.is_given_up = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN));
	trial.evidence = (struct mv_evidence){.phase = MV_PHASE_BACKWARD};
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN));
}

static void what_a_forward_run_again_leaves_behind_is_activation(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_BACKWARD);

	trial.evidence.is_short = trial.evidence.outlived_recorded = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_SHORT));
	trial.evidence.is_unsaved = false;
	CU_ASSERT(says(trial, MV_BAND_ACTIVATION, MV_REASON_RECOMPUTED));
}

static void what_outlives_backward_is_a_gradient_unless_owners_deny_it(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_BACKWARD);

	CU_ASSERT(says(trial, MV_BAND_GRADIENT, MV_REASON_SURVIVED_BACKWARD));
	trial.evidence.saw_told = true;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_OUTLIVED));
}

/* ---- forward, where all that autograd keeps is known ---- */

static void what_backward_was_at_when_memory_ran_out_is_no_gradient(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_BACKWARD);

	trial.court = &guessing;
	trial.evidence.is_given_up = true;
	CU_ASSERT(says(trial, MV_BAND_GRADIENT, MV_REASON_SURVIVED_BACKWARD));
	trial.evidence.saw_unwound = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN));
	trial.block.role = MV_ROLE_GRADIENT;
	CU_ASSERT(says(trial, MV_BAND_GRADIENT, MV_REASON_OWNED));
}

static void several_of_one_line_without_gradients_are_collected(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_NONE);

	trial.evidence.is_short = trial.evidence.is_collected = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_SHORT));
	trial.evidence.has_grad = false;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_COLLECTED));
}

static void what_goes_with_the_graph_was_kept_by_it(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_NONE);

	trial.block.is_freed_by_graph = true;
	CU_ASSERT(says(trial, MV_BAND_ACTIVATION, MV_REASON_GRAPH));
	trial.evidence.is_short = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_SHORT));
}

static void what_autograd_does_not_keep_is_held_or_temporary(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_NONE);

	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_HELD));
	trial.evidence.is_given_up = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN));
	trial.evidence.saw_step = true;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_OUTLIVED));
	trial.evidence = (struct mv_evidence){.is_unsaved = true};
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_UNKNOWN));
	trial.evidence.is_short = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_SHORT));
}

/* ---- forward, where that is not known ---- */

static struct trial unknown_saving(void)
{
	struct trial trial = trial_of(MV_ROLE_NONE, MV_PHASE_NONE);

	trial.court = &guessing;
	trial.evidence.is_unsaved = false;
	return trial;
}

static void when_it_died_tells_what_it_was_for(void)
{
	struct trial trial = unknown_saving();

	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_OUTLIVED));
	trial.evidence.died_in_backward = true;
	CU_ASSERT(says(trial, MV_BAND_ACTIVATION, MV_REASON_DIED_IN_BACKWARD));
	trial.evidence.is_short = true;
	CU_ASSERT(says(trial, MV_BAND_TEMPORARY, MV_REASON_SHORT));
}

static void what_still_lives_is_open_until_a_step_is_over(void)
{
	struct trial trial = unknown_saving();

	trial.block.death_ns = MV_TIME_NEVER;
	CU_ASSERT(says(trial, MV_BAND_ACTIVATION, MV_REASON_UNKNOWN));
	trial.evidence.has_grad = false;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_UNKNOWN));
	trial.evidence.saw_step = true;
	CU_ASSERT(says(trial, MV_BAND_OTHER, MV_REASON_OUTLIVED));
}

static const struct harness_test tests[] = {
	HARNESS_TEST(parameters_and_buffers_are_parameters_by_name),
	HARNESS_TEST(gradients_and_states_are_what_their_owner_says),
	HARNESS_TEST(tags_are_believed),
	HARNESS_TEST(what_comes_from_the_host_is_other),
	HARNESS_TEST(what_fsdp_gathers_is_parameter_wherever_and_however_long),
	HARNESS_TEST(what_cublas_keeps_to_compute_with_is_other),
	HARNESS_TEST(what_autograd_keeps_is_activation_wherever_it_was_born),
	HARNESS_TEST(what_is_kept_in_step_after_step_is_data),
	HARNESS_TEST(what_is_from_before_the_recording_is_other),
	HARNESS_TEST(without_training_everything_is_other),
	HARNESS_TEST(what_a_step_needs_for_itself_is_temporary),
	HARNESS_TEST(what_outlives_a_step_is_a_state_unless_optimizers_deny_it),
	HARNESS_TEST(what_backward_needs_for_itself_is_temporary),
	HARNESS_TEST(what_a_forward_run_again_leaves_behind_is_activation),
	HARNESS_TEST(what_outlives_backward_is_a_gradient_unless_owners_deny_it),
	HARNESS_TEST(what_backward_was_at_when_memory_ran_out_is_no_gradient),
	HARNESS_TEST(several_of_one_line_without_gradients_are_collected),
	HARNESS_TEST(what_goes_with_the_graph_was_kept_by_it),
	HARNESS_TEST(what_autograd_does_not_keep_is_held_or_temporary),
	HARNESS_TEST(when_it_died_tells_what_it_was_for),
	HARNESS_TEST(what_still_lives_is_open_until_a_step_is_over),
};
HARNESS_MAIN("bandrules", tests)
