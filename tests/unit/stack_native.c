/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <execinfo.h>
#include <stdbool.h>

#include "stack/native.h"
#include "unit/stack_shapes.h"

static struct {
	void *quick[MV_NATIVE_FRAMES], *libc[MV_NATIVE_FRAMES];
	struct mv_native_frame slow[MV_NATIVE_FRAMES];
	unsigned quick_count, slow_count, libc_count;
	unsigned looks, quick_wrong, slow_wrong, falling;
} g_seen;

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

/* All three ways from here; what lies below the caller differs, since each begins in a function of its own.  */
__attribute__((noinline)) static void look(void)
{
	const void *caller = __builtin_return_address(0);
	void *slow[MV_NATIVE_FRAMES];
	unsigned i;

	g_seen.libc_count = (unsigned)backtrace(g_seen.libc, MV_NATIVE_FRAMES);
	g_seen.quick_count = mv_native_trace(g_seen.quick, MV_NATIVE_FRAMES);
	g_seen.slow_count = mv_native_walk(g_seen.slow, MV_NATIVE_FRAMES, 0);
	for (i = 0; i < g_seen.slow_count; i++)
		slow[i] = (void *)g_seen.slow[i].ip;
	g_seen.looks++;
	if (MV_NATIVE_TRACE_IS_EXACT)
		g_seen.quick_wrong +=
			!agree(g_seen.quick, g_seen.quick_count, g_seen.libc, g_seen.libc_count, caller);
	g_seen.slow_wrong += !agree(slow, g_seen.slow_count, g_seen.libc, g_seen.libc_count, caller);
	for (i = 1; i < g_seen.slow_count; i++)
		g_seen.falling += g_seen.slow[i].sp <= g_seen.slow[i - 1].sp;
}

static void hard_stacks_are_as_libc_sees_them(void)
{
	size_t i;
	int round;

	mv_native_start();
	for (i = 0; i < shape_count; i++) {
		memset(&g_seen, 0, sizeof g_seen);
		for (round = 0; round < 3; round++)
			shapes[i].make(look);
		if (g_seen.quick_wrong || g_seen.slow_wrong)
			printf("%s: %u looks, wrong: quick %u, slow %u\n", shapes[i].name, g_seen.looks,
			       g_seen.quick_wrong, g_seen.slow_wrong);
		CU_ASSERT(g_seen.looks >= 3);
		CU_ASSERT_EQUAL(g_seen.quick_wrong, 0);
		CU_ASSERT_EQUAL(g_seen.slow_wrong, 0);
	}
}

static void stack_pointers_rise_towards_the_root(void)
{
	mv_native_start();
	memset(&g_seen, 0, sizeof g_seen);
	shapes[0].make(look);
	CU_ASSERT(g_seen.slow_count > 5);
	CU_ASSERT_EQUAL(g_seen.falling, 0);
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
	HARNESS_TEST(stack_pointers_rise_towards_the_root),
	HARNESS_TEST(deep_stacks_are_cut),
	HARNESS_TEST(frames_of_one_function_can_be_marked),
};
HARNESS_MAIN("stack_native", tests)
