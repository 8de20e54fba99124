/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that make it hard to be their guest.  */
#include "gpusim/acts.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memviz/memviz.h"

int cudaMalloc(void **address, size_t size); /* of the runtime in renamed.c */

enum { LOSERS = 6, HANDLED = 200 };

/* Packages rename the libraries that they bring along.  */
static void renamed_runtime(void)
{
	void *address = NULL;

	acts_open_card();
	MUST(cudaMalloc(&address, 3 * MIB) == 0 && address);
}

/* The constructor in renamed.c has done it all.  */
static void nothing_more(void)
{
}

static void unstarted_python(void)
{
	char name[32];
	void *python = NULL;
	CUdeviceptr address;
	int minor;

	for (minor = 8; !python && minor < 20; minor++) {
		snprintf(name, sizeof name, "libpython3.%d.so.1.0", minor);
		python = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
	}
	if (!python)
		exit(77);
	acts_open_card();
	MUST(!cuMemAllocAsync(&address, MIB, NULL));
}

/* Garbage of the parent's, collected in a child.  */
static void forks_who_frees(void)
{
	CUdeviceptr address;
	int status;
	pid_t child;

	acts_open_card();
	address = acts_get(MIB);
	child = fork();
	if (!child) {
		memviz_block_free(&status);
		memviz_tag(&status, MEMVIZ_PARAMETER, "weight");
		cuMemFree_v2(address);
		_exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && WIFEXITED(status));
}

static void tags_without_card(void)
{
	memviz_tag("x", MEMVIZ_PARAMETER, "weight");
	memviz_block_free("x");
}

static pthread_barrier_t g_all_there;

static void *run_out(void *argument)
{
	CUdeviceptr address;

	(void)argument;
	acts_open_card();
	pthread_barrier_wait(&g_all_there);
	MUST(cuMemAlloc_v2(&address, (size_t)1 << 40) == CUDA_ERROR_OUT_OF_MEMORY);
	return NULL;
}

static void many_run_out(void)
{
	pthread_t losers[LOSERS];
	int i;

	acts_open_card();
	for (i = 0; i < 2000; i++)
		acts_get(4096);
	MUST(!pthread_barrier_init(&g_all_there, NULL, LOSERS));
	for (i = 0; i < LOSERS; i++)
		MUST(!pthread_create(&losers[i], NULL, run_out, NULL));
	for (i = 0; i < LOSERS; i++)
		MUST(!pthread_join(losers[i], NULL));
}

/* Whoever read what the program says has gone.  */
static void without_reader(void)
{
	int ends[2];

	MUST(!pipe(ends) && dup2(ends[1], 2) == 2 && !close(ends[0]) && !close(ends[1]));
	acts_open_card();
	acts_get(MIB);
}

enum { HANDLER_STACK = 1 << 16 };
static volatile int g_handled;

static void tell_on_own_stack(int signal)
{
	(void)signal;
	memviz_phase_push("handler");
	memviz_phase_pop();
	g_handled++;
}

/* The program's own data lies below the stacks of threads, its stack above: the handler's is put into the latter.  */
static void *churn_above(void *argument)
{
	stack_t stack = {.ss_sp = argument, .ss_size = HANDLER_STACK}, no_stack = {.ss_flags = SS_DISABLE};
	struct sigaction action = {.sa_handler = tell_on_own_stack, .sa_flags = SA_ONSTACK};
	struct itimerval timer = {{0, 1000}, {0, 1000}}, none = {{0, 0}, {0, 0}};
	sigset_t alarm;

	MUST(!sigaltstack(&stack, NULL) && !sigaction(SIGALRM, &action, NULL));
	tell_on_own_stack(0);
	MUST(!setitimer(ITIMER_REAL, &timer, NULL));
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	MUST(!pthread_sigmask(SIG_UNBLOCK, &alarm, NULL));
	while (g_handled < HANDLED) {
		memviz_phase_push("again");
		memviz_phase_pop();
	}
	setitimer(ITIMER_REAL, &none, NULL);
	MUST(!pthread_sigmask(SIG_BLOCK, &alarm, NULL) && !sigaltstack(&no_stack, NULL));
	return NULL;
}

static void handlers_on_their_own_stack(void)
{
	char above[HANDLER_STACK];
	pthread_t thread;
	sigset_t alarm;

	acts_open_card();
	acts_get(MIB);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	MUST(!pthread_sigmask(SIG_BLOCK, &alarm, NULL));
	MUST(!pthread_create(&thread, NULL, churn_above, above));
	MUST(!pthread_join(thread, NULL));
}

const struct act acts_guest[] = {
	{"renamed_runtime", renamed_runtime},
	{"nothing_more", nothing_more},
	{"unstarted_python", unstarted_python},
	{"forks_who_frees", forks_who_frees},
	{"tags_without_card", tags_without_card},
	{"many_run_out", many_run_out},
	{"without_reader", without_reader},
	{"handlers_on_their_own_stack", handlers_on_their_own_stack},
	{NULL, NULL},
};
