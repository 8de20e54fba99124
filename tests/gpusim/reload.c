/* SPDX-License-Identifier: Apache-2.0 */
/* A program that is not linked with CUDA: before its driver is there no function of CUDA's is; then it loads the driver,
 * lets it go, and loads it again, elsewhere.  */
#include <dlfcn.h>
#include <sys/mman.h>

#include "gpusim/acts.h"

enum { HOLE_BYTES = 64 << 20 };

static void check_nothing_is_offered(void)
{
	void *all = dlopen(NULL, RTLD_NOW);

	MUST(!dlsym(all, "cuInit") && dlerror() != NULL);
	MUST(!dlsym(all, "cudaMalloc"));
	MUST(!dlsym(RTLD_DEFAULT, "cuInit"));
	MUST(!dlsym(RTLD_DEFAULT, "cudaMalloc") && dlerror() != NULL);
}

/* Returns where the driver's functions are.  */
static void *use_driver(size_t size)
{
	void *driver = dlopen("libcuda.so.1", RTLD_NOW), *place;
	CUresult (*init)(unsigned) = (CUresult(*)(unsigned))dlsym(driver, "cuInit");
	CUresult (*retain)(CUcontext *, CUdevice) =
		(CUresult(*)(CUcontext *, CUdevice))dlsym(driver, "cuDevicePrimaryCtxRetain");
	CUresult (*set)(CUcontext) = (CUresult(*)(CUcontext))dlsym(driver, "cuCtxSetCurrent");
	CUresult (*get)(CUdeviceptr *, size_t) = (CUresult(*)(CUdeviceptr *, size_t))dlsym(driver, "cuMemAlloc_v2");
	CUcontext context;
	CUdeviceptr address;

	MUST(init && retain && set && get);
	MUST(!init(0) && !retain(&context, 0) && !set(context) && !get(&address, size));
	place = (void *)set;
	dlclose(driver);
	return place;
}

int main(void)
{
	void *first, *second;

	check_nothing_is_offered();
	first = use_driver(MIB);
	/* Where it lay, something else lies now.  */
	mmap(NULL, HOLE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mmap((void *)((uintptr_t)first & ~(uintptr_t)0xfff), 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	second = use_driver(2 * MIB);
	return first == second ? 78 : 0;
}
