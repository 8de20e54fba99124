/* SPDX-License-Identifier: Apache-2.0 */
/* A library that looks functions up on its own, has functions whose names begin like CUDA's, and one that other libraries
 * have, too, and that hands on to the next of them.  It is there under several names, some of them NVIDIA's.  */
#include "gpusim/neighbour.h"

#include <dlfcn.h>
#include <stddef.h>

void *neighbour_find(void *handle, const char *name)
{
	void *volatile found = dlsym(handle, name);

	return found;
}

int neighbour_resolve(neighbour_resolver resolve, const char *name, void **function, int version)
{
	volatile int err = resolve(name, function, version, 0, NULL);

	return err;
}

void *neighbour_next(void)
{
	void *volatile found = dlsym(RTLD_NEXT, "neighbour_next");

	return found;
}

int cudnnCreate(void)
{
	return NEIGHBOUR_ANSWER;
}

int cublasCreate_v2(void)
{
	return NEIGHBOUR_ANSWER;
}

int curl_easy_init(void)
{
	return NEIGHBOUR_ANSWER;
}
