/* SPDX-License-Identifier: Apache-2.0 */
#include "session/begin.h"

#include <errno.h>
#include <fcntl.h>
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
	/* The longest that others wait: setting 100 MiB aside on a slow disk.  About 15 seconds.  */
	NAPS = 100000,
};

/* All that a forked child must not inherit.  Zero: nothing has begun.  */
struct page {
	struct mv_session *session;
	int32_t owner;	 /* process that SESSION is of; 0: not asked for, because the kernel empties this page in a child */
	uint32_t maker;	 /* thread that makes the recording now; 0: none */
	uint32_t missed; /* events that came meanwhile */
	bool is_kept;	 /* in a child: the kernel does not empty it */
	bool is_refused; /* it could not be made: say so once, and never try again */
	uint8_t rest[PAGE_BYTES - 24];
};

static struct page g_page __attribute__((aligned(PAGE_BYTES)));

struct mv_session *mv_begin_known(void)
{
	struct mv_session *session = __atomic_load_n(&g_page.session, __ATOMIC_ACQUIRE);
	int32_t owner = session ? __atomic_load_n(&g_page.owner, __ATOMIC_RELAXED) : 0;

	return !owner || owner == mv_sys_pid() ? session : NULL;
}

void mv_begin_miss(void)
{
	__atomic_fetch_add(&g_page.missed, 1, __ATOMIC_RELAXED);
}

/* ---- what the recording begins with ---- */

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

static void lose_stack(enum mv_loss cause)
{
	mv_store_lose(g_tables, cause, 1);
}

static unsigned wanted_stacks(void)
{
	return mv_session_settings()->stacks & (MV_STACKS_NATIVE | MV_STACKS_PYTHON | MV_STACKS_LIBUNWIND);
}

static void start_stacks(struct mv_session *session)
{
	static const struct mv_stack_tables tables = {add_text, add_module, add_frame, add_stack, lose_stack};

	__atomic_store_n(&g_tables, &session->store, __ATOMIC_RELEASE);
	mv_stack_start(&tables, wanted_stacks());
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

/* What tells recordings apart that were gathered from many machines and containers, where numbers of processes recur.  */
static void note_identity(struct mv_store *store)
{
	char bytes[24];
	struct mv_text id = mv_text_in(bytes, sizeof bytes);
	uint32_t outer = mv_process_outer_pid();

	mv_text_add_hex(&id, mv_sys_random());
	mv_store_note(store, "id", bytes);
	if (outer)
		mv_session_note_number(store, "host_pid", outer);
}

static void note_command(struct mv_store *store, bool is_whole)
{
	char bytes[1024];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	mv_process_add_command(&text, is_whole);
	mv_store_note(store, "command", text.bytes);
	text = mv_text_in(bytes, sizeof bytes);
	mv_process_add_parent(&text);
	mv_store_note(store, "parent", text.bytes);
}

static void note_facts(struct mv_store *store, int driver_version)
{
	mv_store_note(store, "memviz", MV_VERSION);
	mv_session_note_number(store, "driver", (uint64_t)driver_version);
	note_identity(store);
	/* memviz run knows its own recordings by it.  */
	mv_store_note(store, "run", mv_process_environment("MEMVIZ_RUN"));
}

/* True if a snapshot is there that a recording called PATH would replace: of an earlier process with that number, whose own
 * recording has been moved away.  */
static bool has_snapshots(const char *path)
{
	static const char *const kinds[] = {"oom", "request", "exit"};
	char snapshot[MV_STORE_PATH_BYTES];
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		int fd;

		mv_process_name_snapshot(path, kinds[i], 1, snapshot, sizeof snapshot);
		fd = mv_sys_open(snapshot, O_PATH | O_NOFOLLOW, 0);
		if (fd < 0)
			continue;
		mv_sys_close(fd);
		return true;
	}
	return false;
}

static int open_in(struct mv_session *session, const char *folder, const struct mv_file_header *facts)
{
	char path[MV_STORE_PATH_BYTES];
	unsigned attempt;
	int err = -EEXIST;

	for (attempt = 1; attempt <= ATTEMPTS && err == -EEXIST; attempt++) {
		err = mv_process_name_recording(facts, folder, attempt, path, sizeof path);
		if (!err && has_snapshots(path))
			err = -EEXIST;
		if (!err)
			err = mv_store_open(&session->store, path, session->settings.ring_bytes, facts);
	}
	return err;
}

/* A recording in another place than was asked for is worth more than none.  */
static int open_recording(struct mv_session *session)
{
	const char *scratch = mv_text_scratch_folder(mv_process_environment("TMPDIR"));
	struct mv_file_header facts;
	int err;

	memset(&facts, 0, sizeof facts);
	mv_process_describe(&facts);
	err = open_in(session, session->settings.out, &facts);
	if (err && !open_in(session, scratch, &facts)) {
		session->out_err = err;
		err = 0;
	}
	session->generation = facts.start_ns ^ (uint64_t)facts.pid << 40;
	return err;
}

/* ---- making it ---- */

static int make(int driver_version, struct mv_session **made)
{
	struct mv_session *session;
	void *memory;
	int err = mv_sys_map(sizeof *session, &memory);

	if (err)
		return err;
	session = memory;
	mv_sys_fork_omit(memory, sizeof *session);
	session->settings = *mv_session_settings();
	err = open_recording(session);
	if (err) {
		mv_sys_unmap(memory, sizeof *session);
		return err;
	}
	note_apis(&session->store);
	start_stacks(session);
	note_facts(&session->store, driver_version);
	note_command(&session->store, session->settings.tells_command);
	mv_session_note_state(session);
	session->is_recording = true;
	*made = session;
	return 0;
}

/* The parent's session, which a child may find here, must not be taken for one of the new owner's.  */
static void publish(struct mv_session *session)
{
	mv_store_lose(&session->store, MV_LOSS_BUSY, __atomic_exchange_n(&g_page.missed, 0, __ATOMIC_RELAXED));
	if (g_page.is_kept) {
		__atomic_store_n(&g_page.session, NULL, __ATOMIC_RELEASE);
		__atomic_store_n(&g_page.owner, mv_sys_pid(), __ATOMIC_RELEASE);
	}
	__atomic_store_n(&g_page.session, session, __ATOMIC_RELEASE);
}

/* INSTEAD: where the recording is; NULL: nowhere.  */
static void say_refused(int err, const char *instead)
{
	const char *out = mv_session_settings()->out;
	char bytes[2 * MV_STORE_PATH_BYTES];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	mv_text_add(&text, out[0] ? out : "the current folder");
	mv_text_add(&text, " (");
	mv_text_add(&text, mv_session_error(err));
	mv_text_add(&text, instead ? "); recording into " : ")");
	mv_text_add(&text, instead);
	mv_session_say("cannot record into ", bytes, NULL);
}

static void say_begun(const struct mv_session *session)
{
	if (session->settings.wrong)
		mv_session_say("cannot be read, the default is used: ", session->settings.wrong, NULL);
	if (session->out_err)
		say_refused(session->out_err, session->store.path);
	if (session->store.backing.is_memory)
		mv_session_say("recording in memory until the end, because no file can be mapped for ", session->store.path, NULL);
	else if (session->settings.is_verbose && !session->out_err)
		mv_session_say("recording into ", session->store.path, NULL);
}

/* ---- by one of many ---- */

static bool is_over(void)
{
	return mv_begin_known() || __atomic_load_n(&g_page.is_refused, __ATOMIC_ACQUIRE);
}

/* A maker that bears my own number was me, and was left by longjmp out of a signal handler; one that is no thread of this
 * process any more was cancelled, or is the parent's.  */
static bool is_left(uint32_t maker, uint32_t me, int i)
{
	return !maker || maker == me || (i >= MV_LOCK_SPINS && !mv_sys_thread_lives((pid_t)maker));
}

/* True: the calling thread is to make the recording.  False: another one has, or nobody could in time.  */
static bool claim(void)
{
	uint32_t me = (uint32_t)mv_sys_thread(), maker;
	int i;

	for (i = 0; i < MV_LOCK_SPINS + MV_LOCK_YIELDS + NAPS && !is_over(); i++) {
		maker = __atomic_load_n(&g_page.maker, __ATOMIC_ACQUIRE);
		if (is_left(maker, me, i) &&
		    __atomic_compare_exchange_n(&g_page.maker, &maker, me, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
		mv_lock_wait(i);
	}
	if (!is_over())
		mv_begin_miss();
	return false;
}

/* As who has claimed it.  Another one may have been done just before.  */
static void make_once(int driver_version)
{
	struct mv_session *session = NULL;
	int err = is_over() ? 0 : make(driver_version, &session);

	if (session)
		publish(session);
	if (err)
		__atomic_store_n(&g_page.is_refused, true, __ATOMIC_RELEASE);
	__atomic_store_n(&g_page.maker, 0, __ATOMIC_RELEASE);
	if (session)
		say_begun(session);
	if (err)
		say_refused(err, NULL);
}

struct mv_session *mv_begin(void)
{
	int driver_version;

	if (is_over())
		return mv_begin_known();
	/* Before anything else is written: a child that is forked meanwhile is to find an empty page.  */
	if (mv_sys_fork_wipe(&g_page, sizeof g_page))
		__atomic_store_n(&g_page.is_kept, true, __ATOMIC_RELAXED);
	driver_version = mv_watch_driver_version();
	mv_stack_prepare(wanted_stacks());
	if (claim())
		make_once(driver_version);
	return mv_begin_known();
}
