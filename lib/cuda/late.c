/* SPDX-License-Identifier: Apache-2.0 */
/* Objects are known by where their dynamic section lies.  One that the loader is still at work on, in another thread, is
 * looked at again the next time.  */
#include "cuda/late.h"

#include "base/cancel.h"
#include "base/elf.h"
#include "base/got.h"
#include "base/hash.h"
#include "base/sys.h"
#include "base/text.h"
#include "cuda/driver.h"
#include "cuda/hook.h"
#include "cuda/lookup.h"
#include "cuda/watch.h"

#define EXPORTED __attribute__((visibility("default")))

/* CUDA's documented way in for tools (CUPTI, "Injection libraries"): cuInit loads the library that CUDA_INJECTION64_PATH
 * names and calls this.  Returns 1: go on.  */
EXPORTED int InitializeInjection(void);

enum state { LATE_NO, LATE_LOADED, LATE_INJECTED };

enum {
	KNOWN = 4096,
	TRIES = 1000, /* with an object that the loader is said to be at work on: then it never will be done */
};

static struct {
	int state;	   /* enum state */
	uint64_t added;	   /* the loader's count when all had been reached; 0: never */
	uint64_t removed;
	unsigned redirected, refused; /* places */
	unsigned tries;
	int32_t holder; /* the process in which a thread is at it; 0: nobody */
	const void *known[KNOWN]; /* objects that have been dealt with, by hash */
} g_late;

bool mv_late_is_on(void)
{
	return __atomic_load_n(&g_late.state, __ATOMIC_ACQUIRE) != LATE_NO;
}

/* ---- one place ---- */

/* The function that a place for NAME leads to where nobody has interfered; NULL: it is not our business.  */
static void *expected(const char *name, const void *place)
{
	const struct mv_hook *hook = mv_hook_named(name);

	if (hook)
		return hook->home == MV_HOME_DRIVER ? mv_driver_genuine(hook) : mv_driver_real(hook, place);
	if (mv_text_equal(name, "dlsym"))
		return (void *)mv_lookup_next;
	if (mv_text_equal(name, "dlvsym"))
		return (void *)mv_lookup_next_version;
	if (mv_text_equal(name, "dlclose"))
		return mv_lookup_next_close();
	return mv_elf_symbol_anywhere(name, &g_late);
}

struct pass {
	struct mv_elf own;
	const struct mv_elf *elf;
	bool is_unsettled;	/* ELF has places that the loader may still write to, */
	bool is_any_unsettled; /* or another object has */
};

static bool redirect(const struct mv_got_place *place, void *context)
{
	struct pass *pass = context;
	void *ours = mv_elf_symbol(&pass->own, place->name), *value, *real;

	value = ours ? __atomic_load_n(place->at, __ATOMIC_RELAXED) : NULL;
	if (!ours || value == ours)
		return false;
	real = expected(place->name, place->at);
	if (!real)
		return false;
	/* A place that has not been used yet leads back into its own object, where the loader is called.  */
	if (value != real && ((uintptr_t)value < pass->elf->start || (uintptr_t)value >= pass->elf->end))
		g_late.refused++;
	else if (!mv_got_is_settled(pass->elf, place))
		pass->is_unsettled = true;
	else if (mv_got_set(pass->elf, place, ours))
		g_late.refused++;
	else
		g_late.redirected++;
	return false;
}

/* ---- all objects ---- */

static const void **slot_of(const void *object)
{
	unsigned i, first = (unsigned)(mv_hash_u64((uintptr_t)object) % KNOWN);

	for (i = 0; i < KNOWN; i++) {
		const void **slot = &g_late.known[(first + i) % KNOWN];

		if (!*slot || *slot == object)
			return slot;
	}
	return NULL;
}

static bool reach(const struct mv_elf *elf, void *context)
{
	struct pass *pass = context;
	const void **slot = elf->dynamic ? slot_of(elf->dynamic) : NULL;

	if (!slot || *slot || mv_driver_is_own((const void *)elf->dynamic))
		return false;
	pass->elf = elf;
	pass->is_unsettled = false;
	mv_got_each(elf, redirect, pass);
	if (!pass->is_unsettled || g_late.tries > TRIES)
		*slot = elf->dynamic;
	else
		pass->is_any_unsettled = true;
	return false;
}

static void forget_known(void)
{
	unsigned i;

	for (i = 0; i < KNOWN; i++)
		g_late.known[i] = NULL;
}

static void reach_all(struct mv_elf_changes changes)
{
	struct pass pass = {.elf = NULL};

	if (changes.removed != g_late.removed)
		forget_known();
	if (mv_elf_holding(&g_late, &pass.own))
		mv_elf_each(reach, &pass);
	g_late.removed = changes.removed;
	/* Where the loader is at work its count has been raised already.  */
	g_late.tries = pass.is_any_unsettled ? g_late.tries + 1 : 0;
	__atomic_store_n(&g_late.added, pass.is_any_unsettled ? 0 : changes.added, __ATOMIC_RELEASE);
}

/* Nobody waits: whoever is at it does what there is to do.  A forked child may find a thread of its parent's at it, and does
 * the rest, and some of it again.  */
static bool claim(void)
{
	int32_t me = (int32_t)mv_sys_pid(), holder = __atomic_load_n(&g_late.holder, __ATOMIC_RELAXED);

	return holder != me &&
	       __atomic_compare_exchange_n(&g_late.holder, &holder, me, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void follow(void)
{
	struct mv_elf_changes changes = mv_elf_changes();
	int cancel_type;

	if (changes.added == __atomic_load_n(&g_late.added, __ATOMIC_ACQUIRE))
		return;
	cancel_type = mv_cancel_defer();
	if (claim()) {
		reach_all(changes);
		__atomic_store_n(&g_late.holder, 0, __ATOMIC_RELEASE);
	}
	mv_cancel_restore(cancel_type);
}

/* A dl_iterate_phdr that stands in front of libc's may look that up each time.  */
void mv_late_follow(void)
{
	static __thread bool is_following __attribute__((tls_model("initial-exec")));

	if (is_following)
		return;
	is_following = true;
	follow();
	is_following = false;
}

/* ---- the ways in ---- */

void mv_watch_catch_up(void)
{
	int before = LATE_NO;

	if (!mv_lookup_is_late() || !mv_watch_sink())
		return;
	__atomic_compare_exchange_n(&g_late.state, &before, LATE_LOADED, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
	mv_late_follow();
}

int InitializeInjection(void)
{
	mv_watch_catch_up();
	if (mv_late_is_on())
		__atomic_store_n(&g_late.state, LATE_INJECTED, __ATOMIC_RELEASE);
	return 1;
}

bool mv_watch_describe_start(struct mv_text *text)
{
	if (!mv_late_is_on())
		return false;
	mv_text_add(text, g_late.state == LATE_INJECTED ? "late, by cuInit" : "late, by dlopen");
	mv_text_add(text, "; what was looked up before is not seen; calls redirected: ");
	mv_text_add_u64(text, g_late.redirected);
	if (g_late.refused) {
		mv_text_add(text, ", not redirected: ");
		mv_text_add_u64(text, g_late.refused);
	}
	return true;
}
