/* SPDX-License-Identifier: Apache-2.0 */
/* The sink, for what is no memory itself: devices, phases, owners, facts.  */
#include "session/session.h"

#include <errno.h>
#include <string.h>

/* ---- devices ---- */

/* Asked at each allocation: it looks at nothing that is mapped, and needs no guard.  */
bool mv_session_wants_device(uint8_t device)
{
	const struct mv_session *session = mv_session_current();

	return session && device < MV_FORMAT_DEVICES && !__atomic_load_n(&session->has_device[device], __ATOMIC_RELAXED);
}

void mv_session_note_device(uint8_t device, uint64_t total_bytes, const char *name, const uint8_t uuid[16])
{
	struct mv_session_thread *thread;
	struct mv_session *session = device < MV_FORMAT_DEVICES ? mv_session_join(&thread) : NULL;
	struct mv_device *record;
	bool is_first;

	if (!session)
		return;
	/* Several threads may have asked for it at once.  */
	is_first = !__atomic_exchange_n(&session->has_device[device], true, __ATOMIC_RELAXED);
	if (is_first) {
		record = &session->store.header->devices[device];
		memcpy(record->uuid, uuid, sizeof record->uuid);
		record->name = mv_store_text(&session->store, name);
		__atomic_store_n(&record->total_bytes, total_bytes, __ATOMIC_RELEASE);
	}
	mv_session_leave(thread);
	if (is_first)
		mv_sampler_expect(session);
}

/* ---- phases ---- */

/* False: it is too deep to be followed.  */
static bool enter_phase(struct mv_session_thread *thread, enum mv_phase phase)
{
	enum mv_phase around = mv_session_phase(thread);
	enum mv_phase counts = phase == MV_PHASE_USER && around ? around : phase;

	if (thread->depth++ >= sizeof thread->phases)
		return false;
	thread->phases[thread->depth - 1] = (uint8_t)(phase | counts << MV_SESSION_PHASE_BITS);
	return true;
}

static enum mv_phase phase_at(const struct mv_session_thread *thread, uint32_t i)
{
	return (enum mv_phase)(thread->phases[i] & ((1 << MV_SESSION_PHASE_BITS) - 1));
}

/* Leave the innermost PHASE; MV_PHASE_NONE: whichever is innermost.  Phases of the program's own and others need not be
 * within each other.  Returns what was left; MV_PHASE_NONE: nothing that was followed.  */
static enum mv_phase leave_phase(struct mv_session_thread *thread, enum mv_phase phase)
{
	uint32_t i = thread->depth;

	if (i > sizeof thread->phases) {
		thread->depth--;
		return MV_PHASE_NONE;
	}
	while (i > 0 && phase && phase_at(thread, i - 1) != phase)
		i--;
	/* That backward or the optimizer ends is worth knowing also if it began before the recording.  */
	if (!i)
		return phase == MV_PHASE_USER ? MV_PHASE_NONE : phase;
	phase = phase_at(thread, i - 1);
	memmove(&thread->phases[i - 1], &thread->phases[i], thread->depth - i);
	thread->depth--;
	return phase;
}

/* Phases that a thread has begun while nothing was recorded: they are told when recording begins.  */
enum { WAITING = 6, WAITING_NAME_BYTES = 46 };

struct waiting {
	uint8_t phase, flags;
	char name[WAITING_NAME_BYTES]; /* cut */
};

static __thread struct {
	uint32_t count; /* those beyond WAITING are counted only, and then none is told */
	struct waiting at[WAITING];
} t_waiting __attribute__((tls_model("initial-exec")));

static void wait_phase(bool begins, enum mv_phase phase, const char *name, uint8_t flags)
{
	struct waiting *at = t_waiting.count < WAITING ? &t_waiting.at[t_waiting.count] : NULL;
	struct mv_text text;

	if (!begins) {
		t_waiting.count -= t_waiting.count > 0;
		return;
	}
	t_waiting.count++;
	if (!at)
		return;
	at->phase = (uint8_t)phase;
	at->flags = flags;
	text = mv_text_in(at->name, sizeof at->name);
	mv_text_add(&text, name);
}

static void append_begin(struct mv_session *session, struct mv_session_thread *thread, const struct waiting *at)
{
	struct mv_event event = {.kind = MV_EVENT_PHASE_BEGIN, .phase = at->phase, .flags = at->flags};

	if (!enter_phase(thread, (enum mv_phase)at->phase))
		return;
	event.ref = mv_store_text(&session->store, at->name);
	mv_session_append(session, thread, &event);
}

void mv_session_tell_phases(struct mv_session *session, struct mv_session_thread *thread)
{
	uint32_t i, count = t_waiting.count;

	t_waiting.count = 0;
	/* Where one is not known its end could not be told from another's.  */
	for (i = 0; i < count && count <= WAITING; i++)
		append_begin(session, thread, &t_waiting.at[i]);
}

/* By the end of the first step Python and the optimizer have been met: a recording whose process is killed says so.  */
static void end_step(struct mv_session *session)
{
	if (!__atomic_fetch_add(&session->store.header->step, 1, __ATOMIC_RELAXED))
		mv_session_note_state(session);
}

void mv_session_note_phase(bool begins, enum mv_phase phase, const char *name, uint8_t flags)
{
	struct mv_session_thread *thread;
	struct mv_event event = {
		.kind = begins ? MV_EVENT_PHASE_BEGIN : MV_EVENT_PHASE_END,
		.flags = flags,
	};
	struct mv_session *session;

	/* A phase without memory is nothing to begin a recording for.  */
	if (!mv_session_current()) {
		wait_phase(begins, phase, name, flags);
		return;
	}
	session = mv_session_enter(&thread);
	if (!session)
		return;
	if (begins ? enter_phase(thread, phase) : (phase = leave_phase(thread, phase))) {
		event.phase = (uint8_t)phase;
		event.ref = name ? mv_store_text(&session->store, name) : 0;
		mv_session_append(session, thread, &event);
	}
	if (!begins && phase == MV_PHASE_OPTIMIZER)
		end_step(session);
	mv_session_leave(thread);
}

/* ---- owners ---- */

/* Tensors of a pool are blocks; without a pool they are what the driver gave.  */
static const uint8_t ledgers[] = {MV_LEDGER_BLOCK, MV_LEDGER_POOLED, MV_LEDGER_DEVICE, MV_LEDGER_MANAGED};

static bool find_tensor(struct mv_session *session, uint64_t address, struct mv_event *found)
{
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

/* Whoever owns memory says more than who fills it.  */
static bool has_owner(const struct mv_event *record)
{
	return record->role != MV_ROLE_NONE && record->role != MV_ROLE_SAVED && record->role != MV_ROLE_SAVED_HOOKED;
}

/* What is known already is not said again: an optimizer tells the same at every step.  */
static bool is_known(const struct mv_event *record, enum mv_role role, const char *name)
{
	if (role == MV_ROLE_COPIED)
		return has_owner(record);
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

bool mv_session_note_owner(uint64_t address, enum mv_role role, const char *name, uint64_t owner, bool is_sure)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	bool is_noted;

	if (!session)
		return true;
	is_noted = note_known_owner(session, thread, address, role, name, owner);
	if (!is_noted && is_sure)
		append_owner(session, thread, address, role, name ? name_within(session, owner, name) : 0);
	mv_session_leave(thread);
	return is_noted || is_sure;
}

bool mv_session_is_named(uint64_t address)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	struct mv_event record;
	bool is_named;

	if (!session)
		return true;
	is_named = !find_tensor(session, address, &record) || record.ref;
	mv_session_leave(thread);
	return is_named;
}

/* 1: that is news; 0: it is not; -ENOENT: the memory is not known.  */
static int keep(struct mv_session *session, uint64_t address, enum mv_role role)
{
	uint32_t step = __atomic_load_n(&session->store.header->step, __ATOMIC_RELAXED);
	int result = -ENOENT;
	size_t i;

	for (i = 0; i < sizeof ledgers && result < 0; i++)
		result = mv_live_keep(&session->store.live, (enum mv_ledger)ledgers[i], address, role, step);
	return result;
}

bool mv_session_note_saved(uint64_t address, bool is_hooked, bool is_sure)
{
	enum mv_role role = is_hooked ? MV_ROLE_SAVED_HOOKED : MV_ROLE_SAVED;
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);
	int result;

	if (!session)
		return false;
	result = keep(session, address, role);
	if (result > 0 || (result < 0 && is_sure))
		append_owner(session, thread, address, role, 0);
	mv_session_leave(thread);
	return result >= 0;
}

void mv_session_note_fact(const char *key, const char *value)
{
	struct mv_session_thread *thread;
	struct mv_session *session = mv_session_join(&thread);

	if (!session)
		return;
	mv_store_note(&session->store, key, value);
	mv_session_leave(thread);
}
