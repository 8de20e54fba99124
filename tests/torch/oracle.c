/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into a program with PyTorch: at each report of its caching allocator, the stack is followed by rules and walked
 * by libunwind, and compared frame by frame, return addresses and stack pointers.
 *
 * The counts go to the file that ORACLE_OUT names, five words: reports, those that rules alone could follow, those where
 * the two differ, those whose stack was known again as a whole (trails.h), those of them that were another one.  Of the first
 * that differ, both stacks are printed.  */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stack/native.h"
#include "stack/unwind.h"
#include "support/recall.h"

enum { SHOWN = 3 };

struct counts {
	uint64_t reports, followed, different, recalled, mistaken;
};

struct stacks {
	struct mv_unwind unwind;
	struct mv_native_frame walked[MV_NATIVE_FRAMES];
	unsigned count;
	struct recall recall;
};

static struct counts *g_counts;
static __thread struct stacks *t_stacks;

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("ORACLE_OUT");
	int fd = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;

	if (fd < 0 || ftruncate(fd, sizeof *g_counts) || mv_unwind_start())
		return;
	mv_native_start();
	g_counts = mmap(NULL, sizeof *g_counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
}

static void show(const struct stacks *stacks)
{
	const struct mv_unwind *unwind = &stacks->unwind;
	unsigned i;

	for (i = 0; i < unwind->count; i++)
		fprintf(stderr, "rules %#zx %#zx\n", unwind->frames[unwind->count - 1 - i].at.ip,
			unwind->frames[unwind->count - 1 - i].at.sp);
	for (i = 0; i < stacks->count; i++)
		fprintf(stderr, "libunwind %#zx %#zx\n", stacks->walked[i].ip, stacks->walked[i].sp);
}

/* True if both have the same frames outside of ours: the outermost ones, as many as the shorter has but two.  */
static int are_equal(const struct stacks *stacks)
{
	const struct mv_unwind *unwind = &stacks->unwind;
	unsigned ours = unwind->count - 1, i;

	/* Ours begins with the frame below, libunwind's may have one more.  */
	if (ours > stacks->count || stacks->count > ours + 2)
		return 0;
	for (i = 0; i < ours; i++) {
		const struct mv_unwind_registers *at = &unwind->frames[i].at;
		const struct mv_native_frame *walked = &stacks->walked[stacks->count - 1 - i];

		if (at->ip != walked->ip || at->sp != walked->sp)
			return 0;
	}
	return 1;
}

static void count_recalled(struct stacks *stacks, const struct mv_unwind_registers *here)
{
	struct recall *recall = &stacks->recall;
	uint32_t recalled = recall->recalled, mistaken = recall->mistaken;

	recall_judge(recall, &stacks->unwind, here);
	__atomic_add_fetch(&g_counts->recalled, recall->recalled - recalled, __ATOMIC_RELAXED);
	__atomic_add_fetch(&g_counts->mistaken, recall->mistaken - mistaken, __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void compare(struct stacks *stacks)
{
	struct mv_unwind_registers here = mv_unwind_here();

	__atomic_add_fetch(&g_counts->reports, 1, __ATOMIC_RELAXED);
	stacks->count = mv_native_walk(stacks->walked, MV_NATIVE_FRAMES, 0);
	if (!mv_unwind_follow(&stacks->unwind, &here))
		return;
	__atomic_add_fetch(&g_counts->followed, 1, __ATOMIC_RELAXED);
	count_recalled(stacks, &here);
	if (are_equal(stacks))
		return;
	if (__atomic_fetch_add(&g_counts->different, 1, __ATOMIC_RELAXED) < SHOWN)
		show(stacks);
}

struct c10_device {
	int8_t type, index;
};

void report(void *address, int64_t size, size_t allocated, size_t reserved, struct c10_device device)
	__asm__("_ZN3c1027reportMemoryUsageToProfilerEPvlmmNS_6DeviceE");

/* PyTorch's own profiler, which stands behind it, is not told.  */
void report(void *address, int64_t size, size_t allocated, size_t reserved, struct c10_device device)
{
	(void)address;
	(void)size;
	(void)allocated;
	(void)reserved;
	(void)device;
	if (!t_stacks)
		t_stacks = calloc(1, sizeof *t_stacks);
	if (g_counts && t_stacks)
		compare(t_stacks);
}
