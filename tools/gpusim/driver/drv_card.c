/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_card.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "gpusim/common/notice.h"

/* Regions as multiples of the capacity.  Free pieces of LARGE can be scattered, so it is wide.  */
enum { LARGE_TIMES = 4, SMALL_TIMES = 2, POOLED_TIMES = 2 };
#define HOST_PAGE_BYTES UINT64_C(4096)

static struct mv_card g_cards[MV_FACTS_CARD_MAX];
static pthread_mutex_t g_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void mv_card_lock(void)
{
	pthread_mutex_lock(&g_lock);
}

void mv_card_unlock(void)
{
	pthread_mutex_unlock(&g_lock);
}

void mv_card_reset_lock(void)
{
	g_lock = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
}

struct mv_card *mv_card(CUdevice ordinal)
{
	return &g_cards[ordinal];
}

bool mv_card_is_backed(void)
{
	return mv_facts()->backing == MV_BACKING_HOST;
}

uint64_t mv_card_round(uint64_t size, uint64_t step)
{
	return (size + step - 1) & ~(step - 1);
}

/* ---- what is used ---- */

uint64_t mv_card_free_bytes(CUdevice ordinal)
{
	return mv_facts()->memory_bytes - mv_facts()->outside_bytes - g_cards[ordinal].used_bytes;
}

bool mv_card_charge(CUdevice ordinal, uint64_t size)
{
	if (size > mv_card_free_bytes(ordinal))
		return false;
	g_cards[ordinal].used_bytes += size;
	return true;
}

void mv_card_refund(CUdevice ordinal, uint64_t size)
{
	g_cards[ordinal].used_bytes -= size;
}

/* ---- address space ---- */

/* A region's address is a multiple of a page: one page more is mapped than is needed.  */
static int open_region(struct mv_card_region *region, uint64_t unit_bytes, unsigned int times)
{
	int access = mv_card_is_backed() ? PROT_READ | PROT_WRITE : PROT_NONE;
	uint64_t size = times * mv_facts()->memory_bytes;
	void *mapped;

	if (region->base)
		return 0;
	mapped = mmap(NULL, size + MV_FACTS_PAGE_BYTES, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mapped == MAP_FAILED || mv_extent_open(&region->map, (uint32_t)(size / unit_bytes))) {
		mv_notice("no address space for a card of %llu MiB", (unsigned long long)mv_facts()->memory_bytes >> 20);
		return -1;
	}
	region->unit_bytes = unit_bytes;
	region->size_bytes = size;
	region->base = mv_card_round((uintptr_t)mapped, MV_FACTS_PAGE_BYTES);
	return 0;
}

static uint32_t units_of(const struct mv_card_region *region, uint64_t size)
{
	return (uint32_t)(mv_card_round(size, region->unit_bytes) / region->unit_bytes);
}

static CUdeviceptr take(struct mv_card_region *region, uint64_t size)
{
	uint32_t index = mv_extent_take(&region->map, units_of(region, size));

	return index == MV_EXTENT_NONE ? 0 : region->base + index * region->unit_bytes;
}

/* Host memory behind what is given back would only be in the way.  Small pieces are not worth a system call.  */
static void give(struct mv_card_region *region, CUdeviceptr ptr, uint64_t size)
{
	CUdeviceptr begin = mv_card_round(ptr, HOST_PAGE_BYTES), end = (ptr + size) & ~(HOST_PAGE_BYTES - 1);

	if (mv_card_is_backed() && size >= MV_CARD_SMALL_BYTES)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
	mv_extent_give(&region->map, (uint32_t)((ptr - region->base) / region->unit_bytes), units_of(region, size));
}

static bool is_in(const struct mv_card_region *region, CUdeviceptr ptr)
{
	return region->base && ptr - region->base < region->size_bytes;
}

bool mv_card_owns(CUdeviceptr ptr)
{
	for (uint64_t i = 0; i < mv_facts()->card_count; i++) {
		const struct mv_card *card = &g_cards[i];

		if (is_in(&card->large, ptr) || is_in(&card->small, ptr) || is_in(&card->pooled, ptr))
			return true;
	}
	return false;
}

/* ---- small requests share pages ---- */

static uint16_t *open_page_units(struct mv_card *card)
{
	size_t size = card->small.size_bytes / MV_FACTS_PAGE_BYTES * sizeof(*card->page_units);
	void *mapped;

	if (card->page_units)
		return card->page_units;
	mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	card->page_units = mapped == MAP_FAILED ? NULL : mapped;
	return card->page_units;
}

/* Add DELTA for each unit of [PTR, PTR + SIZE) to the pages it lies in.  Returns by how many bytes the pages in use
 * grew, or shrank.  A request is at most half a page, so it lies in one page or two.  */
static int64_t count_units(struct mv_card *card, CUdeviceptr ptr, uint64_t size, int delta)
{
	uint64_t begin = ptr - card->small.base, end = begin + mv_card_round(size, MV_CARD_UNIT_BYTES);
	int64_t growth = 0;

	while (begin < end) {
		uint64_t page = begin / MV_FACTS_PAGE_BYTES, page_end = (page + 1) * MV_FACTS_PAGE_BYTES;
		uint64_t part = (end < page_end ? end : page_end) - begin;
		bool was_empty = !card->page_units[page];

		card->page_units[page] += (uint16_t)(delta * (int64_t)(part / MV_CARD_UNIT_BYTES));
		growth += ((int64_t)was_empty - !card->page_units[page]) * (int64_t)MV_FACTS_PAGE_BYTES;
		begin += part;
	}
	return growth;
}

static CUdeviceptr allocate_small(CUdevice ordinal, uint64_t size)
{
	struct mv_card *card = &g_cards[ordinal];
	CUdeviceptr ptr;
	int64_t growth;

	if (open_region(&card->small, MV_CARD_UNIT_BYTES, SMALL_TIMES) || !open_page_units(card))
		return 0;
	ptr = take(&card->small, size);
	if (!ptr)
		return 0;
	growth = count_units(card, ptr, size, 1);
	if (mv_card_charge(ordinal, (uint64_t)growth))
		return ptr;
	count_units(card, ptr, size, -1);
	give(&card->small, ptr, size);
	return 0;
}

static CUdeviceptr allocate_large(CUdevice ordinal, uint64_t size)
{
	struct mv_card *card = &g_cards[ordinal];
	CUdeviceptr ptr;

	if (open_region(&card->large, MV_FACTS_PAGE_BYTES, LARGE_TIMES))
		return 0;
	if (!mv_card_charge(ordinal, mv_card_round(size, MV_FACTS_PAGE_BYTES)))
		return 0;
	ptr = take(&card->large, size);
	if (!ptr)
		mv_card_refund(ordinal, mv_card_round(size, MV_FACTS_PAGE_BYTES));
	return ptr;
}

CUdeviceptr mv_card_allocate(CUdevice ordinal, uint64_t size)
{
	if (size > mv_facts()->memory_bytes)
		return 0;
	return size <= MV_CARD_SMALL_BYTES ? allocate_small(ordinal, size) : allocate_large(ordinal, size);
}

void mv_card_free(CUdevice ordinal, CUdeviceptr ptr, uint64_t size)
{
	struct mv_card *card = &g_cards[ordinal];

	if (size > MV_CARD_SMALL_BYTES) {
		give(&card->large, ptr, size);
		mv_card_refund(ordinal, mv_card_round(size, MV_FACTS_PAGE_BYTES));
		return;
	}
	mv_card_refund(ordinal, (uint64_t)-count_units(card, ptr, size, -1));
	give(&card->small, ptr, size);
}

CUdeviceptr mv_card_take_pooled(CUdevice ordinal, uint64_t size)
{
	struct mv_card *card = &g_cards[ordinal];

	if (size > mv_facts()->memory_bytes || open_region(&card->pooled, MV_CARD_UNIT_BYTES, POOLED_TIMES))
		return 0;
	return take(&card->pooled, size);
}

void mv_card_give_pooled(CUdevice ordinal, CUdeviceptr ptr, uint64_t size)
{
	give(&g_cards[ordinal].pooled, ptr, size);
}
