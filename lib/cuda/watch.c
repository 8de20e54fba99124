/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/watch.h"

#include <errno.h>

#include "base/sys.h"
#include "cuda/driver.h"
#include "cuda/family.h"
#include "cuda/late.h"
#include "cuda/lookup.h"

static const struct mv_sink *g_sink;
static int g_is_settled;

void mv_watch_set_sink(const struct mv_sink *sink)
{
	__atomic_store_n(&g_sink, sink, __ATOMIC_RELEASE);
	__atomic_store_n(&g_is_settled, 1, __ATOMIC_RELEASE);
}

const struct mv_sink *mv_watch_sink(void)
{
	if (!__atomic_load_n(&g_is_settled, __ATOMIC_ACQUIRE))
		mv_watch_settle();
	return __atomic_load_n(&g_sink, __ATOMIC_ACQUIRE);
}

/* ---- calls within calls ----
 *
 * A runtime function reaches the driver through a wrapper, and the driver may reach itself: one call of the program's is
 * one event.  Whose a call is tells the place that it comes from: the library that it goes to, or the one that a call of
 * the runtime's under way has gone to.  How deep it is in the stack would not do: a thread may have several stacks, one
 * above and one below the other, and change between them inside a call, or leave one for good.
 *
 * What has to be remembered of a call of the runtime's is kept beside its place, for its stack may be gone.  One that was
 * left by longjmp stays until the next; it can only give its name to what the same runtime does.  */

enum { OUTER_ARGS_BYTES = 64 };

struct runtime_call {
	const struct mv_call *call; /* to be compared, not to be followed; NULL: none is under way */
	const void *real, *origin;
	uint16_t api;
	bool is_watched;
};

/* initial-exec: the general model may call malloc on a thread's first access.  */
static __thread struct runtime_call t_runtime __attribute__((tls_model("initial-exec")));

/* What a real function that ends in a jump to another wrapper leaves behind: the frame of the wrapper that called it, with
 * whatever arguments that had on the stack.  */
static bool is_jump_from(const struct mv_call *call, const struct mv_call *outer)
{
	return (uintptr_t)outer - (uintptr_t)call->stack_args <= OUTER_ARGS_BYTES;
}

/* Stacks grow down: what was called from within lies below.  */
static bool is_of_runtime(const struct mv_call *call)
{
	if (!t_runtime.call || call > t_runtime.call)
		return false;
	if (call->caller == mv_hook_return)
		return is_jump_from(call, t_runtime.call);
	return mv_driver_is_beside(t_runtime.real, call->caller, MV_HOME_RUNTIME);
}

static bool is_of_driver(const struct mv_call *call, const void *real)
{
	return call->caller == mv_hook_return || mv_driver_is_beside(real, call->caller, MV_HOME_DRIVER);
}

static void enter_driver(struct mv_call *call, const void *real)
{
	bool is_runtime_s = is_of_runtime(call);

	if (is_runtime_s ? t_runtime.is_watched : is_of_driver(call, real))
		return;
	call->is_watched = true;
	call->api = is_runtime_s ? t_runtime.api : mv_hook_api(call->hook);
	call->origin = is_runtime_s ? t_runtime.origin : call->caller;
}

static void enter_runtime(struct mv_call *call, const void *real, bool is_watched)
{
	if (is_of_runtime(call))
		return;
	t_runtime = (struct runtime_call){call, real, call->caller, mv_hook_api(call->hook), is_watched};
	call->is_watched = is_watched;
	call->api = t_runtime.api;
	call->origin = call->caller;
}

static void leave(const struct mv_call *call)
{
	if (t_runtime.call == call)
		t_runtime.call = NULL;
}

/* The runtime's calls only give their name to what they do to the driver, unless that cannot be seen: a runtime that was
 * there before us knows the driver's functions already.  */
static bool is_worth_watching(const struct mv_hook *runtime_s)
{
	return mv_late_is_on() && runtime_s->family;
}

static void enter(struct mv_call *call, const void *real)
{
	if (mv_late_is_on())
		mv_late_follow();
	if (call->hook->home == MV_HOME_RUNTIME)
		enter_runtime(call, real, is_worth_watching(call->hook));
	else
		enter_driver(call, real);
	if (call->is_watched && call->hook->family->before)
		call->hook->family->before(call);
}

/* Nobody wants to know: from now on this wrapper is a jump.  Those of the runtime must look at who calls.  */
static void go_straight(unsigned row, void *real)
{
	if (mv_hooks[row].home == MV_HOME_DRIVER)
		__atomic_store_n(&mv_hook_straight[row], real, __ATOMIC_RELAXED);
}

struct mv_hook_target mv_hook_enter(struct mv_call *call, unsigned row)
{
	const struct mv_hook *hook = &mv_hooks[row];
	struct mv_hook_target target = {mv_driver_real(hook, call->caller), hook->stack_bytes};
	int saved = errno;

	call->hook = hook;
	call->is_watched = false;
	call->undo.is_set = false;
	if (!target.real) {
		call->result = CUDA_ERROR_NOT_FOUND;
	} else if (!mv_watch_sink()) {
		go_straight(row, target.real);
	} else {
		enter(call, target.real);
	}
	errno = saved;
	return target;
}

void mv_hook_note_start(struct mv_call *call)
{
	call->started_ns = mv_sys_monotonic_ns();
}

void mv_hook_leave(struct mv_call *call)
{
	int saved = errno;

	if (call->is_watched && call->hook->family->after)
		call->hook->family->after(call);
	leave(call);
	errno = saved;
}

enum { UNWIND_CLEANUP_PHASE = 2, UNWIND_CONTINUE = 8 };

int mv_hook_unwound(int version, int actions, uint64_t exception_class, void *exception, void *context)
{
	(void)version, (void)exception_class, (void)exception, (void)context;
	if (actions & UNWIND_CLEANUP_PHASE)
		t_runtime.call = NULL;
	return UNWIND_CONTINUE;
}

/* ---- names ---- */

unsigned mv_watch_names(void)
{
	return MV_HOOK_COUNT;
}

const char *mv_watch_name(unsigned n)
{
	return mv_hooks[n].name;
}

/* ---- questions ---- */

bool mv_watch_memory_info(uint8_t device, uint64_t *free_bytes, uint64_t *total_bytes)
{
	return mv_driver_current_device() == device && mv_driver_memory_info(free_bytes, total_bytes);
}

int mv_watch_driver_version(void)
{
	return mv_driver_version();
}

/* What thunk_*.S relies on.  */
_Static_assert(sizeof(struct mv_call) == 192, "CALL_BYTES, a multiple of 16");
_Static_assert(__builtin_offsetof(struct mv_call, result) == 64, "CALL_RESULT");
_Static_assert(__builtin_offsetof(struct mv_call, stack_args) == 72, "CALL_STACK_ARGS");
_Static_assert(__builtin_offsetof(struct mv_call, caller) == 80, "CALL_CALLER");
