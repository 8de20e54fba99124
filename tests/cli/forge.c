/* SPDX-License-Identifier: Apache-2.0 */
/* forge SCENARIO FILE: writes a forged recording, the same each time; forge cache FILE: a file of the cache of names.  For tests that start programs.  */
#include <stdio.h>
#include <string.h>

#include "support/stacks.h"
#include "support/named.h"
#include "support/training.h"

enum ending { FINISHED, WITH_BESIDES, WITH_LOSSES, WITH_STACKS, WITH_NAMES, KILLED, SNAPSHOT };

#define MIB ((uint64_t)1 << 20)

/* What is no plain memory, after the training.  */
static void add_besides(struct forge *forge)
{
	static const struct mv_event events[] = {
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_CONTEXT_BEGIN, .address = 1},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_MODULE_BEGIN, .address = 0x10},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_MODULE_BEGIN, .address = 0x20},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_MODULE_BEGIN, .address = 0x30},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_MODULE_END, .address = 0x20},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_POOL_BEGIN, .address = 0x40},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_LIMIT, .size_bytes = 4096, .extra = 0},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_LIMIT, .size_bytes = 64 * MIB, .extra = 2},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_GRAPH_BEGIN, .address = 0x50},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_EXPORT, .address = 0x60},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_CHECKPOINT, .extra = 1},
		{.kind = MV_EVENT_CALL, .role = MV_CHANGE_RESTORE, .extra = 1},
		{.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_POOLED, .address = 0x70000, .size_bytes = 3 * MIB,
		 .flags = MV_FLAG_CAPTURED},
		{.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_DEVICE, .address = 0x80, .size_bytes = 5 * MIB,
		 .flags = MV_FLAG_HANDLE | MV_FLAG_ESTIMATED},
		{.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_DEVICE, .address = 0x90, .size_bytes = 7 * MIB,
		 .flags = MV_FLAG_HANDLE | MV_FLAG_IMPORTED},
		{.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_DEVICE, .address = 0xa0000, .flags = MV_FLAG_IMPORTED},
		{.kind = MV_EVENT_ALLOC, .ledger = MV_LEDGER_RESERVATION, .address = 0xb0, .size_bytes = 9 * MIB,
		 .flags = MV_FLAG_HANDLE},
	};
	size_t i;

	for (i = 0; i < sizeof events / sizeof *events; i++)
		forge_event(forge, &events[i]);
}

/* 1001 of the first cause, 1002 of the second …  */
static void add_losses(struct forge *forge)
{
	int i;

	for (i = 0; i < MV_LOSS_COUNT; i++)
		mv_store_lose(&forge->store, (enum mv_loss)i, 1001 + (uint64_t)i);
}

static const struct scenario {
	const char *name;
	struct training_plan plan;
	enum ending ending;
} scenarios[] = {
	{"tiny", {.model = TRAINING_MLP, .layers = 1, .steps = 2}, FINISHED},
	{"chunks", {.model = TRAINING_MLP, .layers = 2, .steps = 150}, FINISHED},
	{"besides", {.model = TRAINING_MLP, .layers = 1, .steps = 1}, WITH_BESIDES},
	{"frames", {.model = TRAINING_MLP, .layers = 1, .steps = 1}, WITH_STACKS},
	{"mlp", {.model = TRAINING_MLP, .layers = 8, .steps = 3}, FINISHED},
	{"gpt", {.model = TRAINING_GPT, .layers = 12, .steps = 3}, FINISHED},
	{"held", {.model = TRAINING_MLP, .layers = 1, .steps = 3, .tells_saved = 1}, FINISHED},
	{"gpt-held", {.model = TRAINING_GPT, .layers = 12, .steps = 3, .tells_saved = 1}, FINISHED},
	{"gpt-oom-held", {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_BACKWARD, .tells_saved = 1}, SNAPSHOT},
	{"gpt-killed", {.model = TRAINING_GPT, .layers = 12, .steps = 3}, KILLED},
	{"gpt-long", {.model = TRAINING_GPT, .layers = 12, .steps = 2000}, FINISHED},
	{"gpt-oom-forward", {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_FORWARD}, SNAPSHOT},
	{"gpt-oom-backward", {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_BACKWARD}, SNAPSHOT},
	{"gpt-oom-optimizer", {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_OPTIMIZER}, SNAPSHOT},
	{"gpt-oom-first", {.model = TRAINING_GPT, .layers = 12, .oom = TRAINING_OOM_FORWARD}, SNAPSHOT},
	{"gpt-oom-survived",
	 {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_FORWARD, .is_oom_survived = 1},
	 FINISHED},
	{"named", {.model = TRAINING_MLP, .layers = 1, .steps = 2}, WITH_NAMES},
	{"losses", {.model = TRAINING_MLP, .layers = 1, .steps = 2}, WITH_LOSSES},
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
	case WITH_LOSSES:
		add_losses(forge);
		forge_finish(forge);
		return;
	case WITH_BESIDES:
		add_besides(forge);
		forge_finish(forge);
		return;
	case WITH_STACKS:
		stacks_add(forge);
		forge_finish(forge);
		return;
	case WITH_NAMES:
		forge_finish(forge);
		named_pack(path);
		return;
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

	if (argc == 3 && !strcmp(argv[1], "cache"))
		return named_cache(argv[2]) ? 1 : 0;
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
