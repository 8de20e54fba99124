/* SPDX-License-Identifier: Apache-2.0 */
/* Nearly every property is a device attribute of the driver: the table says which.  */
#include "gpusim/api/rt_properties.h"

#include <stddef.h>
#include <string.h>

#include "gpusim/api/rt_device.h"
#include "gpusim/runtime/rt_state.h"

#define INT_FIELD(attribute, field) { attribute, 0, offsetof(struct cudaDeviceProp, field) }
#define SIZE_FIELD(attribute, field) { attribute, 1, offsetof(struct cudaDeviceProp, field) }

static const struct {
	short attribute;
	short is_size;		/* the field is a size_t, not an int */
	size_t offset;
} g_fields[] = {
	INT_FIELD(1, maxThreadsPerBlock),
	INT_FIELD(2, maxThreadsDim[0]), INT_FIELD(3, maxThreadsDim[1]), INT_FIELD(4, maxThreadsDim[2]),
	INT_FIELD(5, maxGridSize[0]), INT_FIELD(6, maxGridSize[1]), INT_FIELD(7, maxGridSize[2]),
	SIZE_FIELD(8, sharedMemPerBlock), SIZE_FIELD(9, totalConstMem), INT_FIELD(10, warpSize),
	SIZE_FIELD(11, memPitch), INT_FIELD(12, regsPerBlock), SIZE_FIELD(14, textureAlignment),
	INT_FIELD(16, multiProcessorCount), INT_FIELD(18, integrated), INT_FIELD(19, canMapHostMemory),
	INT_FIELD(21, maxTexture1D), INT_FIELD(22, maxTexture2D[0]), INT_FIELD(23, maxTexture2D[1]),
	INT_FIELD(24, maxTexture3D[0]), INT_FIELD(25, maxTexture3D[1]), INT_FIELD(26, maxTexture3D[2]),
	INT_FIELD(27, maxTexture2DLayered[0]), INT_FIELD(28, maxTexture2DLayered[1]),
	INT_FIELD(29, maxTexture2DLayered[2]),
	SIZE_FIELD(30, surfaceAlignment), INT_FIELD(31, concurrentKernels), INT_FIELD(32, ECCEnabled),
	INT_FIELD(33, pciBusID), INT_FIELD(34, pciDeviceID), INT_FIELD(35, tccDriver),
	INT_FIELD(37, memoryBusWidth), INT_FIELD(38, l2CacheSize), INT_FIELD(39, maxThreadsPerMultiProcessor),
	INT_FIELD(40, asyncEngineCount), INT_FIELD(41, unifiedAddressing),
	INT_FIELD(42, maxTexture1DLayered[0]), INT_FIELD(43, maxTexture1DLayered[1]),
	INT_FIELD(45, maxTexture2DGather[0]), INT_FIELD(46, maxTexture2DGather[1]),
	INT_FIELD(47, maxTexture3DAlt[0]), INT_FIELD(48, maxTexture3DAlt[1]), INT_FIELD(49, maxTexture3DAlt[2]),
	INT_FIELD(50, pciDomainID), SIZE_FIELD(51, texturePitchAlignment), INT_FIELD(52, maxTextureCubemap),
	INT_FIELD(53, maxTextureCubemapLayered[0]), INT_FIELD(54, maxTextureCubemapLayered[1]),
	INT_FIELD(55, maxSurface1D), INT_FIELD(56, maxSurface2D[0]), INT_FIELD(57, maxSurface2D[1]),
	INT_FIELD(58, maxSurface3D[0]), INT_FIELD(59, maxSurface3D[1]), INT_FIELD(60, maxSurface3D[2]),
	INT_FIELD(61, maxSurface1DLayered[0]), INT_FIELD(62, maxSurface1DLayered[1]),
	INT_FIELD(63, maxSurface2DLayered[0]), INT_FIELD(64, maxSurface2DLayered[1]),
	INT_FIELD(65, maxSurface2DLayered[2]), INT_FIELD(66, maxSurfaceCubemap),
	INT_FIELD(67, maxSurfaceCubemapLayered[0]), INT_FIELD(68, maxSurfaceCubemapLayered[1]),
	INT_FIELD(70, maxTexture2DLinear[0]), INT_FIELD(71, maxTexture2DLinear[1]),
	INT_FIELD(72, maxTexture2DLinear[2]),
	INT_FIELD(73, maxTexture2DMipmap[0]), INT_FIELD(74, maxTexture2DMipmap[1]), INT_FIELD(75, major),
	INT_FIELD(76, minor), INT_FIELD(77, maxTexture1DMipmap), INT_FIELD(78, streamPrioritiesSupported),
	INT_FIELD(79, globalL1CacheSupported), INT_FIELD(80, localL1CacheSupported),
	SIZE_FIELD(81, sharedMemPerMultiprocessor), INT_FIELD(82, regsPerMultiprocessor), INT_FIELD(83, managedMemory),
	INT_FIELD(84, isMultiGpuBoard), INT_FIELD(85, multiGpuBoardGroupID), INT_FIELD(86, hostNativeAtomicSupported),
	INT_FIELD(88, pageableMemoryAccess), INT_FIELD(89, concurrentManagedAccess),
	INT_FIELD(90, computePreemptionSupported), INT_FIELD(91, canUseHostPointerForRegisteredMem),
	INT_FIELD(95, cooperativeLaunch), SIZE_FIELD(97, sharedMemPerBlockOptin), INT_FIELD(99, hostRegisterSupported),
	INT_FIELD(100, pageableMemoryAccessUsesHostPageTables), INT_FIELD(101, directManagedMemAccessFromHost),
	INT_FIELD(106, maxBlocksPerMultiProcessor), INT_FIELD(108, persistingL2CacheMaxSize),
	INT_FIELD(109, accessPolicyMaxWindowSize), SIZE_FIELD(111, reservedSharedMemPerBlock),
	INT_FIELD(112, sparseCudaArraySupported), INT_FIELD(113, hostRegisterReadOnlySupported),
	INT_FIELD(114, timelineSemaphoreInteropSupported), INT_FIELD(115, memoryPoolsSupported),
	INT_FIELD(116, gpuDirectRDMASupported), INT_FIELD(117, gpuDirectRDMAFlushWritesOptions),
	INT_FIELD(118, gpuDirectRDMAWritesOrdering), INT_FIELD(119, memoryPoolSupportedHandleTypes),
	INT_FIELD(120, clusterLaunch), INT_FIELD(121, deferredMappingCudaArraySupported),
	INT_FIELD(125, ipcEventSupported), INT_FIELD(129, unifiedFunctionPointers),
#if MV_CUDART_MAJOR < 13
	INT_FIELD(13, clockRate), INT_FIELD(15, deviceOverlap), INT_FIELD(17, kernelExecTimeoutEnabled),
	INT_FIELD(20, computeMode), INT_FIELD(36, memoryClockRate), INT_FIELD(69, maxTexture1DLinear),
	INT_FIELD(87, singleToDoublePrecisionPerfRatio), INT_FIELD(96, cooperativeMultiDeviceLaunch),
#else
	INT_FIELD(130, deviceNumaConfig), INT_FIELD(131, deviceNumaId), INT_FIELD(133, mpsEnabled),
	INT_FIELD(134, hostNumaId), INT_FIELD(139, gpuPciDeviceID), INT_FIELD(140, gpuPciSubsystemID),
	INT_FIELD(143, hostNumaMultinodeIpcSupported),
#endif
};

static cudaError_t fill(struct cudaDeviceProp *properties, int device)
{
	const struct mv_rt_driver *driver = mv_rt_driver();
	cudaError_t err = driver->cuDeviceGetName(properties->name, sizeof(properties->name), device);

	if (!err)
		err = driver->cuDeviceGetUuid(&properties->uuid, device);
	if (!err)
		err = driver->cuDeviceTotalMem(&properties->totalGlobalMem, device);
	for (size_t i = 0; !err && i < sizeof(g_fields) / sizeof(*g_fields); i++) {
		char *field = (char *)properties + g_fields[i].offset;
		int value = 0;

		err = driver->cuDeviceGetAttribute(&value, g_fields[i].attribute, device);
		if (g_fields[i].is_size)
			*(size_t *)(void *)field = (size_t)value;
		else
			*(int *)(void *)field = value;
	}
	return err;
}

#if MV_CUDART_MAJOR >= 13
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device)
#else
cudaError_t cudaGetDeviceProperties_v2(struct cudaDeviceProp *properties, int device)
#endif
{
	cudaError_t err = mv_rt_start();

	if (!err && !properties)
		err = cudaErrorInvalidValue;
	if (err)
		return mv_rt_end(err);
	memset(properties, 0, sizeof(*properties));
	return mv_rt_end(fill(properties, device));
}
