/* SPDX-License-Identifier: Apache-2.0 */
/* scenes NAME FILE: writes a forged recording for the page's tests, the same each time; what tests/cli/forge.c has no
 * scenario for: several cards, ranks, strange names, memory without a pool, a ring that has been overwritten.  */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "format/image.h"
#include "support/training.h"

enum { MAIN = 1 };

static const uint64_t MIB = 1 << 20, GIB = 1 << 30;

static void train(struct forge *forge, unsigned layers, unsigned steps)
{
	struct training_plan plan = {.model = TRAINING_MLP, .layers = layers, .steps = steps};

	training_release(training_run(forge, &plan));
}

static void set_rank(struct forge *forge, int rank, int world_size)
{
	forge->store.header->rank = rank;
	forge->store.header->world_size = world_size;
	mv_image_seal_layout(forge->store.header);
}

static void alloc_on(struct forge *forge, uint8_t device, enum mv_ledger ledger, uint64_t address, uint64_t size,
		     uint64_t extra, uint32_t stack)
{
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.ledger = (uint8_t)ledger,
		.thread = MAIN,
		.device = device,
		.address = address,
		.size_bytes = size,
		.extra = extra,
		.stack = stack,
	};

	forge_event(forge, &event);
}

/* ---- scenes ---- */

static void idle(struct forge *forge)
{
	forge_thread(forge, "python", 0);
}

/* A card that was seen, and nothing else.  */
static void untouched(struct forge *forge)
{
	forge_thread(forge, "python", 0);
	forge_device(forge, 0, "NVIDIA H100 80GB HBM3", 80 * GIB);
}

/* The digit in the file's name says which rank.  */
static void rank(struct forge *forge)
{
	const char *digit = strpbrk(mv_text_base_name(forge->path), "0123456789");
	int number = digit ? *digit - '0' : 0;

	set_rank(forge, number, 4);
	train(forge, 4 + 2 * (unsigned)number, 2);
}

/* Two cards, the second one fuller; on neither a pool.  */
static void cards(struct forge *forge)
{
	uint32_t stack = forge_python(forge, 0, "/home/user/serve.py", "load", 12);
	uint64_t i;

	forge_thread(forge, "python", 0);
	forge_device(forge, 0, "NVIDIA A100-SXM4-40GB", 40 * GIB);
	forge_device(forge, 1, "NVIDIA A100-SXM4-40GB", 40 * GIB);
	for (i = 0; i < 8; i++)
		alloc_on(forge, i % 4 ? 1 : 0, MV_LEDGER_DEVICE, UINT64_C(0x7f0000000000) + i * GIB, (i + 1) * 100 * MIB, 0,
			 stack);
	forge_free(forge, MAIN, MV_LEDGER_DEVICE, UINT64_C(0x7f0000000000) + 7 * GIB);
}

/* Memory that only handles name, mapped in another order than it was made; and memory of the host.  */
static void mapped(struct forge *forge)
{
	const uint64_t start = UINT64_C(0x302000000), handle = 0x55d0c0de0000;
	uint32_t stack = forge_python(forge, 0, "/home/user/serve.py", "grow", 40);
	uint64_t i;

	forge_thread(forge, "python", 0);
	forge_device(forge, 0, "NVIDIA A100-SXM4-40GB", 40 * GIB);
	alloc_on(forge, 0, MV_LEDGER_RESERVATION, start, 20 * GIB, 0, stack);
	for (i = 0; i < 4; i++)
		alloc_on(forge, 0, MV_LEDGER_DEVICE, handle + i * 0x100, 20 * MIB, 0, stack);
	for (i = 0; i < 4; i++)
		alloc_on(forge, 0, MV_LEDGER_MAPPING, start + i * 20 * MIB, 20 * MIB, handle + (3 - i) * 0x100, stack);
	alloc_on(forge, 0, MV_LEDGER_HOST, 0x7ff000000000, 64 * MIB, 0, stack);
	alloc_on(forge, 0, MV_LEDGER_BLOCK, start + 10 * MIB, 25 * MIB, 0, stack);
}

/* Everything that might be taken for markup, for the end of a string or for nothing at all.  */
static void hostile(struct forge *forge)
{
	static const char *const names[] = {
		"</script><script>window.pwned = 1</script>", "<img src=x onerror=\"window.pwned = 1\">", "<!--<script>",
		"\"};window.pwned = 1;//", "\\u003cscript\\u003e", "${window.pwned = 1}", "\xff\xfe broken \xc0\x80",
		"\xe2\x80\xae reversed", "a\nb\tc\x01", "&lt;b&gt;", "\xf0\x9f\xa6\x8a.py",
	};
	uint32_t stack = 0;
	size_t i;

	forge_thread(forge, "<b>thread</b>", 0);
	forge_device(forge, 0, "<i>card</i>", 8 * GIB);
	alloc_on(forge, 0, MV_LEDGER_DEVICE, UINT64_C(0x7f0000000000), GIB, 0, 0);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		uint64_t address = UINT64_C(0x7f0000000000) + i * 64 * MIB;

		stack = forge_python(forge, stack, names[i], names[(i + 1) % (sizeof names / sizeof *names)], 1 + (uint32_t)i);
		forge_alloc(forge, MAIN, MV_LEDGER_BLOCK, address, 50 * MIB, stack, 0);
		forge_owner(forge, MAIN, address, MV_ROLE_PARAMETER, names[i]);
	}
}

/* More events than the ring holds.  */
static void evicted(struct forge *forge)
{
	struct training_plan plan = {.model = TRAINING_GPT, .layers = 12, .steps = 20000};

	training_release(training_run(forge, &plan));
}

/* ---- what is in use ---- */

static void tell(struct forge *forge, uint64_t number, uint8_t device, enum mv_term term, uint64_t bytes)
{
	struct mv_event event = {
		.kind = MV_EVENT_USAGE,
		.thread = MAIN,
		.device = device,
		.address = number,
		.extra = term,
		.size_bytes = bytes,
	};

	forge_event(forge, &event);
}

/* A sample of NVML's; POOLS of the driver's are told if there are any.  */
static void sample(struct forge *forge, uint64_t number, uint8_t device, uint64_t used, uint64_t process, uint64_t others,
		   uint64_t pools)
{
	tell(forge, number, device, MV_TERM_TOTAL, 80 * GIB);
	tell(forge, number, device, MV_TERM_USED, used);
	tell(forge, number, device, MV_TERM_RESERVED, 411 * MIB);
	tell(forge, number, device, MV_TERM_PROCESS, process);
	tell(forge, number, device, MV_TERM_OTHERS, others);
	if (pools)
		tell(forge, number, device, MV_TERM_POOL_RESERVED, pools);
}

static void load_module(struct forge *forge)
{
	struct mv_event event = {.kind = MV_EVENT_CALL, .role = MV_CHANGE_MODULE_BEGIN, .thread = MAIN,
				 .api = forge_api(forge, "cuModuleLoadData")};

	forge_event(forge, &event);
}

/* Two cards that NVML was asked about: one with a pool, a collective library's buffers, the driver's own pool and somebody
 * else's process; one with memory that is counted twice.  */
static void sums(struct forge *forge)
{
	const uint64_t start = UINT64_C(0x7f0000000000);
	uint32_t train = forge_python(forge, 0, "/home/user/train.py", "step", 40);
	uint32_t reduce = forge_python(forge, 0, "/home/user/train.py", "reduce", 77);
	uint64_t i;

	forge_thread(forge, "python", 0);
	forge_device(forge, 0, "NVIDIA H100 80GB HBM3", 80 * GIB);
	forge_device(forge, 1, "NVIDIA H100 80GB HBM3", 80 * GIB);
	sample(forge, 1, 0, 2588 * MIB, 540 * MIB, 2048 * MIB, 0);
	sample(forge, 2, 1, 500 * MIB, 500 * MIB, 0, 0);
	alloc_on(forge, 0, MV_LEDGER_DEVICE, start, 40 * GIB, 0, train);
	for (i = 0; i < 30; i++)
		alloc_on(forge, 0, MV_LEDGER_BLOCK, start + i * GIB, GIB - i * MIB, 40 * GIB, train);
	for (i = 0; i < 9; i++)
		alloc_on(forge, 0, MV_LEDGER_DEVICE, start + 100 * GIB + i * 4 * MIB, 3 * MIB - 1000, 0, reduce);
	load_module(forge);
	sample(forge, 3, 0, 43700 * MIB, 41652 * MIB, 2048 * MIB, 0);
	alloc_on(forge, 0, MV_LEDGER_POOLED, start + 200 * GIB, 700 * MIB, 0, reduce);
	alloc_on(forge, 0, MV_LEDGER_MANAGED, start + 300 * GIB, 512 * MIB, 0, reduce);
	alloc_on(forge, 0, MV_LEDGER_HOST, 0x7ff000000000, 64 * MIB, 0, reduce);
	sample(forge, 4, 0, 46000 * MIB, 42700 * MIB, 3072 * MIB, 1024 * MIB);
	forge_free(forge, MAIN, MV_LEDGER_DEVICE, start + 100 * GIB);
	alloc_on(forge, 1, MV_LEDGER_DEVICE, start + 400 * GIB, 2 * GIB, 0, train);
	sample(forge, 5, 1, 2400 * MIB, 2548 * MIB, 0, 0);
	mv_store_note(&forge->store, "nvml", "asked");
}

/* Only the driver has said what is free.  */
static void said(struct forge *forge)
{
	struct mv_event event = {.kind = MV_EVENT_MEMORY_INFO, .thread = MAIN, .size_bytes = 70 * GIB, .extra = 80 * GIB};
	uint32_t stack = forge_python(forge, 0, "/home/user/serve.py", "load", 12);

	forge_thread(forge, "python", 0);
	forge_device(forge, 0, "NVIDIA H100 80GB HBM3", 80 * GIB);
	alloc_on(forge, 0, MV_LEDGER_DEVICE, UINT64_C(0x7f0000000000), 8 * GIB, 0, stack);
	forge_event(forge, &event);
	alloc_on(forge, 0, MV_LEDGER_DEVICE, UINT64_C(0x7f1000000000), 3 * GIB, 0, stack);
	mv_store_note(&forge->store, "nvml", "there is no libnvidia-ml.so.1");
}

static const struct scene {
	const char *name;
	const char *program;
	void (*play)(struct forge *forge);
	uint64_t ring_bytes; /* 0: the smallest */
} scenes[] = {
	{"idle", "idle.py", idle, 0},
	{"untouched", "train.py", untouched, 0},
	{"rank", "train.py", rank, 0},
	{"cards", "serve.py", cards, 0},
	{"mapped", "serve.py", mapped, 0},
	{"sums", "train.py", sums, 0},
	{"said", "serve.py", said, 0},
	{"hostile", "</script><b>train.py", hostile, 0},
	{"evicted", "train.py", evicted, 0},
	{"ten-million", "train.py", evicted, UINT64_C(1) << 30},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 3 && i < sizeof scenes / sizeof *scenes; i++)
		if (!strcmp(argv[1], scenes[i].name)) {
			struct forge *forge = forge_open(argv[2], scenes[i].program, scenes[i].ring_bytes);

			scenes[i].play(forge);
			forge_finish(forge);
			return 0;
		}
	fprintf(stderr, "usage: scenes NAME FILE\nnames:");
	for (i = 0; i < sizeof scenes / sizeof *scenes; i++)
		fprintf(stderr, " %s", scenes[i].name);
	fprintf(stderr, "\n");
	return 2;
}
