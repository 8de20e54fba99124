/* SPDX-License-Identifier: Apache-2.0 */
/* The sink: what is told becomes events and changes the live table.  An allocation is appended first, for its time; a
 * free takes the memory out of the live table first, for what is known about it.  */
#include "session/session.h"

#include <string.h>

#include "stack/stack.h"
#include "torch/torch.h"

/* For what is nothing to begin a recording with: a forked child frees what it has inherited, and no more.  */
static struct mv_session *enter_recording(struct mv_session_thread **thread)
{
	return mv_session_current() ? mv_session_enter(thread) : NULL;
}

static uint32_t capture(struct mv_session *session)
{
	return session->settings.stacks & (MV_STACKS_NATIVE | MV_STACKS_PYTHON) ? mv_stack_capture() : 0;
}

static bool wants_stack(const struct mv_session *session, const struct mv_event *event)
{
	switch (event->kind) {
	case MV_EVENT_ALLOC:
	case MV_EVENT_ALLOC_FAILED:
	case MV_EVENT_OOM:
		return true;
	case MV_EVENT_FREE:
		return session->settings.stacks & MV_STACKS_FREES;
	default:
		return false;
	}
}

static void append(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event)
{
	if (wants_stack(session, event))
		event->stack = capture(session);
	mv_session_append(session, thread, event);
}

static void note_pool(struct mv_session *session, const struct mv_event *event)
{
	bool *has = event->api == mv_session_api(MV_API_BLOCK) ? &session->has_own_blocks : &session->has_blocks;

	if (!*has)
		*has = true;
}

static void note(struct mv_event *event)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_enter(&thread);

	if (!session)
		return;
	if (event->ledger == MV_LEDGER_BLOCK)
		note_pool(session, event);
	append(session, thread, event);
	if (event->kind == MV_EVENT_ALLOC) {
		mv_live_add(&session->store.live, event);
		mv_session_check_outcome(session, event);
	}
	mv_session_leave(thread);
	/* PyTorch on the driver's own pools reports nothing by itself.  */
	if (event->ledger == MV_LEDGER_POOLED)
		mv_torch_tick();
}

/* ---- frees ---- */

/* A free may name memory of another sort than its own: cuMemFree takes what came out of a pool, too.  */
static bool remove_memory(struct mv_session *session, const struct mv_event *event, struct mv_event *removed)
{
	static const uint8_t kin[] = {MV_LEDGER_DEVICE, MV_LEDGER_POOLED, MV_LEDGER_MANAGED};
	struct mv_live *live = &session->store.live;
	size_t i;

	if (mv_live_remove(live, (enum mv_ledger)event->ledger, event->address, removed))
		return true;
	if (event->ledger != MV_LEDGER_DEVICE && event->ledger != MV_LEDGER_POOLED)
		return false;
	for (i = 0; i < sizeof kin; i++)
		if (mv_live_remove(live, (enum mv_ledger)kin[i], event->address, removed))
			return true;
	return false;
}

/* The free repeats what it ends, so that it can be understood when the allocation has been overwritten; what it does
 * not have room for goes before it if that has happened already.  */
static void append_free(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event,
			const struct mv_event *removed)
{
	if (removed->time_ns <= __atomic_load_n(&session->store.header->horizon_ns, __ATOMIC_RELAXED)) {
		struct mv_event birth = *removed;

		birth.kind = MV_EVENT_BIRTH;
		birth.extra = removed->time_ns;
		birth.references = birth.mappings = 0;
		mv_ring_append(&session->store.ring, thread->number, &birth);
	}
	event->ledger = removed->ledger;
	event->device = removed->device;
	event->size_bytes = removed->size_bytes;
	event->ref = removed->stack;
	append(session, thread, event);
}

static void note_free(struct mv_event *event, struct mv_undo *undo)
{
	struct mv_session_thread *thread;
	struct mv_session *session = enter_recording(&thread);
	struct mv_event removed;

	if (!session)
		return;
	if (remove_memory(session, event, &removed)) {
		append_free(session, thread, event, &removed);
		if (undo) {
			undo->event = removed;
			undo->is_set = true;
		}
	} else {
		mv_store_lose(&session->store, MV_LOSS_ORPHAN_FREE, 1);
		append(session, thread, event);
	}
	mv_session_leave(thread);
}

static void note_free_failed(struct mv_event *event, const struct mv_undo *undo)
{
	struct mv_session_thread *thread;
	struct mv_session *session = enter_recording(&thread);

	if (!session)
		return;
	if (undo->is_set) {
		event->ledger = undo->event.ledger;
		event->size_bytes = undo->event.size_bytes;
		mv_live_add(&session->store.live, &undo->event);
	}
	append(session, thread, event);
	mv_session_leave(thread);
}

/* ---- physical memory ---- */

static void free_known(struct mv_session *session, struct mv_session_thread *thread, const struct mv_event *removed,
		       uint16_t api)
{
	struct mv_event event = {
		.kind = MV_EVENT_FREE,
		.address = removed->address,
		.extra = removed->extra,
		.api = api,
	};

	append_free(session, thread, &event, removed);
}

/* True if USERS were the last of HANDLE, which is removed, to *MEMORY.  */
static bool were_last(struct mv_session *session, uint64_t handle, struct mv_users users, struct mv_event *memory)
{
	struct mv_live *live = &session->store.live;

	return mv_live_count_users(live, MV_LEDGER_DEVICE, handle, &users, memory) ||
	       mv_live_count_users(live, MV_LEDGER_HOST, handle, &users, memory);
}

static void note_users(uint64_t handle, struct mv_users users, uint16_t api)
{
	struct mv_session_thread *thread;
	struct mv_session *session = enter_recording(&thread);
	struct mv_event removed;

	if (!session)
		return;
	if (were_last(session, handle, users, &removed))
		free_known(session, thread, &removed, api);
	mv_session_leave(thread);
}

/* Physical memory has handles, and memory of the driver's pools an owner that is no context.  */
static bool belongs_to_context(const struct mv_event *memory, uint8_t device, uint64_t before_ns)
{
	bool is_kind = memory->ledger == MV_LEDGER_DEVICE || memory->ledger == MV_LEDGER_MANAGED ||
		       memory->ledger == MV_LEDGER_HOST;

	return is_kind && memory->device == device && memory->time_ns < before_ns && !memory->references &&
	       !memory->mappings;
}

static void note_context_end(uint8_t device, uint64_t before_ns, uint16_t api)
{
	struct mv_session_thread *thread;
	struct mv_session *session = enter_recording(&thread);
	struct mv_event memory, removed;
	uint64_t cursor = 0;

	if (!session)
		return;
	while (mv_live_next(&session->store.live, &cursor, &memory)) {
		struct mv_event event = {
			.kind = MV_EVENT_FREE, .address = memory.address, .flags = MV_FLAG_IMPLICIT, .api = api};

		if (belongs_to_context(&memory, device, before_ns) &&
		    mv_live_remove(&session->store.live, (enum mv_ledger)memory.ledger, memory.address, &removed))
			append_free(session, thread, &event, &removed);
	}
	mv_session_leave(thread);
}

/* One call may take several mappings away, which lie one behind the other.  */
static void note_unmap(uint64_t address, uint64_t size_bytes, uint16_t api)
{
	struct mv_session_thread *thread;
	struct mv_session *session = enter_recording(&thread);
	uint64_t end = address + size_bytes;
	struct mv_event mapping, memory;

	if (!session)
		return;
	while (address < end && mv_live_remove(&session->store.live, MV_LEDGER_MAPPING, address, &mapping)) {
		free_known(session, thread, &mapping, api);
		if (were_last(session, mapping.extra, (struct mv_users){.mappings = -1}, &memory))
			free_known(session, thread, &memory, api);
		address += mapping.size_bytes ? mapping.size_bytes : end - address;
	}
	mv_session_leave(thread);
}

/* ---- devices ---- */

static bool wants_device(uint8_t device)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_enter(&thread);
	bool wants;

	if (!session)
		return false;
	wants = device < MV_FORMAT_DEVICES && !__atomic_load_n(&session->has_device[device], __ATOMIC_RELAXED);
	mv_session_leave(thread);
	return wants;
}

static void note_device(uint8_t device, uint64_t total_bytes, const char *name, const uint8_t uuid[16])
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_enter(&thread);
	struct mv_device *record;

	if (!session)
		return;
	/* Several threads may have asked for it at once.  */
	if (!__atomic_exchange_n(&session->has_device[device], true, __ATOMIC_RELAXED)) {
		record = &session->store.header->devices[device];
		memcpy(record->uuid, uuid, sizeof record->uuid);
		record->name = mv_store_text(&session->store, name);
		__atomic_store_n(&record->total_bytes, total_bytes, __ATOMIC_RELEASE);
	}
	mv_session_leave(thread);
}

/* ---- phases ---- */

static void enter_phase(struct mv_session_thread *thread, enum mv_phase phase)
{
	if (thread->depth < sizeof thread->phases)
		thread->phases[thread->depth] = (uint8_t)phase;
	thread->depth++;
}

/* By the end of the first step Python and the optimizer have been met: a recording whose process is killed says so.  */
static void end_step(struct mv_session *session)
{
	if (!__atomic_fetch_add(&session->store.header->step, 1, __ATOMIC_RELAXED))
		mv_session_note_state(session);
}

static void note_phase(bool begins, enum mv_phase phase, const char *name, uint8_t flags)
{
	struct mv_session_thread *thread;
	struct mv_event event = {
		.kind = begins ? MV_EVENT_PHASE_BEGIN : MV_EVENT_PHASE_END,
		.phase = (uint8_t)phase,
		.flags = flags,
	};
	struct mv_session *session;

	/* A phase without memory is nothing to begin a recording for.  */
	if (!mv_session_current())
		return;
	session = mv_session_enter(&thread);
	if (!session)
		return;
	event.ref = name ? mv_store_text(&session->store, name) : 0;
	/* Whoever ends a phase need not know which.  */
	if (!event.phase)
		event.phase = (uint8_t)mv_session_phase(thread);
	append(session, thread, &event);
	if (begins)
		enter_phase(thread, phase);
	else if (thread->depth)
		thread->depth--;
	if (!begins && event.phase == MV_PHASE_OPTIMIZER)
		end_step(session);
	mv_session_leave(thread);
}

/* ---- owners ---- */

/* Tensors of a pool are blocks; without a pool they are what the driver gave.  */
static bool find_tensor(struct mv_session *session, uint64_t address, struct mv_event *found)
{
	static const uint8_t ledgers[] = {MV_LEDGER_BLOCK, MV_LEDGER_POOLED, MV_LEDGER_DEVICE, MV_LEDGER_MANAGED};
	size_t i;

	for (i = 0; i < sizeof ledgers; i++)
		if (mv_live_find(&session->store.live, (enum mv_ledger)ledgers[i], address, found))
			return true;
	return false;
}

/* "fc.weight" and "exp_avg" become "fc.weight/exp_avg".  */
static uint32_t name_within(struct mv_session *session, uint64_t owner, const char *name)
{
	char bytes[640];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);
	struct mv_event record;

	if (owner && find_tensor(session, owner, &record) && record.ref) {
		mv_dictionary_copy_text(&session->store.text, record.ref, &text);
		mv_text_add(&text, "/");
	}
	mv_text_add(&text, name);
	return mv_store_text(&session->store, text.bytes);
}

static void append_owner(struct mv_session *session, struct mv_session_thread *thread, uint64_t address,
			 enum mv_role role, uint32_t name)
{
	struct mv_event event = {
		.kind = MV_EVENT_OWNER,
		.address = address,
		.role = (uint8_t)role,
		.ref = name,
	};

	mv_session_append(session, thread, &event);
}

/* What is known already is not said again: an optimizer tells the same at every step.  */
static bool is_known(const struct mv_event *record, enum mv_role role, const char *name)
{
	return record->role == role && (!name || record->ref);
}

static bool note_known_owner(struct mv_session *session, struct mv_session_thread *thread, uint64_t address,
			     enum mv_role role, const char *name, uint64_t owner)
{
	struct mv_event record;
	uint32_t text;

	if (!find_tensor(session, address, &record))
		return false;
	if (is_known(&record, role, name))
		return true;
	text = name ? name_within(session, owner, name) : 0;
	mv_live_set_owner(&session->store.live, (enum mv_ledger)record.ledger, address, role, text);
	append_owner(session, thread, address, role, text);
	return true;
}

static bool note_owner(uint64_t address, enum mv_role role, const char *name, uint64_t owner, bool is_sure)
{
	struct mv_session_thread *thread;
	struct mv_session *session = enter_recording(&thread);
	bool is_noted;

	if (!session)
		return true;
	is_noted = note_known_owner(session, thread, address, role, name, owner);
	if (!is_noted && is_sure)
		append_owner(session, thread, address, role, name ? name_within(session, owner, name) : 0);
	mv_session_leave(thread);
	return is_noted || is_sure;
}

static void note_fact(const char *key, const char *value)
{
	struct mv_session_thread *thread;
	struct mv_session *session = enter_recording(&thread);

	if (!session)
		return;
	mv_store_note(&session->store, key, value);
	mv_session_leave(thread);
}

const struct mv_sink mv_session_sink = {
	.note = note,
	.note_free = note_free,
	.note_free_failed = note_free_failed,
	.note_users = note_users,
	.note_unmap = note_unmap,
	.note_context_end = note_context_end,
	.wants_device = wants_device,
	.note_device = note_device,
	.note_oom = mv_session_note_oom,
	.note_phase = note_phase,
	.note_owner = note_owner,
	.note_fact = note_fact,
};
