/* SPDX-License-Identifier: Apache-2.0 */
/* cuGetProcAddress, in both editions: the real one is asked first, with the program's arguments, and what it answers is
 * left as it is but for the address of a watched function.
 *
 * That the address is that of the driver's exported symbol is how every driver known works, but not promised.  If the
 * first watched function that is looked up is not found at its symbol's address, the rows' versions decide instead.  */
#include <string.h>

#include "cuda/driver.h"
#include "cuda/family.h"
#include "cuda/seen.h"
#include "cuda/watch.h"

enum { ARG_NAME = 1, ARG_VERSION = 3, ARG_FLAGS = 4, FLAG_PER_THREAD = 2 };

enum lookup_state { STATE_NONE, STATE_BY_ADDRESS, STATE_BY_VERSION };

static int g_state; /* enum lookup_state */

const char *mv_watch_lookup_state(void)
{
	switch ((enum lookup_state)__atomic_load_n(&g_state, __ATOMIC_RELAXED)) {
	case STATE_NONE:
		return "by symbol only";
	case STATE_BY_ADDRESS:
		return "cuGetProcAddress, known by address";
	case STATE_BY_VERSION:
		return "cuGetProcAddress, known by name and version";
	}
	return "";
}

static void set_state(enum lookup_state state)
{
	int before = STATE_NONE;

	__atomic_compare_exchange_n(&g_state, &before, state, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* A driver whose own references can be interposed hands out the wrappers by itself.  They stand one behind the other, in
 * the order of the rows.  */
static bool is_wrapper(const void *address)
{
	return address >= mv_hook_wrappers[0] && address <= mv_hook_wrappers[MV_HOOK_COUNT - 1];
}

/* The row whose edition of NAME holds in VERSION: the latest that is not newer.  */
static const struct mv_hook *hook_for(const char *name, int version, bool is_per_thread)
{
	const struct mv_hook *best = NULL;
	unsigned i;

	for (i = 0; i < MV_HOOK_COUNT; i++) {
		const struct mv_hook *hook = &mv_hooks[i];

		if (hook->home != MV_HOME_DRIVER || strcmp(hook->base, name) || hook->since > version)
			continue;
		if (hook->is_per_thread && !is_per_thread)
			continue;
		if (!best || hook->since > best->since || (hook->since == best->since && hook->is_per_thread))
			best = hook;
	}
	return best;
}

static const char *name_of(const struct mv_call *call)
{
	return (const char *)(uintptr_t)mv_call_arg(call, ARG_NAME);
}

static int version_of(const struct mv_call *call)
{
	return (int)mv_call_arg(call, ARG_VERSION);
}

static const struct mv_hook *identify(const struct mv_call *call, const void *address)
{
	const struct mv_hook *hook = mv_driver_hook_at(address);

	if (hook)
		set_state(STATE_BY_ADDRESS);
	if (hook || __atomic_load_n(&g_state, __ATOMIC_RELAXED) == STATE_BY_ADDRESS)
		return hook;
	hook = hook_for(name_of(call), version_of(call), mv_call_arg(call, ARG_FLAGS) & FLAG_PER_THREAD);
	if (!hook)
		return NULL;
	set_state(STATE_BY_VERSION);
	return __atomic_load_n(&g_state, __ATOMIC_RELAXED) == STATE_BY_VERSION ? hook : NULL;
}

/* What the driver's own libraries look up is theirs.  */
static void replace(struct mv_call *call)
{
	void **out = (void **)(uintptr_t)mv_call_arg(call, call->hook->out);
	const struct mv_hook *hook;

	if (mv_call_result(call) != CUDA_SUCCESS || !out || !*out || !name_of(call) || mv_driver_is_own(call->caller))
		return;
	mv_seen_caller(call->caller, version_of(call));
	if (is_wrapper(*out))
		return;
	hook = identify(call, *out);
	if (hook && mv_driver_set_real(hook, *out))
		*out = mv_hook_wrappers[hook - mv_hooks];
	else
		mv_seen_unwatched(name_of(call), version_of(call));
}

const struct mv_hook_family mv_family_procaddress = {.after = replace};
