/* SPDX-License-Identifier: Apache-2.0 */
/* The sink, for memory: what is told becomes events and changes the live table.  An allocation is appended first, for
 * its time; a free takes the memory out of the live table first, for what is known about it.  */
#include "session/session.h"

#include "cuda/abi.h"
#include "stack/stack.h"
#include "torch/torch.h"

/* Limits have no handle; what they are kept under is no address.  */
#define LIMITS (UINT64_C(1) << 63)

uint32_t mv_session_capture(const struct mv_session *session)
{
	unsigned parts = session->settings.stacks & (MV_STACKS_NATIVE | MV_STACKS_PYTHON);

	return parts ? mv_stack_capture_from(parts, mv_torch_origin()) : 0;
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

void mv_session_append_seen(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event)
{
	if (wants_stack(session, event))
		event->stack = mv_session_capture(session);
	if (event->kind == MV_EVENT_ALLOC)
		mv_live_expect_record(&session->store.live, (enum mv_ledger)event->ledger, event->address);
	mv_session_append(session, thread, event);
}

static void note_pool(struct mv_session *session, const struct mv_event *event)
{
	bool *has = event->api == mv_session_api(MV_API_BLOCK) ? &session->has_own_blocks : &session->has_blocks;

	if (!*has)
		*has = true;
}

/* What a recording begins with: memory, or a context, which is the first of it.  A call that failed does not say that there
 * is a card, but where memory ran out there was one; and a forked child that takes apart what it has inherited makes
 * nothing.  */
static bool is_worth_a_recording(const struct mv_event *event)
{
	if (event->kind == MV_EVENT_CALL)
		return event->role == MV_CHANGE_CONTEXT_BEGIN;
	return event->kind != MV_EVENT_ALLOC_FAILED || event->result == CUDA_ERROR_OUT_OF_MEMORY;
}

/* Primary contexts live already when several parties ask for them.  */
static bool is_repeated(struct mv_session *session, const struct mv_event *event)
{
	struct mv_event known;

	return event->kind == MV_EVENT_CALL && event->role == MV_CHANGE_CONTEXT_BEGIN &&
	       mv_live_find(&session->store.live, MV_LEDGER_NONE, event->address, &known);
}

/* What begins with a call and lives on is kept as memory is, in no ledger, so that it is known when the call has been
 * overwritten.  */
static void keep_change(struct mv_session *session, const struct mv_event *event)
{
	struct mv_live *live = &session->store.live;
	struct mv_event kept = *event, removed;

	switch ((enum mv_change)event->role) {
	case MV_CHANGE_LIMIT:
		kept.address = LIMITS | (uint64_t)event->device << 8 | event->extra;
		mv_live_add(live, &kept);
		return;
	case MV_CHANGE_CONTEXT_BEGIN:
	case MV_CHANGE_MODULE_BEGIN:
	case MV_CHANGE_POOL_BEGIN:
	case MV_CHANGE_GRAPH_BEGIN:
		mv_live_add(live, &kept);
		return;
	case MV_CHANGE_CONTEXT_END:
	case MV_CHANGE_MODULE_END:
	case MV_CHANGE_POOL_END:
	case MV_CHANGE_GRAPH_END:
		mv_live_remove(live, MV_LEDGER_NONE, event->address, &removed);
		return;
	case MV_CHANGE_OTHER:
	case MV_CHANGE_POOL_SET:
	case MV_CHANGE_GRAPH_MEMORY:
	case MV_CHANGE_CHECKPOINT:
	case MV_CHANGE_RESTORE:
	case MV_CHANGE_EXPORT:
	case MV_CHANGE_KINDS:
		return;
	}
}

static void append_news(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event)
{
	if (event->ledger == MV_LEDGER_BLOCK)
		note_pool(session, event);
	if (event->kind == MV_EVENT_ALLOC)
		mv_live_expect(&session->store.live, (enum mv_ledger)event->ledger, event->address);
	mv_session_append_seen(session, thread, event);
	if (event->kind == MV_EVENT_CALL) {
		keep_change(session, event);
	} else if (event->kind == MV_EVENT_ALLOC) {
		mv_live_add(&session->store.live, event);
		mv_session_check_outcome(session, event);
	}
}

/* Worth a sample.  What is only offered, bound or made accessible moves next to nothing, and may come in great numbers:
 * cuMemSetAccess, with each piece of a segment that grows.  */
static bool may_move_memory(const struct mv_event *event)
{
	return event->kind == MV_EVENT_CALL && event->role != MV_CHANGE_OTHER && event->role != MV_CHANGE_EXPORT;
}

static void note(struct mv_event *event)
{
	struct mv_session_thread *thread;
	struct mv_session *session = is_worth_a_recording(event) ? mv_session_enter(&thread) : mv_session_join(&thread);
	bool is_news;

	if (!session)
		return;
	is_news = !is_repeated(session, event);
	if (is_news)
		append_news(session, thread, event);
	mv_session_leave(thread);
	if ((is_news && may_move_memory(event)) || mv_sampler_is_expected(session))
		mv_sampler_want(session);
	/* PyTorch on the driver's own pools reports nothing by itself.  */
	if (event->ledger == MV_LEDGER_POOLED)
		mv_torch_tick();
}

/* ---- frees ---- */

/* A free may name memory of another sort than its own: cuMemFree takes what came out of a pool or was mapped for another
 * interface, too, and arrays need not have memory of their own.  */
static bool remove_memory(struct mv_session *session, const struct mv_event *event, struct mv_event *removed)
{
	static const uint8_t kin[] = {MV_LEDGER_DEVICE, MV_LEDGER_POOLED, MV_LEDGER_MANAGED, MV_LEDGER_MAPPING,
				      MV_LEDGER_RESERVATION};
	struct mv_live *live = &session->store.live;
	size_t i;

	if (mv_live_remove(live, (enum mv_ledger)event->ledger, event->address, removed))
		return true;
	if (event->ledger != MV_LEDGER_DEVICE && event->ledger != MV_LEDGER_POOLED)
		return false;
	/* No address is freed in this way: only the handle of an array.  */
	for (i = 0; i < sizeof kin - !(event->flags & MV_FLAG_HANDLE); i++)
		if (mv_live_remove(live, (enum mv_ledger)kin[i], event->address, removed))
			return true;
	return false;
}

/* The same, but where only one of the two is a graph's, the memory stays: a graph has it again with its next launch.  */
static bool end_memory(struct mv_session *session, struct mv_event *event, struct mv_undo *undo)
{
	bool is_known = remove_memory(session, event, &undo->event);
	bool is_captured = event->flags & MV_FLAG_CAPTURED;

	undo->is_set = is_known;
	if (!is_known || is_captured == !!(undo->event.flags & MV_FLAG_CAPTURED))
		return is_known;
	mv_live_add(&session->store.live, &undo->event);
	event->flags |= MV_FLAG_CAPTURED;
	undo->is_set = false;
	return true;
}

/* What it does not have room for goes before it if the allocation has been overwritten already.  */
void mv_session_append_free(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event,
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
	event->flags |= removed->flags & (MV_FLAG_IMPORTED | MV_FLAG_HANDLE | MV_FLAG_ESTIMATED);
	mv_session_append_seen(session, thread, event);
}

static void note_free(struct mv_event *event, struct mv_undo *undo)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	struct mv_undo ended = {.is_set = false};

	if (!session)
		return;
	if (end_memory(session, event, &ended)) {
		mv_session_append_free(session, thread, event, &ended.event);
	} else {
		if (!(event->flags & MV_FLAG_CAPTURED))
			mv_store_lose(&session->store, MV_LOSS_ORPHAN_FREE, 1);
		mv_session_append_seen(session, thread, event);
	}
	if (undo)
		*undo = ended;
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
	mv_session_append_seen(session, thread, event);
	mv_session_leave(thread);
}

const struct mv_sink mv_session_sink = {
	.note = note,
	.note_free = note_free,
	.note_free_failed = note_free_failed,
	.note_users = mv_session_note_users,
	.note_opened = mv_session_note_opened,
	.note_unmap = mv_session_note_unmap,
	.note_hidden = mv_session_note_hidden,
	.note_context_end = mv_session_note_context_end,
	.wants_device = mv_session_wants_device,
	.note_device = mv_session_note_device,
	.note_oom = mv_session_note_oom,
	.note_phase = mv_session_note_phase,
	.note_owner = mv_session_note_owner,
	.is_named = mv_session_is_named,
	.note_saved = mv_session_note_saved,
	.note_unwound = mv_session_note_unwound,
	.note_fact = mv_session_note_fact,
};
