/* SPDX-License-Identifier: Apache-2.0 */
/* The demo's training as a whole, in this process and as the program that users start.  */
#include "unit/harness.h"

#include <sys/wait.h>

#include "demo/trainer.h"

enum { STEPS = 60, ROWS = 64, TEXT_BYTES = 4096 };

static const struct trainer_plan plan = {.width = 64, .depth = 3, .rate = 4e-3f, .seed = 1};

static void open_trainer(struct trainer *trainer)
{
	setenv("GPUSIM_MEMORY", "32MiB", 1);
	CU_ASSERT_FATAL(trainer_open(trainer, &plan) == 0);
}

/* Train, and give the mean loss of the first and of the last ten steps.  */
static void train(struct trainer *trainer, float means[2])
{
	struct trainer_outcome outcome;
	int i;

	means[0] = means[1] = 0;
	for (i = 0; i < STEPS; i++) {
		CU_ASSERT_FATAL(trainer_step(trainer, ROWS, &outcome) == 0);
		if (i < 10)
			means[0] += outcome.loss / 10;
		if (i >= STEPS - 10)
			means[1] += outcome.loss / 10;
	}
}

static void loss_falls(void)
{
	struct trainer trainer;
	float means[2];

	open_trainer(&trainer);
	train(&trainer, means);
	CU_ASSERT(means[1] < 0.6f * means[0]);
	trainer_close(&trainer);
}

static void same_seed_gives_same_losses(void)
{
	struct trainer trainer;
	float means[2][2];
	int i;

	for (i = 0; i < 2; i++) {
		open_trainer(&trainer);
		train(&trainer, means[i]);
		trainer_close(&trainer);
	}
	CU_ASSERT(!memcmp(means[0], means[1], sizeof means[0]));
}

static void steps_leave_no_block_behind(void)
{
	struct trainer_outcome outcome;
	struct trainer trainer;
	size_t after_first;

	open_trainer(&trainer);
	CU_ASSERT_EQUAL(trainer_step(&trainer, ROWS, &outcome), 0);
	after_first = trainer.pool.allocated_bytes;
	CU_ASSERT_EQUAL(trainer_step(&trainer, 2 * ROWS, &outcome), 0);
	CU_ASSERT_EQUAL(trainer.pool.allocated_bytes, after_first);
	CU_ASSERT(outcome.peak_bytes > after_first);
	trainer_close(&trainer);
	CU_ASSERT_EQUAL(trainer.pool.allocated_bytes, 0);
}

/* Whatever a step was doing when memory ran out: all that it had made is freed.  */
static void memory_may_run_out_anywhere(void)
{
	struct trainer_outcome outcome;
	struct trainer trainer;
	size_t rows = 4096, failures = 0;

	for (; rows < 40000; rows += 2048) {
		open_trainer(&trainer);
		if (trainer_step(&trainer, rows, &outcome)) {
			CU_ASSERT(trainer.pool.failure.wanted > 0);
			failures++;
		}
		trainer_close(&trainer);
		CU_ASSERT_EQUAL(trainer.pool.allocated_bytes, 0);
		CU_ASSERT_EQUAL(trainer.pool.reserved_bytes, 0);
	}
	CU_ASSERT(failures > 0);
}

/* ---- the program ---- */

/* Start the program with ARGUMENTS and, before it, ENVIRONMENT; give its exit status, and what it printed in TEXT.  */
static int start(const char *environment, const char *arguments, char text[TEXT_BYTES])
{
	char line[512];
	size_t length;
	FILE *pipe;
	int status;

	snprintf(line, sizeof line, "%s %s %s 2>&1", environment, DEMO_TRAIN, arguments);
	pipe = popen(line, "r");
	CU_ASSERT_FATAL(pipe != NULL);
	length = fread(text, 1, TEXT_BYTES - 1, pipe);
	text[length] = 0;
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t line_count(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void help_is_printed(void)
{
	char text[TEXT_BYTES];

	CU_ASSERT_EQUAL(start("", "--help", text), 0);
	CU_ASSERT(strstr(text, "usage: train") == text);
}

static void wrong_options_are_refused(void)
{
	static const char *const wrong[] = {"--steps=0", "--batch=12x", "--grow=0.5", "--seed=-1", "--nothing", "word"};
	char text[TEXT_BYTES];
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		CU_ASSERT_EQUAL(start("", wrong[i], text), 2);
		CU_ASSERT(strstr(text, "try train --help") != NULL);
	}
}

static void steps_are_counted(void)
{
	char text[TEXT_BYTES];

	CU_ASSERT_EQUAL(start("GPUSIM_MEMORY=128MiB", "--steps=3 --batch=16", text), 0);
	CU_ASSERT(strstr(text, "3 steps in") != NULL);
}

static void unreachable_memory_is_one_line(void)
{
	char text[TEXT_BYTES];

	CU_ASSERT_EQUAL(start("GPUSIM_BACKING=none", "", text), 1);
	CU_ASSERT(strstr(text, "cannot reach the memory") != NULL);
	CU_ASSERT_EQUAL(line_count(text), 1);
}

static void out_of_memory_is_said_and_fails(void)
{
	char text[TEXT_BYTES];

	CU_ASSERT_EQUAL(start("GPUSIM_MEMORY=48MiB", "--batch=64 --grow=2", text), 1);
	CU_ASSERT(strstr(text, "train: out of memory: a block of") != NULL);
	CU_ASSERT(strstr(text, "has 48.00 MiB") != NULL);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(loss_falls),
	HARNESS_TEST(same_seed_gives_same_losses),
	HARNESS_TEST(steps_leave_no_block_behind),
	HARNESS_TEST(memory_may_run_out_anywhere),
	HARNESS_TEST(help_is_printed),
	HARNESS_TEST(wrong_options_are_refused),
	HARNESS_TEST(steps_are_counted),
	HARNESS_TEST(unreachable_memory_is_one_line),
	HARNESS_TEST(out_of_memory_is_said_and_fails),
};
HARNESS_MAIN("demo_training", tests)
