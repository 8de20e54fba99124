/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/runtime/rt_state.h"

#include <pthread.h>
#include <stdbool.h>

#include "gpusim/api/rt_device.h"

enum { DEVICES = 64 };

static pthread_once_t g_once = PTHREAD_ONCE_INIT;
static cudaError_t g_start_error;
static struct mv_rt_driver g_legacy, g_own;	/* set once, by start */
static mv_rt_resolver g_resolver;
static int g_device_count;
static pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
static CUcontext g_primaries[DEVICES];		/* retained; guarded by g_lock */

static __thread cudaError_t t_last_error;
static __thread int t_device;
static __thread unsigned int t_own_depth;

static void start(void)
{
	g_start_error = mv_rt_driver_open(&g_legacy, &g_own, &g_resolver);
	if (!g_start_error)
		g_start_error = g_legacy.cuInit(0);
	if (!g_start_error)
		g_start_error = g_legacy.cuDeviceGetCount(&g_device_count);
	if (g_device_count > DEVICES)
		g_device_count = DEVICES;
}

cudaError_t mv_rt_start(void)
{
	pthread_once(&g_once, start);
	return g_start_error;
}

const struct mv_rt_driver *mv_rt_driver(void)
{
	return t_own_depth ? &g_own : &g_legacy;
}

mv_rt_resolver mv_rt_resolve(void)
{
	return g_resolver;
}

void mv_rt_enter_own(void)
{
	t_own_depth++;
}

void mv_rt_leave_own(void)
{
	t_own_depth--;
}

int mv_rt_wants_own(void)
{
	return t_own_depth > 0;
}

int mv_rt_device_count(void)
{
	return g_device_count;
}

int mv_rt_device(void)
{
	return t_device;
}

/* ---- contexts ---- */

cudaError_t mv_rt_primary(int device, CUcontext *context)
{
	cudaError_t err = cudaSuccess;

	if (device < 0 || device >= g_device_count)
		return cudaErrorInvalidDevice;
	pthread_mutex_lock(&g_lock);
	if (!g_primaries[device])
		err = g_legacy.cuDevicePrimaryCtxRetain(&g_primaries[device], device);
	*context = g_primaries[device];
	pthread_mutex_unlock(&g_lock);
	return err;
}

void mv_rt_forget_primary(void)
{
	pthread_mutex_lock(&g_lock);
	if (g_primaries[t_device])
		g_legacy.cuDevicePrimaryCtxRelease(t_device);
	g_primaries[t_device] = NULL;
	pthread_mutex_unlock(&g_lock);
}

cudaError_t mv_rt_set_device(int device)
{
	CUcontext context;
	cudaError_t err = mv_rt_primary(device, &context);

	if (!err)
		err = g_legacy.cuCtxSetCurrent(context);
	if (!err)
		t_device = device;
	return err;
}

/* The primary context was destroyed behind the runtime's back, or by another thread's reset: make it anew.  */
static cudaError_t renew(void)
{
	cudaError_t err = mv_rt_set_device(t_device);
	CUdevice device;

	if (!err && !g_legacy.cuCtxGetDevice(&device))
		return cudaSuccess;
	mv_rt_forget_primary();
	return mv_rt_set_device(t_device);
}

cudaError_t mv_rt_begin(void)
{
	cudaError_t err = mv_rt_start();
	CUdevice device;

	if (err)
		return err;
	err = g_legacy.cuCtxGetDevice(&device);
	if (err == CUDA_ERROR_INVALID_CONTEXT || err == CUDA_ERROR_CONTEXT_IS_DESTROYED)
		err = renew();
	return err;
}

/* ---- errors ---- */

cudaError_t mv_rt_end(int err)
{
	if (err)
		t_last_error = err;
	return err;
}

cudaError_t cudaPeekAtLastError(void)
{
	return t_last_error;
}

cudaError_t cudaGetLastError(void)
{
	cudaError_t err = t_last_error;

	t_last_error = cudaSuccess;
	return err;
}
