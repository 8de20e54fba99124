/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of kinds that the simulated GPU does not have.  What the driver is to answer is put where it would put it.  */
#include "gpusim/odd_acts.h"

#include "cuda/abi.h"

#define MIB ((size_t)1 << 20)

int cuMemCreate(uint64_t *handle, size_t size, const CUmemAllocationProp *prop, unsigned long long flags);
int cuMemRelease(uint64_t handle);
int cuMemMap(uint64_t address, size_t size, size_t offset, uint64_t handle, unsigned long long flags);
int cuMemUnmap(uint64_t address, size_t size);
int cuArray3DCreate_v2(uint64_t *array, const CUDA_ARRAY3D_DESCRIPTOR *descriptor);
int cuArrayDestroy(uint64_t array);
int cuMemMapArrayAsync(CUarrayMapInfo *list, unsigned count, void *stream);
int cuMulticastCreate(uint64_t *handle, const CUmulticastObjectProp *prop);
int cuMulticastBindMem(uint64_t handle, size_t offset, uint64_t memory, size_t memory_offset, size_t size,
		       unsigned long long flags);
int cuGraphicsResourceGetMappedPointer_v2(uint64_t *address, size_t *size, void *resource);
int cuGraphicsUnmapResources(unsigned count, void **resources, void *stream);

static const CUmemAllocationProp on_card = {.type = 1, .location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}};

/* 2 MiB behind two parts of an array; the handle is released, and one of the parts emptied.  */
static uint64_t make_sparse(void)
{
	CUDA_ARRAY3D_DESCRIPTOR descriptor = {1024, 1024, 0, 0x20, 1, CUDA_ARRAY3D_SPARSE};
	uint64_t array = 0x7f0000001000, memory = 0x10001000;
	CUarrayMapInfo parts[2] = {
		{.resource.array = (void *)array, .memOperationType = CU_MEM_OPERATION_TYPE_MAP, .memHandle = {memory}},
		{.resource.array = (void *)array, .memOperationType = CU_MEM_OPERATION_TYPE_MAP, .memHandle = {memory}},
	};

	parts[1].subresource.sparseLevel.offsetX = 256;
	MUST(!cuArray3DCreate_v2(&array, &descriptor));
	MUST(!cuMemCreate(&memory, 2 * MIB, &on_card, 0));
	MUST(!cuMemMapArrayAsync(parts, 2, NULL));
	MUST(!cuMemRelease(memory));
	parts[0].memOperationType = CU_MEM_OPERATION_TYPE_UNMAP;
	parts[0].memHandle.memHandle = 0;
	MUST(!cuMemMapArrayAsync(parts, 1, NULL));
	return array;
}

void odd_sparse(void)
{
	make_sparse();
}

void odd_sparse_destroyed(void)
{
	MUST(!cuArrayDestroy(make_sparse()));
}

/* An object for 2 MiB of two cards, of which this one's are bound to it; released while it is mapped.  */
static void make_team(void)
{
	CUmulticastObjectProp prop = {.numDevices = 2, .size = 2 * MIB};
	uint64_t team = 0x20001000, memory = 0x20002000;

	MUST(!cuMulticastCreate(&team, &prop));
	MUST(!cuMemCreate(&memory, 2 * MIB, &on_card, 0));
	MUST(!cuMulticastBindMem(team, 0, memory, 0, 2 * MIB, 0));
	MUST(!cuMemMap(0x7e0000000000, 2 * MIB, 0, team, 0));
	MUST(!cuMemRelease(team));
}

void odd_team(void)
{
	make_team();
}

void odd_team_unmapped(void)
{
	make_team();
	MUST(!cuMemUnmap(0x7e0000000000, 2 * MIB));
}

/* The address of a resource is asked for twice.  */
void odd_graphics(void)
{
	uint64_t address = 0x7d0000000000;
	size_t size = 5 * MIB;
	void *resources[] = {&address};

	odd_keep();
	MUST(!cuGraphicsResourceGetMappedPointer_v2(&address, &size, resources[0]));
	MUST(!cuGraphicsResourceGetMappedPointer_v2(&address, &size, resources[0]));
	MUST(!cuGraphicsUnmapResources(1, resources, NULL));
}
