/* SPDX-License-Identifier: Apache-2.0 */
/* First calls: that fail, that come from many threads, from inside the loader, after a fork.  */
#include "gpusim/acts.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "memviz/memviz.h"

enum { FIRST = 64, WIPE_ON_FORK = 18, FORKS = 1000 };

/* What programs do that could use a card: ask, try, and go on without.  */
static void finds_no_card(void)
{
	CUdeviceptr address;
	size_t free_bytes, total;
	int i;

	MUST(cuInit(0) == CUDA_ERROR_NO_DEVICE);
	for (i = 0; i < 2; i++) {
		MUST(cuMemAlloc_v2(&address, MIB));
		MUST(cuMemGetInfo_v2(&free_bytes, &total));
		MUST(cuMemFree_v2(0x1000));
	}
}

static void runs_out_first(void)
{
	CUdeviceptr address;

	acts_open_card();
	MUST(cuMemAlloc_v2(&address, (size_t)1 << 40) == CUDA_ERROR_OUT_OF_MEMORY);
}

static void fails_first(void)
{
	CUdeviceptr address;

	acts_open_card();
	MUST(cuMemAlloc_v2(&address, 0) == CUDA_ERROR_INVALID_VALUE);
	acts_get(MIB);
}

static pthread_barrier_t g_start;

static void *get_first(void *argument)
{
	(void)argument;
	pthread_barrier_wait(&g_start);
	acts_open_card();
	acts_get(MIB);
	return NULL;
}

static void begins_in_many_threads(void)
{
	pthread_t threads[FIRST];
	int i;

	MUST(!pthread_barrier_init(&g_start, NULL, FIRST));
	for (i = 0; i < FIRST; i++)
		MUST(!pthread_create(&threads[i], NULL, get_first, NULL));
	for (i = 0; i < FIRST; i++)
		MUST(!pthread_join(threads[i], NULL));
}

/* ---- inside the loader ---- */

static int g_is_constructing, g_has_begun;

/* Called by the constructor of loading.so, which holds the loader's lock.  */
void acts_construct(void);
void acts_construct(void)
{
	__atomic_store_n(&g_is_constructing, 1, __ATOMIC_RELEASE);
	if (getenv("ACTS_WAIT"))
		while (!__atomic_load_n(&g_has_begun, __ATOMIC_ACQUIRE))
			sched_yield();
	acts_open_card();
	acts_get(2 * MIB);
}

static void *begin_meanwhile(void *argument)
{
	(void)argument;
	while (!__atomic_load_n(&g_is_constructing, __ATOMIC_ACQUIRE))
		sched_yield();
	acts_open_card();
	acts_get(MIB);
	__atomic_store_n(&g_has_begun, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* One thread begins while another is inside the loader; with ACTS_WAIT the loader's lock is held until it has begun.  */
static void begins_beside_the_loader(void)
{
	char path[4096] = "";
	pthread_t thread;

	MUST(!pthread_create(&thread, NULL, begin_meanwhile, NULL));
	MUST(readlink("/proc/self/exe", path, sizeof path - 32) > 0);
	strcpy(strrchr(path, '/') + 1, "loading.so");
	MUST(dlopen(path, RTLD_NOW));
	MUST(!pthread_join(thread, NULL));
}

/* ---- out of the middle of it ---- */

/* ThreadSanitizer keeps signals back.  */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
static sigjmp_buf g_back;
static volatile int g_trapped;

/* Instead of setting room aside: the first time the program goes elsewhere, later the kernel cannot.  */
static void instead_of_fallocate(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info;
	if (!g_trapped++) {
		memviz_block_alloc("", MIB, 0, MIB);
		siglongjmp(g_back, 1);
	}
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -EOPNOTSUPP;
}

static void trap_fallocate(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fallocate, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};
	struct sigaction action = {.sa_sigaction = instead_of_fallocate, .sa_flags = SA_SIGINFO | SA_NODEFER};

	MUST(!sigaction(SIGSYS, &action, NULL));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		exit(77);
}

static void jumps_out_of_the_beginning(void)
{
	trap_fallocate();
	if (!sigsetjmp(g_back, 1)) {
		acts_open_card();
		acts_get(2 * MIB);
	}
	MUST(g_trapped == 1);
	acts_open_card();
	acts_get(MIB);
	MUST(g_trapped > 1);
}
#else
static void jumps_out_of_the_beginning(void)
{
	exit(77);
}
#endif

/* ---- where the kernel empties no page for a child ---- */

static void refuse_to_wipe(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WIPE_ON_FORK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		exit(77);
}

/* A child that tells something, and its own child; the page is never emptied.  */
static void forks_on_an_old_kernel(void)
{
	int status;
	pid_t child;

	refuse_to_wipe();
	acts_open_card();
	acts_get(MIB);
	child = fork();
	if (!child) {
		memviz_block_alloc("", 3 * MIB, 0, 3 * MIB);
		child = fork();
		if (!child)
			exit(0);
		MUST(waitpid(child, &status, 0) == child && !status);
		memviz_block_alloc("x", MIB, 0, 4 * MIB);
		exit(0);
	}
	MUST(waitpid(child, &status, 0) == child && !status);
	acts_get(2 * MIB);
}

/* ---- a thousand forks ---- */

static int g_is_over;

static int is_over(void)
{
	return __atomic_load_n(&g_is_over, __ATOMIC_RELAXED);
}

__attribute__((noinline)) static void tell_deep(int depth)
{
	if (depth)
		tell_deep(depth - 1);
	else
		memviz_block_alloc(&depth, 512, 0, 512);
	__asm__ volatile("");
}

/* New stacks again and again: inside libunwind and the loader.  */
static void *keep_capturing(void *argument)
{
	int i;

	for (i = 0; !is_over(); i++)
		tell_deep(i % 400);
	return argument;
}

/* Chunk after chunk.  */
static void *keep_appending(void *argument)
{
	while (!is_over()) {
		memviz_phase_push("again");
		memviz_phase_pop();
	}
	return argument;
}

static void *keep_snapshotting(void *argument)
{
	while (!is_over())
		memviz_snapshot();
	return argument;
}

static int walk_once(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info, (void)size, (void)context;
	return 0;
}

/* A child can use the loader and, one in a hundred, tell something.  */
static void be_child(int number)
{
	alarm(20);
	dl_iterate_phdr(walk_once, NULL);
	if (number % 200 == 0)
		tell_deep(30);
	_exit(0);
}

static void forks_a_thousand(void)
{
	static void *(*const busy[])(void *) = {keep_capturing, keep_appending, keep_snapshotting};
	pthread_t threads[3];
	int i, status;

	acts_open_card();
	acts_get(MIB);
	for (i = 0; i < 3; i++)
		MUST(!pthread_create(&threads[i], NULL, busy[i], NULL));
	for (i = 0; i < FORKS; i++) {
		pid_t child = fork();

		if (!child)
			be_child(i);
		MUST(waitpid(child, &status, 0) == child && !status);
	}
	__atomic_store_n(&g_is_over, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++)
		MUST(!pthread_join(threads[i], NULL));
}

const struct act acts_begin[] = {
	{"forks_a_thousand", forks_a_thousand},
	{"jumps_out_of_the_beginning", jumps_out_of_the_beginning},
	{"finds_no_card", finds_no_card},
	{"runs_out_first", runs_out_first},
	{"fails_first", fails_first},
	{"begins_in_many_threads", begins_in_many_threads},
	{"begins_beside_the_loader", begins_beside_the_loader},
	{"forks_on_an_old_kernel", forks_on_an_old_kernel},
	{NULL, NULL},
};
