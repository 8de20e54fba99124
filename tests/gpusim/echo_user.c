/* SPDX-License-Identifier: Apache-2.0 */
/* A thread with several stacks, and what else needs a driver that calls back.  "echo_user NAME"; exit 0: it all went as
 * without a recorder.  */
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "gpusim/echo.h"
#include "gpusim/must.h"

enum { MIB = 1 << 20, STACK_BYTES = 1 << 18, MANY = 1000 };

int cudaMalloc(void **address, size_t size); /* of the runtime in renamed.c */

static unsigned long long get(size_t size)
{
	unsigned long long address = 0;

	MUST(!cuMemAlloc_v2(&address, size) && address);
	return address;
}

static void straight(void)
{
	extern const char __executable_start[], etext[]; /* the linker's */
	int i;

	/* The first call finds the way.  */
	for (i = 0; i < 2; i++)
		get(MIB);
	puts((const char *)echo_caller >= __executable_start && (const char *)echo_caller < etext ? "straight" : "wrapped");
}

static void reaches_itself(void)
{
	unsigned long long address;

	MUST(!cuMemAllocManaged(&address, MIB, 1));
}

/* ---- coroutines: one above, one below, both below the thread's own stack ---- */

static ucontext_t g_main, g_above, g_below;
static char *g_stacks;

/* NEXT goes on where RUN ends.  */
static void make(ucontext_t *context, char *stack, void (*run)(void), ucontext_t *next)
{
	MUST(!getcontext(context));
	context->uc_stack.ss_sp = stack;
	context->uc_stack.ss_size = STACK_BYTES;
	context->uc_link = next;
	makecontext(context, run, 0);
}

static void make_stacks(void)
{
	g_stacks = mmap(NULL, 2 * STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(g_stacks != MAP_FAILED);
}

static void get_twice(void)
{
	get(MIB);
	get(MIB);
}

static void go_below(void)
{
	MUST(!swapcontext(&g_above, &g_below));
}

static void get_and_be_asked(void)
{
	echo_asks = go_below;
	get(MIB);
}

/* Below has its turn in the middle of a call from above.  */
static void yields_in_the_driver(void)
{
	make_stacks();
	make(&g_above, g_stacks + STACK_BYTES, get_and_be_asked, &g_main);
	make(&g_below, g_stacks, get_twice, &g_above);
	MUST(!swapcontext(&g_main, &g_above));
}

static void go_home(void)
{
	MUST(!swapcontext(&g_above, &g_main));
}

static void be_asked_in_the_runtime(void)
{
	void *address;

	echo_asks = go_home;
	cudaMalloc(&address, MIB);
}

/* A call from above is never gone on with; its stack is given back.  */
static void abandons_a_stack(void)
{
	make_stacks();
	make(&g_above, g_stacks + STACK_BYTES, be_asked_in_the_runtime, &g_main);
	MUST(!swapcontext(&g_main, &g_above));
	MUST(!munmap(g_stacks + STACK_BYTES, STACK_BYTES));
	make(&g_below, g_stacks, get_twice, &g_main);
	MUST(!swapcontext(&g_main, &g_below));
}

static jmp_buf g_back;

static void jump_back(void)
{
	longjmp(g_back, 1);
}

static void jumps_out_of_the_driver(void)
{
	make_stacks();
	if (!setjmp(g_back)) {
		echo_asks = jump_back;
		get(MIB);
	}
	make(&g_below, g_stacks, get_twice, &g_main);
	MUST(!swapcontext(&g_main, &g_below));
}

static void get_and_yield(void)
{
	get(MIB);
	MUST(!swapcontext(&g_above, &g_main));
	get(MIB);
}

static void many_stacks(void)
{
	int i;

	make_stacks();
	for (i = 0; i < MANY; i++) {
		make(&g_above, g_stacks + i % 2 * STACK_BYTES, get_and_yield, &g_main);
		MUST(!swapcontext(&g_main, &g_above));
		get(MIB);
		MUST(!swapcontext(&g_main, &g_above));
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} acts[] = {
		{"straight", straight},
		{"reaches_itself", reaches_itself},
		{"yields_in_the_driver", yields_in_the_driver},
		{"abandons_a_stack", abandons_a_stack},
		{"jumps_out_of_the_driver", jumps_out_of_the_driver},
		{"many_stacks", many_stacks},
	};
	size_t i;

	MUST(!cuInit(0));
	for (i = 0; argc == 2 && i < sizeof acts / sizeof *acts; i++)
		if (!strcmp(acts[i].name, argv[1])) {
			acts[i].run();
			return 0;
		}
	return 2;
}
