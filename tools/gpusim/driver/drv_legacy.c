/* SPDX-License-Identifier: Apache-2.0 */
/* The first forms of memory functions, from the days of 32-bit device addresses; each is exported under the plain
 * name.  What they allocate lies below 4 GiB, where they can name it: outside a card's region, but charged to it.  */
#include <stdlib.h>
#include <sys/mman.h>

#include "gpusim/api/cuda_copy.h"
#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_start.h"

enum { LEGACY_PITCH_BYTES = 512 };

/* Addresses are tried from LOW to HIGH in steps: the loader and old programs live below and above.  */
#define LOW UINT64_C(0x10000000)
#define HIGH UINT64_C(0xe0000000)
#define STEP UINT64_C(0x1000000)

static unsigned int clip(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (unsigned int)value;
}

static CUdeviceptr map_low(size_t size)
{
	int access = mv_card_is_backed() ? PROT_READ | PROT_WRITE : PROT_NONE;

	for (uint64_t hint = LOW; hint + size <= HIGH; hint += STEP) {
		void *mapped = mmap((void *)hint, size, access,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

		if ((uintptr_t)mapped == hint)
			return hint;
		if (mapped != MAP_FAILED)
			munmap(mapped, size);
	}
	return 0;
}

/* Called with the lock held.  */
static CUdeviceptr place(CUcontext context, size_t size)
{
	uint64_t charge = mv_card_round(size, MV_FACTS_PAGE_BYTES);
	struct mv_block block = { .kind = MV_BLOCK_LEGACY, .size = size, .card = context->card, .context = context };

	if (!mv_card_charge(context->card, charge))
		return 0;
	block.base = map_low(size);
	if (block.base && mv_block_add(&block))
		return block.base;
	mv_card_refund(context->card, charge);
	return 0;
}

CUresult cuMemAlloc(CUdeviceptr_v1 *ptr, unsigned int size)
{
	CUdeviceptr placed;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!ptr || !size)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	placed = place(context, size);
	mv_card_unlock();
	if (!placed)
		return CUDA_ERROR_OUT_OF_MEMORY;
	*ptr = (CUdeviceptr_v1)placed;
	return CUDA_SUCCESS;
}

CUresult cuMemAllocPitch(CUdeviceptr_v1 *ptr, unsigned int *pitch, unsigned int width, unsigned int height,
			 unsigned int element)
{
	uint64_t row = mv_card_round(width, LEGACY_PITCH_BYTES);
	CUresult err;

	if (!pitch || !width || !height || (element != 4 && element != 8 && element != 16))
		return CUDA_ERROR_INVALID_VALUE;
	if (row * height > UINT32_MAX)
		return CUDA_ERROR_OUT_OF_MEMORY;
	err = cuMemAlloc(ptr, (unsigned int)(row * height));
	if (!err)
		*pitch = (unsigned int)row;
	return err;
}

CUresult cuMemFree(CUdeviceptr_v1 ptr)
{
	return cuMemFree_v2(ptr);
}

CUresult cuMemGetInfo(unsigned int *free, unsigned int *total)
{
	size_t wide_free, wide_total;
	CUresult err = cuMemGetInfo_v2(&wide_free, &wide_total);

	if (err)
		return err;
	if (!free || !total)
		return CUDA_ERROR_INVALID_VALUE;
	*free = clip(wide_free);
	*total = clip(wide_total);
	return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem(unsigned int *bytes, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!bytes)
		return CUDA_ERROR_INVALID_VALUE;
	*bytes = clip(mv_facts()->memory_bytes);
	return CUDA_SUCCESS;
}

CUresult cuMemGetAddressRange(CUdeviceptr_v1 *base, unsigned int *size, CUdeviceptr_v1 ptr)
{
	CUdeviceptr wide_base;
	size_t wide_size;
	CUresult err = cuMemGetAddressRange_v2(&wide_base, &wide_size, ptr);

	if (err)
		return err;
	if (base)
		*base = (CUdeviceptr_v1)wide_base;
	if (size)
		*size = clip(wide_size);
	return CUDA_SUCCESS;
}

/* Host memory lies where the process has it, mostly out of reach of 32 bits.  */
CUresult cuMemHostGetDevicePointer(CUdeviceptr_v1 *device_ptr, void *ptr, unsigned int flags)
{
	CUdeviceptr wide;
	CUresult err = cuMemHostGetDevicePointer_v2(&wide, ptr, flags);

	if (err)
		return err;
	if (!device_ptr || wide > UINT32_MAX)
		return CUDA_ERROR_INVALID_VALUE;
	*device_ptr = (CUdeviceptr_v1)wide;
	return CUDA_SUCCESS;
}

CUresult cuMemcpyHtoD(CUdeviceptr_v1 to, const void *from, unsigned int size)
{
	return cuMemcpyHtoD_v2(to, from, size);
}

CUresult cuMemcpyDtoH(void *to, CUdeviceptr_v1 from, unsigned int size)
{
	return cuMemcpyDtoH_v2(to, from, size);
}

CUresult cuMemcpyDtoD(CUdeviceptr_v1 to, CUdeviceptr_v1 from, unsigned int size)
{
	return cuMemcpyDtoD_v2(to, from, size);
}
