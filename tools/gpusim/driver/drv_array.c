/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_array.h"

#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_memory.h"
#include "gpusim/driver/drv_start.h"

enum { ARRAY_ALIGNMENT = 512, CUBE_FACES = 6 };

struct CUmipmappedArray_st {
	struct mv_handle head;
	CUcontext context;
	CUdeviceptr ptr;
	unsigned int level_count;
	CUarray levels[MV_ARRAY_LEVELS];
};

/* Formats: bytes for each channel of an element or, where texels are packed in blocks of 4 by 4, for each block.  */
static const struct {
	unsigned char first, last, bytes;
	bool is_block;
} g_formats[] = {
	{ 0x01, 0x01, 1, false }, { 0x02, 0x02, 2, false }, { 0x03, 0x03, 4, false },	/* unsigned */
	{ 0x08, 0x08, 1, false }, { 0x09, 0x09, 2, false }, { 0x0a, 0x0a, 4, false },	/* signed */
	{ 0x10, 0x10, 2, false }, { 0x20, 0x20, 4, false },				/* half, float */
	{ 0x91, 0x92, 8, true }, { 0x93, 0x96, 16, true }, { 0x97, 0x98, 8, true },	/* BC1, BC2 and 3, BC4 */
	{ 0x99, 0x9e, 16, true },							/* BC5 to BC7 */
	{ 0xc0, 0xc2, 1, false }, { 0xc3, 0xc5, 2, false },				/* UNORM, 8 and 16 bits */
	{ 0xc6, 0xc8, 1, false }, { 0xc9, 0xcb, 2, false },				/* SNORM, 8 and 16 bits */
};

CUarray mv_array_get(CUarray array)
{
	return mv_handle_get(array, MV_HANDLE_ARRAY);
}

static size_t at_least_one(size_t value)
{
	return value ? value : 1;
}

/* Fill in the layout that follows from the description.  False for what can't be.  */
static bool lay_out(CUarray array)
{
	const CUDA_ARRAY3D_DESCRIPTOR *description = &array->description;
	size_t i = 0, across = description->Width, down = at_least_one(description->Height);

	while (i < sizeof(g_formats) / sizeof(*g_formats) &&
	       (description->Format < g_formats[i].first || description->Format > g_formats[i].last))
		i++;
	if (i == sizeof(g_formats) / sizeof(*g_formats) || !across)
		return false;
	if (g_formats[i].is_block) {
		across = (across + 3) / 4;
		down = (down + 3) / 4;
	} else if (description->NumChannels != 1 && description->NumChannels != 2 && description->NumChannels != 4) {
		return false;
	}
	if ((description->Flags & CUDA_ARRAY3D_CUBEMAP) && (!description->Depth || description->Depth % CUBE_FACES))
		return false;
	array->pitch = across * g_formats[i].bytes * (g_formats[i].is_block ? 1 : description->NumChannels);
	array->rows = down;
	array->slices = at_least_one(description->Depth);
	return true;
}

/* 0 when that can't be expressed.  */
static size_t size_of(const struct CUarray_st *array)
{
	size_t size;

	if (__builtin_mul_overflow(array->pitch, array->rows, &size) ||
	    __builtin_mul_overflow(size, array->slices, &size))
		return 0;
	return mv_card_round(size, ARRAY_ALIGNMENT);
}

/* Called with the lock held.  */
static CUdeviceptr place(CUcontext context, size_t size)
{
	struct mv_block block = { .kind = MV_BLOCK_ARRAY, .size = size, .card = context->card };

	if (!size)
		return 0;
	block.base = mv_card_allocate(context->card, size);
	if (block.base && !mv_block_add(&block)) {
		mv_card_free(context->card, block.base, size);
		return 0;
	}
	return block.base;
}

static void free_at(CUdeviceptr ptr)
{
	mv_memory_free_block(mv_block_find(ptr));
}

static CUarray make(CUcontext context, const CUDA_ARRAY3D_DESCRIPTOR *description)
{
	CUarray array = mv_handle_new(MV_HANDLE_ARRAY);

	if (!array)
		return NULL;
	array->context = context;
	array->description = *description;
	if (lay_out(array))
		return array;
	mv_handle_free(array);
	return NULL;
}

/* ---- arrays ---- */

CUresult cuArray3DCreate_v2(CUarray *array, const CUDA_ARRAY3D_DESCRIPTOR *description)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);
	CUarray made;

	if (err)
		return err;
	if (!array || !description)
		return CUDA_ERROR_INVALID_VALUE;
	if (description->Flags & (CUDA_ARRAY3D_SPARSE | CUDA_ARRAY3D_DEFERRED_MAPPING))
		return CUDA_ERROR_NOT_SUPPORTED;
	made = make(context, description);
	if (!made)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	made->ptr = place(context, size_of(made));
	mv_card_unlock();
	if (!made->ptr) {
		mv_handle_free(made);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	*array = made;
	return CUDA_SUCCESS;
}

CUresult cuArrayCreate_v2(CUarray *array, const CUDA_ARRAY_DESCRIPTOR *flat)
{
	CUDA_ARRAY3D_DESCRIPTOR description;

	if (!flat)
		return CUDA_ERROR_INVALID_VALUE;
	description = (CUDA_ARRAY3D_DESCRIPTOR){ .Width = flat->Width, .Height = flat->Height, .Format = flat->Format,
						 .NumChannels = flat->NumChannels };
	return cuArray3DCreate_v2(array, &description);
}

CUresult cuArray3DGetDescriptor_v2(CUDA_ARRAY3D_DESCRIPTOR *description, CUarray array)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	array = mv_array_get(array);
	if (!array)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!description)
		return CUDA_ERROR_INVALID_VALUE;
	*description = array->description;
	return CUDA_SUCCESS;
}

CUresult cuArrayGetDescriptor_v2(CUDA_ARRAY_DESCRIPTOR *flat, CUarray array)
{
	CUDA_ARRAY3D_DESCRIPTOR description;
	CUresult err = cuArray3DGetDescriptor_v2(&description, array);

	if (err)
		return err;
	if (!flat)
		return CUDA_ERROR_INVALID_VALUE;
	*flat = (CUDA_ARRAY_DESCRIPTOR){ description.Width, description.Height, description.Format,
					 description.NumChannels };
	return CUDA_SUCCESS;
}

/* As CUDA has it, only arrays without memory of their own may be asked; there are none of those here.  */
CUresult cuArrayGetMemoryRequirements(CUDA_ARRAY_MEMORY_REQUIREMENTS *requirements, CUarray array, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!mv_array_get(array))
		return CUDA_ERROR_INVALID_HANDLE;
	(void)requirements;
	return CUDA_ERROR_INVALID_VALUE;
}

CUresult cuArrayDestroy(CUarray array)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	array = mv_array_get(array);
	if (!array || array->owner) {
		err = CUDA_ERROR_INVALID_HANDLE;
	} else {
		free_at(array->ptr);
		mv_handle_free(array);
	}
	mv_card_unlock();
	return err;
}

/* ---- mipmapped arrays ---- */

static void dispose(CUmipmappedArray mipmap)
{
	for (unsigned int i = 0; i < mipmap->level_count; i++)
		mv_handle_free(mipmap->levels[i]);
	if (mipmap->ptr)
		free_at(mipmap->ptr);
	mv_handle_free(mipmap);
}

static size_t halve(size_t extent, unsigned int level)
{
	return extent ? at_least_one(extent >> level) : 0;
}

/* Layers and the faces of a cube stay, depth shrinks.  */
static bool has_depth(const CUDA_ARRAY3D_DESCRIPTOR *description)
{
	return !(description->Flags & (CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_CUBEMAP));
}

/* CUDA clamps the number of levels to 1 + floor(log2(the longest extent)).  */
static unsigned int clamp_levels(const CUDA_ARRAY3D_DESCRIPTOR *description, unsigned int count)
{
	size_t longest = description->Width > description->Height ? description->Width : description->Height;
	unsigned int most = 1;

	if (has_depth(description) && description->Depth > longest)
		longest = description->Depth;
	while (longest >>= 1)
		most++;
	return count < most ? count : most;
}

static bool make_levels(CUmipmappedArray mipmap, const CUDA_ARRAY3D_DESCRIPTOR *description, unsigned int count)
{
	CUDA_ARRAY3D_DESCRIPTOR level = *description;

	for (unsigned int i = 0; i < count; i++) {
		level.Width = halve(description->Width, i);
		level.Height = halve(description->Height, i);
		if (has_depth(description))
			level.Depth = halve(description->Depth, i);
		mipmap->levels[i] = make(mipmap->context, &level);
		if (!mipmap->levels[i])
			return false;
		mipmap->levels[i]->owner = mipmap;
		mipmap->level_count++;
	}
	return true;
}

static bool place_levels(CUmipmappedArray mipmap)
{
	CUdeviceptr ptr;
	size_t size = 0;

	for (unsigned int i = 0; i < mipmap->level_count; i++)
		size += size_of(mipmap->levels[i]);
	ptr = mipmap->ptr = place(mipmap->context, size);
	for (unsigned int i = 0; ptr && i < mipmap->level_count; i++) {
		mipmap->levels[i]->ptr = ptr;
		ptr += size_of(mipmap->levels[i]);
	}
	return ptr != 0;
}

CUresult cuMipmappedArrayCreate(CUmipmappedArray *array, const CUDA_ARRAY3D_DESCRIPTOR *description,
				unsigned int levels)
{
	CUmipmappedArray mipmap;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!array || !description || !levels)
		return CUDA_ERROR_INVALID_VALUE;
	if (description->Flags & (CUDA_ARRAY3D_SPARSE | CUDA_ARRAY3D_DEFERRED_MAPPING))
		return CUDA_ERROR_NOT_SUPPORTED;
	mipmap = mv_handle_new(MV_HANDLE_MIPMAP);
	if (!mipmap)
		return CUDA_ERROR_OUT_OF_MEMORY;
	mipmap->context = context;
	mv_card_lock();
	levels = clamp_levels(description, levels);
	if (!make_levels(mipmap, description, levels < MV_ARRAY_LEVELS ? levels : MV_ARRAY_LEVELS))
		err = CUDA_ERROR_INVALID_VALUE;
	else if (!place_levels(mipmap))
		err = CUDA_ERROR_OUT_OF_MEMORY;
	if (err)
		dispose(mipmap);
	mv_card_unlock();
	if (!err)
		*array = mipmap;
	return err;
}

CUresult cuMipmappedArrayGetLevel(CUarray *level_array, CUmipmappedArray array, unsigned int level)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	array = mv_handle_get(array, MV_HANDLE_MIPMAP);
	if (!array)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!level_array || level >= array->level_count)
		return CUDA_ERROR_INVALID_VALUE;
	*level_array = array->levels[level];
	return CUDA_SUCCESS;
}

CUresult cuMipmappedArrayGetMemoryRequirements(CUDA_ARRAY_MEMORY_REQUIREMENTS *requirements, CUmipmappedArray array,
					       CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	(void)requirements;
	if (err)
		return err;
	return mv_handle_get(array, MV_HANDLE_MIPMAP) ? CUDA_ERROR_INVALID_VALUE : CUDA_ERROR_INVALID_HANDLE;
}

CUresult cuMipmappedArrayDestroy(CUmipmappedArray array)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	array = mv_handle_get(array, MV_HANDLE_MIPMAP);
	if (array)
		dispose(array);
	mv_card_unlock();
	return array ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

/* ---- the end of a context ---- */

static void destroy_mipmap_of(void *object, void *context)
{
	CUmipmappedArray mipmap = object;

	if (mipmap->context == context)
		dispose(mipmap);
}

static void destroy_array_of(void *object, void *context)
{
	CUarray array = object;

	if (array->context != context)
		return;
	free_at(array->ptr);
	mv_handle_free(array);
}

void mv_array_destroy_all_of(CUcontext context)
{
	mv_handle_each(MV_HANDLE_MIPMAP, destroy_mipmap_of, context);
	mv_handle_each(MV_HANDLE_ARRAY, destroy_array_of, context);
}
