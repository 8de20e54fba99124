/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/scopes.h"

#include <dlfcn.h>

#include "gpusim/api/cuda_memory.h"

enum { BYTES = 1 << 20 };

void *scopes_default(const char *name)
{
	void *found = dlsym(RTLD_DEFAULT, name);

	return scopes_hidden() ? found : NULL;
}

/* A call that is a function's last act may become a jump, and then it is its caller that asks.  */
void *scopes_next(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	return scopes_hidden() ? found : NULL;
}

int scopes_allocate(uint64_t *bound, uint64_t *found)
{
	CUresult (*allocate)(CUdeviceptr *, size_t) =
		(CUresult(*)(CUdeviceptr *, size_t))dlsym(RTLD_DEFAULT, "cuMemAlloc_v2");

	return allocate ? cuMemAlloc_v2(bound, BYTES) + allocate(found, BYTES) : -1;
}

void *scopes_load(const char *library)
{
	void *loaded = dlopen(library, RTLD_NOW);

	return scopes_hidden() ? loaded : NULL;
}
