/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gpusim/api/cuda_pool.h"
#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_memory.h"
#include "gpusim/driver/drv_pool.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_vmm.h"

#define NAME_FORMAT "gpusim-%d-%d-%d-%llu"	/* kind, card, process, id */
enum { NAME_BYTES = 64 };

int mv_share_new_file(enum mv_share_kind kind, CUdevice card, uint64_t id, size_t size)
{
	char name[NAME_BYTES];
	int fd;

	snprintf(name, sizeof(name), NAME_FORMAT, (int)kind, card, (int)getpid(), (unsigned long long)id);
	fd = memfd_create(name, MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

bool mv_share_read(int fd, struct mv_share *share)
{
	char path[NAME_BYTES], name[2 * NAME_BYTES] = "";
	unsigned long long id;
	struct stat status;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || readlink(path, name, sizeof(name) - 1) < 0 || fstat(fd, &status))
		return false;
	if (sscanf(name, "/memfd:" NAME_FORMAT, &share->kind, &share->card, &share->process, &id) != 4)
		return false;
	share->id = id;
	share->size = (size_t)status.st_size;
	return true;
}

/* ---- physical memory ---- */

CUresult cuMemExportToShareableHandle(void *shareable, CUmemGenericAllocationHandle handle,
				      CUmemAllocationHandleType type, unsigned long long flags)
{
	struct mv_physical *physical = mv_vmm_get(handle);
	CUresult err = mv_start_check();
	int fd;

	if (err)
		return err;
	if (!shareable || !physical || flags || type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR ||
	    !(physical->properties.requestedHandleTypes & type))
		return CUDA_ERROR_INVALID_VALUE;
	if (physical->fd >= 0)
		fd = fcntl(physical->fd, F_DUPFD_CLOEXEC, 0);
	else
		fd = mv_share_new_file(MV_SHARE_PHYSICAL, physical->properties.location.id, physical->id,
				       physical->size);
	if (fd < 0)
		return CUDA_ERROR_OPERATING_SYSTEM;
	*(int *)shareable = fd;
	return CUDA_SUCCESS;
}

struct search {
	uint64_t id;
	struct mv_physical *found;
};

static void compare_id(void *object, void *data)
{
	struct mv_physical *physical = object;
	struct search *search = data;

	if (physical->id == search->id)
		search->found = physical;
}

/* This process's own memory comes back as the same memory.  */
static struct mv_physical *find_own(const struct mv_share *share)
{
	struct search search = { share->id, NULL };

	if (share->process != getpid())
		return NULL;
	mv_card_lock();
	mv_handle_each(MV_HANDLE_PHYSICAL, compare_id, &search);
	if (search.found)
		search.found->references++;
	mv_card_unlock();
	return search.found;
}

static struct mv_physical *adopt(const struct mv_share *share, int fd)
{
	CUmemAllocationProp properties = {
		.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
		.location = { CU_MEM_LOCATION_TYPE_DEVICE, share->card },
	};
	struct mv_physical *physical = mv_vmm_new(share->size, &properties);

	if (physical)
		physical->fd = mv_card_is_backed() ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	return physical;
}

CUresult cuMemImportFromShareableHandle(CUmemGenericAllocationHandle *handle, void *shareable,
					CUmemAllocationHandleType type)
{
	int fd = (int)(intptr_t)shareable;
	struct mv_physical *physical;
	struct mv_share share;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!handle || type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR || !mv_share_read(fd, &share) ||
	    share.kind != MV_SHARE_PHYSICAL)
		return CUDA_ERROR_INVALID_VALUE;
	if (mv_start_check_device(share.card))
		return CUDA_ERROR_INVALID_DEVICE;
	physical = find_own(&share);
	if (!physical)
		physical = adopt(&share, fd);
	if (!physical)
		return CUDA_ERROR_OUT_OF_MEMORY;
	*handle = (uintptr_t)physical;
	return CUDA_SUCCESS;
}

/* ---- pools ---- */

CUresult cuMemPoolExportToShareableHandle(void *handle, CUmemoryPool pool, CUmemAllocationHandleType type,
					  unsigned long long flags)
{
	CUresult err = mv_start_check();
	int fd;

	if (err)
		return err;
	pool = mv_pool_get(pool);
	if (!handle || !pool || flags || type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR || !(pool->handle_types & type))
		return CUDA_ERROR_INVALID_VALUE;
	fd = mv_share_new_file(MV_SHARE_POOL, pool->card, 0, 0);
	if (fd < 0)
		return CUDA_ERROR_OPERATING_SYSTEM;
	*(int *)handle = fd;
	return CUDA_SUCCESS;
}

/* From an imported pool nothing can be allocated; it only serves to import pointers.  */
CUresult cuMemPoolImportFromShareableHandle(CUmemoryPool *pool, void *handle, CUmemAllocationHandleType type,
					    unsigned long long flags)
{
	CUmemPoolProps properties = { .allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
				      .location = { .type = CU_MEM_LOCATION_TYPE_DEVICE } };
	struct mv_share share;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!pool || flags || type != CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR ||
	    !mv_share_read((int)(intptr_t)handle, &share) || share.kind != MV_SHARE_POOL)
		return CUDA_ERROR_INVALID_VALUE;
	properties.location.id = share.card;
	err = cuMemPoolCreate(pool, &properties);
	if (!err)
		(*pool)->is_imported = true;
	return err;
}

/* What a CUmemPoolPtrExportData holds here.  */
struct exported_ptr {
	int process;
	CUdevice card;
	CUdeviceptr ptr;
	size_t size;
};

_Static_assert(sizeof(struct exported_ptr) <= sizeof(CUmemPoolPtrExportData), "fits");

CUresult cuMemPoolExportPointer(CUmemPoolPtrExportData *data, CUdeviceptr ptr)
{
	struct exported_ptr exported = { .process = getpid() };
	struct mv_block *block;
	CUresult err = mv_start_check();

	if (err)
		return err;
	mv_card_lock();
	block = mv_block_find_base(ptr, MV_BLOCK_BIT(MV_BLOCK_POOLED));
	if (!block || !data) {
		err = CUDA_ERROR_INVALID_VALUE;
	} else {
		exported.card = block->card;
		exported.ptr = block->base;
		exported.size = block->size;
		memcpy(data, &exported, sizeof(exported));
	}
	mv_card_unlock();
	return err;
}

CUresult cuMemPoolImportPointer(CUdeviceptr *ptr, CUmemoryPool pool, CUmemPoolPtrExportData *data)
{
	struct mv_block block = { .kind = MV_BLOCK_IPC, .references = 1 };
	struct exported_ptr exported;
	CUresult err = mv_start_check();

	if (err)
		return err;
	pool = mv_pool_get(pool);
	if (!ptr || !data || !pool || !pool->is_imported)
		return CUDA_ERROR_INVALID_VALUE;
	memcpy(&exported, data, sizeof(exported));
	block.card = pool->card;
	block.size = exported.size;
	block.base = (uintptr_t)mv_memory_map_hollow(exported.size);
	if (!block.base)
		return CUDA_ERROR_OUT_OF_MEMORY;
	mv_card_lock();
	if (!mv_block_add(&block))
		err = CUDA_ERROR_OUT_OF_MEMORY;
	mv_card_unlock();
	if (!err)
		*ptr = block.base;
	return err;
}
