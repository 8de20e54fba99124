/* SPDX-License-Identifier: Apache-2.0 */
/* Slot 0 is never handed out, so that 0 can end the list of free slots.  */
#include "gpusim/driver/drv_handle.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

static pthread_mutex_t g_lock = PTHREAD_MUTEX_INITIALIZER;
static char *g_slots;		/* NULL until the first object; never changes again */
static uint32_t g_slot_count;	/* slots ever used, slot 0 included; only grows */
static uint32_t g_first_free;	/* guarded by g_lock, as is g_slot_count's growth */

static struct mv_handle *slot(uint32_t index)
{
	return (struct mv_handle *)(void *)(g_slots + (size_t)index * MV_HANDLE_BYTES);
}

static int reserve_slots(void)
{
	void *region;

	if (g_slots)
		return 0;
	region = mmap(NULL, (size_t)MV_HANDLE_SLOTS * MV_HANDLE_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region == MAP_FAILED)
		return -1;
	g_slot_count = 1;
	__atomic_store_n(&g_slots, region, __ATOMIC_RELEASE);
	return 0;
}

static struct mv_handle *take_slot(void)
{
	uint32_t index = g_first_free;

	if (reserve_slots())
		return NULL;
	if (index) {
		g_first_free = slot(index)->next_free;
		return slot(index);
	}
	if (g_slot_count == MV_HANDLE_SLOTS)
		return NULL;
	index = g_slot_count;
	__atomic_store_n(&g_slot_count, index + 1, __ATOMIC_RELEASE);
	return slot(index);
}

void *mv_handle_new(enum mv_handle_kind kind)
{
	struct mv_handle *object;

	mv_handle_lock();
	object = take_slot();
	mv_handle_unlock();
	if (!object)
		return NULL;
	memset(object + 1, 0, MV_HANDLE_BYTES - sizeof(*object));
	object->next_free = 0;
	__atomic_store_n(&object->kind, kind, __ATOMIC_RELEASE);
	return object;
}

void *mv_handle_get(const void *handle, enum mv_handle_kind kind)
{
	char *slots = __atomic_load_n(&g_slots, __ATOMIC_ACQUIRE);
	uintptr_t offset = (uintptr_t)handle - (uintptr_t)slots;
	struct mv_handle *object;

	if (!slots || offset % MV_HANDLE_BYTES)
		return NULL;
	offset /= MV_HANDLE_BYTES;
	if (!offset || offset >= __atomic_load_n(&g_slot_count, __ATOMIC_ACQUIRE))
		return NULL;
	object = slot((uint32_t)offset);
	return __atomic_load_n(&object->kind, __ATOMIC_ACQUIRE) == (uint32_t)kind ? object : NULL;
}

void mv_handle_free(void *object)
{
	struct mv_handle *handle = object;

	if (!handle)
		return;
	__atomic_store_n(&handle->kind, MV_HANDLE_FREE, __ATOMIC_RELEASE);
	mv_handle_lock();
	handle->next_free = g_first_free;
	g_first_free = (uint32_t)(((char *)object - g_slots) / MV_HANDLE_BYTES);
	mv_handle_unlock();
}

void mv_handle_each(enum mv_handle_kind kind, void (*visit)(void *object, void *data), void *data)
{
	uint32_t count = __atomic_load_n(&g_slot_count, __ATOMIC_ACQUIRE);

	for (uint32_t i = 1; i < count; i++) {
		void *object = mv_handle_get(slot(i), kind);

		if (object)
			visit(object, data);
	}
}

void mv_handle_lock(void)
{
	pthread_mutex_lock(&g_lock);
}

void mv_handle_unlock(void)
{
	pthread_mutex_unlock(&g_lock);
}
