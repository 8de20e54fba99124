/* SPDX-License-Identifier: Apache-2.0 */
/* Another preloaded library that has a dlsym of its own, as tools for games, sanitizers and profilers have: it finds the
 * one behind it and hands everything on.  At the end it says how often it was asked for functions of CUDA's.  */
#include "gpusim/interposer.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void *(*g_next)(void *handle, const char *name);
static unsigned g_asked;

static void find_next(void)
{
	static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5"};
	size_t i;

	for (i = 0; !g_next && i < sizeof versions / sizeof *versions; i++)
		g_next = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", versions[i]);
}

void *dlsym(void *handle, const char *name)
{
	if (!g_next)
		find_next();
	if (!strncmp(name, "cu", 2))
		g_asked++;
	return g_next(handle, name);
}

__attribute__((destructor)) static void tell(void)
{
	printf("asked %u times\n", g_asked);
	fflush(stdout);
}
