/* SPDX-License-Identifier: Apache-2.0 */
/* Programs whose cards are sampled, and what they may do to the thread that does it.  */
#include "gpusim/acts.h"

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/api/cuda_graph.h"
#include "gpusim/api/cuda_module.h"
#include "memviz/memviz.h"

enum { SPIN_US = 200, PATIENCE = 100000, ROUNDS = 6, CLOSE_RANGE = 436 };

/* ---- the sampler, from outside ---- */

struct thread {
	char name[32], id[32];
	unsigned long long blocked;  /* signals */
	unsigned long switches; /* times that it has gone to sleep */
};

static int read_thread(const char *id, struct thread *thread)
{
	char path[64], line[256];
	FILE *file;

	memset(thread, 0, sizeof *thread);
	snprintf(thread->id, sizeof thread->id, "%.16s", id);
	snprintf(path, sizeof path, "/proc/self/task/%.16s/status", id);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file)) {
		sscanf(line, "Name: %31s", thread->name);
		sscanf(line, "SigBlk: %llx", &thread->blocked);
		sscanf(line, "voluntary_ctxt_switches: %lu", &thread->switches);
	}
	if (file)
		fclose(file);
	return file != NULL;
}

/* How many threads there are; the sampler, if it is one of them, in *SAMPLER: nobody, while it has another one load NVML.  */
static int look_around(struct thread *sampler)
{
	DIR *folder = opendir("/proc/self/task");
	struct dirent *entry;
	struct thread thread;
	int count = 0, samplers = 0;

	memset(sampler, 0, sizeof *sampler);
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.' || !read_thread(entry->d_name, &thread))
			continue;
		count++;
		if (strcmp(thread.name, "memviz"))
			continue;
		*sampler = thread;
		samplers++;
	}
	closedir(folder);
	if (samplers > 1)
		memset(sampler, 0, sizeof *sampler);
	return count;
}

/* Until it has gone to sleep so often again; with MEMVIZ_SAMPLE=1ms it takes a sample before each time.  */
static void wait_for_samples(void)
{
	struct thread sampler;
	unsigned long begin;
	int i;

	look_around(&sampler);
	begin = sampler.switches;
	for (i = 0; i < PATIENCE && (!sampler.name[0] || sampler.switches < begin + ROUNDS); i++) {
		usleep(SPIN_US);
		look_around(&sampler);
	}
	MUST(i < PATIENCE);
}

/* Until all samples that were asked for are there: it sleeps on a futex then, and nowhere else for long.  With
 * MEMVIZ_SAMPLE=0 none is taken from then on until something calls for it.  */
static void settle(void)
{
	struct thread sampler;
	char path[64], line[64] = "";
	FILE *file;
	int i;

	for (i = 0; i < PATIENCE && atoi(line) != SYS_futex; i++) {
		line[0] = 0;
		look_around(&sampler);
		snprintf(path, sizeof path, "/proc/self/task/%.16s/syscall", sampler.id);
		file = sampler.name[0] ? fopen(path, "r") : NULL;
		if (file && !fgets(line, sizeof line, file))
			line[0] = 0;
		if (file)
			fclose(file);
		if (atoi(line) != SYS_futex)
			usleep(SPIN_US);
	}
	MUST(i < PATIENCE);
}

/* ---- cards ---- */

/* The first memory makes the card known.  */
static void open_card(CUdevice ordinal, size_t size)
{
	CUcontext context;

	MUST(!cuInit(0) && !cuDevicePrimaryCtxRetain(&context, ordinal) && !cuCtxSetCurrent(context));
	settle();
	acts_get(size);
	settle();
}

static void uses_odd_sizes(void)
{
	open_card(0, 3 * MIB + 1);
	acts_get(1000);
	acts_get(5000);
}

static void uses_two_cards(void)
{
	open_card(0, 3 * MIB);
	open_card(1, 40 * MIB);
}

static void uses_pools(void)
{
	CUdeviceptr address, other;

	open_card(0, 2 * MIB);
	MUST(!cuMemAllocAsync(&address, 5 * MIB, NULL) && !cuMemAllocAsync(&other, 700, NULL));
}

/* Of graphs, 4 MiB and a bit are in use and 10 MiB stay reserved.  */
static void uses_graphs(void)
{
	CUDA_MEM_ALLOC_NODE_PARAMS small = {0}, large = {0};
	CUgraphNode nodes[3];
	CUgraphExec executable;
	CUgraph graph;

	open_card(0, 2 * MIB);
	small.poolProps.allocType = large.poolProps.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
	small.poolProps.location.type = large.poolProps.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
	small.bytesize = 4 * MIB + 1;
	large.bytesize = 4 * MIB + 1;
	MUST(!cuGraphCreate(&graph, 0));
	MUST(!cuGraphAddMemAllocNode(&nodes[0], graph, NULL, 0, &small));
	MUST(!cuGraphAddMemAllocNode(&nodes[1], graph, &nodes[0], 1, &large));
	MUST(!cuGraphAddMemFreeNode(&nodes[2], graph, &nodes[1], 1, large.dptr));
	MUST(!cuGraphInstantiateWithFlags(&executable, graph, 0));
	settle();
	MUST(!cuGraphLaunch(executable, NULL) && !cuStreamSynchronize(NULL));
	MUST(!cuMemAllocAsync(&large.dptr, MIB, NULL));
}

static CUfunction load_kernel(CUmodule *module)
{
	CUfunction function;

	MUST(!cuModuleLoadData(module, ".version 8.0\n.target sm_80\n.visible .entry kernel()\n{\n}\n"));
	MUST(!cuModuleGetFunction(&function, *module, "kernel"));
	return function;
}

/* Two modules stay; the launch takes more than any call says.  */
static void loads_and_launches(void)
{
	CUmodule modules[3];
	CUfunction function;
	int i;

	open_card(0, 2 * MIB);
	MUST(!cuCtxSetLimit(CU_LIMIT_PRINTF_FIFO_SIZE, 2 * MIB));
	settle();
	for (i = 0; i < 3; i++) {
		function = load_kernel(&modules[i]);
		settle();
	}
	MUST(!cuModuleUnload(modules[0]));
	settle();
	MUST(!cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, NULL, NULL, NULL));
}

/* ---- what becomes of the thread ---- */

static void has_no_other_thread(void)
{
	struct thread sampler;

	MUST(look_around(&sampler) == 1);
}

static void has_no_sampler(void)
{
	struct thread sampler;

	acts_open_card();
	acts_get(MIB);
	look_around(&sampler);
	MUST(!sampler.name[0]);
}

/* All but what cannot be blocked, and the two signals with which libc reaches all threads.  */
static void has_a_deaf_sampler(void)
{
	struct thread sampler;

	acts_open_card();
	acts_get(MIB);
	wait_for_samples();
	look_around(&sampler);
	MUST(sampler.blocked == ~(3ull << 31 | 1ull << 8 | 1ull << 18));
}

static void forks_among_samples(void)
{
	struct thread sampler;
	int i, status;

	acts_open_card();
	acts_get(MIB);
	wait_for_samples();
	for (i = 0; i < 50; i++) {
		pid_t child = fork();

		if (!child) {
			memviz_block_alloc(&status, 1, 0, 1);
			look_around(&sampler);
			exit(sampler.name[0] ? 9 : 0);
		}
		MUST(waitpid(child, &status, 0) == child && WIFEXITED(status) && !WEXITSTATUS(status));
	}
}

static void loses_its_main_thread(void)
{
	acts_open_card();
	acts_get(3 * MIB);
	pthread_exit(NULL);
}

/* libc has each thread do it, and waits.  */
static void changes_user(void)
{
	acts_open_card();
	acts_get(3 * MIB);
	wait_for_samples();
	MUST(!setuid(getuid()));
	wait_for_samples();
}

static void closes_descriptors_among_samples(void)
{
	int fd;

	acts_open_card();
	acts_get(3 * MIB);
	wait_for_samples();
	for (fd = 3; fd < 256; fd++)
		close(fd);
	wait_for_samples();
	MUST(!chdir("/proc/self/fd") && access("3", F_OK));
}

/* As containers are on older kernels.  */
static void may_not_part_with_descriptors(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLOSE_RANGE, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof code / sizeof *code, code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		exit(77);
	open_card(0, 4 * MIB);
}

const struct act acts_samples[] = {
	{"uses_odd_sizes", uses_odd_sizes},
	{"uses_two_cards", uses_two_cards},
	{"uses_pools", uses_pools},
	{"uses_graphs", uses_graphs},
	{"loads_and_launches", loads_and_launches},
	{"has_no_other_thread", has_no_other_thread},
	{"has_no_sampler", has_no_sampler},
	{"has_a_deaf_sampler", has_a_deaf_sampler},
	{"forks_among_samples", forks_among_samples},
	{"loses_its_main_thread", loses_its_main_thread},
	{"changes_user", changes_user},
	{"may_not_part_with_descriptors", may_not_part_with_descriptors},
	{"closes_descriptors_among_samples", closes_descriptors_among_samples},
	{NULL, NULL},
};
