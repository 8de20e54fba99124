/* SPDX-License-Identifier: Apache-2.0 */
/* A program that looks functions up and is not linked with CUDA: asker WHAT.  Its driver is strange.c or that of the
 * simulation.  Exit 0: it got what it should.  The neighbours (neighbour.c) lie beside the driver.  */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "gpusim/must.h"
#include "gpusim/neighbour.h"
#include "gpusim/strange.h"
#include "gpusim/verdict.h"

enum { THREADS = 8, ROUNDS = 2000, BYTES = 4096, UNSET = 77 };

typedef int (*alloc_fn)(uint64_t *address, size_t size);

static void *driver(void)
{
	void *handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);

	MUST(handle);
	return handle;
}

static neighbour_resolver resolver(void)
{
	neighbour_resolver resolve = (neighbour_resolver)dlsym(driver(), "cuGetProcAddress_v2");

	MUST(resolve);
	return resolve;
}

static void *resolved(const char *name, int version)
{
	void *function = NULL;

	MUST(!resolver()(name, &function, version, 0, NULL));
	return function;
}

/* The place (strange.h) that FUNCTION gives memory of.  */
static uint64_t place_of(void *function)
{
	uint64_t address = 0;

	MUST(function && !((alloc_fn)function)(&address, BYTES));
	return address & -(uint64_t)STRANGE_PLACE_BYTES;
}

static int is_wrapper(const char *name, void *function)
{
	return function && function == verdict_expected(name, verdict_genuine(name)) && function != verdict_genuine(name);
}

/* ---- editions ---- */

static void each_edition(void)
{
	MUST(place_of(dlsym(driver(), "cuMemAlloc")) == STRANGE_FIRST);
	MUST(place_of(dlsym(driver(), "cuMemAlloc_v2")) == STRANGE_SECOND);
	MUST(place_of(resolved("cuMemAlloc", 2000)) == STRANGE_FIRST);
	MUST(place_of(resolved("cuMemAlloc", 13000)) == STRANGE_SECOND);
	MUST(place_of(resolved("cuMemAlloc", 14000)) == STRANGE_THIRD);
	MUST(is_wrapper("cuMemAlloc", resolved("cuMemAlloc", 3010)) && is_wrapper("cuMemAlloc_v2", resolved("cuMemAlloc", 3020)));
}

/* Its answers are not what it exports; by name and version they are known all the same, but for one that is too new.  */
static void from_inside(void)
{
	void *alloc = resolved("cuMemAlloc", 3020);

	MUST(place_of(alloc) == STRANGE_SECOND && alloc == verdict_expected("cuMemAlloc_v2", verdict_genuine("cuMemAlloc_v2")));
	MUST(place_of(resolved("cuMemAlloc", 14000)) == STRANGE_THIRD);
	MUST(place_of(alloc) == STRANGE_SECOND && place_of(resolved("cuMemAlloc", 12000)) == STRANGE_SECOND);
	MUST(resolved("cuGetProcAddress", 12000) == (void *)resolver());
}

static void from_tomorrow(void)
{
	MUST(place_of(resolved("cuMemAlloc", 12000)) == STRANGE_SECOND);
	MUST(place_of(resolved("cuMemAlloc", 14000)) == STRANGE_THIRD);
	MUST(place_of(dlsym(driver(), "cuMemAllocTomorrow")) == STRANGE_TOMORROW);
	MUST(resolved("cuMemGetAllTheRest", 14000) == dlsym(driver(), "cuMemGetAllTheRest"));
	MUST(resolved("cuGetProcAddress", 14000) == verdict_genuine("cuGetProcAddress_v3"));
}

/* Results and status are the driver's, and may have no place.  */
static void with_status(void)
{
	void *function = (void *)&function;
	int status = UNSET;

	MUST(!resolver()("cuMemAlloc", &function, 3020, 0, &status) && status == 0);
	MUST(resolver()("cuNothing", &function, 13000, 0, &status) == STRANGE_ERROR && status == STRANGE_NOT_FOUND && !function);
	MUST(resolver()("cuNothing", &function, 13000, 0, NULL) == STRANGE_ERROR && !function);
}

/* As runtimes since 11.3 do it: all is looked up before anything is called.  */
static void before_init(void)
{
	alloc_fn allocate = (alloc_fn)resolved("cuMemAlloc", 3020);
	int (*init)(unsigned) = (int (*)(unsigned))resolved("cuInit", 2000);
	uint64_t address;

	MUST(is_wrapper("cuInit", (void *)init) && !init(0) && !allocate(&address, BYTES));
}

/* ---- libraries ---- */

static void *function_of(const char *library, const char *name)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL), *function = handle ? dlsym(handle, name) : NULL;

	if (!function)
		fprintf(stderr, "%s\n", dlerror());
	MUST(function);
	return function;
}

/* What LIBRARY gets; true if it is the driver's own functions.  */
static int gets_genuine(const char *library)
{
	void *(*find)(void *, const char *) = (void *(*)(void *, const char *))function_of(library, "neighbour_find");
	int (*resolve)(neighbour_resolver, const char *, void **, int) =
		(int (*)(neighbour_resolver, const char *, void **, int))function_of(library, "neighbour_resolve");
	void *found = find(driver(), "cuMemAlloc_v2"), *answer = NULL;
	int is_genuine = found == verdict_genuine("cuMemAlloc_v2");

	MUST(!resolve(resolver(), "cuMemAlloc", &answer, 3020));
	MUST(answer == found && (is_genuine || is_wrapper("cuMemAlloc_v2", found)));
	return is_genuine;
}

static void from_nvidia(void)
{
	static const char *const theirs[] = {"libnvidia-neighbour.so.1", "libcudadebugger.so.1", "libcupti.so.12",
					     "libToolsInjection64.so", "libcuda-neighbour.so"};
	size_t i;

	for (i = 0; i < sizeof theirs / sizeof *theirs; i++)
		MUST(gets_genuine(theirs[i]));
	MUST(!gets_genuine("libneighbour.so"));
}

static void from_itself(void)
{
	MUST(!((int (*)(unsigned))dlsym(driver(), "cuInit"))(0));
	place_of(dlsym(driver(), "cuMemAlloc_v2"));
}

static void of_neighbours(void)
{
	static const char *const names[] = {"cudnnCreate", "cublasCreate_v2", "curl_easy_init"};
	void *handle;
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		MUST(((int (*)(void))function_of("libneighbour.so", names[i]))() == NEIGHBOUR_ANSWER);
	handle = dlopen("libneighbour.so", RTLD_NOW);
	MUST(!dlsym(handle, "") && !dlsym(handle, "cu") && !dlsym(handle, "cuMemAlloc_v2") && dlerror() != NULL);
}

/* Without optimization, where a call in the last place is no jump, and with it.  */
static void of_next(void)
{
	void *(*first)(void), *(*second)(void);

	MUST(dlopen("libneighbour.so", RTLD_NOW | RTLD_GLOBAL) && dlopen("libneighbour_slow.so", RTLD_NOW | RTLD_GLOBAL));
	first = (void *(*)(void))function_of("libneighbour.so", "neighbour_next");
	second = (void *(*)(void))function_of("libneighbour_slow.so", "neighbour_next");
	MUST(first != second && first() != (void *)first && second() != (void *)second);
}

/* A plugin that nobody else sees finds itself and its own by RTLD_DEFAULT.  */
static void of_default(void)
{
	void *(*find)(void *, const char *) = (void *(*)(void *, const char *))function_of("libneighbour.so", "neighbour_find");

	MUST(find(RTLD_DEFAULT, "neighbour_next") == function_of("libneighbour.so", "neighbour_next"));
	MUST(!dlsym(RTLD_DEFAULT, "neighbour_next"));
}

/* ---- threads ---- */

static void *look_up_again(void *argument)
{
	void *handle = argument, *opens = dlsym(RTLD_NEXT, "open"), *alloc = dlsym(handle, "cuMemAlloc_v2");
	int i;

	MUST(opens && is_wrapper("cuMemAlloc_v2", alloc));
	for (i = 0; i < ROUNDS; i++) {
		MUST(dlsym(RTLD_NEXT, "open") == opens && dlsym(handle, "cuMemAlloc_v2") == alloc);
		MUST(resolved("cuMemAlloc", 3020) == alloc);
	}
	return NULL;
}

static void again_and_again(void)
{
	pthread_t threads[THREADS];
	void *handle = driver();
	int i;

	for (i = 0; i < THREADS; i++)
		MUST(!pthread_create(&threads[i], NULL, look_up_again, handle));
	for (i = 0; i < THREADS; i++)
		MUST(!pthread_join(threads[i], NULL));
}

/* ---- past us ---- */

/* The plugin's path is in ASKER_PLUGIN; it must find its driver before what is preloaded.  */
static void from_deep_inside(void)
{
	void *plugin = dlopen(getenv("ASKER_PLUGIN"), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND), *address;
	int (*allocate)(void **, size_t) = plugin ? (int (*)(void **, size_t))dlsym(plugin, "plugin_allocate") : NULL;

	MUST(allocate && !allocate(&address, BYTES));
	place_of(dlsym(driver(), "cuMemAlloc_v2"));
}

static const struct {
	const char *name;
	void (*run)(void);
} askings[] = {
	{"each_edition", each_edition},	  {"from_inside", from_inside},	  {"from_tomorrow", from_tomorrow},
	{"with_status", with_status},	  {"before_init", before_init},	  {"from_nvidia", from_nvidia},
	{"from_itself", from_itself},	  {"of_neighbours", of_neighbours}, {"of_next", of_next},
	{"of_default", of_default},	  {"again_and_again", again_and_again}, {"from_deep_inside", from_deep_inside},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; argc == 2 && i < sizeof askings / sizeof *askings; i++) {
		if (strcmp(askings[i].name, argv[1]))
			continue;
		askings[i].run();
		return 0;
	}
	fprintf(stderr, "usage: asker WHAT\n");
	return 2;
}
