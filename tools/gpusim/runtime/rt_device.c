/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/api/rt_device.h"

#include "gpusim/common/errtable.h"
#include "gpusim/runtime/rt_state.h"

/* What cudaRuntimeGetVersion answers: the newest release of the major version.  */
enum { RUNTIME_VERSION = MV_CUDART_MAJOR >= 13 ? 13020 : 12090 };

/* ---- errors and versions ---- */

const char *cudaGetErrorName(cudaError_t error)
{
	const struct mv_errtable_row *row = mv_errtable_find(error);

	return row && row->runtime_name ? row->runtime_name : "unrecognized error code";
}

const char *cudaGetErrorString(cudaError_t error)
{
	const struct mv_errtable_row *row = mv_errtable_find(error);

	return row && row->runtime_name ? row->text : "unrecognized error code";
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
	if (!version)
		return mv_rt_end(cudaErrorInvalidValue);
	*version = RUNTIME_VERSION;
	return cudaSuccess;
}

/* No driver at all is version 0, and no error.  */
cudaError_t cudaDriverGetVersion(int *version)
{
	cudaError_t err = mv_rt_start();

	if (!version)
		return mv_rt_end(cudaErrorInvalidValue);
	*version = 0;
	if (err == cudaErrorInsufficientDriver)
		return cudaSuccess;
	return mv_rt_end(mv_rt_driver()->cuDriverGetVersion(version));
}

/* ---- entry points of the driver ---- */

cudaError_t cudaGetDriverEntryPointByVersion(const char *symbol, void **function, unsigned int version,
					     unsigned long long flags, enum cudaDriverEntryPointQueryResult *status)
{
	CUdriverProcAddressQueryResult found = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
	cudaError_t err = mv_rt_start();

	if (err)
		return mv_rt_end(err);
	if (!symbol || !*symbol || !function)
		return mv_rt_end(cudaErrorInvalidValue);
	if (!flags && mv_rt_wants_own())
		flags = CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
	err = mv_rt_resolve()(symbol, function, (int)version, flags, &found);
	if (status)
		*status = (enum cudaDriverEntryPointQueryResult)found;
	return mv_rt_end(err);
}

cudaError_t cudaGetDriverEntryPoint(const char *symbol, void **function, unsigned long long flags,
				    enum cudaDriverEntryPointQueryResult *status)
{
	return cudaGetDriverEntryPointByVersion(symbol, function, RUNTIME_VERSION, flags, status);
}

cudaError_t cudaGetExportTable(const void **table, const cudaUUID_t *id)
{
	(void)id;
	if (table)
		*table = NULL;
	return mv_rt_end(cudaErrorNotSupported);
}

cudaError_t cudaProfilerStart(void)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuProfilerStart());
}

cudaError_t cudaProfilerStop(void)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuProfilerStop());
}

cudaError_t cudaLogsRegisterCallback(cudaLogsCallback_t function, void *data, cudaLogsCallbackHandle *callback)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLogsRegisterCallback(function, data, callback));
}

cudaError_t cudaLogsUnregisterCallback(cudaLogsCallbackHandle callback)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLogsUnregisterCallback(callback));
}

/* ---- the thread's device ---- */

cudaError_t cudaGetDeviceCount(int *count)
{
	cudaError_t err = mv_rt_start();

	if (!count)
		return mv_rt_end(cudaErrorInvalidValue);
	*count = err ? 0 : mv_rt_device_count();
	return mv_rt_end(err);
}

cudaError_t cudaGetDevice(int *device)
{
	cudaError_t err = mv_rt_start();
	CUdevice current;

	if (err)
		return mv_rt_end(err);
	if (!device)
		return mv_rt_end(cudaErrorInvalidValue);
	*device = mv_rt_driver()->cuCtxGetDevice(&current) ? mv_rt_device() : current;
	return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_set_device(device));
}

cudaError_t cudaInitDevice(int device, unsigned int device_flags, unsigned int flags)
{
	CUcontext context;
	cudaError_t err = mv_rt_start();

	if (!err && flags)
		err = mv_rt_driver()->cuDevicePrimaryCtxSetFlags(device, device_flags);
	return mv_rt_end(err ? err : mv_rt_primary(device, &context));
}

/* With cards that are all alike there is nothing to choose.  */
cudaError_t cudaSetValidDevices(int *devices, int count)
{
	return mv_rt_end(count < 0 || (count && !devices) ? cudaErrorInvalidValue : mv_rt_start());
}

cudaError_t cudaChooseDevice(int *device, const struct cudaDeviceProp *properties)
{
	if (!device || !properties)
		return mv_rt_end(cudaErrorInvalidValue);
	*device = 0;
	return mv_rt_end(mv_rt_start());
}

cudaError_t cudaSetDeviceFlags(unsigned int flags)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDevicePrimaryCtxSetFlags(mv_rt_device(), flags));
}

cudaError_t cudaGetDeviceFlags(unsigned int *flags)
{
	cudaError_t err = mv_rt_start();
	int is_active;

	if (!err)
		err = mv_rt_driver()->cuDevicePrimaryCtxGetState(mv_rt_device(), flags, &is_active);
	if (!err)
		*flags |= cudaDeviceMapHost;
	return mv_rt_end(err);
}

cudaError_t cudaDeviceSynchronize(void)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxSynchronize());
}

cudaError_t cudaDeviceReset(void)
{
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_driver()->cuDevicePrimaryCtxReset(mv_rt_device());
	if (!err)
		mv_rt_forget_primary();
	return mv_rt_end(err);
}

/* ---- questions ---- */

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int device)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGetAttribute(value, (CUdevice_attribute)attribute, device));
}

cudaError_t cudaDeviceGetByPCIBusId(int *device, const char *id)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGetByPCIBusId(device, id));
}

cudaError_t cudaDeviceGetPCIBusId(char *id, int size, int device)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGetPCIBusId(id, size, device));
}

cudaError_t cudaDeviceGetP2PAttribute(int *value, enum cudaDeviceP2PAttr attribute, int from, int to)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGetP2PAttribute(value, (CUdevice_P2PAttribute)attribute,
									      from, to));
}

cudaError_t cudaDeviceGetTexture1DLinearMaxWidth(size_t *elements, const struct cudaChannelFormatDesc *format,
						 int device)
{
	cudaError_t err = mv_rt_start();

	if (!err && !format)
		err = cudaErrorInvalidValue;
	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceGetTexture1DLinearMaxWidth(elements, 1, 1, device));
}

cudaError_t cudaDeviceGetStreamPriorityRange(int *least, int *greatest)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxGetStreamPriorityRange(least, greatest));
}

/* ---- peers ---- */

cudaError_t cudaDeviceCanAccessPeer(int *can_access, int device, int peer)
{
	cudaError_t err = mv_rt_start();

	return mv_rt_end(err ? err : mv_rt_driver()->cuDeviceCanAccessPeer(can_access, device, peer));
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned int flags)
{
	CUcontext context;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_primary(peer, &context);
	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxEnablePeerAccess(context, flags));
}

cudaError_t cudaDeviceDisablePeerAccess(int peer)
{
	CUcontext context;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = mv_rt_primary(peer, &context);
	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxDisablePeerAccess(context));
}

/* ---- limits and preferences ---- */

cudaError_t cudaDeviceGetLimit(size_t *value, enum cudaLimit limit)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxGetLimit(value, (CUlimit)limit));
}

cudaError_t cudaDeviceSetLimit(enum cudaLimit limit, size_t value)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxSetLimit((CUlimit)limit, value));
}

cudaError_t cudaDeviceGetCacheConfig(enum cudaFuncCache *config)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxGetCacheConfig((CUfunc_cache *)config));
}

cudaError_t cudaDeviceSetCacheConfig(enum cudaFuncCache config)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxSetCacheConfig((CUfunc_cache)config));
}

cudaError_t cudaDeviceGetSharedMemConfig(enum cudaSharedMemConfig *config)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxGetSharedMemConfig((CUsharedconfig *)config));
}

cudaError_t cudaDeviceSetSharedMemConfig(enum cudaSharedMemConfig config)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxSetSharedMemConfig((CUsharedconfig)config));
}

cudaError_t cudaCtxResetPersistingL2Cache(void)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuCtxResetPersistingL2Cache());
}
