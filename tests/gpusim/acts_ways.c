/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that the recorder comes to late.  */
#include "gpusim/acts.h"

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gpusim/onwalk.h"
#include "memviz/memviz.h"

typedef int (*allocate_fn)(void **address, size_t size);

static void *open_named(const char *variable)
{
	const char *path = getenv(variable);
	void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

	MUST(handle);
	return handle;
}

/* What is there already stays unknown, and its end is no error.  */
static void loads_recorder(void)
{
	CUdeviceptr early;

	acts_open_card();
	early = acts_get(MIB);
	open_named("ACTS_RECORDER");
	acts_get(2 * MIB);
	memviz_phase_push("late");
	acts_get(4 * MIB);
	memviz_phase_pop();
	MUST(!cuMemFree_v2(early));
}

/* A library that is loaded after the recorder, and calls the driver by its own links.  */
static void loads_plugin(void)
{
	allocate_fn allocate;
	void *address = NULL;

	acts_open_card();
	allocate = (allocate_fn)dlsym(open_named("ACTS_PLUGIN"), "plugin_allocate");
	MUST(allocate && allocate(&address, 3 * MIB) == 0 && address);
}

/* ---- forks while a late recorder is at work ---- */

enum { CHILDREN = 3 };

static sem_t g_is_walking, g_has_forked;
static __thread int t_walks;

/* Hold the walk until the first thread has forked.  */
static void stop_walk(void)
{
	if (!t_walks || t_walks > CHILDREN)
		return;
	t_walks++;
	sem_post(&g_is_walking);
	MUST(!sem_wait(&g_has_forked));
}

/* The look-up has a late recorder walk: whether there are new objects, where it is itself, and over all.  */
static void *look_up(void *nothing)
{
	t_walks = 1;
	MUST(dlsym(RTLD_DEFAULT, "cuMemAlloc_v2"));
	return nothing;
}

static void be_child(void)
{
	void *address;
	allocate_fn allocate = (allocate_fn)dlsym(open_named("ACTS_PLUGIN"), "plugin_allocate");

	acts_open_card();
	acts_get(MIB);
	MUST(allocate && !allocate(&address, 2 * MIB));
	exit(0);
}

static void forks_while_looked_at(void)
{
	void (*set)(void (*)(void)) = (void (*)(void (*)(void)))dlsym(RTLD_DEFAULT, "on_walk");
	pthread_t thread;
	int i, status;

	MUST(set && !sem_init(&g_is_walking, 0, 0) && !sem_init(&g_has_forked, 0, 0));
	open_named("ACTS_RECORDER");
	open_named("ACTS_PLUGIN");
	set(stop_walk);
	MUST(!pthread_create(&thread, NULL, look_up, NULL));
	for (i = 0; i < CHILDREN; i++) {
		MUST(!sem_wait(&g_is_walking));
		if (!fork())
			be_child();
		sem_post(&g_has_forked);
	}
	MUST(!pthread_join(thread, NULL));
	while (wait(&status) > 0)
		MUST(!status);
}

/* The second look-up is made after the recorder has come.  */
static void looks_up_before_and_after(void)
{
	CUresult (*before)(CUdeviceptr *, size_t), (*after)(CUdeviceptr *, size_t);
	void *driver = dlopen("libcuda.so.1", RTLD_NOW);
	CUdeviceptr address;

	before = (CUresult(*)(CUdeviceptr *, size_t))dlsym(driver, "cuMemAlloc_v2");
	acts_open_card();
	after = (CUresult(*)(CUdeviceptr *, size_t))dlsym(driver, "cuMemAlloc_v2");
	MUST(before && !before(&address, MIB) && after && !after(&address, 2 * MIB));
}

/* A phase of the program's own, within one that has a meaning, and one that outlives it.  */
static void names_phases(void)
{
	acts_open_card();
	acts_get(MIB);
	memviz_phase_push("mine");
	acts_get(2 * MIB);
	memviz_phase_push("optimizer");
	memviz_phase_push("within");
	acts_get(3 * MIB);
	memviz_phase_pop();
	acts_get(4 * MIB);
	memviz_phase_pop();
	acts_get(5 * MIB);
	memviz_phase_pop();
	acts_get(6 * MIB);
}

/* Before there is anything to record.  */
static void names_phases_early(void)
{
	memviz_phase_push("over");
	memviz_phase_pop();
	memviz_phase_push("early");
	memviz_phase_push("optimizer");
	acts_open_card();
	acts_get(MIB);
	memviz_phase_pop();
	acts_get(2 * MIB);
	memviz_phase_pop();
	acts_get(3 * MIB);
}

/* More than anybody follows; what is known of later ones must not suffer.  */
static void nests_deeply(void)
{
	int i;

	acts_open_card();
	acts_get(MIB);
	for (i = 0; i < 100; i++)
		memviz_phase_push("deep");
	for (i = 0; i < 100; i++)
		memviz_phase_pop();
	memviz_phase_push("optimizer");
	acts_get(2 * MIB);
	memviz_phase_pop();
	acts_get(3 * MIB);
}

const struct act acts_ways[] = {
	{"names_phases", names_phases},
	{"names_phases_early", names_phases_early},
	{"nests_deeply", nests_deeply},
	{"loads_recorder", loads_recorder},
	{"loads_plugin", loads_plugin},
	{"forks_while_looked_at", forks_while_looked_at},
	{"looks_up_before_and_after", looks_up_before_and_after},
	{NULL, NULL},
};
