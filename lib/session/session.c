/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <errno.h>
#include <string.h>

#include "base/cancel.h"
#include "base/sys.h"
#include "base/text.h"
#include "cuda/usage.h"
#include "cuda/watch.h"
#include "session/begin.h"
#include "session/process.h"
#include "stack/stack.h"
#include "torch/torch.h"

static struct mv_settings g_settings;

static __thread struct mv_session_thread t_thread __attribute__((tls_model("initial-exec")));

const struct mv_settings *mv_session_settings(void)
{
	return &g_settings;
}

/* ---- messages ---- */

void mv_session_say(const char *what, const char *name, const char *why)
{
	char bytes[MV_STORE_PATH_BYTES + 256];
	struct mv_text line = mv_text_in(bytes, sizeof bytes - 1);

	mv_text_add(&line, "memviz: ");
	mv_text_add(&line, what);
	mv_text_add(&line, name);
	if (why) {
		mv_text_add(&line, " (");
		mv_text_add(&line, why);
		mv_text_add(&line, ")");
	}
	line.size++;
	mv_text_add(&line, "\n");
	/* A reader that has gone, or is slow, is no reason to stop the program.  */
	if (mv_sys_takes_bytes(2))
		mv_sys_write(2, line.bytes, line.length);
}

const char *mv_session_error(int err)
{
	static const struct {
		int err;
		const char *text;
	} errors[] = {
		{-ENOENT, "no such folder"},	     {-EACCES, "permission denied"},
		{-EROFS, "read-only file system"},   {-ENOSPC, "no space left on the device"},
		{-EDQUOT, "disk quota exceeded"},    {-ENOTDIR, "not a folder"},
		{-ENODEV, "files cannot be mapped there"}, {-ENOMEM, "out of memory"},
		{-EFBIG, "file size limit exceeded"},	   {-ENAMETOOLONG, "the name is too long"},
		{-EEXIST, "the file exists"},	     {-EMFILE, "too many open files"},
	};
	size_t i;

	for (i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].err == err)
			return errors[i].text;
	return "the system refused";
}

/* ---- facts ---- */

uint16_t mv_session_api(enum mv_session_call call)
{
	return (uint16_t)(mv_watch_names() + 1 + call);
}

void mv_session_note_number(struct mv_store *store, const char *key, uint64_t number)
{
	char bytes[24];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	mv_text_add_u64(&text, number);
	mv_store_note(store, key, text.bytes);
}

/* A recording that began late says what that means for it.  */
static void note_start(struct mv_store *store)
{
	char bytes[160];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	if (mv_watch_describe_start(&text))
		mv_store_note(store, "start", text.bytes);
}

/* What is not in the recording because nobody told us of it.  */
static void note_coverage(struct mv_store *store)
{
	static const struct {
		const char *key;
		unsigned (*describe)(struct mv_text *text);
		enum mv_loss loss; /* MV_LOSS_COUNT: none */
	} facts[] = {
		{"look-ups by", mv_watch_describe_callers, MV_LOSS_COUNT},
		{"unwatched", mv_watch_describe_unwatched, MV_LOSS_UNWATCHED},
		{"bypassed by", mv_watch_describe_bypasses, MV_LOSS_BYPASSED},
	};
	char bytes[1024];
	size_t i;

	for (i = 0; i < sizeof facts / sizeof *facts; i++) {
		struct mv_text text = mv_text_in(bytes, sizeof bytes);
		unsigned count = facts[i].describe(&text);

		if (!count)
			continue;
		mv_store_note(store, facts[i].key, text.bytes);
		if (facts[i].loss != MV_LOSS_COUNT)
			mv_store_lose_in_all(store, facts[i].loss, count);
	}
}

/* How many were taken, and how many of them differ; what could not be had is among the losses.  */
static void note_stacks(struct mv_store *store)
{
	struct mv_stack_counts counts = mv_stack_counts();
	char bytes[64];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	mv_text_add_u64(&text, counts.captures);
	mv_text_add(&text, " taken, ");
	mv_text_add_u64(&text, counts.stacks);
	mv_text_add(&text, " different");
	mv_store_note(store, "stacks", bytes);
}

void mv_session_note_state(struct mv_session *session)
{
	note_start(&session->store);
	mv_store_note(&session->store, "lookup", mv_watch_lookup_state());
	mv_store_note(&session->store, "python", mv_stack_python_state());
	mv_store_note(&session->store, "owners", mv_torch_owner_state());
	mv_store_note(&session->store, "saved", mv_torch_saved_state());
	mv_store_note(&session->store, "backward", mv_torch_node_state());
	mv_store_note(&session->store, "ranges", mv_torch_scope_state());
	mv_store_note(&session->store, "nvml", mv_usage_state());
	/* Not at the very beginning: it costs time, and little has been looked up.  */
	if (session->is_recording) {
		note_coverage(&session->store);
		note_stacks(&session->store);
	}
}

struct mv_session *mv_session_current(void)
{
	struct mv_session *session = mv_begin_known();

	return session && __atomic_load_n(&session->is_recording, __ATOMIC_ACQUIRE) ? session : NULL;
}

/* ---- threads ---- */

static void introduce(struct mv_session *session, struct mv_session_thread *thread)
{
	struct mv_thread record = {
		.tid = (uint32_t)mv_sys_thread(),
		.is_autograd = mv_torch_is_autograd_thread(),
		.first_ns = mv_sys_monotonic_ns(),
	};

	mv_sys_thread_name(record.name);
	thread->generation = session->generation;
	thread->is_autograd = record.is_autograd;
	thread->number = mv_dictionary_append(&session->store.threads, &record);
	thread->depth = 0;
	mv_session_tell_phases(session, thread);
}

/* From a signal handler that has interrupted this thread in here.  */
static void count_busy(struct mv_session *session)
{
	if (!session)
		mv_begin_miss();
	else if (session->is_recording)
		mv_store_lose(&session->store, MV_LOSS_BUSY, 1);
}

/* Once in a tick of the clock, before anything that is mapped is touched.  */
static bool is_cut(struct mv_session *session)
{
	uint64_t now = mv_sys_coarse_ns(), looked = __atomic_load_n(&session->looked_ns, __ATOMIC_RELAXED);

	return now != looked &&
	       __atomic_compare_exchange_n(&session->looked_ns, &looked, now, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
	       mv_store_is_cut(&session->store);
}

/* What was recorded is in nobody's hands any more.  */
static void give_up(struct mv_session *session)
{
	if (!__atomic_exchange_n(&session->is_recording, false, __ATOMIC_ACQ_REL))
		return;
	mv_store_abandon(&session->store);
	mv_session_say("somebody has cut the recording; the program runs on unrecorded: ", session->store.path, NULL);
}

static void go_out(struct mv_session_thread *thread)
{
	mv_guard_leave(&thread->guard);
	mv_cancel_restore(thread->cancel_type);
}

struct mv_session *mv_session_enter(struct mv_session_thread **thread)
{
	struct mv_session *session = mv_begin_known();

	if (!mv_guard_enter(&t_thread.guard, __builtin_frame_address(0))) {
		count_busy(session);
		return NULL;
	}
	t_thread.cancel_type = mv_cancel_defer();
	if (!session)
		session = mv_begin();
	if (session && is_cut(session))
		give_up(session);
	if (!session || !__atomic_load_n(&session->is_recording, __ATOMIC_ACQUIRE)) {
		go_out(&t_thread);
		return NULL;
	}
	if (t_thread.generation != session->generation)
		introduce(session, &t_thread);
	*thread = &t_thread;
	return session;
}

struct mv_session *mv_session_join(struct mv_session_thread **thread)
{
	return mv_session_current() ? mv_session_enter(thread) : NULL;
}

void mv_session_leave(struct mv_session_thread *thread)
{
	go_out(thread);
}

enum mv_phase mv_session_phase(const struct mv_session_thread *thread)
{
	uint32_t kept = thread->depth < sizeof thread->phases ? thread->depth : sizeof thread->phases;

	if (kept)
		return (enum mv_phase)(thread->phases[kept - 1] >> MV_SESSION_PHASE_BITS);
	return thread->is_autograd ? MV_PHASE_BACKWARD : MV_PHASE_NONE;
}

void mv_session_append(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event)
{
	event->thread = thread->number;
	event->phase = event->phase ? event->phase : (uint8_t)mv_session_phase(thread);
	event->step = __atomic_load_n(&session->store.header->step, __ATOMIC_RELAXED);
	mv_ring_append(&session->store.ring, thread->number, event);
	mv_sampler_note(session, event);
}

/* ---- the end ---- */

void mv_session_snapshot_path(const struct mv_session *session, const char *which, uint32_t number, char *path)
{
	mv_process_name_snapshot(session->store.path, which, number, path, MV_STORE_PATH_BYTES);
}

static int snapshot(struct mv_session *session, const char *which, uint32_t number, enum mv_snapshot_reason reason)
{
	char path[MV_STORE_PATH_BYTES];
	int err;

	mv_session_snapshot_path(session, which, number, path);
	err = mv_store_snapshot(&session->store, path, MV_FILE_SNAPSHOT, reason);
	if (err)
		mv_store_lose(&session->store, MV_LOSS_SNAPSHOT, 1);
	return err;
}

/* The session, if it is recording and its file is whole.  */
static struct mv_session *current_whole(void)
{
	struct mv_session *session = mv_session_current();

	if (session && mv_store_is_cut(&session->store))
		give_up(session);
	return mv_session_current();
}

static int snapshot_on_request(void)
{
	struct mv_session *session = current_whole();

	if (!session)
		return -ESRCH;
	return snapshot(session, "request", __atomic_add_fetch(&session->requests, 1, __ATOMIC_RELAXED),
			MV_REASON_REQUEST);
}

int mv_session_snapshot(void)
{
	int cancel_type = mv_cancel_defer(), err = snapshot_on_request();

	mv_cancel_restore(cancel_type);
	return err;
}

static void finish(void)
{
	struct mv_session *session = current_whole();
	int err;

	if (!session)
		return;
	mv_sampler_stop(session);
	mv_session_note_state(session);
	if (session->settings.snapshot_at_exit)
		snapshot(session, "exit", 1, MV_REASON_EXIT);
	__atomic_store_n(&session->is_recording, false, __ATOMIC_RELEASE);
	err = mv_store_finish(&session->store);
	if (err)
		mv_session_say("the recording is lost, it cannot be written: ", session->store.path, mv_session_error(err));
	else if (session->settings.is_verbose)
		mv_session_say("recorded ", session->store.path, NULL);
}

void mv_session_finish(void)
{
	int cancel_type = mv_cancel_defer();

	finish();
	mv_cancel_restore(cancel_type);
}

/* ---- loading ---- */

extern char **environ;

/* Libraries that the program is linked with are initialised before those that are preloaded, and may use CUDA there.  */
void mv_watch_settle(void)
{
	struct mv_settings settings;

	/* Of two threads that settle at once the second must not take away what the first has begun with; they write the same.  */
	mv_settings_read(&settings, environ);
	g_settings = settings;
	mv_watch_want_ranges(g_settings.is_on && g_settings.wants_ranges);
	if (g_settings.is_on)
		mv_torch_set_sink(&mv_session_sink, mv_session_api(MV_API_TORCH), g_settings.wants_labels);
	mv_watch_set_sink(g_settings.is_on ? &mv_session_sink : NULL);
}

__attribute__((constructor)) static void load(void)
{
	mv_watch_sink();
	mv_watch_catch_up();
}

__attribute__((destructor)) static void unload(void)
{
	mv_session_finish();
}
