/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/odd_acts.h"

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memviz/memviz.h"

void odd_keep(void)
{
	uint64_t address;

	MUST(!cuMemAlloc_v2(&address, ODD_BYTES));
}

static void pair(void)
{
	uint64_t address;

	MUST(!cuMemAlloc_v2(&address, ODD_BYTES));
	MUST(!cuMemFree_v2(address));
}

void odd_pairs(void)
{
	int i;

	for (i = 0; i < ODD_TIMES; i++)
		pair();
}

/* ---- calls that are left ---- */

static jmp_buf g_back;

static void jump_from_within(void)
{
	longjmp(g_back, 1);
}

static void jumps(void)
{
	volatile int left = 0;
	uint64_t address;

	odd_call_back(jump_from_within);
	if (setjmp(g_back))
		left++;
	if (left < ODD_TIMES)
		cuMemAlloc_v2(&address, ODD_BYTES);
	odd_call_back(NULL);
	MUST(left == ODD_TIMES);
	odd_keep();
}

static sem_t g_is_within, g_never;
static int g_cleaned;

static void wait_within(void)
{
	sem_post(&g_is_within);
	sem_wait(&g_never);
}

static void count_cleaned(void *argument)
{
	(void)argument;
	g_cleaned++;
}

static void *wait_in_driver(void *argument)
{
	uint64_t address;

	(void)argument;
	odd_call_back(wait_within);
	pthread_cleanup_push(count_cleaned, NULL);
	cuMemAlloc_v2(&address, ODD_BYTES);
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancels_within(void)
{
	int i;

	for (i = 0; i < ODD_TIMES; i++) {
		pthread_t thread;
		void *result;

		MUST(!pthread_create(&thread, NULL, wait_in_driver, NULL));
		MUST(!sem_wait(&g_is_within) && !pthread_cancel(thread));
		MUST(!pthread_join(thread, &result) && result == PTHREAD_CANCELED);
	}
	MUST(g_cleaned == ODD_TIMES);
	odd_keep();
}

/* A thread that is to end goes on to the next point at which it may, and neither the driver nor the recorder has one.  */
static void *allocate_cancelled(void *argument)
{
	MUST(!pthread_cancel(pthread_self()));
	odd_pairs();
	odd_keep();
	*(int *)argument = 1;
	pthread_testcancel();
	return NULL;
}

static void cancelled_before(void)
{
	pthread_t thread;
	void *result;
	int went_on = 0;

	MUST(!pthread_create(&thread, NULL, allocate_cancelled, &went_on));
	MUST(!pthread_join(thread, &result) && result == PTHREAD_CANCELED && went_on);
}

/* ---- calls within calls ---- */

static void call_within(void)
{
	odd_call_back(NULL);
	pair();
	odd_keep();
}

static void calls_within(void)
{
	odd_call_back(call_within);
	odd_keep();
}

static void fork_within(void)
{
	int status;
	pid_t child = fork();

	if (!child) {
		memviz_block_alloc("", ODD_BYTES, 0, ODD_BYTES);
		exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && !status);
}

static void forks_within(void)
{
	odd_keep();
	odd_call_back(fork_within);
	odd_keep();
	odd_call_back(NULL);
	odd_keep();
}

/* Another thread is inside of a call, and will be for ever in the child.  */
static void forks_beside(void)
{
	pthread_t thread;

	odd_keep();
	MUST(!pthread_create(&thread, NULL, wait_in_driver, NULL));
	MUST(!sem_wait(&g_is_within));
	fork_within();
	MUST(!pthread_cancel(thread) && !pthread_join(thread, NULL));
	odd_keep();
}

/* ---- handlers that allocate ---- */

static volatile int g_handled, g_in_handlers;

static void allocate_in_handler(int signal)
{
	uint64_t address;

	(void)signal;
	g_handled++;
	if (!cuMemAlloc_v2(&address, ODD_BYTES) && !cuMemFree_v2(address))
		g_in_handlers++;
}

static void be_interrupted(int flags)
{
	struct sigaction action = {.sa_handler = allocate_in_handler, .sa_flags = flags};
	struct itimerval timer = {{0, 500}, {0, 500}}, none = {{0, 0}, {0, 0}};

	pair();
	MUST(!sigaction(SIGALRM, &action, NULL) && !setitimer(ITIMER_REAL, &timer, NULL));
	while (g_handled < ODD_TIMES)
		pair();
	MUST(!setitimer(ITIMER_REAL, &none, NULL));
	MUST(g_in_handlers == g_handled);
	odd_keep();
}

static void handlers_allocate(void)
{
	be_interrupted(0);
}

static void handlers_allocate_elsewhere(void)
{
	static char room[1 << 18];
	stack_t stack = {.ss_sp = room, .ss_size = sizeof room};

	MUST(!sigaltstack(&stack, NULL));
	be_interrupted(SA_ONSTACK);
}

/* A signal is answered from within a call of the driver's.  */
static void raise_within(void)
{
	odd_call_back(NULL);
	raise(SIGUSR1);
}

static void handlers_within(void)
{
	signal(SIGUSR1, allocate_in_handler);
	odd_call_back(raise_within);
	odd_keep();
	odd_keep();
}

/* ---- any function ---- */

typedef int (*any_fn)(void *, void *, void *, void *, void *, void *, void *, void *, void *, void *);

static const char *const watched[] = {
#define RUNTIME(symbol, ...)
#define DRIVER(symbol, ...) #symbol,
#include "cuda/hooks.def"
};

static void call_all(void *argument, int answer)
{
	size_t i;

	odd_answer_with(answer);
	for (i = 0; i < sizeof watched / sizeof *watched; i++) {
		any_fn call = (any_fn)dlsym(RTLD_DEFAULT, watched[i]);
		void *a = argument;

		MUST(call);
		if (strcmp(watched[i], "cuInit"))
			MUST(call(a, a, a, a, a, a, a, a, a, a) == answer);
	}
	odd_answer_with(0);
	odd_keep();
}

static void all_results_are_null(void)
{
	call_all(NULL, 0);
}

static void all_fail_with_nonsense(void)
{
	call_all((void *)1, 999);
}

/* What a call that is like the last one asks the driver.  */
static void asks_no_more(void)
{
	unsigned questions, of_device;

	odd_pairs();
	questions = odd_questions();
	of_device = odd_device_questions();
	odd_pairs();
	MUST(odd_questions() == questions);
	MUST(odd_device_questions() - of_device <= ODD_TIMES);
}

/* Called from an object whose table for the unwinder is of a sort that nobody has heard of.  */
static void unknown_table(void)
{
	void *object = dlopen("libodd_table.so", RTLD_NOW);
	void (*call)(void (*function)(void)) = object ? (void (*)(void (*)(void)))dlsym(object, "odd_table_call") : NULL;

	MUST(call);
	call(odd_keep);
}

static const struct {
	const char *name;
	void (*run)(void);
} acts[] = {
	{"unknown_table", unknown_table},
	{"throws", odd_throws},
	{"ends_threads", odd_ends_threads},
	{"jumps", jumps},
	{"cancels_within", cancels_within},
	{"cancelled_before", cancelled_before},
	{"calls_within", calls_within},
	{"forks_within", forks_within},
	{"forks_beside", forks_beside},
	{"handlers_allocate", handlers_allocate},
	{"handlers_allocate_elsewhere", handlers_allocate_elsewhere},
	{"handlers_within", handlers_within},
	{"all_results_are_null", all_results_are_null},
	{"all_fail_with_nonsense", all_fail_with_nonsense},
	{"asks_no_more", asks_no_more},
	{"sparse", odd_sparse},
	{"sparse_destroyed", odd_sparse_destroyed},
	{"team", odd_team},
	{"team_unmapped", odd_team_unmapped},
	{"graphics", odd_graphics},
	{"cancels_anywhere", odd_cancels_anywhere},
	{"keeps_how_it_is_cancelled", odd_keeps_how_it_is_cancelled},
	{"frees_the_unseen", odd_frees_the_unseen},
	{"pool_that_errs", odd_pool_that_errs},
	{"frees_the_overwritten", odd_frees_the_overwritten},
	{"steady", odd_steady},
	{"whole_life", odd_whole_life},
};

int main(int argc, char **argv)
{
	size_t i;

	MUST(!sem_init(&g_is_within, 0, 0) && !sem_init(&g_never, 0, 0));
	for (i = 0; argc == 2 && i < sizeof acts / sizeof *acts; i++) {
		if (strcmp(acts[i].name, argv[1]))
			continue;
		MUST(!cuInit(0));
		acts[i].run();
		return 0;
	}
	fprintf(stderr, "usage: acts NAME\n");
	return 2;
}
