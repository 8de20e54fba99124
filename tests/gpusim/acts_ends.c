/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of programs whose threads are busy with the card, and what others do to their recordings.
 *
 * ACTS_THREADS threads allocate, each pieces of a size of its own, and count in the file "oracle", beside the recording, how
 * many calls have returned.  When each has done some, the program ends, while they go on.  */
#include "gpusim/acts.h"

#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memviz/memviz.h"

enum { THREADS_MAX = 8, SIZE_STEP = 512, ENOUGH = 300, MOST = 20000, TICKS_US = 50000 };

static uint64_t *g_returned; /* for each thread */

static void *allocate(void *argument)
{
	size_t thread = (size_t)(uintptr_t)argument;
	int i;

	acts_open_card();
	for (i = 0; i < MOST; i++) {
		acts_get((thread + 1) * SIZE_STEP);
		__atomic_store_n(&g_returned[thread], i + 1, __ATOMIC_RELEASE);
	}
	for (;;)
		pause();
	return NULL;
}

static void open_oracle(void)
{
	char path[512];
	int fd;

	snprintf(path, sizeof path, "%s/oracle", getenv("MEMVIZ_OUT"));
	fd = open(path, O_RDWR | O_CREAT, 0600);
	MUST(fd >= 0 && !ftruncate(fd, THREADS_MAX * sizeof *g_returned));
	g_returned = mmap(NULL, THREADS_MAX * sizeof *g_returned, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(g_returned != MAP_FAILED);
	close(fd);
}

static void be_busy(void)
{
	int i, threads = atoi(getenv("ACTS_THREADS"));
	struct rlimit no_core = {0, 0};
	pthread_t started;

	MUST(threads > 0 && threads <= THREADS_MAX);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGABRT, SIG_DFL);
	open_oracle();
	acts_open_card();
	for (i = 0; i < threads; i++)
		MUST(!pthread_create(&started, NULL, allocate, (void *)(uintptr_t)i));
	for (i = 0; i < threads; i++)
		while (__atomic_load_n(&g_returned[i], __ATOMIC_ACQUIRE) < ENOUGH)
			usleep(100);
}

static void busy_is_killed(void)
{
	be_busy();
	raise(SIGKILL);
}

static void busy_crashes(void)
{
	static volatile int *volatile nowhere = (volatile int *)4096; /* a page that nobody gets */

	be_busy();
	*nowhere = 1;
}

static void busy_aborts(void)
{
	be_busy();
	abort();
}

static void busy_leaves(void)
{
	be_busy();
	_exit(0);
}

static void busy_replaces_itself(void)
{
	be_busy();
	execl("/bin/true", "true", (char *)NULL);
	MUST(0);
}

static void enter_group(void)
{
	char path[256];
	FILE *members;

	snprintf(path, sizeof path, "%s/cgroup.procs", getenv("ACTS_GROUP"));
	members = fopen(path, "w");
	MUST(members && fprintf(members, "%d", getpid()) > 0 && !fclose(members));
}

/* Until whoever limits the memory of the program's group has had enough.  */
static void busy_eats_the_host(void)
{
	size_t i, size = (size_t)64 << 20;
	char *memory;

	enter_group();
	be_busy();
	for (;;) {
		memory = malloc(size);
		MUST(memory);
		for (i = 0; i < size; i += 4096)
			((volatile char *)memory)[i] = 1;
	}
}

/* ---- what others do ---- */

static const char *recording(void)
{
	static char path[512];
	char pattern[512];
	glob_t found;

	snprintf(pattern, sizeof pattern, "%s/*.memviz", getenv("MEMVIZ_OUT"));
	MUST(!glob(pattern, 0, NULL, &found) && found.gl_pathc == 1);
	snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
	globfree(&found);
	return path;
}

static void is_cut(void)
{
	acts_open_card();
	acts_get(MIB);
	MUST(!chmod(recording(), 0600) && !truncate(recording(), 0));
	/* The clock by which the file is looked at ticks meanwhile.  */
	usleep(TICKS_US);
	MUST(!cuMemFree_v2(acts_get(2 * MIB)));
	memviz_block_alloc("", 1, 0, 1);
}

static void is_cut_before_its_end(void)
{
	acts_open_card();
	acts_get(MIB);
	MUST(!chmod(recording(), 0600) && !truncate(recording(), 4096));
}

static void is_removed(void)
{
	acts_open_card();
	acts_get(MIB);
	MUST(!unlink(recording()));
	usleep(TICKS_US);
	acts_get(2 * MIB);
}

/* A folder is in the snapshot's place.  */
static void cannot_set_aside(void)
{
	char path[600];

	acts_open_card();
	acts_get(MIB);
	snprintf(path, sizeof path, "%.*s.request1.memviz", (int)(strlen(recording()) - strlen(".memviz")), recording());
	MUST(!mkdir(path, 0700));
	MUST(memviz_snapshot() == -1);
	MUST(!rmdir(path));
}

const struct act acts_ends[] = {
	{"busy_is_killed", busy_is_killed},
	{"busy_crashes", busy_crashes},
	{"busy_aborts", busy_aborts},
	{"busy_leaves", busy_leaves},
	{"busy_replaces_itself", busy_replaces_itself},
	{"busy_eats_the_host", busy_eats_the_host},
	{"is_cut", is_cut},
	{"is_cut_before_its_end", is_cut_before_its_end},
	{"is_removed", is_removed},
	{"cannot_set_aside", cannot_set_aside},
	{NULL, NULL},
};
