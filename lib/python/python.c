/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include <errno.h>
#include <pthread.h>

#include "base/elf.h"
#include "base/sys.h"
#include "base/text.h"
#include "python/check.h"
#include "python/code.h"
#include "python/probe.h"

enum { READERS_AWAIT_NS = 200000000 }; /* a capture takes a hundred microseconds, if it is not kept from running */

enum state {
	ABSENT = 0,
	FOUND = 1,   /* not compared with live memory yet */
	TRUSTED = 2, /* compared */
	REFUSED = 3,
};

static uint32_t g_state; /* enum state; published after all below */
static uint32_t g_is_looking;
static uint32_t g_is_asked; /* whether Python has been asked to compare */
static struct mv_python g_known;
static struct mv_pytypes g_types;
static uintptr_t g_runtime;
static void *(*g_thread_state)(void);
static void *(*g_holder_state)(void); /* of the thread that has the GIL */
static void (*g_await_readers)(uint64_t time_ns);
static uintptr_t g_ender; /* pthread_self of the thread that ends the interpreter; 0: it goes on */

/* Text for people, one for each state, written by the one thread that enters it.  */
static char g_texts[REFUSED + 1][80];
static const char *g_text;

static enum state state_now(void)
{
	return __atomic_load_n(&g_state, __ATOMIC_ACQUIRE);
}

/* "CPython 3.11, WHAT" is said from now on.  */
static void say(enum state state, unsigned version, const char *what)
{
	struct mv_text text = mv_text_in(g_texts[state], sizeof g_texts[state]);

	mv_text_add(&text, "CPython ");
	mv_text_add_u64(&text, version >> 8);
	mv_text_add(&text, ".");
	mv_text_add_u64(&text, version & 255);
	mv_text_add(&text, ", ");
	mv_text_add(&text, what);
	__atomic_store_n(&g_text, g_texts[state], __ATOMIC_RELEASE);
}

static bool enter(enum state from, enum state to)
{
	uint32_t expected = from;

	return __atomic_compare_exchange_n(&g_state, &expected, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void refuse(const char *why)
{
	if (__atomic_exchange_n(&g_state, REFUSED, __ATOMIC_ACQ_REL) != REFUSED)
		say(REFUSED, g_known.layout.version, why);
}

/* ---- finding ---- */

static uintptr_t find(const char *name)
{
	return (uintptr_t)mv_elf_symbol_anywhere(name, NULL);
}

/* "3.10.13 (main, ...": Py_GetVersion returns a constant, made on the first call.  */
static unsigned parse_version(const char *string)
{
	unsigned minor = 0;

	if (!mv_text_starts(string, "3."))
		return 0;
	for (string += 2; *string >= '0' && *string <= '9' && minor < 100; string++)
		minor = minor * 10 + (unsigned)(*string - '0');
	return 3 << 8 | minor;
}

static unsigned find_version(void)
{
	uintptr_t number = find("Py_Version"); /* unsigned long, from 3.11 */
	const char *(*get_version)(void);

	if (number)
		return (unsigned)(mv_py_word(number, 0) >> 16 & 0xffff);
	get_version = (const char *(*)(void))find("Py_GetVersion");
	return get_version ? parse_version(get_version()) : 0;
}

static bool find_symbols(void)
{
	struct mv_elf elf;

	g_thread_state = (void *(*)(void))find("PyGILState_GetThisThreadState");
	if (!g_thread_state)
		return false;
	g_holder_state = (void *(*)(void))find("_PyThreadState_UncheckedGet");
	g_types = (struct mv_pytypes){
		.code = find("PyCode_Type"),
		.text = find("PyUnicode_Type"),
		.bytes = find("PyBytes_Type"),
	};
	g_runtime = find("_PyRuntime");
	if (!g_types.code || !g_types.text || !g_types.bytes || !g_runtime)
		return false;
	if (!mv_elf_holding((const void *)(uintptr_t)g_thread_state, &elf))
		return false;
	g_known.start = elf.start;
	g_known.end = elf.end;
	g_known.text_type = g_types.text;
	return true;
}

static void choose_layout(void)
{
	unsigned version = find_version();
	int err = mv_pylayout_choose(version, (const void *)g_runtime, &g_known.layout);

	g_known.layout.version = (uint16_t)version;
	g_known.eval = g_known.layout.anchor == MV_PYANCHOR_NONE ? find("_PyEval_EvalFrameDefault") : 0;
	if (err == -ENOTSUP) {
		refuse("built without the GIL: frames not read");
	} else if (err || !mv_sys_readable((const void *)(g_runtime + g_known.layout.runtime_finalizing))) {
		refuse("layout not known: frames not read");
	} else {
		say(FOUND, version, "not met yet");
		__atomic_store_n(&g_state, FOUND, __ATOMIC_RELEASE);
	}
}

/* There is one, but it is not CPython; one that is may come yet.  */
static void name_stranger(void)
{
	if (find("pypy_main_startup"))
		__atomic_store_n(&g_text, "PyPy: frames not read", __ATOMIC_RELEASE);
}

bool mv_python_look(void)
{
	bool is_new = false;

	if (__atomic_exchange_n(&g_is_looking, 1, __ATOMIC_ACQUIRE))
		return false;
	if (state_now() == ABSENT && !find_symbols()) {
		name_stranger();
	} else if (state_now() == ABSENT) {
		choose_layout();
		is_new = state_now() == FOUND;
	}
	__atomic_store_n(&g_is_looking, 0, __ATOMIC_RELEASE);
	return is_new;
}

bool mv_python_is_there(void)
{
	enum state state = state_now();

	return state == FOUND || state == TRUSTED;
}

void mv_python_start(void (*await_readers)(uint64_t time_ns))
{
	__atomic_store_n(&g_text, "no interpreter", __ATOMIC_RELEASE);
	__atomic_store_n(&g_state, ABSENT, __ATOMIC_RELEASE);
	g_await_readers = await_readers;
	g_is_looking = 0;
	g_is_asked = 0;
	__atomic_store_n(&g_ender, 0, __ATOMIC_SEQ_CST);
	mv_python_look();
}

/* ---- using ---- */

/* Called by Python's main thread.  */
static void take_verdict(bool is_right)
{
	if (!is_right)
		refuse("layout differs: frames not read any more");
}

/* The interpreter is about to end, and then to free the states of all threads but this one: none of them may be reading
 * its own.  */
static void take_leave(void)
{
	__atomic_store_n(&g_ender, (uintptr_t)pthread_self(), __ATOMIC_SEQ_CST);
	g_await_readers(READERS_AWAIT_NS);
}

/* Python 3.8 crashes when it is asked without the GIL while it shuts down, and complains with it: once is enough.  */
static bool is_asking_safe(void)
{
	return g_known.layout.version > MV_PYTHON_3_8 || (g_holder_state && g_holder_state() == g_thread_state());
}

void mv_python_ask(void)
{
	const struct mv_pycheck check = {.layout = &g_known.layout, .done = take_verdict, .ends = take_leave};

	if (state_now() != TRUSTED || !is_asking_safe() || __atomic_exchange_n(&g_is_asked, 1, __ATOMIC_RELAXED))
		return;
	if (mv_pycheck_request(&check) == -EAGAIN && g_known.layout.version > MV_PYTHON_3_8)
		__atomic_store_n(&g_is_asked, 0, __ATOMIC_RELAXED);
}

/* The first thread with Python frames.  True if they can be read.  */
static bool get_to_know(uintptr_t thread)
{
	int good = mv_pyprobe_check(&g_known.layout, &g_types, thread);

	if (good == 0)
		return false;
	if (good < 0 || !mv_pycode_watch(g_types.code)) {
		refuse("layout differs: frames not read");
		return false;
	}
	if (enter(FOUND, TRUSTED))
		say(TRUSTED, g_known.layout.version, "frames read");
	return state_now() == TRUSTED;
}

/* Before anything of the interpreter's is called: it may be about to give up even that by which it tells threads apart.
 * G_ENDER pairs with what G_AWAIT_READERS looks at.  */
static bool is_ended_elsewhere(void)
{
	uintptr_t ender = __atomic_load_n(&g_ender, __ATOMIC_SEQ_CST);

	return ender && ender != (uintptr_t)pthread_self();
}

/* Python itself says so too late, by some instructions; but if it has not got to make our call, that is all there is.  */
static bool is_ending_elsewhere(uintptr_t thread)
{
	uintptr_t finalizing = __atomic_load_n(
		(const uintptr_t *)(g_runtime + g_known.layout.runtime_finalizing), __ATOMIC_RELAXED);

	return finalizing && finalizing != thread;
}

uintptr_t mv_python_thread(void)
{
	enum state state = state_now();
	uintptr_t thread;

	if (!mv_python_is_there() || is_ended_elsewhere())
		return 0;
	thread = (uintptr_t)g_thread_state();
	if (!thread || is_ending_elsewhere(thread))
		return 0;
	if (state == FOUND && !get_to_know(thread))
		return 0;
	return thread;
}

const struct mv_python *mv_python_known(void)
{
	return &g_known;
}

const char *mv_python_state(void)
{
	return __atomic_load_n(&g_text, __ATOMIC_ACQUIRE);
}
