/* SPDX-License-Identifier: Apache-2.0 */
#include "support/training.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/array.h"
#include "support/arena.h"

enum { MAIN = 1, AUTOGRAD = 2, PARAMETERS_MAX = 512, SAVED_MAX = 16, KIB = 1 << 10, MIB = 1 << 20 };

#define DRIVER_ADDRESS UINT64_C(0x7e0000000000)
#define CONTEXT_BYTES ((uint64_t)430 * MIB)

struct parameter {
	char name[64];
	uint64_t size_bytes;
	uint64_t address, gradient, states[2]; /* 0: not there */
};

/* One module: what it owns, what it keeps for backward, what it needs for a moment.  */
struct layer {
	struct parameter *parameters;
	unsigned parameter_count;
	uint64_t saved_bytes[SAVED_MAX]; /* ends in 0 */
	uint64_t saved[SAVED_MAX];
	uint64_t scratch_bytes;
	uint32_t stack, scratch_stack;
};

struct run {
	struct training *training;
	struct forge *forge;
	const struct training_plan *plan;
	struct arena arena;
	struct parameter parameters[PARAMETERS_MAX];
	unsigned parameter_count;
	struct layer *layers;
	unsigned layer_count;
	uint64_t batch_bytes, output_bytes;
	uint64_t batch, output, loss;
	uint32_t main_stack, batch_stack, loss_stack, to_stack, step_stack, zero_stack, engine_stack;
	uint16_t malloc_api;
	jmp_buf out; /* where an out-of-memory error goes */
};

/* ---- memory ---- */

static void note_truth(struct run *run, uint64_t birth_ns, enum mv_band band)
{
	struct training *training = run->training;

	if (mv_array_grow(&training->truth, &training->truth_room, training->truth_count, sizeof *training->truth))
		abort();
	training->truth[training->truth_count++] = (struct training_truth){birth_ns, band};
}

static void driver_alloc(struct run *run, uint32_t thread, uint64_t address, uint64_t size, uint32_t stack)
{
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = MV_LEDGER_DEVICE,
		.thread = thread,
		.address = address,
		.size_bytes = size,
		.stack = stack,
		.api = run->malloc_api,
	};

	forge_event(run->forge, &event);
}

/* What the driver would call free.  */
static uint64_t free_bytes(const struct run *run)
{
	return run->training->capacity_bytes - CONTEXT_BYTES - 64 * MIB - run->arena.reserved_bytes;
}

/* Ask for more than is free, and take no for an answer.  */
static void run_out(struct run *run, uint32_t thread, uint32_t stack)
{
	uint64_t size = free_bytes(run) + 300 * MIB;
	struct mv_event failed = {
		.kind = MV_EVENT_ALLOC_FAILED,
		.ledger = MV_LEDGER_DEVICE,
		.thread = thread,
		.size_bytes = arena_would_reserve(&run->arena, size),
		.stack = stack,
		.api = run->malloc_api,
		.result = 2,
	};
	struct mv_oom oom = {
		.requested_bytes = size,
		.allocated_bytes = run->arena.allocated_bytes,
		.reserved_bytes = run->arena.reserved_bytes,
		.free_bytes = free_bytes(run),
		.total_bytes = run->training->capacity_bytes,
		.stack = stack,
		.thread = thread,
		.outcome = run->plan->is_oom_survived ? MV_OOM_SURVIVED : MV_OOM_UNKNOWN,
	};

	forge_event(run->forge, &failed);
	forge_oom(run->forge, &oom);
	longjmp(run->out, 1);
}

static uint64_t take(struct run *run, uint32_t thread, uint64_t size, uint32_t stack, enum mv_band band, uint8_t flags)
{
	uint64_t got, segment, address = arena_take(&run->arena, size, &got, &segment);
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = MV_LEDGER_BLOCK,
		.thread = thread,
		.address = address,
		.size_bytes = got,
		.extra = run->arena.reserved_bytes,
		.stack = stack,
		.flags = flags,
	};

	if (segment)
		driver_alloc(run, thread, address, segment, stack);
	note_truth(run, forge_event(run->forge, &event), band);
	return address;
}

static void give(struct run *run, uint32_t thread, uint64_t *address)
{
	if (!*address)
		return;
	forge_free(run->forge, thread, MV_LEDGER_BLOCK, *address);
	arena_give(&run->arena, *address);
	*address = 0;
}

/* ---- the model ---- */

static uint32_t python(struct run *run, uint32_t callers, const char *file, const char *function, uint32_t line)
{
	return forge_python(run->forge, callers, file, function, line);
}

static struct layer *add_layer(struct run *run, const uint64_t *saved_bytes, uint64_t scratch_bytes)
{
	struct layer *layer = &run->layers[run->layer_count++];
	unsigned i;

	layer->parameters = &run->parameters[run->parameter_count];
	for (i = 0; saved_bytes[i]; i++)
		layer->saved_bytes[i] = saved_bytes[i];
	layer->scratch_bytes = scratch_bytes;
	return layer;
}

static void add_parameter(struct run *run, struct layer *layer, const char *module, unsigned index, const char *name,
			  uint64_t size)
{
	struct parameter *parameter = &run->parameters[run->parameter_count++];

	snprintf(parameter->name, sizeof parameter->name, module, index, name);
	parameter->size_bytes = size;
	layer->parameter_count++;
}

static void set_stacks(struct run *run, struct layer *layer, const char *function, uint32_t line)
{
	uint32_t model = python(run, run->main_stack, "/home/user/train/model.py", "forward", 61);
	uint32_t own = python(run, model, "/home/user/train/model.py", function, line);

	layer->stack = python(run, own, "/usr/lib/python3/dist-packages/torch/nn/modules/linear.py", "forward", 125);
	layer->scratch_stack = python(run, own, "/usr/lib/python3/dist-packages/torch/nn/functional.py", "softmax", 2138);
}

static void build_gpt(struct run *run)
{
	const uint64_t hidden = 768, tokens = 8 * 256, words = 50304, width = tokens * hidden * 4;
	const uint64_t block[] = {width, 3 * width, 25 * MIB, width, width, 4 * width, 4 * width, 0};
	const uint64_t embedding[] = {width, 0}, head[] = {width, tokens * words * 4, 0};
	struct layer *layer = add_layer(run, embedding, width);
	unsigned i;

	add_parameter(run, layer, "transformer.%u.%s", 0, "wte.weight", words * hidden * 4);
	set_stacks(run, layer, "embed", 68);
	for (i = 0; i < run->plan->layers; i++) {
		layer = add_layer(run, block, 25 * MIB);
		add_parameter(run, layer, "transformer.h.%u.%s", i, "ln_1.weight", hidden * 4);
		add_parameter(run, layer, "transformer.h.%u.%s", i, "attn.c_attn.weight", 3 * hidden * hidden * 4);
		add_parameter(run, layer, "transformer.h.%u.%s", i, "attn.c_proj.weight", hidden * hidden * 4);
		add_parameter(run, layer, "transformer.h.%u.%s", i, "mlp.c_fc.weight", 4 * hidden * hidden * 4);
		add_parameter(run, layer, "transformer.h.%u.%s", i, "mlp.c_proj.weight", 4 * hidden * hidden * 4);
		set_stacks(run, layer, "block", 40);
	}
	layer = add_layer(run, head, width);
	add_parameter(run, layer, "lm_head.%u.%s", 0, "weight", words * hidden * 4);
	set_stacks(run, layer, "head", 74);
	run->batch_bytes = tokens * 8;
	run->output_bytes = tokens * words * 4;
}

static void build_mlp(struct run *run)
{
	const uint64_t hidden = 4096, batch = 1024, width = batch * hidden * 4;
	const uint64_t saved[] = {width, width, 0};
	struct layer *layer;
	unsigned i;

	for (i = 0; i < run->plan->layers; i++) {
		layer = add_layer(run, saved, width);
		add_parameter(run, layer, "net.%u.%s", i * 2, "weight", hidden * hidden * 4);
		add_parameter(run, layer, "net.%u.%s", i * 2, "bias", hidden * 4);
		set_stacks(run, layer, "net", 22);
	}
	run->batch_bytes = width;
	run->output_bytes = width;
}

static void build(struct run *run)
{
	uint32_t main_stack = python(run, 0, "/home/user/train/train.py", "<module>", 112);

	main_stack = python(run, main_stack, "/home/user/train/train.py", "main", 88);
	run->main_stack = main_stack;
	run->to_stack = python(run, python(run, main_stack, "/home/user/train/train.py", "build", 31),
			       "/usr/lib/python3/dist-packages/torch/nn/modules/module.py", "convert", 1329);
	run->batch_stack = python(run, main_stack, "/home/user/train/train.py", "get_batch", 54);
	run->loss_stack = python(run, main_stack, "/usr/lib/python3/dist-packages/torch/nn/functional.py", "cross_entropy", 3494);
	run->step_stack = python(run, main_stack, "/usr/lib/python3/dist-packages/torch/optim/adamw.py", "step", 243);
	run->zero_stack = python(run, main_stack, "/usr/lib/python3/dist-packages/torch/optim/optimizer.py", "zero_grad", 988);
	run->engine_stack = forge_native(run->forge, 0, &(struct mv_module){.start = 0x7f4200000000, .size_bytes = 1 << 28,
			.build_id_bytes = 20, .build_id = {0xab, 0xcd}}, "/usr/lib/libtorch_cpu.so", 0x5a31c0);
	run->layers = calloc(run->plan->layers + 3, sizeof *run->layers);
	if (run->plan->model == TRAINING_GPT)
		build_gpt(run);
	else
		build_mlp(run);
}

/* ---- what the framework says ---- */

static void name_states(struct run *run, const struct parameter *parameter)
{
	static const char *const names[] = {"exp_avg", "exp_avg_sq"};
	char name[96];
	unsigned i;

	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof name, "%s/%s", parameter->name, names[i]);
		if (parameter->states[i])
			forge_owner(run->forge, MAIN, parameter->states[i], MV_ROLE_OPTIMIZER, name);
	}
}

static void name_parameters(struct run *run)
{
	unsigned i;

	for (i = 0; i < run->parameter_count; i++)
		forge_owner(run->forge, MAIN, run->parameters[i].address, MV_ROLE_PARAMETER, run->parameters[i].name);
}

/* What is read before each optimizer step; what was said already is not said again.  */
static void name_owners(struct run *run)
{
	unsigned i;

	if (run->forge->step == 0)
		name_parameters(run);
	for (i = 0; i < run->parameter_count; i++)
		forge_owner(run->forge, MAIN, run->parameters[i].gradient, MV_ROLE_GRADIENT, run->parameters[i].name);
	for (i = 0; i < run->parameter_count && run->forge->step == 1; i++)
		name_states(run, &run->parameters[i]);
}

/* ---- a step ---- */

static void move_to_card(struct run *run)
{
	unsigned i;

	for (i = 0; i < run->parameter_count; i++)
		run->parameters[i].address = take(run, MAIN, run->parameters[i].size_bytes, run->to_stack,
						  MV_BAND_PARAMETER, 0);
	if (!run->plan->hides_walk)
		name_parameters(run);
}

static void replace(struct run *run, uint64_t *held, uint64_t size, uint32_t stack, uint8_t flags)
{
	uint64_t fresh = take(run, MAIN, size, stack, MV_BAND_OTHER, flags);

	give(run, MAIN, held);
	*held = fresh;
}

static void zero_grad(struct run *run)
{
	unsigned i;

	for (i = 0; i < run->parameter_count; i++)
		give(run, MAIN, &run->parameters[i].gradient);
}

static uint64_t keep(struct run *run, const struct layer *layer, uint64_t size)
{
	uint64_t address = take(run, MAIN, size, layer->stack, MV_BAND_ACTIVATION, MV_FLAG_GRAD);

	if (run->plan->tells_saved)
		forge_owner(run->forge, MAIN, address, MV_ROLE_SAVED, NULL);
	return address;
}

static void layer_forward(struct run *run, struct layer *layer)
{
	uint64_t scratch = take(run, MAIN, layer->scratch_bytes, layer->scratch_stack, MV_BAND_TEMPORARY, MV_FLAG_GRAD);
	unsigned i;

	for (i = 0; layer->saved_bytes[i]; i++)
		layer->saved[i] = keep(run, layer, layer->saved_bytes[i]);
	give(run, MAIN, &scratch);
}

static void forward(struct run *run, int is_cut)
{
	unsigned i;

	replace(run, &run->batch, run->batch_bytes, run->batch_stack, MV_FLAG_GRAD);
	for (i = 0; i < run->layer_count; i++) {
		if (is_cut && i == run->layer_count / 2)
			run_out(run, MAIN, run->layers[i].stack);
		layer_forward(run, &run->layers[i]);
	}
	replace(run, &run->output, run->output_bytes, run->loss_stack, MV_FLAG_GRAD);
	replace(run, &run->loss, 512, run->loss_stack, MV_FLAG_GRAD);
}

static void layer_backward(struct run *run, struct layer *layer, uint64_t *flowing)
{
	uint64_t next = take(run, AUTOGRAD, layer->saved_bytes[0], run->engine_stack, MV_BAND_TEMPORARY, 0);
	unsigned i;

	for (i = 0; i < layer->parameter_count; i++)
		layer->parameters[i].gradient = take(run, AUTOGRAD, layer->parameters[i].size_bytes, run->engine_stack,
						     MV_BAND_GRADIENT, 0);
	for (i = 0; layer->saved_bytes[i]; i++)
		give(run, AUTOGRAD, &layer->saved[i]);
	give(run, AUTOGRAD, flowing);
	*flowing = next;
}

static void backward(struct run *run, int is_cut)
{
	uint64_t flowing = 0;
	unsigned i;

	if (!run->plan->hides_backward)
		forge_phase(run->forge, MAIN, 1, MV_PHASE_BACKWARD, NULL);
	run->forge->phase_of[AUTOGRAD] = MV_PHASE_BACKWARD;
	flowing = take(run, AUTOGRAD, run->output_bytes, run->engine_stack, MV_BAND_TEMPORARY, 0);
	for (i = run->layer_count; i-- > 0;) {
		if (is_cut && i == run->layer_count / 2)
			run_out(run, AUTOGRAD, run->engine_stack);
		layer_backward(run, &run->layers[i], &flowing);
	}
	give(run, AUTOGRAD, &flowing);
	if (!run->plan->hides_backward)
		forge_phase(run->forge, MAIN, 0, MV_PHASE_BACKWARD, NULL);
}

static void make_states(struct run *run)
{
	unsigned i, k;

	for (i = 0; i < run->parameter_count; i++)
		for (k = 0; k < 2; k++)
			run->parameters[i].states[k] = take(run, MAIN, run->parameters[i].size_bytes, run->step_stack,
							    MV_BAND_OPTIMIZER, 0);
}

static void optimize(struct run *run, int is_cut)
{
	uint64_t scratch[PARAMETERS_MAX];
	unsigned i;

	forge_phase(run->forge, MAIN, 1, MV_PHASE_OPTIMIZER, "AdamW.step");
	name_owners(run);
	if (!run->parameters[0].states[0])
		make_states(run);
	for (i = 0; i < run->parameter_count; i++) {
		if (is_cut && i == run->parameter_count / 2)
			run_out(run, MAIN, run->step_stack);
		scratch[i] = take(run, MAIN, run->parameters[i].size_bytes, run->step_stack, MV_BAND_TEMPORARY, 0);
	}
	for (i = 0; i < run->parameter_count; i++)
		give(run, MAIN, &scratch[i]);
	forge_phase(run->forge, MAIN, 0, MV_PHASE_OPTIMIZER, NULL);
}

static void train(struct run *run)
{
	unsigned i;

	for (i = 0; i <= run->plan->steps; i++) {
		int is_last = i == run->plan->steps;

		if (is_last && run->plan->oom == TRAINING_NO_OOM)
			return;
		forward(run, is_last && run->plan->oom == TRAINING_OOM_FORWARD);
		zero_grad(run);
		backward(run, is_last && run->plan->oom == TRAINING_OOM_BACKWARD);
		optimize(run, is_last && run->plan->oom == TRAINING_OOM_OPTIMIZER);
	}
}

static void begin(struct run *run)
{
	struct mv_event info = {.kind = MV_EVENT_MEMORY_INFO, .thread = MAIN};

	forge_thread(run->forge, "", 0);
	forge_thread(run->forge, "python", 0);
	forge_thread(run->forge, "pt_autograd_0", 1);
	run->malloc_api = forge_api(run->forge, "cuMemAlloc_v2");
	forge_device(run->forge, 0, "NVIDIA Test Card", run->training->capacity_bytes);
	mv_store_note(&run->forge->store, "run", ""); /* not by memviz run */
	mv_store_note(&run->forge->store, "python", "3.11.2");
	mv_store_note(&run->forge->store, "torch", "2.6.0");
	driver_alloc(run, MAIN, DRIVER_ADDRESS, 64 * MIB, run->main_stack);
	info.size_bytes = free_bytes(run);
	info.extra = run->training->capacity_bytes;
	forge_event(run->forge, &info);
}

struct training *training_run(struct forge *forge, const struct training_plan *plan)
{
	struct run *run = calloc(1, sizeof *run);
	struct training *training = calloc(1, sizeof *training);

	training->forge = forge;
	training->capacity_bytes = (uint64_t)(plan->oom ? 6 : 40) * KIB * MIB;
	*run = (struct run){.training = training, .forge = forge, .plan = plan};
	build(run);
	begin(run);
	if (!setjmp(run->out)) {
		move_to_card(run);
		train(run);
	} else if (plan->is_oom_survived) {
		take(run, MAIN, 4 * MIB, run->batch_stack, MV_BAND_OTHER, 0);
	}
	arena_release(&run->arena);
	free(run->layers);
	free(run);
	return training;
}

void training_release(struct training *training)
{
	free(training->truth);
	free(training);
}

static const struct training_truth *truth_of(const struct training *training, uint64_t birth_ns)
{
	size_t low = 0, high = training->truth_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (training->truth[middle].birth_ns < birth_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low < training->truth_count && training->truth[low].birth_ns == birth_ns ? &training->truth[low] : NULL;
}

double training_score(const struct training *training, const struct mv_timeline *timeline, uint64_t time_ns)
{
	uint64_t right = 0, all = 0;
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);

	for (i = 0; i < count; i++) {
		const struct mv_block *block = &blocks[i];
		const struct training_truth *truth = truth_of(training, block->birth_ns + FORGE_START_NS);

		if (!mv_timeline_is_banded(timeline, block) || !mv_block_is_alive_at(block, time_ns))
			continue;
		all += block->size_bytes;
		right += truth && block->is_birth_known && truth->band == block->band ? block->size_bytes : 0;
	}
	return all ? 100.0 * (double)right / (double)all : 0;
}
