/* SPDX-License-Identifier: Apache-2.0 */
/* One hash table, by host address, for kernels and variables.  It is written under a lock and read without: an entry's
 * address is stored last, and when the table grows, the old one stays as it is.  */
#include "gpusim/runtime/rt_register.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "gpusim/runtime/rt_state.h"

enum { FIRST_SIZE = 1 << 12 };

/* Device code, loaded as a library of the driver's when first needed.  */
struct binary {
	const void *image;
	CUlibrary library;	/* NULL: not loaded; atomic */
};

struct entry {
	const void *host;	/* NULL: free; atomic, stored last */
	const char *name;	/* lives as long as the program that registered it */
	struct binary *binary;
	CUfunction function;	/* of a kernel, once found; atomic */
	size_t size;		/* of a variable, bytes */
	void **managed;		/* of a managed variable: where its address goes */
};

struct table {
	size_t size;		/* a power of two */
	struct entry entries[];
};

static pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;	/* for writing, and for loading */
static struct table *g_table;	/* atomic */
static size_t g_count;

/* ---- the table ---- */

static struct entry *find_in(struct table *table, const void *host)
{
	size_t i = (size_t)(((uintptr_t)host >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 24);

	for (;; i++) {
		struct entry *entry = &table->entries[i & (table->size - 1)];
		const void *found = __atomic_load_n(&entry->host, __ATOMIC_ACQUIRE);

		if (!found || found == host)
			return entry;
	}
}

static struct entry *find(const void *host)
{
	struct table *table = __atomic_load_n(&g_table, __ATOMIC_ACQUIRE);
	struct entry *entry = table && host ? find_in(table, host) : NULL;

	return entry && entry->host ? entry : NULL;
}

static bool grow(void)
{
	size_t size = g_table ? 2 * g_table->size : FIRST_SIZE;
	struct table *grown = calloc(1, sizeof(*grown) + size * sizeof(grown->entries[0]));

	if (!grown)
		return false;
	grown->size = size;
	for (size_t i = 0; g_table && i < g_table->size; i++) {
		if (g_table->entries[i].host)
			*find_in(grown, g_table->entries[i].host) = g_table->entries[i];
	}
	__atomic_store_n(&g_table, grown, __ATOMIC_RELEASE);
	return true;
}

/* What a library that was unloaded had registered at the same address is overwritten.  */
static void put(const struct entry *entry)
{
	struct entry *place;

	pthread_mutex_lock(&g_lock);
	if ((!g_table || 2 * g_count >= g_table->size) && !grow()) {
		pthread_mutex_unlock(&g_lock);
		return;
	}
	place = find_in(g_table, entry->host);
	g_count += !place->host;
	place->name = entry->name;
	place->binary = entry->binary;
	place->size = entry->size;
	place->managed = entry->managed;
	__atomic_store_n(&place->function, NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&place->host, entry->host, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&g_lock);
}

/* ---- registration ---- */

void **__cudaRegisterFatBinary(void *image)
{
	struct binary *binary = calloc(1, sizeof(*binary));

	if (binary)
		binary->image = image;
	return (void **)binary;
}

void __cudaRegisterFatBinaryEnd(void **binary)
{
	(void)binary;
}

/* Runs when the program ends or a library is unloaded; the driver may be gone by then, so nothing is asked of it.  */
void __cudaUnregisterFatBinary(void **binary)
{
	(void)binary;
}

void __cudaRegisterFunction(void **binary, const char *host, char *device, const char *name, int thread_limit,
			    void *thread_id, void *block_id, void *block_dim, void *grid_dim, int *warp_size)
{
	struct entry entry = { .host = host, .name = name, .binary = (struct binary *)binary };

	(void)device;
	(void)thread_limit;
	(void)thread_id;
	(void)block_id;
	(void)block_dim;
	(void)grid_dim;
	(void)warp_size;
	if (binary)
		put(&entry);
}

void __cudaRegisterVar(void **binary, char *host, char *device, const char *name, int is_external, size_t size,
		       int is_constant, int is_global)
{
	struct entry entry = { .host = host, .name = name, .binary = (struct binary *)binary, .size = size };

	(void)device;
	(void)is_external;
	(void)is_constant;
	(void)is_global;
	if (binary)
		put(&entry);
}

void __cudaRegisterManagedVar(void **binary, void **host, char *device, const char *name, int is_external, size_t size,
			      int is_constant, int is_global)
{
	struct entry entry = { .host = host, .name = name, .binary = (struct binary *)binary, .size = size,
			       .managed = host };

	(void)device;
	(void)is_external;
	(void)is_constant;
	(void)is_global;
	if (binary)
		put(&entry);
}

/* ---- loading ---- */

static cudaError_t load(struct binary *binary, CUlibrary *library)
{
	cudaError_t err = cudaSuccess;

	*library = __atomic_load_n(&binary->library, __ATOMIC_ACQUIRE);
	if (*library)
		return cudaSuccess;
	pthread_mutex_lock(&g_lock);
	*library = binary->library;
	if (!*library)
		err = mv_rt_driver()->cuLibraryLoadData(library, binary->image, NULL, NULL, 0, NULL, NULL, 0);
	if (!err)
		__atomic_store_n(&binary->library, *library, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&g_lock);
	return err;
}

static cudaError_t resolve(struct entry *entry, CUfunction *function)
{
	CUlibrary library;
	CUkernel kernel;
	cudaError_t err = load(entry->binary, &library);

	if (!err)
		err = mv_rt_driver()->cuLibraryGetKernel(&kernel, library, entry->name);
	if (!err)
		err = mv_rt_driver()->cuKernelGetFunction(function, kernel);
	if (!err)
		__atomic_store_n(&entry->function, *function, __ATOMIC_RELEASE);
	return err;
}

cudaError_t mv_rt_find_function(const void *host, CUfunction *function)
{
	struct entry *entry = find(host);

	if (!entry) {
		if (host && !mv_rt_driver()->cuKernelGetFunction(function, (CUkernel)(uintptr_t)host))
			return cudaSuccess;
		return cudaErrorInvalidDeviceFunction;
	}
	*function = __atomic_load_n(&entry->function, __ATOMIC_ACQUIRE);
	return *function ? cudaSuccess : resolve(entry, function);
}

const void *mv_rt_find_host(CUfunction function)
{
	struct table *table = __atomic_load_n(&g_table, __ATOMIC_ACQUIRE);

	for (size_t i = 0; table && i < table->size; i++) {
		if (table->entries[i].host && table->entries[i].function == function)
			return table->entries[i].host;
	}
	return function;
}

/* ---- variables ---- */

static cudaError_t give_managed(struct entry *entry)
{
	CUdeviceptr ptr;
	cudaError_t err;

	if (!entry->managed || *entry->managed)
		return cudaSuccess;
	err = mv_rt_driver()->cuMemAllocManaged(&ptr, entry->size, cudaMemAttachGlobal);
	if (!err)
		*entry->managed = (void *)ptr;
	return err;
}

/* Code that uses managed variables calls this before it looks at them.  */
char __cudaInitModule(void **binary)
{
	struct table *table = __atomic_load_n(&g_table, __ATOMIC_ACQUIRE);
	cudaError_t err = cudaSuccess;

	for (size_t i = 0; table && i < table->size && !err; i++) {
		struct entry *entry = &table->entries[i];

		if (!entry->host || !entry->managed || entry->binary != (struct binary *)binary)
			continue;
		err = mv_rt_begin();
		if (!err)
			err = give_managed(entry);
	}
	return mv_rt_end(err) == cudaSuccess;
}

cudaError_t cudaGetSymbolAddress(void **ptr, const void *symbol)
{
	struct entry *entry = find(symbol);
	CUlibrary library;
	size_t size;
	cudaError_t err = mv_rt_begin();

	if (!err && !ptr)
		err = cudaErrorInvalidValue;
	if (!err && (!entry || !entry->size))
		err = cudaErrorInvalidSymbol;
	if (!err && entry->managed) {
		err = give_managed(entry);
		*ptr = *entry->managed;
		return mv_rt_end(err);
	}
	if (!err)
		err = load(entry->binary, &library);
	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryGetGlobal((CUdeviceptr *)ptr, &size, library, entry->name));
}

cudaError_t cudaGetSymbolSize(size_t *size, const void *symbol)
{
	struct entry *entry = find(symbol);
	cudaError_t err = mv_rt_begin();

	if (!err && !size)
		err = cudaErrorInvalidValue;
	if (!err && (!entry || !entry->size))
		err = cudaErrorInvalidSymbol;
	if (!err)
		*size = entry->size;
	return mv_rt_end(err);
}
