/* SPDX-License-Identifier: Apache-2.0 */
/* Hundreds of processes that begin at once, while one that began before them stands still in the middle of it.  */
#include "gpusim/acts.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { CROWD = 200, ANY = 50, ANY_STEP_US = 200 };

/* ThreadSanitizer keeps signals back.  */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)

/* Instead of the system call, the first time; the recorder does without it.  */
static void stand_still(int signal, siginfo_t *info, void *context)
{
	static int stops;

	(void)signal, (void)info;
	if (!stops++)
		raise(SIGSTOP);
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -EOPNOTSUPP;
}

/* At the system call NUMBER.  */
static void trap(unsigned number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};
	struct sigaction action = {.sa_sigaction = stand_still, .sa_flags = SA_SIGINFO | SA_NODEFER};

	MUST(!sigaction(SIGSYS, &action, NULL));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		exit(77);
}
#else
static void trap(unsigned number)
{
	(void)number;
	exit(77);
}
#endif

static void open_and_get(void)
{
	acts_open_card();
	acts_get(MIB);
}

/* A child that calls PREPARE, waits until the writing end of GO is closed, and begins.  */
static pid_t start_one(void (*prepare)(void), const int go[2])
{
	char nothing;
	pid_t child = fork();

	if (child)
		return child;
	MUST(!prctl(PR_SET_PDEATHSIG, SIGKILL) && !close(go[1]));
	if (prepare)
		prepare();
	MUST(read(go[0], &nothing, 1) == 0);
	open_and_get();
	exit(0);
}

static void trap_fallocate(void)
{
	trap(SYS_fallocate);
}

static void start_all(pid_t *children, int count, void (*prepare)(void))
{
	int i, go[2];

	MUST(!pipe(go));
	for (i = 0; i < count; i++)
		children[i] = start_one(prepare, go);
	MUST(!close(go[0]) && !close(go[1]));
}

static void wait_for(pid_t child)
{
	int status;

	MUST(waitpid(child, &status, 0) == child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		exit(77);
	MUST(!status);
}

static void starts_in_a_crowd(void)
{
	pid_t stopped, crowd[CROWD];
	int i, status;

	start_all(&stopped, 1, trap_fallocate);
	MUST(waitpid(stopped, &status, WUNTRACED) == stopped);
	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	MUST(WIFSTOPPED(status));
	start_all(crowd, CROWD, NULL);
	for (i = 0; i < CROWD; i++)
		wait_for(crowd[i]);
	MUST(waitpid(stopped, &status, WNOHANG) == 0 && !kill(stopped, SIGCONT));
	wait_for(stopped);
}

/* At instants that nobody has chosen: before the recorder begins, meanwhile, while its thread loads NVML, and later.  */
static void stops_at_any_instant(void)
{
	pid_t stopped[ANY], crowd[ANY];
	int i, status;

	for (i = 0; i < ANY; i++) {
		start_all(&stopped[i], 1, NULL);
		usleep((useconds_t)i * ANY_STEP_US);
		MUST(!kill(stopped[i], SIGSTOP));
	}
	start_all(crowd, ANY, NULL);
	for (i = 0; i < ANY; i++)
		wait_for(crowd[i]);
	for (i = 0; i < ANY; i++) {
		MUST(waitpid(stopped[i], &status, WUNTRACED) == stopped[i]);
		MUST(WIFSTOPPED(status) || !status);
		MUST(!kill(stopped[i], SIGCONT) || WIFEXITED(status));
		if (WIFSTOPPED(status))
			wait_for(stopped[i]);
	}
}

const struct act acts_crowd[] = {
	{"starts_in_a_crowd", starts_in_a_crowd},
	{"stops_at_any_instant", stops_at_any_instant},
	{NULL, NULL},
};
