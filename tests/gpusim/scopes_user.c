/* SPDX-License-Identifier: Apache-2.0 */
/* scopes_user DEPTH PLUGIN [deep]: all that libraries look up from where they are is what it is without a recorder.
 * DEPTH libraries are linked, each of which has scopes_depth.  */
#include "gpusim/scopes.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/must.h"

enum { THREADS = 8, TIMES = 200 };

static void *plugin;

static void *in_plugin(const char *name)
{
	void *function = dlsym(plugin, name);

	MUST(function);
	return function;
}

/* The first time is like any other, in any thread.  */
static void *ask_again(void *argument)
{
	void *(*by_default)(const char *) = (void *(*)(const char *))in_plugin("scopes_default");
	void *(*by_next)(const char *) = (void *(*)(const char *))in_plugin("scopes_next");
	int depth = *(int *)argument, i;

	for (i = 0; i < TIMES; i++) {
		MUST(scopes_depth() == depth);
		MUST(by_default("scopes_hidden") && by_next("scopes_hidden"));
		MUST(!dlsym(RTLD_DEFAULT, "scopes_hidden") && strstr(dlerror(), "scopes_hidden"));
		MUST(by_default("cudnnCreate") == NULL && by_next("curl_easy_init") == NULL);
		MUST(by_default("strlen") && by_next("open") == by_next("open"));
	}
	return NULL;
}

/* cuDNN does so with its parts.  */
static void load_as_plugin(void)
{
	void *(*load)(const char *) = (void *(*)(const char *))in_plugin("scopes_load");

	MUST(!dlopen("libscopes_near.so", RTLD_NOW) && load("libscopes_near.so"));
}

static void use_card(void)
{
	int (*allocate)(uint64_t *, uint64_t *) = (int (*)(uint64_t *, uint64_t *))in_plugin("scopes_allocate");
	uint64_t bound = 0, found = 0;
	CUcontext context;

	MUST(!cuInit(0) && !cuDevicePrimaryCtxRetain(&context, 0) && !cuCtxSetCurrent(context));
	MUST(!allocate(&bound, &found) && bound && found && bound != found);
	MUST(!cuMemFree_v2(bound) && !cuMemFree_v2(found));
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	int depth, i;

	MUST(argc >= 3);
	depth = atoi(argv[1]);
	plugin = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL | (argc > 3 ? RTLD_DEEPBIND : 0));
	MUST(plugin);
	for (i = 0; i < THREADS; i++)
		MUST(!pthread_create(&threads[i], NULL, ask_again, &depth));
	for (i = 0; i < THREADS; i++)
		MUST(!pthread_join(threads[i], NULL));
	load_as_plugin();
	use_card();
	return 0;
}
