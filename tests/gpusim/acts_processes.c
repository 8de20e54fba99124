/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/acts.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memviz/memviz.h"

enum { THREADS = 16, PAIRS = 500 };

static void pairs(int count)
{
	int i;

	for (i = 0; i < count; i++)
		MUST(!cuMemFree_v2(acts_get(4096)));
}

static void *in_thread(void *argument)
{
	(void)argument;
	acts_open_card();
	pairs(PAIRS);
	return NULL;
}

static void threads(void)
{
	pthread_t started[THREADS];
	int i;

	acts_open_card();
	for (i = 0; i < THREADS; i++)
		MUST(!pthread_create(&started[i], NULL, in_thread, NULL));
	for (i = 0; i < THREADS; i++)
		MUST(!pthread_join(started[i], NULL));
}

/* ---- signals ---- */

/* Nothing of the driver's: its locks are not made for this.  */
static void tell_in_handler(int signal)
{
	(void)signal;
	memviz_phase_push("handler");
	memviz_block_alloc(&signal, 1, 0, 1);
	memviz_block_free(&signal);
	memviz_phase_pop();
}

static void every_millisecond(void (*handler)(int))
{
	struct itimerval timer = {{0, 1000}, {0, 1000}};

	signal(SIGALRM, handler);
	MUST(!setitimer(ITIMER_REAL, &timer, NULL));
}

static void no_more_signals(void)
{
	struct itimerval none = {{0, 0}, {0, 0}};

	setitimer(ITIMER_REAL, &none, NULL);
}

static void events_in_signals(void)
{
	acts_open_card();
	tell_in_handler(0); /* the functions are looked up: that is not for a handler */
	pairs(1);
	every_millisecond(tell_in_handler);
	pairs(100000);
	no_more_signals();
}

static sigjmp_buf g_back;
static volatile int g_jumps;

static void jump_out(int signal)
{
	(void)signal;
	g_jumps++;
	siglongjmp(g_back, 1);
}

/* Out of whatever was interrupted, which is the recorder's own code most of the time: nothing but it is called.  */
static void jumps_out_of_signals(void)
{
	acts_open_card();
	acts_get(MIB);
	every_millisecond(jump_out);
	while (sigsetjmp(g_back, 1) == 0 || g_jumps < 50)
		for (;;) {
			memviz_phase_push("again");
			memviz_phase_pop();
			if (g_jumps >= 50)
				break;
		}
	no_more_signals();
	acts_get(2 * MIB);
}

/* ---- children ---- */

static void wait_for(pid_t child)
{
	int status;

	MUST(child > 0 && waitpid(child, &status, 0) == child);
	MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A worker that never touches the card: nobody must notice it.  */
static void forks_a_worker(void)
{
	pid_t child;

	acts_open_card();
	acts_get(MIB);
	child = fork();
	if (!child)
		exit(0);
	wait_for(child);
	acts_get(2 * MIB);
}

/* CUDA cannot be used in a forked child, but what a child tells is its own: it must not end in its parent's recording.  */
static void forks_a_user(void)
{
	pid_t child;

	acts_open_card();
	acts_get(MIB);
	child = fork();
	if (!child) {
		memviz_block_alloc("", 3 * MIB, 0, 3 * MIB);
		exit(0);
	}
	wait_for(child);
	acts_get(2 * MIB);
}

static int g_stop;

static void *churn(void *argument)
{
	(void)argument;
	acts_open_card();
	while (!__atomic_load_n(&g_stop, __ATOMIC_RELAXED))
		pairs(1);
	return NULL;
}

/* Forks while other threads are inside their calls.  */
static void forks_among_threads(void)
{
	pthread_t busy[2];
	int i;

	acts_open_card();
	for (i = 0; i < 2; i++)
		MUST(!pthread_create(&busy[i], NULL, churn, NULL));
	for (i = 0; i < 50; i++) {
		pid_t child = fork();

		if (!child)
			_exit(0);
		wait_for(child);
	}
	__atomic_store_n(&g_stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		MUST(!pthread_join(busy[i], NULL));
}

static void replaces_itself(void)
{
	char *const arguments[] = {"acts", "device", NULL};

	acts_open_card();
	acts_get(MIB);
	execv("/proc/self/exe", arguments);
	MUST(0);
}

/* ---- ends, and other liberties ---- */

static void killed(void)
{
	acts_open_card();
	acts_get(3 * MIB);
	raise(SIGKILL);
}

static void leaves_at_once(void)
{
	acts_open_card();
	acts_get(3 * MIB);
	_exit(3);
}

static void aborts(void)
{
	acts_open_card();
	acts_get(3 * MIB);
	abort();
}

static void closes_all_descriptors(void)
{
	int fd;

	acts_open_card();
	acts_get(MIB);
	for (fd = 3; fd < 1024; fd++)
		close(fd);
	MUST(open("/dev/null", O_RDONLY) == 3);
	acts_get(2 * MIB);
	MUST(close(3) == 0);
}

static void changes_folder(void)
{
	acts_open_card();
	acts_get(MIB);
	MUST(!chdir("/"));
}

static void uses_no_card(void)
{
	MUST(write(1, "hello\n", 6) == 6);
}

static void keeps_errno(void)
{
	CUdeviceptr address;

	acts_open_card();
	errno = 4711;
	address = acts_get(MIB);
	MUST(errno == 4711);
	MUST(!cuMemFree_v2(address));
	MUST(errno == 4711);
}

static void frees_after_exit_handlers(void)
{
	acts_open_card();
	atexit(changes_folder);
	acts_get(MIB);
}

const struct act acts_processes[] = {
	{"threads", threads},
	{"events_in_signals", events_in_signals},
	{"jumps_out_of_signals", jumps_out_of_signals},
	{"forks_a_worker", forks_a_worker},
	{"forks_a_user", forks_a_user},
	{"forks_among_threads", forks_among_threads},
	{"replaces_itself", replaces_itself},
	{"killed", killed},
	{"leaves_at_once", leaves_at_once},
	{"aborts", aborts},
	{"closes_all_descriptors", closes_all_descriptors},
	{"changes_folder", changes_folder},
	{"uses_no_card", uses_no_card},
	{"keeps_errno", keeps_errno},
	{"frees_after_exit_handlers", frees_after_exit_handlers},
	{NULL, NULL},
};
