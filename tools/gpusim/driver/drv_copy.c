/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_copy.h"

#include <stdbool.h>
#include <string.h>

#include "gpusim/driver/drv_array.h"
#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_vmm.h"

/* One end of a copy.  The bytes of row Y of slice Z begin at START + Y * PITCH + Z * SLICE.  */
struct end {
	char *start;
	size_t pitch, slice;
	bool is_hollow;		/* can't be touched by the host */
};

/* The bytes from the first to the last that is touched; 0 when that can't be expressed.  */
static size_t span(const struct end *end, size_t width, size_t height, size_t depth)
{
	size_t rows, slices, all;

	if (__builtin_mul_overflow(height - 1, end->pitch, &rows) ||
	    __builtin_mul_overflow(depth - 1, end->slice, &slices) || __builtin_add_overflow(rows, slices, &all) ||
	    __builtin_add_overflow(all, width, &all))
		return 0;
	return all;
}

/* True if [PTR, PTR + SIZE) lies in blocks that follow each other without a gap.  */
static bool is_known(CUdeviceptr ptr, size_t size)
{
	CUdeviceptr end = ptr + size;

	while (ptr < end) {
		const struct mv_block *block = mv_block_find(ptr);

		if (!block)
			return false;
		ptr = block->base + block->size;
	}
	return true;
}

/* Check an end that TYPE says what it is, and note whether it can be touched.  Called with the lock held.  */
static bool check(struct end *end, CUmemorytype type, size_t size)
{
	CUdeviceptr ptr = (uintptr_t)end->start;
	bool is_noted = mv_block_find(ptr) != NULL;

	end->is_hollow = is_noted && mv_block_is_hollow(ptr);
	if (!size || ptr + size < ptr)
		return false;
	if (type == CU_MEMORYTYPE_HOST)
		return ptr && !end->is_hollow && (is_noted || !mv_card_owns(ptr));
	if (type == CU_MEMORYTYPE_UNIFIED && !is_noted)
		return ptr && !mv_card_owns(ptr) && !mv_vmm_find_range(ptr, NULL, NULL);
	return is_known(ptr, size);
}

static bool find_start(struct end *end, CUmemorytype type, CUdeviceptr device, const void *host, CUarray array)
{
	switch (type) {
	case CU_MEMORYTYPE_HOST:
		end->start = (char *)(uintptr_t)host;
		return true;
	case CU_MEMORYTYPE_DEVICE:
	case CU_MEMORYTYPE_UNIFIED:
		end->start = (char *)device;
		return true;
	case CU_MEMORYTYPE_ARRAY:
		array = mv_array_get(array);
		if (!array)
			return false;
		end->start = (char *)array->ptr;
		end->pitch = array->pitch;
		end->slice = array->pitch * array->rows;
		return true;
	}
	return false;
}

static bool find_source(const CUDA_MEMCPY3D *copy, struct end *end)
{
	end->pitch = copy->srcPitch ? copy->srcPitch : copy->WidthInBytes;
	end->slice = end->pitch * (copy->srcHeight ? copy->srcHeight : copy->Height);
	if (!find_start(end, copy->srcMemoryType, copy->srcDevice, copy->srcHost, copy->srcArray))
		return false;
	end->start += copy->srcXInBytes + copy->srcY * end->pitch + copy->srcZ * end->slice;
	return end->pitch >= copy->WidthInBytes;
}

static bool find_target(const CUDA_MEMCPY3D *copy, struct end *end)
{
	end->pitch = copy->dstPitch ? copy->dstPitch : copy->WidthInBytes;
	end->slice = end->pitch * (copy->dstHeight ? copy->dstHeight : copy->Height);
	if (!find_start(end, copy->dstMemoryType, copy->dstDevice, copy->dstHost, copy->dstArray))
		return false;
	end->start += copy->dstXInBytes + copy->dstY * end->pitch + copy->dstZ * end->slice;
	return end->pitch >= copy->WidthInBytes;
}

static void copy_row(const struct end *to, const struct end *from, size_t to_offset, size_t from_offset, size_t width)
{
	if (to->is_hollow)
		return;
	if (from->is_hollow)
		memset(to->start + to_offset, 0, width);
	else
		memmove(to->start + to_offset, from->start + from_offset, width);
}

CUresult mv_copy_run(const CUDA_MEMCPY3D *copy)
{
	size_t width = copy->WidthInBytes, height = copy->Height, depth = copy->Depth;
	struct end to = { .start = NULL }, from = { .start = NULL };
	bool is_valid;

	if (!width || !height || !depth)
		return CUDA_SUCCESS;
	if (!find_source(copy, &from) || !find_target(copy, &to))
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	is_valid = check(&from, copy->srcMemoryType, span(&from, width, height, depth)) &&
		   check(&to, copy->dstMemoryType, span(&to, width, height, depth));
	mv_card_unlock();
	if (!is_valid)
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t z = 0; z < depth; z++) {
		for (size_t y = 0; y < height; y++)
			copy_row(&to, &from, y * to.pitch + z * to.slice, y * from.pitch + z * from.slice, width);
	}
	return CUDA_SUCCESS;
}

static void fill_row(char *row, unsigned int value, unsigned int element, size_t width)
{
	if (element == 1) {
		memset(row, (int)value, width);
		return;
	}
	for (size_t i = 0; i < width; i++)
		memcpy(row + i * element, &value, element);
}

CUresult mv_copy_fill(const CUDA_MEMSET_NODE_PARAMS *fill)
{
	struct end to = { .start = (char *)fill->dst, .pitch = fill->pitch };
	size_t bytes;
	bool is_valid;

	if (!fill->width || !fill->height)
		return CUDA_SUCCESS;
	if ((fill->elementSize != 1 && fill->elementSize != 2 && fill->elementSize != 4) ||
	    fill->dst % fill->elementSize || __builtin_mul_overflow(fill->width, fill->elementSize, &bytes) ||
	    (fill->height > 1 && fill->pitch < bytes))
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	is_valid = check(&to, CU_MEMORYTYPE_DEVICE, span(&to, bytes, fill->height, 1));
	mv_card_unlock();
	if (!is_valid)
		return CUDA_ERROR_INVALID_VALUE;
	for (size_t y = 0; y < fill->height && !to.is_hollow; y++)
		fill_row(to.start + y * to.pitch, fill->value, fill->elementSize, fill->width);
	return CUDA_SUCCESS;
}
