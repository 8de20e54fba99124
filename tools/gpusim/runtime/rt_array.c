/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/runtime/rt_array.h"

#include <stdbool.h>

#include "gpusim/runtime/rt_state.h"

/* Bits of a channel and kind, as the runtime has them, and the driver's format.  */
static const struct {
	int bits;
	enum cudaChannelFormatKind kind;
	int format;
} g_formats[] = {
	{ 8, cudaChannelFormatKindUnsigned, 0x01 }, { 16, cudaChannelFormatKindUnsigned, 0x02 },
	{ 32, cudaChannelFormatKindUnsigned, 0x03 }, { 8, cudaChannelFormatKindSigned, 0x08 },
	{ 16, cudaChannelFormatKindSigned, 0x09 }, { 32, cudaChannelFormatKindSigned, 0x0a },
	{ 16, cudaChannelFormatKindFloat, 0x10 }, { 32, cudaChannelFormatKindFloat, 0x20 },
};
enum { FORMATS = sizeof(g_formats) / sizeof(*g_formats) };

static unsigned int channels_of(const struct cudaChannelFormatDesc *format)
{
	return (unsigned int)((format->x > 0) + (format->y > 0) + (format->z > 0) + (format->w > 0));
}

static bool describe(CUDA_ARRAY3D_DESCRIPTOR *description, const struct cudaChannelFormatDesc *format,
		     struct cudaExtent extent, unsigned int flags)
{
	size_t i = 0;

	while (format && i < FORMATS && (g_formats[i].bits != format->x || g_formats[i].kind != format->f))
		i++;
	if (!format || i == FORMATS)
		return false;
	*description = (CUDA_ARRAY3D_DESCRIPTOR){ extent.width, extent.height, extent.depth, g_formats[i].format,
						  channels_of(format), flags };
	return true;
}

static struct cudaChannelFormatDesc format_of(const CUDA_ARRAY3D_DESCRIPTOR *description)
{
	struct cudaChannelFormatDesc format = { .f = cudaChannelFormatKindNone };
	int *channels[] = { &format.x, &format.y, &format.z, &format.w };

	for (size_t i = 0; i < FORMATS; i++) {
		if (g_formats[i].format != description->Format)
			continue;
		format.f = g_formats[i].kind;
		for (unsigned int k = 0; k < description->NumChannels && k < 4; k++)
			*channels[k] = g_formats[i].bits;
	}
	return format;
}

static cudaError_t get_description(CUDA_ARRAY3D_DESCRIPTOR *description, cudaArray_const_t array)
{
	return mv_rt_driver()->cuArray3DGetDescriptor(description, (CUarray)array);
}

size_t mv_rt_array_element(cudaArray_const_t array)
{
	CUDA_ARRAY3D_DESCRIPTOR description;
	struct cudaChannelFormatDesc format;

	if (get_description(&description, array))
		return 0;
	format = format_of(&description);
	return (size_t)format.x / 8 * description.NumChannels;
}

/* ---- the runtime API ---- */

struct cudaChannelFormatDesc cudaCreateChannelDesc(int x, int y, int z, int w, enum cudaChannelFormatKind kind)
{
	return (struct cudaChannelFormatDesc){ x, y, z, w, kind };
}

cudaError_t cudaMalloc3DArray(cudaArray_t *array, const struct cudaChannelFormatDesc *format, struct cudaExtent extent,
			      unsigned int flags)
{
	CUDA_ARRAY3D_DESCRIPTOR description;
	cudaError_t err = mv_rt_begin();

	if (!err && (!array || !describe(&description, format, extent, flags)))
		err = cudaErrorInvalidValue;
	return mv_rt_end(err ? err : mv_rt_driver()->cuArray3DCreate(array, &description));
}

cudaError_t cudaMallocArray(cudaArray_t *array, const struct cudaChannelFormatDesc *format, size_t width,
			    size_t height, unsigned int flags)
{
	return cudaMalloc3DArray(array, format, (struct cudaExtent){ width, height, 0 }, flags);
}

cudaError_t cudaFreeArray(cudaArray_t array)
{
	cudaError_t err = mv_rt_begin();

	if (err || !array)
		return mv_rt_end(err);
	return mv_rt_end(mv_rt_driver()->cuArrayDestroy(array));
}

cudaError_t cudaArrayGetInfo(struct cudaChannelFormatDesc *format, struct cudaExtent *extent, unsigned int *flags,
			     cudaArray_t array)
{
	CUDA_ARRAY3D_DESCRIPTOR description;
	cudaError_t err = mv_rt_begin();

	if (!err)
		err = get_description(&description, array);
	if (err)
		return mv_rt_end(err);
	if (format)
		*format = format_of(&description);
	if (extent)
		*extent = (struct cudaExtent){ description.Width, description.Height, description.Depth };
	if (flags)
		*flags = description.Flags;
	return cudaSuccess;
}

cudaError_t cudaGetChannelDesc(struct cudaChannelFormatDesc *format, cudaArray_const_t array)
{
	return cudaArrayGetInfo(format, NULL, NULL, (cudaArray_t)array);
}

cudaError_t cudaMallocMipmappedArray(cudaMipmappedArray_t *array, const struct cudaChannelFormatDesc *format,
				     struct cudaExtent extent, unsigned int levels, unsigned int flags)
{
	CUDA_ARRAY3D_DESCRIPTOR description;
	cudaError_t err = mv_rt_begin();

	if (!err && (!array || !describe(&description, format, extent, flags)))
		err = cudaErrorInvalidValue;
	return mv_rt_end(err ? err : mv_rt_driver()->cuMipmappedArrayCreate(array, &description, levels));
}

cudaError_t cudaGetMipmappedArrayLevel(cudaArray_t *level_array, cudaMipmappedArray_const_t array, unsigned int level)
{
	cudaError_t err = mv_rt_begin();

	return mv_rt_end(err ? err : mv_rt_driver()->cuMipmappedArrayGetLevel(level_array, (CUmipmappedArray)array,
									       level));
}

cudaError_t cudaFreeMipmappedArray(cudaMipmappedArray_t array)
{
	cudaError_t err = mv_rt_begin();

	if (err || !array)
		return mv_rt_end(err);
	return mv_rt_end(mv_rt_driver()->cuMipmappedArrayDestroy(array));
}
