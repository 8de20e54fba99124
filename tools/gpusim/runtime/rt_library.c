/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries of device code, textures and surfaces.  */
#include "gpusim/api/rt_launch.h"
#include "gpusim/runtime/rt_state.h"

cudaError_t cudaLibraryLoadData(cudaLibrary_t *library, const void *code, enum cudaJitOption *jit_options,
				void **jit_values, unsigned int jit_count, enum cudaLibraryOption *options,
				void **values, unsigned int count)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryLoadData(library, code, (CUjit_option *)jit_options,
								       jit_values, jit_count,
								       (CUlibraryOption *)options, values, count));
}

cudaError_t cudaLibraryLoadFromFile(cudaLibrary_t *library, const char *path, enum cudaJitOption *jit_options,
				    void **jit_values, unsigned int jit_count, enum cudaLibraryOption *options,
				    void **values, unsigned int count)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryLoadFromFile(library, path, (CUjit_option *)jit_options,
									   jit_values, jit_count,
									   (CUlibraryOption *)options, values, count));
}

cudaError_t cudaLibraryUnload(cudaLibrary_t library)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryUnload(library));
}

cudaError_t cudaLibraryGetKernel(cudaKernel_t *kernel, cudaLibrary_t library, const char *name)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryGetKernel(kernel, library, name));
}

cudaError_t cudaLibraryGetKernelCount(unsigned int *count, cudaLibrary_t library)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryGetKernelCount(count, library));
}

cudaError_t cudaLibraryEnumerateKernels(cudaKernel_t *kernels, unsigned int count, cudaLibrary_t library)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryEnumerateKernels(kernels, count, library));
}

cudaError_t cudaLibraryGetGlobal(void **ptr, size_t *size, cudaLibrary_t library, const char *name)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryGetGlobal((CUdeviceptr *)ptr, size, library, name));
}

cudaError_t cudaLibraryGetManaged(void **ptr, size_t *size, cudaLibrary_t library, const char *name)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryGetManaged((CUdeviceptr *)ptr, size, library, name));
}

cudaError_t cudaLibraryGetUnifiedFunction(void **function, cudaLibrary_t library, const char *symbol)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuLibraryGetUnifiedFunction(function, library, symbol));
}

/* ---- textures and surfaces ---- */

/* The driver keeps what it is told; nothing reads it but the driver's own queries.  */
static CUDA_RESOURCE_DESC driver_resource(const struct cudaResourceDesc *resource)
{
	CUDA_RESOURCE_DESC description = { .resType = (int)resource->resType };

	description.res.array = resource->res.array;
	return description;
}

cudaError_t cudaCreateTextureObject(cudaTextureObject_t *texture, const struct cudaResourceDesc *resource,
				    const struct cudaTextureDesc *description,
				    const struct cudaResourceViewDesc *view)
{
	const CUDA_TEXTURE_DESC plain = { .reserved = { 0 } };
	CUDA_RESOURCE_DESC driver;
	cudaError_t err = mv_rt_begin();

	(void)view;
	if (!err && (!texture || !resource || !description))
		err = cudaErrorInvalidValue;
	if (err)
		return mv_rt_end(err);
	driver = driver_resource(resource);
	return mv_rt_end(mv_rt_driver()->cuTexObjectCreate(texture, &driver, &plain, NULL));
}

cudaError_t cudaDestroyTextureObject(cudaTextureObject_t texture)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuTexObjectDestroy(texture));
}

cudaError_t cudaCreateSurfaceObject(cudaSurfaceObject_t *surface, const struct cudaResourceDesc *resource)
{
	CUDA_RESOURCE_DESC driver;
	cudaError_t err = mv_rt_begin();

	if (!err && (!surface || !resource))
		err = cudaErrorInvalidValue;
	if (err)
		return mv_rt_end(err);
	driver = driver_resource(resource);
	return mv_rt_end(mv_rt_driver()->cuSurfObjectCreate(surface, &driver));
}

cudaError_t cudaDestroySurfaceObject(cudaSurfaceObject_t surface)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuSurfObjectDestroy(surface));
}
