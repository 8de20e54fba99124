/* SPDX-License-Identifier: Apache-2.0 */
/* Bands of forged training runs against what the forge knows.  */
#include "unit/harness.h"

#include "support/scene.h"

enum { STEPS = 3 };

static double score_at_peak(const struct training_plan *plan)
{
	struct scene scene;
	double score;

	scene_open(&scene, plan);
	score = training_score(scene.training, scene.timeline, scene_card(&scene)->peak_ns);
	printf("  %6.2f %% right\n", score);
	scene_close(&scene);
	return score;
}

static double score_at_end(const struct training_plan *plan)
{
	struct scene scene;
	double score;

	scene_open(&scene, plan);
	score = training_score(scene.training, scene.timeline, mv_timeline_end(scene.timeline));
	printf("  %6.2f %% right\n", score);
	scene_close(&scene);
	return score;
}

static void mlp_is_right_at_its_peak(void)
{
	CU_ASSERT(score_at_peak(&(struct training_plan){.model = TRAINING_MLP, .layers = 8, .steps = STEPS}) >= 95);
}

static void gpt_is_right_at_its_peak(void)
{
	CU_ASSERT(score_at_peak(&(struct training_plan){.model = TRAINING_GPT, .layers = 12, .steps = STEPS}) >= 95);
}

static void backward_is_found_by_its_thread(void)
{
	struct training_plan plan = {.model = TRAINING_GPT, .layers = 12, .steps = STEPS, .hides_backward = 1};

	CU_ASSERT(score_at_peak(&plan) >= 95);
}

static void names_come_with_the_first_step(void)
{
	struct training_plan plan = {.model = TRAINING_GPT, .layers = 12, .steps = STEPS, .hides_walk = 1};

	CU_ASSERT(score_at_peak(&plan) >= 95);
}

static void what_autograd_keeps_is_told(void)
{
	struct training_plan plan = {.model = TRAINING_GPT, .layers = 12, .steps = STEPS, .tells_saved = 1};

	CU_ASSERT(score_at_peak(&plan) >= 99);
}

static void an_oom_in_a_later_step_is_like_the_step_before(void)
{
	static const enum training_oom where[] = {TRAINING_OOM_FORWARD, TRAINING_OOM_BACKWARD, TRAINING_OOM_OPTIMIZER};
	size_t i;

	for (i = 0; i < sizeof where / sizeof *where; i++) {
		struct training_plan plan = {.model = TRAINING_GPT, .layers = 12, .steps = STEPS, .oom = where[i]};

		CU_ASSERT(score_at_end(&plan) >= 95);
		plan.steps--;
		CU_ASSERT(score_at_end(&plan) >= 95);
		plan.model = TRAINING_MLP;
		CU_ASSERT(score_at_end(&plan) >= 95);
	}
}

static void an_oom_in_the_first_step_is_guessed_by_sizes_and_orders(void)
{
	static const struct {
		enum training_oom where;
		double percent;
	} cases[] = {
		{TRAINING_OOM_FORWARD, 95},
		{TRAINING_OOM_BACKWARD, 80}, /* the logits that the program holds look like an activation */
		{TRAINING_OOM_OPTIMIZER, 95},
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct training_plan plan = {.model = TRAINING_GPT, .layers = 12, .oom = cases[i].where};

		CU_ASSERT(score_at_end(&plan) >= cases[i].percent);
	}
}

static const struct harness_test tests[] = {
	HARNESS_TEST(mlp_is_right_at_its_peak),
	HARNESS_TEST(gpt_is_right_at_its_peak),
	HARNESS_TEST(backward_is_found_by_its_thread),
	HARNESS_TEST(names_come_with_the_first_step),
	HARNESS_TEST(what_autograd_keeps_is_told),
	HARNESS_TEST(an_oom_in_a_later_step_is_like_the_step_before),
	HARNESS_TEST(an_oom_in_the_first_step_is_guessed_by_sizes_and_orders),
};
HARNESS_MAIN("bands", tests)
