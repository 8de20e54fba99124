/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/command.h"

static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT};

enum { PASSED_ON = sizeof passed_on / sizeof *passed_on, FIRST_LOOK_MS = 20 };

/* Only ever read in the handler; 0: there is no program yet, or no more.  */
static volatile sig_atomic_t g_program;

static void pass_on(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (g_program && info->si_code != SI_KERNEL)
		kill((pid_t)g_program, number);
	errno = saved;
}

/* What was ignored when we were started stays ignored, in the program, too: nohup.  */
static void take_signals(struct sigaction before[PASSED_ON])
{
	struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};
	int i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < PASSED_ON; i++)
		if (!sigaction(passed_on[i], NULL, &before[i]) && before[i].sa_handler != SIG_IGN)
			sigaction(passed_on[i], &action, NULL);
}

static void give_back(const struct sigaction before[PASSED_ON])
{
	int i;

	for (i = 0; i < PASSED_ON; i++)
		sigaction(passed_on[i], &before[i], NULL);
}

/* The program starts with the signal mask that we had.  */
static int start(pid_t *pid, const char *path, char *const *argv, char *const *environment, const sigset_t *mask)
{
	posix_spawnattr_t attributes;
	int err = posix_spawnattr_init(&attributes);

	if (err)
		return err;
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, mask);
	err = posix_spawn(pid, path, NULL, &attributes, argv, environment);
	posix_spawnattr_destroy(&attributes);
	return err;
}

/* A script without a first line that says who runs it is the shell's.  */
static int start_by_shell(pid_t *pid, const char *path, char *const *argv, char *const *environment,
			  const sigset_t *mask)
{
	size_t count = 0;
	char **shell;
	int err;

	while (argv[count])
		count++;
	shell = calloc(count + 2, sizeof *shell);
	if (!shell)
		return ENOMEM;
	shell[0] = (char *)"sh";
	shell[1] = (char *)path;
	if (count > 1)
		memcpy(shell + 2, argv + 1, (count - 1) * sizeof *shell);
	err = start(pid, "/bin/sh", shell, environment, mask);
	free(shell);
	return err;
}

/* Until the program has ended: its end is seen at once.  */
static void look_on(pid_t pid, const struct mv_launch_watch *watch)
{
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	int pause_ms = FIRST_LOOK_MS, ready = 0;

	if (end.fd < 0)
		return;
	while (ready <= 0) {
		ready = poll(&end, 1, pause_ms);
		if (!ready)
			pause_ms = watch->look(watch->context, pid);
		else if (ready < 0 && errno != EINTR)
			break;
	}
	close(end.fd);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? MV_EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

int mv_launch(const char *path, char *const *argv, char *const *environment, const struct mv_launch_watch *watch)
{
	struct sigaction before[PASSED_ON] = {0};
	sigset_t all, mask;
	pid_t pid;
	int err, status;

	/* A signal that arrives before we know whom to pass it on to waits.  */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	take_signals(before);
	err = start(&pid, path, argv, environment, &mask);
	if (err == ENOEXEC)
		err = start_by_shell(&pid, path, argv, environment, &mask);
	g_program = err ? 0 : pid;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (!err && watch)
		look_on(pid, watch);
	status = err ? -err : wait_for(pid);
	g_program = 0;
	give_back(before);
	return status;
}
