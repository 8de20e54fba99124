/* SPDX-License-Identifier: Apache-2.0 */
/* A driver of which the recorder does not know everything: with functions and editions that are yet to come, with look-ups
 * of its own, and, if STRANGE_INSIDE is set, with a resolver that answers with functions that the driver does not export.
 * Each function that gives memory gives a place of its own, so that a program sees which one it has called.  */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gpusim/strange.h"

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int cuInit(unsigned flags);
EXPORTED int cuMemAlloc(uint32_t *address, unsigned size);
EXPORTED int cuMemAlloc_v2(uint64_t *address, size_t size);
EXPORTED int cuMemAlloc_v3(uint64_t *address, size_t size);
EXPORTED int cuMemAllocTomorrow(uint64_t *address, size_t size);
EXPORTED int cuMemFree_v2(uint64_t address);
EXPORTED int cuMemGetAllTheRest(size_t *size);
EXPORTED int cuGetProcAddress(const char *name, void **function, int version, uint64_t flags);
EXPORTED int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status);
EXPORTED int cuGetProcAddress_v3(const char *name, void **function, int version, uint64_t flags, int *status);

static uint64_t g_next; /* what has been given out of each place */

static uint64_t give(uint64_t place)
{
	return place + __atomic_fetch_add(&g_next, STRANGE_STEP, __ATOMIC_RELAXED);
}

int cuMemAlloc(uint32_t *address, unsigned size)
{
	(void)size;
	*address = (uint32_t)give(STRANGE_FIRST);
	return 0;
}

int cuMemAlloc_v2(uint64_t *address, size_t size)
{
	(void)size;
	*address = give(STRANGE_SECOND);
	return 0;
}

int cuMemAlloc_v3(uint64_t *address, size_t size)
{
	(void)size;
	*address = give(STRANGE_THIRD);
	return 0;
}

int cuMemAllocTomorrow(uint64_t *address, size_t size)
{
	(void)size;
	*address = give(STRANGE_TOMORROW);
	return 0;
}

int cuMemFree_v2(uint64_t address)
{
	(void)address;
	return 0;
}

int cuMemGetAllTheRest(size_t *size)
{
	*size = 0;
	return 0;
}

/* ---- its own look-ups ---- */

static int g_wrong;

static void look_up_itself(const char *name, void *own)
{
	void *self = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);

	g_wrong |= !self || dlsym(self, name) != own;
}

/* While it is being loaded, as drivers since 570 do.  */
__attribute__((constructor)) static void load(void)
{
	look_up_itself("cuMemAlloc_v2", (void *)cuMemAlloc_v2);
	g_wrong |= dlsym(RTLD_DEFAULT, "strlen") == NULL;
}

/* What waits here for ever if it comes back to itself.  */
static pthread_once_t g_once = PTHREAD_ONCE_INIT;

static void start(void)
{
	look_up_itself("cuInit", (void *)cuInit);
	look_up_itself("cuGetProcAddress_v2", (void *)cuGetProcAddress_v2);
}

int cuInit(unsigned flags)
{
	(void)flags;
	pthread_once(&g_once, start);
	return g_wrong ? STRANGE_WRONG : 0;
}

/* ---- the resolver ---- */

static int inside_alloc(uint64_t *address, size_t size)
{
	return cuMemAlloc_v2(address, size);
}

static int inside_alloc_v3(uint64_t *address, size_t size)
{
	return cuMemAlloc_v3(address, size);
}

static int inside_free(uint64_t address)
{
	return cuMemFree_v2(address);
}

static int inside_resolve(const char *name, void **function, int version, uint64_t flags, int *status)
{
	return cuGetProcAddress_v2(name, function, version, flags, status);
}

/* The latest that is not newer than what is asked for holds.  */
static const struct edition {
	const char *name;
	int since;
	void *exported, *inside;
} editions[] = {
	{"cuInit", 2000, (void *)cuInit, (void *)cuInit},
	{"cuMemAlloc", 14000, (void *)cuMemAlloc_v3, (void *)inside_alloc_v3},
	{"cuMemAlloc", 3020, (void *)cuMemAlloc_v2, (void *)inside_alloc},
	{"cuMemAlloc", 2000, (void *)cuMemAlloc, (void *)cuMemAlloc},
	{"cuMemFree", 3020, (void *)cuMemFree_v2, (void *)inside_free},
	{"cuMemAllocTomorrow", 14000, (void *)cuMemAllocTomorrow, (void *)cuMemAllocTomorrow},
	{"cuMemGetAllTheRest", 14000, (void *)cuMemGetAllTheRest, (void *)cuMemGetAllTheRest},
	{"cuGetProcAddress", 14000, (void *)cuGetProcAddress_v3, (void *)cuGetProcAddress_v3},
	{"cuGetProcAddress", 12000, (void *)cuGetProcAddress_v2, (void *)inside_resolve},
	{"cuGetProcAddress", 11030, (void *)cuGetProcAddress, (void *)cuGetProcAddress},
};

int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status)
{
	size_t i;

	(void)flags;
	*function = NULL;
	for (i = 0; i < sizeof editions / sizeof *editions && !*function; i++)
		if (!strcmp(editions[i].name, name) && editions[i].since <= version)
			*function = getenv("STRANGE_INSIDE") ? editions[i].inside : editions[i].exported;
	if (status)
		*status = *function ? 0 : STRANGE_NOT_FOUND;
	return *function ? 0 : STRANGE_ERROR;
}

int cuGetProcAddress_v3(const char *name, void **function, int version, uint64_t flags, int *status)
{
	return cuGetProcAddress_v2(name, function, version, flags, status);
}

int cuGetProcAddress(const char *name, void **function, int version, uint64_t flags)
{
	return cuGetProcAddress_v2(name, function, version, flags, NULL);
}
