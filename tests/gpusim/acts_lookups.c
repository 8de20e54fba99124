/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/acts.h"

#include <dlfcn.h>
#include <string.h>

typedef CUresult (*alloc_fn)(CUdeviceptr *address, size_t size);
typedef CUresult (*proc_fn)(const char *name, void **function, int version, uint64_t flags);
typedef CUresult (*proc_2_fn)(const char *name, void **function, int version, uint64_t flags, int *status);

static void allocate(void *function)
{
	CUdeviceptr address;

	MUST(function && !((alloc_fn)function)(&address, MIB));
}

static void *driver(void)
{
	void *handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);

	MUST(handle);
	return handle;
}

static void by_handle(void)
{
	acts_open_card();
	allocate(dlsym(driver(), "cuMemAlloc_v2"));
}

static void by_default(void)
{
	acts_open_card();
	allocate(dlsym(RTLD_DEFAULT, "cuMemAlloc_v2"));
	allocate(dlsym(RTLD_NEXT, "cuMemAlloc_v2"));
}

/* As the runtimes of CUDA 11.3 to 11.8 do, with four arguments, and as later ones do, with five.  */
static void by_version(void)
{
	void *function = NULL;
	int status = 77;

	acts_open_card();
	MUST(!((proc_fn)dlsym(driver(), "cuGetProcAddress"))("cuMemAlloc", &function, 3020, 0));
	allocate(function);
	MUST(!((proc_2_fn)dlsym(driver(), "cuGetProcAddress_v2"))("cuMemAlloc", &function, 3020, 0, &status));
	MUST(status == 0);
	allocate(function);
}

/* The resolver found through itself, in both editions, must still be watched; an empty name is a probe.  */
static void by_itself(void)
{
	proc_2_fn resolve = (proc_2_fn)dlsym(driver(), "cuGetProcAddress_v2");
	void *four = NULL, *five = NULL, *function = NULL;

	acts_open_card();
	resolve("", &function, 0, 0, NULL);
	MUST(!resolve("cuGetProcAddress", &four, 11030, 0, NULL));
	MUST(!resolve("cuGetProcAddress", &five, 12000, 0, NULL));
	MUST(!((proc_fn)four)("cuMemAlloc", &function, 3020, 0));
	allocate(function);
	MUST(!((proc_2_fn)five)("cuMemAlloc", &function, 3020, 0, NULL));
	allocate(function);
}

/* The variants for per-thread default streams are other functions, and stay so.  */
static void by_stream(void)
{
	CUresult (*plain)(CUdeviceptr *, size_t, CUstream), (*per_thread)(CUdeviceptr *, size_t, CUstream);
	proc_2_fn resolve = (proc_2_fn)dlsym(driver(), "cuGetProcAddress_v2");
	CUdeviceptr address;

	acts_open_card();
	MUST(!resolve("cuMemAllocAsync", (void **)&plain, 11020, 0, NULL));
	MUST(!resolve("cuMemAllocAsync", (void **)&per_thread, 11020, 2, NULL));
	MUST(plain != per_thread);
	MUST(!plain(&address, MIB, NULL) && !per_thread(&address, MIB, NULL));
}

/* What the driver lacks stays away, and other names of any library are not our business.  */
static void of_what_is_not_there(void)
{
	void *function = (void *)1;
	int status = 0;

	acts_open_card();
	MUST(!dlsym(driver(), "cuNoSuchFunction"));
	MUST(dlerror() != NULL);
	((proc_2_fn)dlsym(driver(), "cuGetProcAddress_v2"))("cuNoSuchFunction", &function, 13000, 0, &status);
	MUST(!function && status);
	MUST(!dlsym(RTLD_DEFAULT, "cudnnCreate"));
	MUST(dlsym(RTLD_DEFAULT, "strlen") != NULL);
	MUST(!dlsym(RTLD_DEFAULT, "cublasCreate_v2"));
}

const struct act acts_lookups[] = {
	{"by_handle", by_handle},
	{"by_default", by_default},
	{"by_version", by_version},
	{"by_itself", by_itself},
	{"by_stream", by_stream},
	{"of_what_is_not_there", of_what_is_not_there},
	{NULL, NULL},
};
