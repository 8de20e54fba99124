/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_start.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gpusim/api/cuda_device.h"
#include "gpusim/common/facts.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_handle.h"
#include "gpusim/driver/drv_visible.h"

enum state { IDLE, RUNNING, WITHOUT_CARDS, FORKED };

static int g_state;		/* enum state; atomic */
static pthread_mutex_t g_start_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- fork ---- */

static void before_fork(void)
{
	mv_card_lock();
	mv_handle_lock();
}

static void after_fork_in_parent(void)
{
	mv_handle_unlock();
	mv_card_unlock();
}

static void after_fork_in_child(void)
{
	mv_handle_unlock();
	mv_card_reset_lock();
	__atomic_store_n(&g_state, FORKED, __ATOMIC_RELEASE);
}

/* ---- start ---- */

static enum state start(void)
{
	if (mv_facts_must_refuse())
		return WITHOUT_CARDS;
	mv_visible_start();
	if (!mv_visible_count())
		return WITHOUT_CARDS;
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
	return RUNNING;
}

/* The way in for tools that CUPTI's manual describes ("Injection libraries"): the library that CUDA_INJECTION64_PATH names
 * is loaded when CUDA starts, and its InitializeInjection is called.  One that cannot be loaded is no error.  */
static void load_tool(void)
{
	const char *path = getenv("CUDA_INJECTION64_PATH");
	void *library = path && *path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	void *symbol = library ? dlsym(library, "InitializeInjection") : NULL;
	int (*initialize)(void);

	if (!symbol)
		return;
	memcpy(&initialize, &symbol, sizeof(initialize));
	initialize();
}

static bool start_once(void)
{
	bool is_first = false;

	pthread_mutex_lock(&g_start_lock);
	if (g_state == IDLE) {
		enum state state = start();

		is_first = state == RUNNING;
		__atomic_store_n(&g_state, state, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&g_start_lock);
	return is_first;
}

CUresult cuInit(unsigned int flags)
{
	int state;

	if (flags)
		return CUDA_ERROR_INVALID_VALUE;
	/* A tool may call CUDA, so it is not called under the lock.  */
	if (__atomic_load_n(&g_state, __ATOMIC_ACQUIRE) == IDLE && start_once())
		load_tool();
	state = __atomic_load_n(&g_state, __ATOMIC_ACQUIRE);
	if (state == WITHOUT_CARDS)
		return CUDA_ERROR_NO_DEVICE;
	return state == RUNNING ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
}

CUresult mv_start_check(void)
{
	return __atomic_load_n(&g_state, __ATOMIC_ACQUIRE) == RUNNING ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
}

CUresult mv_start_check_device(CUdevice ordinal)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (ordinal < 0 || ordinal >= mv_visible_count())
		return CUDA_ERROR_INVALID_DEVICE;
	return CUDA_SUCCESS;
}

/* Answers before cuInit too.  */
CUresult cuDriverGetVersion(int *version)
{
	if (!version)
		return CUDA_ERROR_INVALID_VALUE;
	*version = (int)mv_facts()->driver_version;
	return CUDA_SUCCESS;
}
