/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <execinfo.h>
#include <stdbool.h>

#include <sys/mman.h>

#include "stack/native.h"
#include "stack/unwind.h"
#include "unit/stack_shapes.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

/* Forked children write here, too.  */
static struct seen {
	void *quick[MV_NATIVE_FRAMES], *libc[MV_NATIVE_FRAMES];
	struct mv_native_frame slow[MV_NATIVE_FRAMES];
	struct mv_unwind unwind;
	unsigned quick_count, slow_count, libc_count;
	unsigned looks, followed, quick_wrong, slow_wrong, rules_wrong, falling;
} *g_seen;

static __thread unsigned t_looks;

/* Threads look one after the other, each at its own stack.  */
static void begin(void)
{
	void *shared = g_seen;

	if (!shared)
		shared = mmap(NULL, sizeof *g_seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	g_seen = shared;
	memset(g_seen, 0, sizeof *g_seen);
	mv_native_start();
	mv_unwind_start();
}

/* The index of ADDRESS among IPS, N if it is not there.  */
static unsigned find(void *const ips[], unsigned n, const void *address)
{
	unsigned i;

	for (i = 0; i < n && ips[i] != address; i++)
		;
	return i;
}

/* On some processors libunwind does not show the frame of the program's very first instructions.  */
#ifdef __aarch64__
enum { HIDDEN_AT_ROOT = 1 };
#else
enum { HIDDEN_AT_ROOT = 0 };
#endif

/* True if the N frames of OURS and the M frames of LIBC's are the same from ADDRESS outwards.  */
static bool agree(void *const ours[], unsigned n, void *const libc[], unsigned m, const void *address)
{
	unsigned i = find(ours, n, address), j = find(libc, m, address);

	return n - i <= m - j && m - j <= n - i + HIDDEN_AT_ROOT &&
	       !memcmp(&ours[i], &libc[j], (n - i) * sizeof *ours);
}

/* By rules, twice, as another look would remember the stack, and with the stack pointers that libunwind finds.  */
__attribute__((noinline)) static void look_by_rules(const void *caller)
{
	struct mv_unwind *unwind = &g_seen->unwind;
	struct mv_unwind_registers here = mv_unwind_here();
	void *ips[MV_NATIVE_FRAMES];
	bool is_followed = false;
	unsigned i, out;

	if (t_looks++ == 0)
		*unwind = (struct mv_unwind){.count = 0};
	for (i = 0; i < 2; i++)
		is_followed = mv_unwind_follow(unwind, &here);
	if (!is_followed)
		return;
	g_seen->followed++;
	for (i = 0; i < unwind->count; i++)
		ips[i] = (void *)unwind->frames[unwind->count - 1 - i].at.ip;
	g_seen->rules_wrong += !agree(ips, unwind->count, g_seen->libc, g_seen->libc_count, caller);
	/* The outermost frames are the same ones.  */
	for (out = 0; out < unwind->count && ips[unwind->count - 1 - out] != caller; out++)
		g_seen->rules_wrong += unwind->frames[out].at.sp != g_seen->slow[g_seen->slow_count - 1 - out].sp;
}

/* All ways from here; what lies below the caller differs, since each begins in a function of its own.  */
__attribute__((noinline)) static void look(void)
{
	const void *caller = __builtin_return_address(0);
	void *slow[MV_NATIVE_FRAMES];
	unsigned i;

	g_seen->libc_count = (unsigned)backtrace(g_seen->libc, MV_NATIVE_FRAMES);
	g_seen->quick_count = mv_native_trace(g_seen->quick, MV_NATIVE_FRAMES);
	g_seen->slow_count = mv_native_walk(g_seen->slow, MV_NATIVE_FRAMES, 0);
	for (i = 0; i < g_seen->slow_count; i++)
		slow[i] = (void *)g_seen->slow[i].ip;
	g_seen->looks++;
	if (MV_NATIVE_TRACE_IS_EXACT)
		g_seen->quick_wrong +=
			!agree(g_seen->quick, g_seen->quick_count, g_seen->libc, g_seen->libc_count, caller);
	g_seen->slow_wrong += !agree(slow, g_seen->slow_count, g_seen->libc, g_seen->libc_count, caller);
	look_by_rules(caller);
	for (i = 1; i < g_seen->slow_count; i++)
		g_seen->falling += g_seen->slow[i].sp <= g_seen->slow[i - 1].sp;
}

static void make_shape(const struct shape *shape)
{
	int round;

	begin();
	for (round = 0; round < 3; round++)
		shape->make(look);
	if (g_seen->quick_wrong || g_seen->slow_wrong || g_seen->rules_wrong || g_seen->looks < 3)
		printf("%s: %u looks, wrong: quick %u, slow %u, rules %u\n", shape->name, g_seen->looks, g_seen->quick_wrong,
		       g_seen->slow_wrong, g_seen->rules_wrong);
}

static void hard_stacks_are_as_libc_sees_them(void)
{
	size_t i;

	for (i = 0; i < shape_count; i++) {
		make_shape(&shapes[i]);
		CU_ASSERT(g_seen->looks >= 3);
		CU_ASSERT_EQUAL(g_seen->quick_wrong, 0);
		CU_ASSERT_EQUAL(g_seen->slow_wrong, 0);
		CU_ASSERT_EQUAL(g_seen->rules_wrong, 0);
	}
}

/* A sanitizer makes other frames, and runs threads and handlers inside of its own.  */
static void rules_follow_all_but_what_they_cannot_say(void)
{
	size_t i;

	if (mv_unwind_start() || IS_SANITIZED) {
		harness_skip("no rules for this processor, or other code than they are meant for");
		return;
	}
	for (i = 0; i < shape_count; i++) {
		make_shape(&shapes[i]);
		if (g_seen->followed != (shapes[i].is_beyond_rules ? 0 : g_seen->looks))
			printf("%s: %u of %u looks followed\n", shapes[i].name, g_seen->followed, g_seen->looks);
		CU_ASSERT_EQUAL(g_seen->followed, shapes[i].is_beyond_rules ? 0 : g_seen->looks);
	}
}

static void stack_pointers_rise_towards_the_root(void)
{
	begin();
	shapes[0].make(look);
	CU_ASSERT(g_seen->slow_count > 5);
	CU_ASSERT_EQUAL(g_seen->falling, 0);
}

__attribute__((noinline)) static unsigned recurse(unsigned depth, unsigned max)
{
	static void *ips[MV_NATIVE_FRAMES];
	volatile unsigned n = depth ? recurse(depth - 1, max) : mv_native_trace(ips, max);

	return n;
}

static void deep_stacks_are_cut(void)
{
	mv_native_start();
	CU_ASSERT_EQUAL(recurse(2000, MV_NATIVE_FRAMES), MV_NATIVE_FRAMES);
	CU_ASSERT_EQUAL(recurse(2000, 10), 10);
	CU_ASSERT(recurse(100, MV_NATIVE_FRAMES) > 100);
	CU_ASSERT(recurse(100, MV_NATIVE_FRAMES) < 150);
}

__attribute__((noinline)) static unsigned walk_below(unsigned depth, struct mv_native_frame frames[])
{
	volatile unsigned n = depth ? walk_below(depth - 1, frames)
				    : mv_native_walk(frames, MV_NATIVE_FRAMES, (uintptr_t)walk_below);

	return n;
}

static void frames_of_one_function_can_be_marked(void)
{
	static struct mv_native_frame frames[MV_NATIVE_FRAMES];
	unsigned n, i, marked = 0;

	mv_native_start();
	n = walk_below(7, frames);
	for (i = 0; i < n; i++)
		marked += frames[i].is_eval;
	CU_ASSERT_EQUAL(marked, 8);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(hard_stacks_are_as_libc_sees_them),
	HARNESS_TEST(rules_follow_all_but_what_they_cannot_say),
	HARNESS_TEST(stack_pointers_rise_towards_the_root),
	HARNESS_TEST(deep_stacks_are_cut),
	HARNESS_TEST(frames_of_one_function_can_be_marked),
};
HARNESS_MAIN("stack_native", tests)
