/* SPDX-License-Identifier: Apache-2.0 */
/* forge SCENARIO FILE: writes a forged recording, the same each time.  For tests that start programs.  */
#include <stdio.h>
#include <string.h>

#include "support/training.h"

enum ending { FINISHED, KILLED, SNAPSHOT };

static const struct scenario {
	const char *name;
	struct training_plan plan;
	enum ending ending;
} scenarios[] = {
	{"tiny", {.model = TRAINING_MLP, .layers = 1, .steps = 2}, FINISHED},
	{"chunks", {.model = TRAINING_MLP, .layers = 2, .steps = 150}, FINISHED},
	{"mlp", {.model = TRAINING_MLP, .layers = 8, .steps = 3}, FINISHED},
	{"gpt", {.model = TRAINING_GPT, .layers = 12, .steps = 3}, FINISHED},
	{"gpt-killed", {.model = TRAINING_GPT, .layers = 12, .steps = 3}, KILLED},
	{"gpt-long", {.model = TRAINING_GPT, .layers = 12, .steps = 2000}, FINISHED},
	{"gpt-oom-forward", {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_FORWARD}, SNAPSHOT},
	{"gpt-oom-backward", {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_BACKWARD}, SNAPSHOT},
	{"gpt-oom-optimizer", {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_OPTIMIZER}, SNAPSHOT},
	{"gpt-oom-first", {.model = TRAINING_GPT, .layers = 12, .oom = TRAINING_OOM_FORWARD}, SNAPSHOT},
	{"gpt-oom-survived",
	 {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_FORWARD, .is_oom_survived = 1},
	 FINISHED},
};

static const struct scenario *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	return NULL;
}

static void end(struct forge *forge, enum ending ending, const char *path)
{
	char snapshot[1024];

	switch (ending) {
	case FINISHED:
		forge_finish(forge);
		return;
	case KILLED:
		forge_kill(forge);
		return;
	case SNAPSHOT:
		snprintf(snapshot, sizeof snapshot, "%s.snapshot", path);
		forge_snapshot(forge, snapshot, MV_REASON_OOM);
		forge_kill(forge);
		rename(snapshot, path);
		return;
	}
}

int main(int argc, char **argv)
{
	const struct scenario *scenario = argc == 3 ? find(argv[1]) : NULL;
	struct forge *forge;
	size_t i;

	if (!scenario) {
		fprintf(stderr, "usage: forge SCENARIO FILE\nscenarios:");
		for (i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
			fprintf(stderr, " %s", scenarios[i].name);
		fprintf(stderr, "\n");
		return 2;
	}
	forge = forge_open(argv[2], "train.py", 0);
	training_release(training_run(forge, &scenario->plan));
	end(forge, scenario->ending, argv[2]);
	return 0;
}
