/* SPDX-License-Identifier: Apache-2.0 */
/* What the program's calls cost of libc and the system: the driver takes nothing of either.  */
#include "gpusim/odd_acts.h"

#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gpusim/tally.h"

enum { NO_DESCRIPTOR = -4711, DEPTH = 200 };

static struct tally (*g_now)(void);

static void mark(void)
{
	syscall(SYS_close, NO_DESCRIPTOR);
}

/* Twice from the same place, so that the second time brings nothing new.  */
void odd_steady(void)
{
	struct tally before = {0, 0, 0}, after = {0, 0, 0};
	int i;

	g_now = (struct tally(*)(void))dlsym(RTLD_DEFAULT, "tally_now");
	for (i = 0; i < 2; i++) {
		before = g_now ? g_now() : before;
		mark();
		odd_pairs();
		mark();
		after = g_now ? g_now() : after;
	}
	MUST(after.allocations == before.allocations);
	MUST(after.environment == before.environment);
	MUST(after.locks == before.locks);
}

/* As many stacks as it is deep.  */
static int descend(int depth)
{
	int below = depth ? descend(depth - 1) : 0;

	odd_keep();
	return below + 1;
}

void odd_whole_life(void)
{
	struct tally now;

	g_now = (struct tally(*)(void))dlsym(RTLD_DEFAULT, "tally_now");
	MUST(g_now && descend(DEPTH) == DEPTH + 1);
	odd_pairs();
	now = g_now();
	printf("%u allocations, %u of the environment\n", now.allocations, now.environment);
}
