/* SPDX-License-Identifier: Apache-2.0 */
/* Frees that have no allocation, or had one that nobody can know any more; the driver is content with all of them.  */
#include "gpusim/odd_acts.h"

#include "memviz/memviz.h"

enum { KEPT = 100, TIMES = 3, NOISE = 1000000 };

int cuMemFreeAsync(uint64_t address, void *stream);
int cuMemFreeHost(void *address);
int cuMemHostUnregister(void *address);
int cuMemRelease(uint64_t handle);
int cuMemUnmap(uint64_t address, size_t size);
int cuMemAddressFree(uint64_t address, size_t size);
int cuArrayDestroy(uint64_t array);
int cuMipmappedArrayDestroy(uint64_t array);
int cuIpcCloseMemHandle(uint64_t address);
int cuDestroyExternalMemory(uint64_t memory);
int cuMemPoolDestroy(uint64_t pool);
int cuGraphExecDestroy(uint64_t graph);

/* As memory of each kind.  */
static void free_in_every_way(uint64_t address)
{
	MUST(!cuMemFree_v2(address) && !cuMemFreeAsync(address, NULL));
	MUST(!cuMemFreeHost((void *)address) && !cuMemHostUnregister((void *)address));
	MUST(!cuMemRelease(address) && !cuMemUnmap(address, ODD_BYTES) && !cuMemAddressFree(address, ODD_BYTES));
	MUST(!cuArrayDestroy(address) && !cuMipmappedArrayDestroy(address) && !cuIpcCloseMemHandle(address));
	MUST(!cuDestroyExternalMemory(address) && !cuMemPoolDestroy(address) && !cuGraphExecDestroy(address));
	memviz_block_free((const void *)address);
}

void odd_frees_the_unseen(void)
{
	uint64_t address, never = (uint64_t)1 << 40;
	int i;

	free_in_every_way(never);
	odd_keep();
	MUST(!cuMemAlloc_v2(&address, ODD_BYTES));
	for (i = 0; i < KEPT; i++)
		free_in_every_way(never + (uint64_t)i * ODD_BYTES);
	free_in_every_way(address + ODD_BYTES / 2);
	for (i = 0; i < TIMES; i++)
		free_in_every_way(address);
}

/* What a pool of the program's own says of itself need not fit: more handed out than it holds, and taken back twice.  */
void odd_pool_that_errs(void)
{
	static char room[KEPT];
	int i, k;

	odd_keep();
	for (i = 0; i < KEPT; i++)
		memviz_block_alloc(&room[i], ODD_BYTES, 0, ODD_BYTES);
	memviz_block_oom(ODD_BYTES, 0, (size_t)2 * KEPT * ODD_BYTES, 0);
	for (k = 0; k < TIMES; k++)
		for (i = 0; i < KEPT; i++)
			memviz_block_free(&room[i]);
}

/* Births that are overwritten before the blocks die, again and again.  */
void odd_frees_the_overwritten(void)
{
	uint64_t kept[KEPT];
	int i, k;

	for (i = 0; i < KEPT; i++)
		MUST(!cuMemAlloc_v2(&kept[i], ODD_BYTES));
	for (i = 0; i < NOISE; i++) {
		const char *address = (const char *)((uintptr_t)rand() << 12);

		memviz_block_alloc(address, (size_t)rand() % ODD_BYTES, 0, ODD_BYTES);
		memviz_block_free(address);
	}
	odd_keep();
	for (k = 0; k < TIMES; k++)
		for (i = 0; i < KEPT; i++)
			MUST(!cuMemFree_v2(kept[i]));
}
