/* SPDX-License-Identifier: Apache-2.0 */
#include "support/forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOWEST_NS = 40000, FASTEST_NS = 900 };

static void need(int is_fine, const char *what)
{
	if (is_fine)
		return;
	fprintf(stderr, "forge: %s\n", what);
	exit(99);
}

static uint64_t next_random(struct forge *forge)
{
	/* Knuth's MMIX generator: the same everywhere.  */
	forge->random = forge->random * 6364136223846793005u + 1442695040888963407u;
	return forge->random >> 33;
}

struct forge *forge_open(const char *path, const char *program, uint64_t ring_bytes)
{
	struct mv_file_header facts = {
		.pid = 4711,
		.parent_pid = 4710,
		.start_ns = FORGE_START_NS,
		.start_realtime_ns = UINT64_C(1788258896) * 1000000000,
		.rank = -1,
		.local_rank = -1,
		.world_size = 0,
	};
	struct forge *forge = calloc(1, sizeof *forge);

	need(forge != NULL, "out of memory");
	snprintf(facts.program, sizeof facts.program, "%s", program);
	unlink(path);
	need(!mv_store_open(&forge->store, path, ring_bytes, &facts), path);
	snprintf(forge->path, sizeof forge->path, "%s", path);
	forge->now_ns = FORGE_START_NS;
	forge->random = 1;
	return forge;
}

void forge_kill(struct forge *forge)
{
	munmap(forge->store.header, forge->store.header->file_bytes);
	munmap(forge->store.memory, forge->store.memory_bytes);
	free(forge);
}

void forge_finish(struct forge *forge)
{
	mv_store_finish(&forge->store);
	need(forge->store.header->state == MV_FILE_RECORDING, "the recording was not replaced by a compact one");
	forge_kill(forge);
}

void forge_snapshot(struct forge *forge, const char *path, enum mv_snapshot_reason reason)
{
	need(!mv_store_snapshot(&forge->store, path, MV_FILE_SNAPSHOT, reason), path);
}

/* ---- tables ---- */

uint32_t forge_text(struct forge *forge, const char *text)
{
	return mv_store_text(&forge->store, text);
}

uint16_t forge_api(struct forge *forge, const char *name)
{
	uint32_t text = forge_text(forge, name);

	return (uint16_t)mv_dictionary_add(&forge->store.apis, &text);
}

uint32_t forge_thread(struct forge *forge, const char *name, int is_autograd)
{
	struct mv_thread thread = {.tid = 4711, .is_autograd = (uint32_t)is_autograd, .first_ns = forge->now_ns};
	uint64_t count = forge->store.header->used_bytes[MV_REGION_THREADS] / sizeof thread;

	thread.tid += (uint32_t)count;
	strncpy(thread.name, name, sizeof thread.name - 1);
	return mv_dictionary_append(&forge->store.threads, &thread);
}

static uint32_t add_stack(struct forge *forge, uint32_t callers, const struct mv_frame *frame)
{
	struct mv_stack stack = {callers, mv_dictionary_add(&forge->store.frames, frame)};

	return mv_dictionary_add(&forge->store.stacks, &stack);
}

uint32_t forge_python(struct forge *forge, uint32_t callers, const char *file, const char *function, uint32_t line)
{
	struct mv_frame frame = {MV_FRAME_PYTHON, forge_text(forge, file),
				 forge_text(forge, function) | (uint64_t)line << 32};

	return add_stack(forge, callers, &frame);
}

uint32_t forge_forward(struct forge *forge, uint32_t origin)
{
	struct mv_frame frame = {MV_FRAME_FORWARD, forge_text(forge, "backward of"), 0};

	return add_stack(forge, origin, &frame);
}

uint32_t forge_native(struct forge *forge, uint32_t callers, const struct mv_module *module, const char *path,
		      uint64_t address)
{
	struct mv_module copy = *module;
	struct mv_frame frame = {MV_FRAME_NATIVE, 0, address};

	copy.path = forge_text(forge, path);
	frame.a = mv_dictionary_add(&forge->store.modules, &copy);
	return add_stack(forge, callers, &frame);
}

void forge_device(struct forge *forge, uint8_t device, const char *name, uint64_t total_bytes)
{
	struct mv_device *entry = &forge->store.header->devices[device];

	entry->name = forge_text(forge, name);
	entry->total_bytes = total_bytes;
	memset(entry->uuid, 0x10 + device, sizeof entry->uuid);
}

/* ---- events ---- */

static void live_on(struct forge *forge, struct mv_event *event)
{
	struct mv_event known;

	switch ((enum mv_event_kind)event->kind) {
	case MV_EVENT_ALLOC:
		mv_live_add(&forge->store.live, event);
		return;
	case MV_EVENT_FREE:
		if (!mv_live_remove(&forge->store.live, event->ledger, event->address, &known))
			return;
		event->size_bytes = known.size_bytes;
		event->ref = known.stack;
		event->role = known.role;
		return;
	case MV_EVENT_OWNER:
		mv_live_set_owner(&forge->store.live, MV_LEDGER_BLOCK, event->address, event->role, event->ref);
		return;
	default:
		return;
	}
}

uint64_t forge_event(struct forge *forge, const struct mv_event *event)
{
	struct mv_event copy = *event;

	if (!copy.time_ns)
		copy.time_ns = forge->now_ns + FASTEST_NS + next_random(forge) % (SLOWEST_NS - FASTEST_NS);
	forge->now_ns = copy.time_ns;
	copy.step = forge->step;
	if (copy.kind != MV_EVENT_PHASE_BEGIN && copy.kind != MV_EVENT_PHASE_END)
		copy.phase = forge->phase_of[copy.thread % 64];
	forge->store.ring.last_stamp = copy.time_ns - 1;
	live_on(forge, &copy);
	need(mv_ring_append(&forge->store.ring, copy.thread, &copy), "an event cannot be appended");
	need(copy.time_ns == forge->now_ns, "the recorder's clock has overtaken the forge");
	return copy.time_ns;
}

uint64_t forge_alloc(struct forge *forge, uint32_t thread, enum mv_ledger ledger, uint64_t address, uint64_t size,
		     uint32_t stack, uint8_t flags)
{
	struct mv_event event = {
		.kind = MV_EVENT_ALLOC,
		.thread = thread,
		.ledger = ledger,
		.address = address,
		.size_bytes = size,
		.stack = stack,
		.flags = flags,
	};

	return forge_event(forge, &event);
}

void forge_free(struct forge *forge, uint32_t thread, enum mv_ledger ledger, uint64_t address)
{
	struct mv_event event = {.kind = MV_EVENT_FREE, .thread = thread, .ledger = ledger, .address = address};

	forge_event(forge, &event);
}

void forge_owner(struct forge *forge, uint32_t thread, uint64_t address, enum mv_role role, const char *name)
{
	struct mv_event event = {
		.kind = MV_EVENT_OWNER,
		.thread = thread,
		.address = address,
		.role = role,
		.ref = name ? forge_text(forge, name) : 0,
	};

	forge_event(forge, &event);
}

void forge_phase(struct forge *forge, uint32_t thread, int begins, enum mv_phase phase, const char *name)
{
	struct mv_event event = {
		.kind = begins ? MV_EVENT_PHASE_BEGIN : MV_EVENT_PHASE_END,
		.thread = thread,
		.phase = phase,
		.ref = name ? forge_text(forge, name) : 0,
		.flags = begins && phase == MV_PHASE_OPTIMIZER ? MV_FLAG_TOLD : 0,
	};

	forge_event(forge, &event);
	forge->phase_of[thread % 64] = begins ? phase : MV_PHASE_NONE;
	if (!begins && phase == MV_PHASE_OPTIMIZER)
		forge->store.header->step = ++forge->step;
}

void forge_oom(struct forge *forge, const struct mv_oom *oom)
{
	struct mv_file_header *header = forge->store.header;
	struct mv_oom record = *oom;
	struct mv_event event = {
		.kind = MV_EVENT_OOM,
		.thread = oom->thread,
		.ledger = MV_LEDGER_BLOCK,
		.size_bytes = oom->requested_bytes,
		.stack = oom->stack,
		.device = oom->device,
		.api = oom->api,
	};

	record.ordinal = header->oom_count + 1;
	event.extra = record.ordinal;
	record.time_ns = forge_event(forge, &event);
	header->ooms[header->oom_count < MV_FORMAT_OOMS ? header->oom_count : MV_FORMAT_OOMS - 1] = record;
	header->oom_count++;
}
