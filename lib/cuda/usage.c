/* SPDX-License-Identifier: Apache-2.0 */
#include "cuda/usage.h"

#include "base/thread.h"
#include "cuda/abi.h"
#include "cuda/driver.h"
#include "cuda/lookup.h"
#include "cuda/management.h"

enum {
	CAPTURE_MODE_RELAXED = 2,
	/* Attributes, whose values are 64 bits wide.  */
	POOL_RESERVED = 5, /* CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT */
	POOL_USED = 7,	   /* CU_MEMPOOL_ATTR_USED_MEM_CURRENT */
	GRAPH_USED = 0,	   /* CU_GRAPH_MEM_ATTR_USED_MEM_CURRENT */
	GRAPH_RESERVED = 2, /* CU_GRAPH_MEM_ATTR_RESERVED_MEM_CURRENT */
};

typedef CUresult (*exchange_mode_fn)(int *mode);
typedef CUresult (*get_pool_fn)(CUmemoryPool *pool, CUdevice device);
typedef CUresult (*get_pool_attribute_fn)(CUmemoryPool pool, int attribute, void *value);
typedef CUresult (*get_graph_attribute_fn)(CUdevice device, int attribute, void *value);

const char *mv_usage_state(void)
{
	return mv_management_state();
}

/* The driver's, not the wrappers: we are who asks.  */
static void *function(void *driver, const char *name)
{
	return mv_lookup_next(driver, name);
}

/* While some thread captures a graph, others must not call what could spoil it, unless they say that they know what they
 * do: for this thread, for good.  */
static bool may_ask_in_captures(void *driver)
{
	exchange_mode_fn exchange = (exchange_mode_fn)function(driver, "cuThreadExchangeStreamCaptureMode");
	int mode = CAPTURE_MODE_RELAXED;

	return exchange && exchange(&mode) == CUDA_SUCCESS;
}

static void ask_pool(void *driver, uint8_t device, struct mv_usage *usage)
{
	get_pool_fn get_pool = (get_pool_fn)function(driver, "cuDeviceGetDefaultMemPool");
	get_pool_attribute_fn get = (get_pool_attribute_fn)function(driver, "cuMemPoolGetAttribute");
	uint64_t reserved = 0, used = 0;
	CUmemoryPool pool;

	if (!get_pool || !get || get_pool(&pool, device) != CUDA_SUCCESS ||
	    get(pool, POOL_RESERVED, &reserved) != CUDA_SUCCESS || get(pool, POOL_USED, &used) != CUDA_SUCCESS)
		return;
	mv_usage_add(usage, MV_TERM_POOL_RESERVED, reserved);
	mv_usage_add(usage, MV_TERM_POOL_USED, used);
}

static void ask_graphs(void *driver, uint8_t device, struct mv_usage *usage)
{
	get_graph_attribute_fn get = (get_graph_attribute_fn)function(driver, "cuDeviceGetGraphMemAttribute");
	uint64_t reserved = 0, used = 0;

	if (!get || get(device, GRAPH_RESERVED, &reserved) != CUDA_SUCCESS ||
	    get(device, GRAPH_USED, &used) != CUDA_SUCCESS)
		return;
	mv_usage_add(usage, MV_TERM_GRAPH_RESERVED, reserved);
	mv_usage_add(usage, MV_TERM_GRAPH_USED, used);
}

/* The handle keeps the driver where it is while it is asked, should the program unload it.  */
static void ask_driver(uint8_t device, struct mv_usage *usage)
{
	void *driver = mv_thread_open_library("libcuda.so.1", true);

	if (!driver)
		return;
	mv_driver_follow_loader();
	if (mv_driver_has_context(device) > 0 && may_ask_in_captures(driver)) {
		ask_pool(driver, device, usage);
		ask_graphs(driver, device, usage);
	}
	mv_thread_close_library(driver);
}

void mv_usage_ask(uint8_t device, const uint8_t uuid[16], bool has_pools, struct mv_usage *usage)
{
	*usage = (struct mv_usage){0};
	if (has_pools)
		ask_driver(device, usage);
	mv_management_ask(uuid, usage);
}
