/* SPDX-License-Identifier: Apache-2.0 */
#include "support/stacks.h"

#define PACKAGES "/opt/venv/lib/python3.11/site-packages/"
#define MIB ((uint64_t)1 << 20)

/* Outermost first; LINE 0: native.  */
struct line {
	const char *where;
	const char *function;
	uint32_t line;
};

#define CALLS                                                                                                      \
	{"/usr/bin/python3.11", NULL, 0}, {"/usr/bin/python3.11", NULL, 0},                                        \
		{PACKAGES "torch/nn/modules/module.py", "Module._wrapped_call_impl", 1787},                        \
		{"/usr/bin/python3.11", NULL, 0}, {PACKAGES "torch/nn/modules/module.py", "Module._call_impl", 1798}

static const struct line training[] = {
	{"/lib/x86_64-linux-gnu/libc.so.6", NULL, 0},
	{"/usr/bin/python3.11", NULL, 0},
	{"/home/user/train.py", "<module>", 22},
	{"/home/user/train.py", "main", 19},
	CALLS,
	{"/home/user/acme/model.py", "Gpt.forward", 28},
	CALLS,
	{"/home/user/acme/model.py", "Block.forward", 16},
	CALLS,
	{PACKAGES "torch/nn/modules/container.py", "Sequential.forward", 259},
	CALLS,
	{PACKAGES "peft/tuners/lora.py", "LoraLinear.forward", 60},
	CALLS,
	{PACKAGES "torch/nn/modules/linear.py", "Linear.forward", 134},
	{"/usr/bin/python3.11", NULL, 0},
	{PACKAGES "torch/lib/libtorch_python.so", NULL, 0},
	{PACKAGES "torch/lib/libtorch_cpu.so", NULL, 0},
	{PACKAGES "torch/lib/libtorch_cuda.so", NULL, 0},
};

static const struct line serving[] = {
	{"/usr/bin/python3.11", NULL, 0},
	{"<frozen runpy>", "_run_module_as_main", 198},
	{"<frozen runpy>", "_run_code", 88},
	{PACKAGES "vllm/entrypoints/api_server.py", "<module>", 40},
	{"/usr/lib/python3.11/threading.py", "Thread.run", 982},
	{PACKAGES "vllm/models/llama.py", "LlamaModel.forward", 300},
	CALLS,
	{PACKAGES "torch/nn/modules/linear.py", "Linear.forward", 134},
	{PACKAGES "torch/lib/libtorch_cpu.so", NULL, 0},
};

static const struct line native[] = {
	{"/lib/x86_64-linux-gnu/libc.so.6", NULL, 0},
	{"/home/user/solver/build/solve", NULL, 0},
	{"/home/user/solver/build/libmesh.so", NULL, 0},
	{"/opt/cuda/lib64/libcublas.so.12", NULL, 0},
	{"/opt/cuda/lib64/libcudart.so.12", NULL, 0},
};

static const struct line libraries[] = {
	{"/lib/x86_64-linux-gnu/libc.so.6", NULL, 0},
	{"/lib/x86_64-linux-gnu/libstdc++.so.6", NULL, 0},
	{PACKAGES "torch/lib/libtorch_python.so", NULL, 0},
	{PACKAGES "torch/lib/libtorch_cpu.so", NULL, 0},
};

static const struct line forward[] = {
	{"/home/user/train.py", "<module>", 22},
	{"/home/user/train.py", "main", 19},
	{"/home/user/acme/model.py", "Block.forward", 17},
	{PACKAGES "torch/nn/modules/linear.py", "Linear.forward", 134},
};

static const struct line backward[] = {
	{"/lib/x86_64-linux-gnu/libc.so.6", NULL, 0},
	{PACKAGES "torch/lib/libtorch_python.so", NULL, 0},
	{PACKAGES "torch/lib/libtorch_cpu.so", NULL, 0},
	{PACKAGES "torch/lib/libtorch_cuda.so", NULL, 0},
};

/* Each native frame is one of its own.  */
static uint32_t stack_from(struct forge *forge, uint32_t stack, const struct line *lines, size_t count)
{
	const struct mv_module module = {.start = 0x7f0000000000, .size_bytes = 1 << 24, .build_id_bytes = 20};
	size_t i;

	for (i = 0; i < count; i++)
		stack = lines[i].line ? forge_python(forge, stack, lines[i].where, lines[i].function, lines[i].line) :
					forge_native(forge, stack, &module, lines[i].where, 0x1000 + 0x100 * i);
	return stack;
}

#define STACK_FROM(stack, lines) stack_from(forge, stack, lines, sizeof(lines) / sizeof *(lines))
#define STACK(lines) STACK_FROM(0, lines)

void stacks_add(struct forge *forge)
{
	const uint32_t stacks[] = {STACK(training), STACK(serving), STACK(native), STACK(libraries),
				   STACK_FROM(forge_forward(forge, STACK(forward)), backward)};
	uint64_t address = UINT64_C(0x7e0000000000), size = 512 * MIB;
	size_t i;

	forge_alloc(forge, 1, MV_LEDGER_DEVICE, address, 1024 * MIB, 0, 0);
	for (i = 0; i < sizeof stacks / sizeof *stacks; i++, size /= 2) {
		forge_alloc(forge, 1, MV_LEDGER_BLOCK, address, size, stacks[i], 0);
		address += size;
	}
}
