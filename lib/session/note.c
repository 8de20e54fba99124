/* SPDX-License-Identifier: Apache-2.0 */
/* The sink, for memory: what is told becomes events and changes the live table.  An allocation is appended first, for
 * its time; a free takes the memory out of the live table first, for what is known about it.  */
#include "session/session.h"

#include "cuda/abi.h"
#include "stack/stack.h"
#include "torch/torch.h"

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

/* A call that failed does not say that there is a card; but where memory ran out there was one.  */
static bool is_worth_a_recording(const struct mv_event *event)
{
	return event->kind != MV_EVENT_ALLOC_FAILED || event->result == CUDA_ERROR_OUT_OF_MEMORY;
}

static void note(struct mv_event *event)
{
	struct mv_session_thread *thread;
	struct mv_session *session = is_worth_a_recording(event) ? mv_session_enter(&thread) : mv_session_join(&thread);

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
	if (event->ledger == MV_LEDGER_POOLED) {
		mv_sampler_note_pools(session);
		mv_torch_tick();
	}
	if (event->kind == MV_EVENT_CALL)
		mv_sampler_want(session);
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
	struct mv_session *session = mv_session_join(&thread);
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
	struct mv_session *session = mv_session_join(&thread);

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
	struct mv_session *session = mv_session_join(&thread);
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
	struct mv_session *session = mv_session_join(&thread);
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
	struct mv_session *session = mv_session_join(&thread);
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

const struct mv_sink mv_session_sink = {
	.note = note,
	.note_free = note_free,
	.note_free_failed = note_free_failed,
	.note_users = note_users,
	.note_unmap = note_unmap,
	.note_context_end = note_context_end,
	.wants_device = mv_session_wants_device,
	.note_device = mv_session_note_device,
	.note_oom = mv_session_note_oom,
	.note_phase = mv_session_note_phase,
	.note_owner = mv_session_note_owner,
	.note_fact = mv_session_note_fact,
};
