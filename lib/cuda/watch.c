/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/watch.h"

#include <errno.h>

#include "base/sys.h"
#include "cuda/driver.h"
#include "cuda/hook.h"
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
 * one event.  What is under way is kept as the place of its struct mv_call on the stack.  A call that is left by an
 * exception or the end of its thread is told so by the unwinder.  One that is left by longjmp is not: the stack has been
 * taken back beyond it, and whoever is called there next puts another return address where the program's own was.  */

struct under_way {
	const struct mv_call *call; /* NULL: none */
	const void *caller;	    /* where it returns to */
};

/* The outermost calls of the driver's and of the runtime's.  initial-exec: the general model may call malloc on a thread's
 * first access.  */
static __thread struct under_way t_watched __attribute__((tls_model("initial-exec")));
static __thread struct under_way t_named __attribute__((tls_model("initial-exec")));

/* Behind a call on the stack of thunk_*.S: the frame pointer that was, and the return address.  */
static bool is_there(const struct under_way *outer)
{
	return ((const void *const *)(outer->call + 1))[1] == outer->caller;
}

/* Stacks grow down: what was called from within OUTER lies below it.  */
static bool is_within(const struct mv_call *call, const struct under_way *outer)
{
	return outer->call && call < outer->call && is_there(outer);
}

static void enter_driver(struct mv_call *call)
{
	const struct mv_call *named;

	if (is_within(call, &t_watched))
		return;
	t_watched = (struct under_way){call, call->caller};
	call->is_watched = true;
	named = is_within(call, &t_named) ? t_named.call : call;
	call->api = mv_hook_api(named->hook);
	call->origin = named->caller;
}

static void enter_runtime(struct mv_call *call)
{
	if (!is_within(call, &t_named))
		t_named = (struct under_way){call, call->caller};
}

static void leave(struct mv_call *call)
{
	if (t_watched.call == call)
		t_watched.call = NULL;
	if (t_named.call == call)
		t_named.call = NULL;
}

/* The runtime's calls only give their name to what they do to the driver, unless that cannot be seen: a runtime that was
 * there before us knows the driver's functions already.  */
static bool is_named_only(const struct mv_hook *hook)
{
	if (!mv_late_is_on())
		return hook->home == MV_HOME_RUNTIME;
	mv_late_follow();
	return !hook->family;
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
	} else if (mv_watch_sink()) {
		if (is_named_only(hook))
			enter_runtime(call);
		else
			enter_driver(call);
		if (call->is_watched && hook->family->before)
			hook->family->before(call);
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
		t_watched.call = t_named.call = NULL;
	return UNWIND_CONTINUE;
}

/* ---- names ---- */

unsigned mv_watch_names(void)
{
	return mv_hook_count;
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
