/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/harness.h"

#include <alloca.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stack/rules.h"
#include "stack/unwind.h"
#include "support/recall.h"

/* One remembers from look to look, the other begins anew with each.  */
static struct mv_unwind g_memory, g_anew;
static unsigned g_looks, g_failed, g_different;

static struct recall g_recall;

static bool are_equal(const struct mv_unwind *a, const struct mv_unwind *b)
{
	unsigned i;

	if (a->count != b->count || a->is_cut != b->is_cut)
		return false;
	for (i = 0; i < a->count; i++)
		if (memcmp(&a->frames[i].at, &b->frames[i].at, sizeof a->frames[i].at) || a->frames[i].hash != b->frames[i].hash)
			return false;
	return true;
}

/* From one and the same place.  */
__attribute__((noinline)) static void look(void)
{
	struct mv_unwind_registers here = mv_unwind_here();

	g_anew.count = 0;
	g_looks++;
	if (!mv_unwind_follow(&g_anew, &here) || !mv_unwind_follow(&g_memory, &here))
		g_failed++;
	else
		g_different += !are_equal(&g_memory, &g_anew);
	if (!g_failed)
		recall_judge(&g_recall, &g_anew, &here);
}

static bool start(void)
{
	if (mv_unwind_start()) {
		harness_skip("no rules for this processor");
		return false;
	}
	memset(&g_memory, 0, sizeof g_memory);
	memset(&g_anew, 0, sizeof g_anew);
	memset(&g_recall, 0, sizeof g_recall);
	g_looks = g_failed = g_different = 0;
	return true;
}

/* ---- stacks that change ---- */

static unsigned g_random;

static unsigned draw(unsigned n)
{
	g_random = g_random * 1103515245 + 12345;
	return (g_random >> 16) % n;
}

__attribute__((noinline)) static void wander(unsigned depth);

#define KEEP(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

__attribute__((noinline)) static void with_room(unsigned depth)
{
	char *room = alloca(draw(10) * 16 + 16);

	KEEP(room);
	wander(depth - 1);
	KEEP(room);
}

__attribute__((noinline)) static void with_alignment(unsigned depth)
{
	char room[128] __attribute__((aligned(64)));

	KEEP(room);
	wander(depth - 1);
	KEEP(room);
}

/* The value that rbp holds is not the frame's, and differs.  */
__attribute__((noinline)) static void with_values(unsigned depth)
{
	unsigned a = draw(100), b = draw(100), c = draw(100), d = draw(100), e = draw(100), f = draw(100);

	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	wander(depth - 1);
	__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
}

__attribute__((noinline)) static void wander(unsigned depth)
{
	static void (*const ways[])(unsigned) = {with_room, with_alignment, with_values, with_values};
	unsigned branches = draw(4);

	look();
	while (depth && branches--) {
		ways[draw(4)](depth);
		if (draw(2))
			look();
	}
	__asm__ volatile("");
}

static void what_is_remembered_is_what_is_found_anew(void)
{
	if (!start())
		return;
	for (g_random = 1; g_looks < 100000; g_random++)
		wander(12);
	CU_ASSERT_EQUAL(g_failed, 0);
	CU_ASSERT_EQUAL(g_different, 0);
	CU_ASSERT_EQUAL(g_recall.mistaken, 0);
	CU_ASSERT(g_recall.recalled > 0);
	CU_ASSERT(g_memory.count > 3);
}

/* As a training loop does it.  */
static void stacks_that_come_again_are_recalled(void)
{
	unsigned learnt = 0, looks = 0, seed;
	volatile unsigned step;

	if (!start())
		return;
	for (step = 0; step < 20; step++) {
		learnt = g_recall.learnt;
		looks = g_looks;
		for (seed = 1; seed < 4; seed++) {
			g_random = seed;
			wander(9);
		}
	}
	/* Most of them, though all that lie equally deep have one key.  */
	CU_ASSERT(g_looks > 2000);
	CU_ASSERT(g_recall.recalled > g_looks / 2);
	CU_ASSERT(g_recall.learnt - learnt < (g_looks - looks) / 2);
	CU_ASSERT_EQUAL(g_recall.mistaken, 0);
}

__attribute__((noinline)) static void look_below(unsigned depth)
{
	if (depth)
		look_below(depth - 1);
	else
		look();
	__asm__ volatile("");
}

/* Deeper ones by one frame each, and shallower ones again: which frames are left out at the root changes.  */
static void stacks_that_are_cut_are_cut_alike(void)
{
	unsigned depth;

	if (!start())
		return;
	for (depth = MV_NATIVE_FRAMES - 40; depth < MV_NATIVE_FRAMES + 40; depth++)
		look_below(depth);
	CU_ASSERT(g_memory.is_cut && g_memory.count == MV_NATIVE_FRAMES);
	for (; depth > MV_NATIVE_FRAMES - 40; depth--)
		look_below(depth);
	CU_ASSERT(!g_memory.is_cut);
	CU_ASSERT_EQUAL(g_failed, 0);
	CU_ASSERT_EQUAL(g_different, 0);
}

/* ---- hashes ---- */

__attribute__((noinline)) static uint64_t hash_here(void)
{
	look();
	return g_memory.frames[g_memory.count - 1].hash;
}

__attribute__((noinline)) static uint64_t hash_of(unsigned turn)
{
	uint64_t hash;

	if (turn) {
		hash = hash_here();
		__asm__ volatile("# another call" : "+r"(hash));
	} else {
		hash = hash_here();
		__asm__ volatile("# one call" : "+r"(hash));
	}
	return hash;
}

static void stacks_differ_by_a_call(void)
{
	uint64_t hashes[4];
	volatile unsigned i; /* one call, four times */

	if (!start())
		return;
	for (i = 0; i < 4; i++)
		hashes[i] = hash_of(i % 2);
	CU_ASSERT_EQUAL(hashes[0], hashes[2]);
	CU_ASSERT_EQUAL(hashes[1], hashes[3]);
	CU_ASSERT_NOT_EQUAL(hashes[0], hashes[1]);
	CU_ASSERT(g_recall.recalled >= 1);
	CU_ASSERT_EQUAL(g_recall.mistaken, 0);
}

static void stacks_of_another_generation_are_others(void)
{
	uint64_t hashes[2];
	volatile unsigned i;

	if (!start())
		return;
	for (i = 0; i < 2; i++) {
		hashes[i] = hash_of(0);
		mv_rules_forget();
	}
	CU_ASSERT_NOT_EQUAL(hashes[0], hashes[1]);
	CU_ASSERT_EQUAL(g_recall.recalled, 0);
	CU_ASSERT_EQUAL(g_failed, 0);
	CU_ASSERT_EQUAL(g_different, 0);
}

/* ---- where stacks end ---- */

static struct mv_unwind g_other;

__attribute__((noinline)) static bool follow_from(const struct mv_unwind_registers *here)
{
	uint64_t key = mv_trail_key(here, mv_rules_generation(), 0, 0);
	bool is_followed;

	g_other.count = 0;
	is_followed = mv_unwind_follow(&g_other, here);
	if (is_followed)
		mv_trails_learn(&g_recall.trails, key, &g_other, 1);
	g_recall.recalled += mv_trails_find(&g_recall.trails, key, here, g_other.bounds.end);
	return is_followed;
}

/* As if the caller's frame lay at BASE; 0: where it lies.  */
__attribute__((noinline)) static bool follow_to(uintptr_t base)
{
	struct mv_unwind_registers here = mv_unwind_here();

	if (base)
		here.bp = base;
	return follow_from(&here);
}

/* The frame pointer of this function is in use, because of the room.  */
__attribute__((noinline)) static bool follow_with(uintptr_t base, unsigned bytes)
{
	char *room = alloca(bytes);
	bool is_followed;

	KEEP(room);
	is_followed = follow_to(base);
	KEEP(room);
	return is_followed;
}

/* Whatever a rule makes of a wrong frame pointer: no hole is read, nor another thread's stack, nor the heap.  */
static void wrong_frame_pointers_lead_nowhere(void)
{
	static const intptr_t bases[] = {0, 8, 16, 1, 4096, -8, -4096, INTPTR_MAX, INTPTR_MIN};
	uintptr_t own = (uintptr_t)__builtin_frame_address(0);
	unsigned followed = 0;
	size_t i;

	if (!start())
		return;
	CU_ASSERT(follow_with(0, 16));
	CU_ASSERT_EQUAL(g_recall.recalled, 1);
	/* By one call, so that nothing but the frame pointer differs: the first is right.  */
	for (i = 0; i < sizeof bases / sizeof *bases; i++)
		followed += follow_with((uintptr_t)bases[i], 16);
	CU_ASSERT_EQUAL(followed, 1);
	CU_ASSERT_EQUAL(g_recall.recalled, 2);
	followed += follow_with((uintptr_t)&g_other, 16);
	followed += follow_with(own | 1, 16);
	CU_ASSERT_EQUAL(followed, 1);
	CU_ASSERT_EQUAL(g_recall.recalled, 2);
}

/* Nothing is read beyond the end of the stack, and what does not fit is not kept.  */
__attribute__((noinline)) static uint32_t recall_within(uintptr_t less, unsigned frames)
{
	struct mv_unwind_registers here = mv_unwind_here();
	uint64_t key = mv_trail_key(&here, mv_rules_generation(), 0, 0);

	g_other.count = 0;
	if (!mv_unwind_follow(&g_other, &here))
		return UINT32_MAX;
	for (; frames; frames--, g_other.count++)
		g_other.frames[g_other.count] = g_other.frames[g_other.count - 1];
	mv_trails_learn(&g_recall.trails, key, &g_other, 1);
	return mv_trails_find(&g_recall.trails, key, &here, less ? here.sp + less : g_other.bounds.end);
}

static void trails_stay_within_the_stack_and_their_room(void)
{
	if (!start())
		return;
	CU_ASSERT_EQUAL(recall_within(0, 0), 1);
	CU_ASSERT_EQUAL(recall_within(64, 0), 0);
	CU_ASSERT_EQUAL(recall_within(0, MV_TRAIL_PLACES), 0);
}

struct place {
	char *page;
	bool is_covered;
};

static void *look_at_other_stacks(void *argument)
{
	struct place *place = argument;
	struct mv_bounds bounds = {0, 0};

	place->is_covered = mv_bounds_cover(&bounds, (uintptr_t)place->page);
	return NULL;
}

static void what_is_no_stack_has_no_bounds(void)
{
	struct mv_bounds bounds = {0, 0};
	struct place here = {.page = (char *)&here, .is_covered = true};
	pthread_t thread;

	if (!start())
		return;
	CU_ASSERT(mv_bounds_cover(&bounds, (uintptr_t)&here));
	CU_ASSERT(!mv_bounds_cover(&bounds, (uintptr_t)&g_other));
	CU_ASSERT(!mv_bounds_cover(&bounds, 8));
	pthread_create(&thread, NULL, look_at_other_stacks, &here);
	pthread_join(thread, NULL);
	/* It is readable, all the way, and the main thread's.  */
	CU_ASSERT(here.is_covered);
}

/* Below a thread's stack lies a hole, and below that something that looks near.  */
static void *look_below_own_stack(void *argument)
{
	struct place *place = argument;
	struct mv_bounds bounds = {0, 0};

	place->is_covered = mv_bounds_cover(&bounds, (uintptr_t)place->page + 64);
	return NULL;
}

static void a_hole_is_not_crossed(void)
{
	enum { BYTES = 1 << 20, HOLE = 1 << 16 };
	char *memory = mmap(NULL, 2 * BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct place place = {.page = memory + BYTES - 2 * HOLE, .is_covered = true};
	pthread_attr_t attributes;
	pthread_t thread;

	if (!start())
		return;
	mprotect(memory + BYTES - HOLE, HOLE, PROT_NONE);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, memory + BYTES, BYTES);
	pthread_create(&thread, &attributes, look_below_own_stack, &place);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attributes);
	munmap(memory, 2 * BYTES);
	CU_ASSERT(!place.is_covered);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(what_is_remembered_is_what_is_found_anew),
	HARNESS_TEST(stacks_that_come_again_are_recalled),
	HARNESS_TEST(stacks_that_are_cut_are_cut_alike),
	HARNESS_TEST(stacks_differ_by_a_call),
	HARNESS_TEST(stacks_of_another_generation_are_others),
	HARNESS_TEST(wrong_frame_pointers_lead_nowhere),
	HARNESS_TEST(trails_stay_within_the_stack_and_their_room),
	HARNESS_TEST(what_is_no_stack_has_no_bounds),
	HARNESS_TEST(a_hole_is_not_crossed),
};
HARNESS_MAIN("stack_unwind", tests)
