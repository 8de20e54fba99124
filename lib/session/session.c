/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <errno.h>
#include <string.h>

#include "base/lock.h"
#include "base/sys.h"
#include "base/text.h"
#include "cuda/watch.h"
#include "session/process.h"
#include "stack/stack.h"
#include "torch/torch.h"

enum {
	PAGE_BYTES = 1 << 16, /* the largest page of the kernels we run on */
	ATTEMPTS = 100,
};

/* All that a forked child must not inherit.  Zero: nothing has begun.  */
struct page {
	struct mv_session *session;
	struct mv_lock lock; /* while a session begins */
	bool is_refused;     /* it could not: say so once, and never try again */
	uint8_t rest[PAGE_BYTES - 16];
};

static struct page g_page __attribute__((aligned(PAGE_BYTES)));
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

/* ---- beginning ---- */

static struct mv_store *g_tables; /* where the stack room's records go: its callbacks carry no context */

static uint32_t add_text(const char *bytes, size_t length)
{
	return mv_dictionary_add_text(&g_tables->text, bytes, length);
}

static uint32_t add_module(const struct mv_module *module)
{
	return mv_dictionary_add(&g_tables->modules, module);
}

static uint32_t add_frame(const struct mv_frame *frame)
{
	return mv_dictionary_add(&g_tables->frames, frame);
}

static uint32_t add_stack(const struct mv_stack *stack)
{
	return mv_dictionary_add(&g_tables->stacks, stack);
}

static void start_stacks(struct mv_session *session)
{
	static const struct mv_stack_tables tables = {add_text, add_module, add_frame, add_stack};

	__atomic_store_n(&g_tables, &session->store, __ATOMIC_RELEASE);
	mv_stack_start(&tables, session->settings.stacks & (MV_STACKS_NATIVE | MV_STACKS_PYTHON));
}

/* Api ids: the watched functions, then what else tells of memory.  */
static void note_apis(struct mv_store *store)
{
	static const char *const others[MV_API_CALLS] = {
		[MV_API_TORCH] = MV_TORCH_API_NAME,
		[MV_API_BLOCK] = "memviz_block_alloc",
	};
	unsigned i, count = mv_watch_names();

	for (i = 0; i < count + MV_API_CALLS; i++) {
		uint32_t text = mv_store_text(store, i < count ? mv_watch_name(i) : others[i - count]);

		mv_dictionary_append(&store->apis, &text);
	}
}

uint16_t mv_session_api(enum mv_session_call call)
{
	return (uint16_t)(mv_watch_names() + 1 + call);
}

static void note_number(struct mv_store *store, const char *key, uint64_t number)
{
	char bytes[24];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	mv_text_add_u64(&text, number);
	mv_store_note(store, key, text.bytes);
}

static void note_facts(struct mv_store *store)
{
	mv_store_note(store, "memviz", MV_VERSION);
	note_number(store, "driver", (uint64_t)mv_watch_driver_version());
	/* memviz run knows its own recordings by it.  */
	mv_store_note(store, "run", mv_process_environment("MEMVIZ_RUN"));
}

void mv_session_note_state(struct mv_session *session)
{
	mv_store_note(&session->store, "lookup", mv_watch_lookup_state());
	mv_store_note(&session->store, "python", mv_stack_python_state());
	mv_store_note(&session->store, "owners", mv_torch_owner_state());
}

static int open_recording(struct mv_session *session)
{
	struct mv_file_header facts;
	char path[MV_STORE_PATH_BYTES];
	unsigned attempt;
	int err = -EEXIST;

	memset(&facts, 0, sizeof facts);
	mv_process_describe(&facts);
	for (attempt = 1; attempt <= ATTEMPTS && err == -EEXIST; attempt++) {
		err = mv_process_name_recording(&facts, session->settings.out, attempt, path, sizeof path);
		if (!err)
			err = mv_store_open(&session->store, path, session->settings.ring_bytes, &facts);
	}
	session->generation = facts.start_ns ^ (uint64_t)facts.pid << 40;
	return err;
}

static struct mv_session *refuse(const char *what, const char *name, int err)
{
	g_page.is_refused = true;
	mv_session_say(what, name, mv_session_error(err));
	return NULL;
}

/* With the page's lock.  A child of ours starts with an empty page; where the kernel cannot empty it, it must not be
 * taken for us, so there is no recording.  */
static struct mv_session *begin_locked(void)
{
	struct mv_session *session;
	void *memory;
	int err = mv_sys_fork_wipe(&g_page, sizeof g_page);

	if (!err)
		err = mv_sys_map(sizeof *session, &memory);
	if (err)
		return refuse("cannot record", NULL, err);
	session = memory;
	mv_sys_fork_omit(memory, sizeof *session);
	session->settings = g_settings;
	if (session->settings.wrong)
		mv_session_say("cannot be read, the default is used: ", session->settings.wrong, NULL);
	err = open_recording(session);
	if (err)
		return refuse("cannot record into ", g_settings.out[0] ? g_settings.out : "the current folder", err);
	note_apis(&session->store);
	start_stacks(session);
	note_facts(&session->store);
	mv_session_note_state(session);
	if (session->settings.is_verbose)
		mv_session_say("recording into ", session->store.path, NULL);
	__atomic_store_n(&session->is_recording, true, __ATOMIC_RELEASE);
	__atomic_store_n(&g_page.session, session, __ATOMIC_RELEASE);
	return session;
}

static struct mv_session *begin(void)
{
	struct mv_session *session = NULL;

	if (g_page.is_refused || !mv_lock_take(&g_page.lock))
		return NULL;
	session = g_page.session;
	if (!session && !g_page.is_refused)
		session = begin_locked();
	mv_lock_release(&g_page.lock);
	return session;
}

struct mv_session *mv_session_current(void)
{
	struct mv_session *session = __atomic_load_n(&g_page.session, __ATOMIC_ACQUIRE);

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
}

/* A thread that left us by longjmp out of a signal handler did not say so; it is not as deep in its stack any more.  A
 * handler's own stack may lie anywhere.  */
static bool is_inside(const struct mv_session_thread *thread, const void *here)
{
	return thread->inside && (here < thread->inside || mv_sys_on_signal_stack());
}

struct mv_session *mv_session_enter(struct mv_session_thread **thread)
{
	struct mv_session *session = __atomic_load_n(&g_page.session, __ATOMIC_ACQUIRE);
	const void *here = __builtin_frame_address(0);

	if (is_inside(&t_thread, here)) {
		if (session && session->is_recording)
			mv_store_lose(&session->store, MV_LOSS_BUSY, 1);
		return NULL;
	}
	t_thread.inside = here;
	if (!session)
		session = begin();
	if (!session || !__atomic_load_n(&session->is_recording, __ATOMIC_ACQUIRE)) {
		t_thread.inside = NULL;
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
	thread->inside = NULL;
}

enum mv_phase mv_session_phase(const struct mv_session_thread *thread)
{
	if (thread->depth && thread->depth <= sizeof thread->phases)
		return (enum mv_phase)thread->phases[thread->depth - 1];
	return thread->is_autograd ? MV_PHASE_BACKWARD : MV_PHASE_NONE;
}

void mv_session_append(struct mv_session *session, struct mv_session_thread *thread, struct mv_event *event)
{
	event->thread = thread->number;
	event->phase = event->phase ? event->phase : (uint8_t)mv_session_phase(thread);
	event->step = __atomic_load_n(&session->store.header->step, __ATOMIC_RELAXED);
	mv_ring_append(&session->store.ring, thread->number, event);
}

/* ---- the end ---- */

/* RECORDING.memviz has its snapshots beside it: RECORDING.WHICH1.memviz.  */
void mv_session_snapshot_path(const struct mv_session *session, const char *which, uint32_t number, char *path)
{
	struct mv_text name = mv_text_in(path, MV_STORE_PATH_BYTES);

	mv_text_add_bytes(&name, session->store.path, strlen(session->store.path) - strlen(".memviz"));
	mv_text_add(&name, ".");
	mv_text_add(&name, which);
	mv_text_add_u64(&name, number);
	mv_text_add(&name, ".memviz");
}

static int snapshot(struct mv_session *session, const char *which, uint32_t number, enum mv_snapshot_reason reason)
{
	char path[MV_STORE_PATH_BYTES];

	mv_session_snapshot_path(session, which, number, path);
	return mv_store_snapshot(&session->store, path, MV_FILE_SNAPSHOT, reason);
}

int mv_session_snapshot(void)
{
	struct mv_session *session = mv_session_current();

	if (!session)
		return -ESRCH;
	return snapshot(session, "request", __atomic_add_fetch(&session->requests, 1, __ATOMIC_RELAXED),
			MV_REASON_REQUEST);
}

void mv_session_finish(void)
{
	struct mv_session *session = mv_session_current();

	if (!session)
		return;
	mv_session_note_state(session);
	if (session->settings.snapshot_at_exit)
		snapshot(session, "exit", 1, MV_REASON_EXIT);
	__atomic_store_n(&session->is_recording, false, __ATOMIC_RELEASE);
	mv_store_finish(&session->store);
	if (session->settings.is_verbose)
		mv_session_say("recorded ", session->store.path, NULL);
}

/* ---- loading ---- */

extern char **environ;

/* Libraries that the program is linked with are initialised before those that are preloaded, and may use CUDA there.  */
void mv_watch_settle(void)
{
	mv_settings_read(&g_settings, environ);
	if (g_settings.is_on)
		mv_torch_set_sink(&mv_session_sink, mv_session_api(MV_API_TORCH));
	mv_watch_set_sink(g_settings.is_on ? &mv_session_sink : NULL);
}

__attribute__((constructor)) static void load(void)
{
	mv_watch_sink();
}

__attribute__((destructor)) static void unload(void)
{
	mv_session_finish();
}
