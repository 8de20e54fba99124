/* SPDX-License-Identifier: Apache-2.0 */
/* A capture is quick where the stack is known: to the thread, by what stands in the places of its frames (trails.h); or to
 * some thread, by a number that return addresses and Python's frames are hashed into.  Only a stack whose number is not known
 * is taken apart, merged and recorded.
 *
 * Objects that the program unloads: rules for their code, and stacks that are known by addresses in it, are good no more.
 * Both belong to a generation, which ends when dlclose has unloaded something, and, where that has been done past us (by an
 * object that was loaded with RTLD_DEEPBIND, or in a namespace of its own), as soon as a stack is new.  As long as a call of
 * dlclose is under way, each capture asks the loader, who has counted an object as removed before another one can come to lie
 * in its place.  */
#include "stack/stack.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/elf.h"
#include "base/guard.h"
#include "base/lock.h"
#include "base/sys.h"
#include "base/walk.h"
#include "python/code.h"
#include "python/python.h"
#include "stack/intern.h"
#include "stack/loaded.h"
#include "stack/merge.h"
#include "stack/native.h"
#include "stack/record.h"
#include "stack/rules.h"
#include "stack/scratch.h"
#include "stack/sight.h"
#include "stack/unwind.h"

static struct {
	uint32_t parts; /* enum mv_stack_part, wanted; published last, 0: not started */
	uint32_t found; /* of those, there when it was started */
	pid_t pid;	/* that has started, */
	pid_t prepares; /* that prepares, */
	pid_t prepared; /* or has prepared */
	bool is_unwinder_lost; /* its locks were taken when this process was forked */
	uint32_t forks; /* under way: threads between the start of a fork and its end */
	bool are_forks_watched;
	struct mv_stack_tables tables;
	struct mv_lock lock; /* of INTERN but for finding, of lib/stack/loaded.c and lib/python/code.c */
	struct mv_intern intern;
	uintptr_t own_start, own_end; /* this library */
	uint64_t first_removed;	      /* objects, when it was started */
	uint64_t removed, added;      /* objects, as last seen */
	uint32_t unloads;	      /* calls of dlclose under way */
	uint64_t stacks, cut, failed;
} g_stack;

/* A signal handler's capture must not find this thread's own half done.  initial-exec: see lib/stack/scratch.c.  */
static __thread struct mv_guard t_guard __attribute__((tls_model("initial-exec")));

static void count(uint64_t *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void lose(enum mv_loss cause)
{
	if (g_stack.tables.lose)
		g_stack.tables.lose(cause);
}

/* ---- start ---- */

enum { PREPARE_WAITS = MV_LOCK_SPINS + MV_LOCK_YIELDS + 500 }; /* the naps are 50 ms */

static void find_own(void)
{
	struct mv_elf elf;

	if (!mv_elf_holding((const void *)(uintptr_t)mv_stack_capture, &elf))
		return;
	g_stack.own_start = elf.start;
	g_stack.own_end = elf.end;
}

static void reset_counts(void)
{
	struct mv_elf_changes changes = mv_elf_changes();

	g_stack.first_removed = changes.removed;
	g_stack.removed = changes.removed;
	g_stack.added = changes.added;
	g_stack.stacks = 0;
	g_stack.cut = 0;
	g_stack.failed = 0;
}

/* A capture takes a hundred microseconds if it is not kept from running, a fork a millisecond for each gigabyte.  */
enum { FORK_AWAITS_NS = 2000000, CAPTURE_AWAITS_NS = 50000000 };

static void before_fork(void)
{
	__atomic_add_fetch(&g_stack.forks, 1, __ATOMIC_SEQ_CST);
	mv_scratch_await_all(FORK_AWAITS_NS);
	mv_walk_hold();
}

static void after_fork(void)
{
	mv_walk_release();
	__atomic_sub_fetch(&g_stack.forks, 1, __ATOMIC_RELEASE);
}

/* The tables are the parent's: nothing more goes there.  */
static void after_fork_in_child(void)
{
	__atomic_store_n(&g_stack.parts, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&g_stack.forks, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&g_stack.unloads, 0, __ATOMIC_RELEASE);
	g_stack.pid = 0;
	mv_walk_forget();
	mv_scratch_forget_others();
}

/* What pthread_atfork calls, which is part of everybody who calls it.  Weak: a libc without it (musl) must still be able to
 * load this library into programs that have inherited it, and would end them otherwise.  */
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object)
	__attribute__((weak));
extern void *__dso_handle __attribute__((visibility("hidden")));

/* Once for a process and its forked children, which inherit the handlers.  */
static void watch_forks(void)
{
	if (!g_stack.are_forks_watched && __register_atfork)
		__register_atfork(before_fork, after_fork, after_fork_in_child, &__dso_handle);
	g_stack.are_forks_watched = true;
}

static void prepare(unsigned parts)
{
	mv_walk_forget();
	g_stack.is_unwinder_lost = mv_scratch_start();
	find_own();
	reset_counts();
	mv_rules_forget();
	if (!parts)
		return;
	watch_forks();
	if (parts & MV_STACK_NATIVE)
		mv_unwind_start();
	if (parts & MV_STACK_NATIVE && !g_stack.is_unwinder_lost)
		mv_native_start();
	if (parts & MV_STACK_PYTHON)
		mv_python_start(mv_scratch_await_all);
}

void mv_stack_prepare(unsigned parts)
{
	pid_t me = mv_sys_pid();
	int i;

	if (__atomic_exchange_n(&g_stack.prepares, me, __ATOMIC_ACQ_REL) != me) {
		prepare(parts);
		__atomic_store_n(&g_stack.prepared, me, __ATOMIC_RELEASE);
	}
	for (i = 0; i < PREPARE_WAITS && __atomic_load_n(&g_stack.prepared, __ATOMIC_ACQUIRE) != me; i++)
		mv_lock_wait(i);
}

/* Map what the parts need.  Returns those of PARTS for which that worked.  */
static unsigned make_room(unsigned parts)
{
	if (g_stack.is_unwinder_lost)
		parts &= ~(unsigned)MV_STACK_NATIVE;
	if (!parts || mv_intern_start(&g_stack.intern) || mv_loaded_start(&g_stack.tables, &g_stack.lock))
		return 0;
	if (parts & MV_STACK_PYTHON && mv_pycode_start())
		parts &= ~(unsigned)MV_STACK_PYTHON;
	return parts;
}

unsigned mv_stack_start(const struct mv_stack_tables *tables, unsigned parts)
{
	pid_t me = mv_sys_pid();

	if (__atomic_exchange_n(&g_stack.pid, me, __ATOMIC_ACQ_REL) == me)
		return __atomic_load_n(&g_stack.found, __ATOMIC_ACQUIRE);
	__atomic_store_n(&g_stack.parts, 0, __ATOMIC_RELEASE);
	g_stack.tables = *tables;
	g_stack.lock = (struct mv_lock){0};
	parts = make_room(parts);
	__atomic_store_n(&g_stack.found, mv_python_is_there() ? parts : parts & ~(unsigned)MV_STACK_PYTHON,
			 __ATOMIC_RELEASE);
	__atomic_store_n(&g_stack.parts, parts, __ATOMIC_RELEASE);
	return g_stack.found;
}

/* ---- a new stack ---- */

/* Fill SCRATCH's frames and their merged order.  Returns its length.  */
static unsigned take_apart(const struct mv_sight *sight, struct mv_elf_changes changes)
{
	const struct mv_python *python = sight->python_thread ? mv_python_known() : NULL;
	struct mv_scratch *scratch = sight->scratch;
	struct mv_merge merge = {
		.native = scratch->native,
		.python = scratch->python,
		.own_start = g_stack.own_start,
		.own_end = g_stack.own_end,
		.has_anchors = python && python->layout.anchor != MV_PYANCHOR_NONE,
	};

	merge.native_count = mv_sight_walk_native(sight, python ? python->eval : 0,
						  changes.removed == g_stack.first_removed);
	merge.native_is_cut = merge.native_count == MV_NATIVE_FRAMES;
	mv_loaded_place(scratch->native, merge.native_count, changes, scratch->text);
	if (python) {
		merge.interpreter_start = python->start;
		merge.interpreter_end = python->end;
		merge.python_count = mv_pyframe_walk(&python->layout, sight->python_thread, scratch->python,
						     MV_STACK_FRAMES, &merge.python_is_cut);
	}
	if (merge.native_is_cut || merge.python_is_cut) {
		count(&g_stack.cut);
		lose(MV_LOSS_STACK_CUT);
	}
	return mv_merge_stack(&merge, scratch->merged);
}

/* Two threads may come with the same new stack; the second finds it here.  */
static uint32_t record(const struct mv_sight *sight, unsigned merged_count)
{
	struct mv_record stack = {
		.tables = &g_stack.tables,
		.intern = &g_stack.intern,
		.python = sight->python_thread ? mv_python_known() : NULL,
		.scratch = sight->scratch,
		.merged_count = merged_count,
		.origin = sight->origin,
	};
	uint32_t id;

	if (!mv_lock_take(&g_stack.lock)) {
		lose(MV_LOSS_STACK_FAILED);
		return 0;
	}
	if (!mv_intern_find(&g_stack.intern, sight->hash, &id)) {
		id = mv_record_stack(&stack);
		if (mv_intern_add(&g_stack.intern, sight->hash, id))
			count(&g_stack.stacks);
	}
	mv_lock_release(&g_stack.lock);
	return id;
}

/* Objects come and go rarely.  What is known about unloaded code is forgotten.  True if there was any.  */
static bool follow_unloads(struct mv_elf_changes changes)
{
	if (__atomic_exchange_n(&g_stack.removed, changes.removed, __ATOMIC_ACQ_REL) == changes.removed)
		return false;
	mv_rules_forget();
	mv_native_forget();
	return true;
}

/* True if an interpreter has come.  */
static bool follow_loads(struct mv_elf_changes changes, unsigned parts)
{
	if (__atomic_exchange_n(&g_stack.added, changes.added, __ATOMIC_RELAXED) == changes.added)
		return false;
	return parts & MV_STACK_PYTHON && mv_python_look();
}

/* SIGHT is not known, and was perhaps seen by rules for code that is not there any more.  False: there is nothing.  */
static uint32_t capture_new(struct mv_sight *sight)
{
	struct mv_elf_changes changes = mv_elf_changes();
	bool is_changed = follow_unloads(changes);

	is_changed |= follow_loads(changes, sight->parts);
	if (is_changed)
		mv_sight_look(sight);
	if (sight->python_thread)
		mv_python_ask();
	return record(sight, take_apart(sight, changes));
}

static uint32_t capture_all(struct mv_sight *sight)
{
	uint32_t id;

	if (!mv_sight_look(sight)) {
		/* A thread without frames of Python's is nothing lost.  */
		if (sight->parts & MV_STACK_NATIVE)
			lose(MV_LOSS_STACK_FAILED);
		return 0;
	}
	if (!mv_intern_find(&g_stack.intern, sight->hash, &id))
		return capture_new(sight);
	mv_sight_learn(sight, id);
	return id;
}

static uint32_t capture_into(struct mv_sight *sight)
{
	uint32_t id;

	if (__atomic_load_n(&g_stack.unloads, __ATOMIC_ACQUIRE))
		follow_unloads(mv_elf_changes());
	id = mv_sight_recall(sight);
	return id ? id : capture_all(sight);
}

/* Inside a capture, this thread may hold libunwind's locks, which would stay taken in a forked child and cost it its
 * native frames.  (The loader's lock, which would cost it more, is guarded by itself: base/walk.h.)  So one who forks says so, then waits for those who are inside; and who finds that somebody forks stays outside until
 * that is over.  */
static void go_inside(struct mv_scratch *scratch)
{
	uint64_t deadline_ns;

	__atomic_store_n(&scratch->stage, MV_SCRATCH_INSIDE, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&g_stack.forks, __ATOMIC_SEQ_CST))
		return;
	__atomic_store_n(&scratch->stage, MV_SCRATCH_OUTSIDE, __ATOMIC_SEQ_CST);
	deadline_ns = mv_sys_monotonic_ns() + CAPTURE_AWAITS_NS;
	while (__atomic_load_n(&g_stack.forks, __ATOMIC_ACQUIRE) && mv_sys_monotonic_ns() < deadline_ns)
		mv_sys_yield();
	__atomic_store_n(&scratch->stage, MV_SCRATCH_INSIDE, __ATOMIC_SEQ_CST);
}

static uint32_t capture(unsigned parts, uint32_t origin, struct mv_unwind_registers leaf)
{
	struct mv_scratch *scratch = mv_scratch_mine();
	struct mv_sight sight = {.scratch = scratch, .parts = parts, .origin = origin, .leaf = leaf};
	uint32_t id;

	if (!scratch) {
		lose(MV_LOSS_STACK_FAILED);
		return 0;
	}
	__atomic_store_n(&scratch->captures, __atomic_load_n(&scratch->captures, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
	go_inside(scratch);
	id = capture_into(&sight);
	__atomic_store_n(&scratch->stage, MV_SCRATCH_OUTSIDE, __ATOMIC_RELEASE);
	return id;
}

static bool is_prepared(void)
{
	return __atomic_load_n(&g_stack.prepared, __ATOMIC_ACQUIRE) == __atomic_load_n(&g_stack.pid, __ATOMIC_RELAXED);
}

uint32_t mv_stack_capture(void)
{
	return mv_stack_capture_from(MV_STACK_NATIVE | MV_STACK_PYTHON, 0);
}

uint32_t mv_stack_capture_from(unsigned parts, uint32_t origin)
{
	int saved = errno;
	uint32_t id = 0;

	parts = (parts | MV_STACK_LIBUNWIND) & __atomic_load_n(&g_stack.parts, __ATOMIC_ACQUIRE);
	if (!(parts & (MV_STACK_NATIVE | MV_STACK_PYTHON)))
		return 0;
	if (is_prepared() && mv_guard_enter(&t_guard, __builtin_frame_address(0))) {
		id = capture(parts, origin, mv_unwind_here());
		mv_guard_leave(&t_guard);
	} else {
		lose(MV_LOSS_STACK_FAILED);
	}
	if (!id && parts & MV_STACK_NATIVE)
		count(&g_stack.failed);
	errno = saved;
	return id;
}

/* ---- unloading ---- */

void mv_stack_unload_begins(void)
{
	__atomic_add_fetch(&g_stack.unloads, 1, __ATOMIC_ACQ_REL);
}

/* In a child that was forked by a destructor nobody is counted any more.  */
void mv_stack_unload_ends(void)
{
	uint32_t unloads = __atomic_load_n(&g_stack.unloads, __ATOMIC_RELAXED);

	if (__atomic_load_n(&g_stack.parts, __ATOMIC_ACQUIRE))
		follow_unloads(mv_elf_changes());
	while (unloads && !__atomic_compare_exchange_n(&g_stack.unloads, &unloads, unloads - 1, false, __ATOMIC_ACQ_REL,
						       __ATOMIC_RELAXED))
		;
}

/* ---- what is known ---- */

const char *mv_stack_python_state(void)
{
	if (!(__atomic_load_n(&g_stack.parts, __ATOMIC_ACQUIRE) & MV_STACK_PYTHON))
		return "not asked for";
	return mv_python_state();
}

struct mv_stack_counts mv_stack_counts(void)
{
	return (struct mv_stack_counts){
		.captures = mv_scratch_captures(),
		.stacks = __atomic_load_n(&g_stack.stacks, __ATOMIC_RELAXED),
		.cut = __atomic_load_n(&g_stack.cut, __ATOMIC_RELAXED),
		.failed = __atomic_load_n(&g_stack.failed, __ATOMIC_RELAXED),
	};
}
