/* SPDX-License-Identifier: Apache-2.0 */
/* Pinned and registered host memory.  It is ordinary memory of the process, and not charged to a card.  */
#include <sys/mman.h>

#include "gpusim/api/cuda_memory.h"
#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_memory.h"

/* Read-only registration is not offered, as CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED says.  */
enum { ALLOC_FLAGS = 7, REGISTER_FLAGS = 15 };

/* Note HOST or MANAGED memory at PTR, and unmap it if that can't be done.  */
static CUresult note(void *ptr, const struct mv_block *block)
{
	struct mv_block *added;

	mv_card_lock();
	added = mv_block_add(block);
	mv_card_unlock();
	if (added)
		return CUDA_SUCCESS;
	munmap(ptr, block->size);
	return CUDA_ERROR_OUT_OF_MEMORY;
}

static CUresult allocate(void **ptr, size_t size, enum mv_block_kind kind, unsigned int flags)
{
	struct mv_block block = { .kind = kind, .size = size, .flags = flags, .preferred = CU_DEVICE_INVALID,
				  .prefetched = CU_DEVICE_INVALID };
	CUcontext context;
	CUresult err = mv_context_current(&context);
	void *mapped;

	if (err)
		return err;
	if (!ptr || !size)
		return CUDA_ERROR_INVALID_VALUE;
	mapped = mv_memory_map_host(size);
	if (!mapped)
		return CUDA_ERROR_OUT_OF_MEMORY;
	block.base = (uintptr_t)mapped;
	block.card = context->card;
	block.context = context;
	err = note(mapped, &block);
	if (!err)
		*ptr = mapped;
	return err;
}

CUresult cuMemHostAlloc(void **ptr, size_t size, unsigned int flags)
{
	if (flags & ~(unsigned int)ALLOC_FLAGS)
		return CUDA_ERROR_INVALID_VALUE;
	return allocate(ptr, size, MV_BLOCK_HOST, flags);
}

CUresult cuMemAllocHost_v2(void **ptr, size_t size)
{
	return allocate(ptr, size, MV_BLOCK_HOST, 0);
}

CUresult cuMemAllocHost(void **ptr, unsigned int size)
{
	return allocate(ptr, size, MV_BLOCK_HOST, 0);
}

CUresult cuMemAllocManaged(CUdeviceptr *ptr, size_t size, unsigned int flags)
{
	void *allocated;
	CUresult err;

	if (!ptr || (flags != CU_MEM_ATTACH_GLOBAL && flags != CU_MEM_ATTACH_HOST))
		return CUDA_ERROR_INVALID_VALUE;
	err = allocate(&allocated, size, MV_BLOCK_MANAGED, flags);
	if (!err)
		*ptr = (uintptr_t)allocated;
	return err;
}

CUresult cuMemFreeHost(void *ptr)
{
	struct mv_block *block;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err || !ptr)
		return err;
	mv_card_lock();
	block = mv_block_find_base((uintptr_t)ptr, MV_BLOCK_BIT(MV_BLOCK_HOST));
	if (block)
		mv_memory_free_block(block);
	mv_card_unlock();
	return block ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/* ---- the program's own memory ---- */

CUresult cuMemHostRegister_v2(void *ptr, size_t size, unsigned int flags)
{
	struct mv_block block = { .kind = MV_BLOCK_REGISTERED, .base = (uintptr_t)ptr, .size = size, .flags = flags };
	struct mv_block *added;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!ptr || !size || (flags & ~(unsigned int)REGISTER_FLAGS) || (uintptr_t)ptr + size < (uintptr_t)ptr)
		return CUDA_ERROR_INVALID_VALUE;
	if (flags & CU_MEMHOSTREGISTER_READ_ONLY)
		return CUDA_ERROR_NOT_SUPPORTED;
	block.card = context->card;
	block.context = context;
	mv_card_lock();
	added = mv_block_add(&block);
	mv_card_unlock();
	return added ? CUDA_SUCCESS : CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
}

CUresult cuMemHostRegister(void *ptr, size_t size, unsigned int flags)
{
	return cuMemHostRegister_v2(ptr, size, flags);
}

CUresult cuMemHostUnregister(void *ptr)
{
	struct mv_block *block;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!ptr)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	block = mv_block_find_base((uintptr_t)ptr, MV_BLOCK_BIT(MV_BLOCK_REGISTERED));
	if (block)
		mv_memory_free_block(block);
	mv_card_unlock();
	return block ? CUDA_SUCCESS : CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
}

/* ---- what is known of host memory ---- */

/* The flags of the memory, of one of KINDS, that PTR lies in.  False if it lies in none.  */
static bool find_flags(void *ptr, unsigned int kinds, unsigned int *flags)
{
	struct mv_block *block;
	bool is_found;

	mv_card_lock();
	block = mv_block_find((uintptr_t)ptr);
	is_found = block && (kinds & MV_BLOCK_BIT(block->kind));
	if (is_found)
		*flags = block->flags;
	mv_card_unlock();
	return is_found;
}

/* One address space for all: the device pointer is the host pointer.  */
CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr *device_ptr, void *ptr, unsigned int flags)
{
	const unsigned int kinds = MV_BLOCK_BIT(MV_BLOCK_HOST) | MV_BLOCK_BIT(MV_BLOCK_REGISTERED);
	unsigned int found;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!device_ptr || flags || !find_flags(ptr, kinds, &found))
		return CUDA_ERROR_INVALID_VALUE;
	*device_ptr = (uintptr_t)ptr;
	return CUDA_SUCCESS;
}

CUresult cuMemHostGetFlags(unsigned int *flags, void *ptr)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	/* In a unified address space all of it is mapped.  Registered memory is not asked for here.  */
	if (!flags || !find_flags(ptr, MV_BLOCK_BIT(MV_BLOCK_HOST), flags))
		return CUDA_ERROR_INVALID_VALUE;
	*flags |= CU_MEMHOSTALLOC_DEVICEMAP;
	return CUDA_SUCCESS;
}
