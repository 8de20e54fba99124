/* SPDX-License-Identifier: Apache-2.0 */
/* Texture and surface objects keep what they were made of; tensor maps are zeros.  Kernels look at none of them.  */
#include <string.h>

#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_function.h"
#include "gpusim/driver/drv_start.h"

struct sampler {
	struct mv_handle head;
	CUDA_RESOURCE_DESC resource;
	CUDA_TEXTURE_DESC description;
	CUDA_RESOURCE_VIEW_DESC view;
	bool has_view;
};

_Static_assert(sizeof(struct sampler) <= MV_HANDLE_BYTES, "fits a slot");

static struct sampler *get(CUtexObject object, enum mv_handle_kind kind)
{
	return mv_handle_get((void *)(uintptr_t)object, kind);
}

static CUresult make(struct sampler **made, const CUDA_RESOURCE_DESC *resource, enum mv_handle_kind kind)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!resource)
		return CUDA_ERROR_INVALID_VALUE;
	*made = mv_handle_new(kind);
	if (!*made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	(*made)->resource = *resource;
	return CUDA_SUCCESS;
}

CUresult cuTexObjectCreate(CUtexObject *texture, const CUDA_RESOURCE_DESC *resource,
			   const CUDA_TEXTURE_DESC *description, const CUDA_RESOURCE_VIEW_DESC *view)
{
	struct sampler *made;
	CUresult err;

	if (!texture || !description)
		return CUDA_ERROR_INVALID_VALUE;
	err = make(&made, resource, MV_HANDLE_TEXTURE);
	if (err)
		return err;
	made->description = *description;
	made->has_view = view != NULL;
	if (view)
		made->view = *view;
	*texture = (uintptr_t)made;
	return CUDA_SUCCESS;
}

CUresult cuTexObjectDestroy(CUtexObject texture)
{
	struct sampler *sampler = get(texture, MV_HANDLE_TEXTURE);

	mv_handle_free(sampler);
	return sampler ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuTexObjectGetResourceDesc(CUDA_RESOURCE_DESC *resource, CUtexObject texture)
{
	struct sampler *sampler = get(texture, MV_HANDLE_TEXTURE);

	if (!sampler || !resource)
		return CUDA_ERROR_INVALID_VALUE;
	*resource = sampler->resource;
	return CUDA_SUCCESS;
}

CUresult cuTexObjectGetTextureDesc(CUDA_TEXTURE_DESC *description, CUtexObject texture)
{
	struct sampler *sampler = get(texture, MV_HANDLE_TEXTURE);

	if (!sampler || !description)
		return CUDA_ERROR_INVALID_VALUE;
	*description = sampler->description;
	return CUDA_SUCCESS;
}

CUresult cuTexObjectGetResourceViewDesc(CUDA_RESOURCE_VIEW_DESC *view, CUtexObject texture)
{
	struct sampler *sampler = get(texture, MV_HANDLE_TEXTURE);

	if (!sampler || !view || !sampler->has_view)
		return CUDA_ERROR_INVALID_VALUE;
	*view = sampler->view;
	return CUDA_SUCCESS;
}

CUresult cuSurfObjectCreate(CUsurfObject *surface, const CUDA_RESOURCE_DESC *resource)
{
	struct sampler *made;
	CUresult err;

	if (!surface)
		return CUDA_ERROR_INVALID_VALUE;
	err = make(&made, resource, MV_HANDLE_SURFACE);
	if (!err)
		*surface = (uintptr_t)made;
	return err;
}

CUresult cuSurfObjectDestroy(CUsurfObject surface)
{
	struct sampler *sampler = get(surface, MV_HANDLE_SURFACE);

	mv_handle_free(sampler);
	return sampler ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuSurfObjectGetResourceDesc(CUDA_RESOURCE_DESC *resource, CUsurfObject surface)
{
	struct sampler *sampler = get(surface, MV_HANDLE_SURFACE);

	if (!sampler || !resource)
		return CUDA_ERROR_INVALID_VALUE;
	*resource = sampler->resource;
	return CUDA_SUCCESS;
}

CUresult cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank, void *address,
				const cuuint64_t *dimensions, const cuuint64_t *strides, const cuuint32_t *box,
				const cuuint32_t *element_strides, CUtensorMapInterleave interleave,
				CUtensorMapSwizzle swizzle, CUtensorMapL2promotion promotion,
				CUtensorMapFloatOOBfill fill)
{
	(void)type;
	(void)address;
	(void)strides;
	(void)interleave;
	(void)swizzle;
	(void)promotion;
	(void)fill;
	if (!map || (uintptr_t)map % 64 || !rank || rank > 5 || !dimensions || !box || !element_strides)
		return CUDA_ERROR_INVALID_VALUE;
	memset(map, 0, sizeof(*map));
	return CUDA_SUCCESS;
}

CUresult cuTensorMapReplaceAddress(CUtensorMap *map, void *address)
{
	(void)address;
	return map ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
