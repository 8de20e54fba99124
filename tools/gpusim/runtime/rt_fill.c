/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/api/rt_copy.h"
#include "gpusim/runtime/rt_state.h"

cudaError_t cudaMemset(void *ptr, int value, size_t size)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemsetD8((uintptr_t)ptr, (unsigned char)value, size));
}

cudaError_t cudaMemsetAsync(void *ptr, int value, size_t size, cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemsetD8Async((uintptr_t)ptr, (unsigned char)value, size, stream));
}

cudaError_t cudaMemset2D(void *ptr, size_t pitch, int value, size_t width, size_t height)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemsetD2D8((uintptr_t)ptr, pitch, (unsigned char)value, width,
								   height));
}

cudaError_t cudaMemset2DAsync(void *ptr, size_t pitch, int value, size_t width, size_t height, cudaStream_t stream)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMemsetD2D8Async((uintptr_t)ptr, pitch, (unsigned char)value,
									width, height, stream));
}

/* Slice by slice.  */
cudaError_t cudaMemset3DAsync(struct cudaPitchedPtr pitched, int value, struct cudaExtent extent, cudaStream_t stream)
{
	cudaError_t err = mv_rt_end(mv_rt_begin());

	for (size_t z = 0; z < extent.depth && !err; z++)
		err = cudaMemset2DAsync((char *)pitched.ptr + z * pitched.pitch * pitched.ysize, pitched.pitch, value,
					extent.width, extent.height, stream);
	return err;
}

cudaError_t cudaMemset3D(struct cudaPitchedPtr pitched, int value, struct cudaExtent extent)
{
	return cudaMemset3DAsync(pitched, value, extent, NULL);
}
