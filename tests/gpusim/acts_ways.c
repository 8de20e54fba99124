/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that the recorder comes to late.  */
#include "gpusim/acts.h"

#include <dlfcn.h>

#include "memviz/memviz.h"

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
	int (*allocate)(void **, size_t);
	void *address = NULL;

	acts_open_card();
	allocate = (int (*)(void **, size_t))dlsym(open_named("ACTS_PLUGIN"), "plugin_allocate");
	MUST(allocate && allocate(&address, 3 * MIB) == 0 && address);
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
	{"looks_up_before_and_after", looks_up_before_and_after},
	{NULL, NULL},
};
