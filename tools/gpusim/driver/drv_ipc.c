/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and events of other processes, and external memory.
 *
 * Each process has simulated cards of its own, so what is opened here is address space of the right size, not charged;
 * its bytes are not those of the other process.  */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gpusim/api/cuda_memory.h"
#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_memory.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_stream.h"

#define TAG "gpusim"	/* at the beginning of every handle */

/* What a CUipcMemHandle or CUipcEventHandle holds here.  */
struct ticket {
	char tag[8];
	int process;
	CUdevice card;
	CUdeviceptr ptr;	/* 0 for an event */
	size_t size;
	uint64_t id;		/* of the block */
};

_Static_assert(sizeof(struct ticket) <= CU_IPC_HANDLE_SIZE, "fits");

static bool read_ticket(const char *bytes, struct ticket *ticket)
{
	memcpy(ticket, bytes, sizeof(*ticket));
	return !strcmp(ticket->tag, TAG);
}

/* ---- memory ---- */

CUresult cuIpcGetMemHandle(CUipcMemHandle *handle, CUdeviceptr ptr)
{
	struct ticket ticket = { .tag = TAG, .process = getpid() };
	struct mv_block *block;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!handle)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	block = mv_block_find(ptr);
	if (block && block->kind == MV_BLOCK_DEVICE) {
		ticket.card = block->card;
		ticket.ptr = block->base;
		ticket.size = block->size;
		ticket.id = block->id;
	}
	mv_card_unlock();
	if (!ticket.ptr)
		return CUDA_ERROR_INVALID_VALUE;
	memset(handle, 0, sizeof(*handle));
	memcpy(handle, &ticket, sizeof(ticket));
	return CUDA_SUCCESS;
}

/* Handles that are open, so that a second opening gives the same pointer.  Guarded by mv_card_lock.  */
enum { OPEN_MAX = 1024 };
static struct {
	struct ticket ticket;
	CUdeviceptr ptr;	/* 0: free */
} g_open[OPEN_MAX];

static CUdeviceptr open_again(const struct ticket *ticket)
{
	for (int i = 0; i < OPEN_MAX; i++) {
		struct mv_block *block = mv_block_find_base(g_open[i].ptr, MV_BLOCK_BIT(MV_BLOCK_IPC));

		if (!block || memcmp(&g_open[i].ticket, ticket, sizeof(*ticket)))
			continue;
		block->references++;
		return block->base;
	}
	return 0;
}

static CUdeviceptr open_new(const struct ticket *ticket, CUcontext context)
{
	struct mv_block block = { .kind = MV_BLOCK_IPC, .size = ticket->size, .card = ticket->card, .context = context,
				  .references = 1 };
	int i = 0;

	/* A place is free when it is empty or what it names is closed.  */
	while (i < OPEN_MAX && mv_block_find_base(g_open[i].ptr, MV_BLOCK_BIT(MV_BLOCK_IPC)))
		i++;
	block.base = i < OPEN_MAX ? (uintptr_t)mv_memory_map_hollow(ticket->size) : 0;
	if (!block.base || !mv_block_add(&block))
		return 0;
	g_open[i].ticket = *ticket;
	g_open[i].ptr = block.base;
	return block.base;
}

CUresult cuIpcOpenMemHandle_v2(CUdeviceptr *ptr, CUipcMemHandle handle, unsigned int flags)
{
	struct ticket ticket;
	CUcontext context;
	CUresult err = mv_context_current(&context);
	CUdeviceptr opened;

	if (err)
		return err;
	if (!ptr || flags != CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS || !read_ticket(handle.reserved, &ticket) || !ticket.ptr)
		return CUDA_ERROR_INVALID_VALUE;
	/* CUDA: not in the process that the handle comes from.  */
	if (ticket.process == getpid())
		return CUDA_ERROR_INVALID_CONTEXT;
	if (mv_start_check_device(ticket.card))
		return CUDA_ERROR_INVALID_DEVICE;
	mv_card_lock();
	opened = open_again(&ticket);
	if (!opened)
		opened = open_new(&ticket, context);
	mv_card_unlock();
	if (!opened)
		return CUDA_ERROR_OUT_OF_MEMORY;
	*ptr = opened;
	return CUDA_SUCCESS;
}

CUresult cuIpcOpenMemHandle(CUdeviceptr *ptr, CUipcMemHandle handle, unsigned int flags)
{
	return cuIpcOpenMemHandle_v2(ptr, handle, flags);
}

CUresult cuIpcCloseMemHandle(CUdeviceptr ptr)
{
	struct mv_block *block;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	mv_card_lock();
	block = mv_block_find_base(ptr, MV_BLOCK_BIT(MV_BLOCK_IPC));
	if (!block)
		err = CUDA_ERROR_INVALID_VALUE;
	else if (!--block->references)
		mv_memory_free_block(block);
	mv_card_unlock();
	return err;
}

/* ---- events ---- */

CUresult cuIpcGetEventHandle(CUipcEventHandle *handle, CUevent event)
{
	struct ticket ticket = { .tag = TAG, .process = getpid() };
	CUresult err = mv_stream_find_event(&event);

	if (err)
		return err;
	if (!handle || !(event->flags & CU_EVENT_INTERPROCESS))
		return CUDA_ERROR_INVALID_VALUE;
	ticket.card = event->context->card;
	memset(handle, 0, sizeof(*handle));
	memcpy(handle, &ticket, sizeof(ticket));
	return CUDA_SUCCESS;
}

CUresult cuIpcOpenEventHandle(CUevent *event, CUipcEventHandle handle)
{
	struct ticket ticket;

	if (!event || !read_ticket(handle.reserved, &ticket) || ticket.ptr)
		return CUDA_ERROR_INVALID_VALUE;
	return cuEventCreate(event, CU_EVENT_INTERPROCESS | CU_EVENT_DISABLE_TIMING);
}

/* ---- external memory ---- */

struct CUextMemory_st {
	struct mv_handle head;
	CUcontext context;
	unsigned long long size;
};

CUresult cuImportExternalMemory(CUexternalMemory *memory, const CUDA_EXTERNAL_MEMORY_HANDLE_DESC *description)
{
	CUexternalMemory made;
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!memory || !description || !description->size)
		return CUDA_ERROR_INVALID_VALUE;
	if (description->type != CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD &&
	    description->type != CU_EXTERNAL_MEMORY_HANDLE_TYPE_DMABUF_FD)
		return CUDA_ERROR_NOT_SUPPORTED;
	if (fcntl(description->handle.fd, F_GETFD) < 0)
		return CUDA_ERROR_INVALID_HANDLE;
	made = mv_handle_new(MV_HANDLE_EXTERNAL);
	if (!made)
		return CUDA_ERROR_OUT_OF_MEMORY;
	made->context = context;
	made->size = description->size;
	/* CUDA: an opaque descriptor belongs to the driver from here on, one of a dma-buf stays the program's.  */
	if (description->type == CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD)
		close(description->handle.fd);
	*memory = made;
	return CUDA_SUCCESS;
}

CUresult cuExternalMemoryGetMappedBuffer(CUdeviceptr *ptr, CUexternalMemory memory,
					 const CUDA_EXTERNAL_MEMORY_BUFFER_DESC *description)
{
	struct mv_block block = { .kind = MV_BLOCK_EXTERNAL };
	CUresult err = mv_start_check();

	if (err)
		return err;
	memory = mv_handle_get(memory, MV_HANDLE_EXTERNAL);
	if (!memory)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!ptr || !description || !description->size || description->flags || description->offset > memory->size ||
	    description->size > memory->size - description->offset)
		return CUDA_ERROR_INVALID_VALUE;
	block.size = description->size;
	block.card = memory->context->card;
	block.context = memory->context;
	block.base = (uintptr_t)mv_memory_map_hollow(block.size);
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

/* What is mapped stays mapped until it is freed.  */
CUresult cuDestroyExternalMemory(CUexternalMemory memory)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	memory = mv_handle_get(memory, MV_HANDLE_EXTERNAL);
	mv_handle_free(memory);
	return memory ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}
