/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/runtime/rt_driver.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "gpusim/api/rt_types.h"

enum { RESOLVER_VERSION = 12000, NEEDS_NEWER_DRIVER = 36 };

struct entry {
	const char *base_name;
	int version, own_version;
	size_t offset;
};

static const struct entry g_entries[] = {
#define MV_RT_ENTRY(base, elf, version, own_version) { #base, version, own_version, offsetof(struct mv_rt_driver, base) },
#include "gpusim/runtime/rt_entries.def"
#undef MV_RT_ENTRY
};

static int answer_too_old(void)
{
	return NEEDS_NEWER_DRIVER;
}

static void put(struct mv_rt_driver *driver, size_t offset, const void *function)
{
	memcpy((char *)driver + offset, &function, sizeof(function));
}

static void *look_up(mv_rt_resolver resolve, const char *name, int version, cuuint64_t flags)
{
	void *function = NULL;

	return resolve(name, &function, version, flags, NULL) ? NULL : function;
}

static void fill(mv_rt_resolver resolve, const struct entry *entry, struct mv_rt_driver *legacy,
		 struct mv_rt_driver *own)
{
	void *function = look_up(resolve, entry->base_name, entry->version, CU_GET_PROC_ADDRESS_DEFAULT);

	if (!function)
		function = (void *)answer_too_old;
	put(legacy, entry->offset, function);
	if (entry->own_version) {
		void *twin = look_up(resolve, entry->base_name, entry->own_version,
				     CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM);

		function = twin ? twin : function;
	}
	put(own, entry->offset, function);
}

int mv_rt_driver_open(struct mv_rt_driver *legacy, struct mv_rt_driver *own, mv_rt_resolver *resolver)
{
	void *library = dlopen("libcuda.so.1", RTLD_NOW);
	void *symbol = library ? dlsym(library, "cuGetProcAddress_v2") : NULL;
	mv_rt_resolver resolve;
	int version = 0;

	if (!symbol)
		return cudaErrorInsufficientDriver;
	memcpy(&resolve, &symbol, sizeof(resolve));
	look_up(resolve, "", 0, CU_GET_PROC_ADDRESS_DEFAULT);
	symbol = look_up(resolve, "cuGetProcAddress", RESOLVER_VERSION, CU_GET_PROC_ADDRESS_DEFAULT);
	if (symbol)
		memcpy(&resolve, &symbol, sizeof(resolve));
	for (size_t i = 0; i < sizeof(g_entries) / sizeof(*g_entries); i++)
		fill(resolve, &g_entries[i], legacy, own);
	*resolver = resolve;
	/* Within a major version of CUDA any driver does.  */
	if (legacy->cuDriverGetVersion(&version) || version / 1000 < MV_CUDART_MAJOR)
		return cudaErrorInsufficientDriver;
	return cudaSuccess;
}
