/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to the program alone, and what children without memory of their own, or an early end, do to it.  */
#include "gpusim/acts.h"
#include "gpusim/api/cuda_graph.h"
#include "gpusim/api/cuda_stream.h"

#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPAWNS = 200, CAPTURED = 2000 };

extern char **environ;

/* The first card's context is current; what is asked for lies on the second.  */
static void runs_out_elsewhere(void)
{
	CUmemAllocationProp prop = {.type = 1, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 1}};
	CUmemGenericAllocationHandle handle;

	acts_open_card();
	acts_get(MIB);
	MUST(cuMemCreate(&handle, (size_t)1 << 40, &prop, 0) == CUDA_ERROR_OUT_OF_MEMORY);
}

static void *run_out_without_context(void *argument)
{
	CUmemAllocationProp prop = {.type = 1, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};
	CUmemGenericAllocationHandle handle;

	MUST(cuMemCreate(&handle, (size_t)1 << 40, &prop, 0) == CUDA_ERROR_OUT_OF_MEMORY);
	return argument;
}

static void runs_out_without_context(void)
{
	pthread_t thread;

	acts_open_card();
	acts_get(MIB);
	MUST(!pthread_create(&thread, NULL, run_out_without_context, NULL) && !pthread_join(thread, NULL));
}

/* A look-up that failed is told of when the program asks, whatever the recorder did since: it begins in between.  */
static void keeps_dlerror(void)
{
	const char *error;

	acts_open_card();
	MUST(!dlsym(RTLD_DEFAULT, "acts_have_no_such_thing"));
	acts_get(MIB);
	acts_get(2 * MIB);
	error = dlerror();
	MUST(error && strstr(error, "acts_have_no_such_thing"));
	MUST(dlsym(RTLD_DEFAULT, "cuMemAlloc_v2") && !dlerror());
	MUST(!dlsym(RTLD_DEFAULT, "cuNoSuchFunction") && dlerror());
}

/* In a mode in which whatever any thread does wrong spoils it.  The recording begins in the first one, is sampled in both,
 * and its stacks are new in both.  */
static void capture(CUstream stream, CUstreamCaptureMode mode)
{
	CUdeviceptr address;
	size_t nodes = 0;
	CUgraph graph;
	int i;

	MUST(!cuStreamBeginCapture_v2(stream, mode));
	for (i = 0; i < CAPTURED; i++)
		MUST(!cuMemAllocAsync(&address, 4096, stream) && !cuMemFreeAsync(address, stream));
	MUST(!cuStreamEndCapture(stream, &graph) && !cuGraphGetNodes(graph, NULL, &nodes));
	MUST(nodes == 2 * CAPTURED && !cuGraphDestroy(graph));
}

static void captures(void)
{
	CUcontext context;
	CUstream stream;

	MUST(!cuInit(0) && !cuDevicePrimaryCtxRetain(&context, 0) && !cuCtxSetCurrent(context));
	MUST(!cuStreamCreate(&stream, 1));
	capture(stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
	capture(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
	acts_get(MIB);
}

/* Children that run in their parent's memory until they are another program.  */
static void spawns(void)
{
	static char *const arguments[] = {"true", NULL};
	int i, status;
	pid_t child;

	acts_open_card();
	for (i = 0; i < SPAWNS; i++) {
		MUST(!posix_spawnp(&child, "true", NULL, NULL, arguments, environ));
		MUST(waitpid(child, &status, 0) == child && !status);
		MUST(!cuMemFree_v2(acts_get(MIB)));
	}
	child = vfork();
	if (!child)
		_exit(0);
	MUST(waitpid(child, &status, 0) == child && !status);
	acts_get(MIB);
}

static void leave_quickly(void)
{
	acts_get(MIB);
}

static void leaves_quickly(void)
{
	acts_open_card();
	acts_get(2 * MIB);
	MUST(!at_quick_exit(leave_quickly));
	quick_exit(0);
}

static void *use_card_for_ever(void *argument)
{
	acts_open_card();
	__atomic_store_n((int *)argument, 1, __ATOMIC_RELEASE);
	for (;;)
		cuMemFree_v2(acts_get(4096));
	return NULL;
}

/* The others go on while exit takes the recorder down, and after it.  */
static void ends_among_threads(void)
{
	static int started[4];
	pthread_t thread;
	int i;

	acts_open_card();
	acts_get(MIB);
	for (i = 0; i < 4; i++)
		MUST(!pthread_create(&thread, NULL, use_card_for_ever, &started[i]));
	for (i = 0; i < 4; i++)
		while (!__atomic_load_n(&started[i], __ATOMIC_ACQUIRE))
			sched_yield();
	usleep(20000);
}

const struct act acts_lives[] = {
	{"runs_out_elsewhere", runs_out_elsewhere},
	{"runs_out_without_context", runs_out_without_context},
	{"keeps_dlerror", keeps_dlerror},
	{"captures", captures},
	{"spawns", spawns},
	{"leaves_quickly", leaves_quickly},
	{"ends_among_threads", ends_among_threads},
	{NULL, NULL},
};
