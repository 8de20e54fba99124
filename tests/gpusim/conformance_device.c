/* SPDX-License-Identifier: Apache-2.0 */
/* Device memory: what an allocation of a size takes of the card, where it lies, and what is known of its address.  */
#include "gpusim/conformance.h"

#include <stdio.h>

enum { LINE_BYTES = 128 };

static void tell_of(size_t size, const char *what, long long value)
{
	char line[LINE_BYTES];

	snprintf(line, sizeof line, "%zu bytes, %s", size, what);
	conformance_tell(line, value);
}

static void say_of(size_t size, const char *call, CUresult err)
{
	char line[LINE_BYTES];

	snprintf(line, sizeof line, "%zu bytes, %s", size, call);
	conformance_say(line, err);
}

static void try_size(size_t size)
{
	long long before = conformance_free_bytes();
	CUdeviceptr ptr = 0, base = 0;
	size_t known_size = 0;

	say_of(size, "cuMemAlloc", cu.cuMemAlloc_v2(&ptr, size));
	tell_of(size, "taken of the card", before - conformance_free_bytes());
	tell_of(size, "address is a multiple of 256", ptr % 256 == 0);
	tell_of(size, "address is a multiple of 512", ptr % 512 == 0);
	say_of(size, "cuMemGetAddressRange of the middle", cu.cuMemGetAddressRange_v2(&base, &known_size, ptr + size / 2));
	tell_of(size, "it begins where it was allocated", base == ptr);
	tell_of(size, "it is exactly as large", known_size == size);
	say_of(size, "cuMemFree", cu.cuMemFree_v2(ptr));
	tell_of(size, "not given back", before - conformance_free_bytes());
}

static void try_sizes(void)
{
	static const size_t sizes[] = {
		1, 512, MIB, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 20 * MIB,
	};
	CUdeviceptr ptr = 0;

	/* The first allocation of a process may cost what later ones don't.  */
	cu.cuMemAlloc_v2(&ptr, MIB);
	cu.cuMemFree_v2(ptr);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		try_size(sizes[i]);
}

/* Neighbours: how far apart, and how many share what was taken for the first.  */
static void try_neighbours(size_t size)
{
	enum { COUNT = 4 };
	CUdeviceptr ptrs[COUNT] = {0};
	long long before = conformance_free_bytes();

	for (int i = 0; i < COUNT; i++)
		cu.cuMemAlloc_v2(&ptrs[i], size);
	tell_of(size, "four of it take of the card", before - conformance_free_bytes());
	tell_of(size, "from the first to the second", (long long)(ptrs[1] - ptrs[0]));
	tell_of(size, "from the third to the fourth", (long long)(ptrs[3] - ptrs[2]));
	for (int i = 0; i < COUNT; i++)
		cu.cuMemFree_v2(ptrs[i]);
	tell_of(size, "not given back", before - conformance_free_bytes());
}

/* ---- pitch ---- */

static void try_pitch(size_t width, unsigned int element)
{
	CUdeviceptr ptr = 0, base = 0;
	size_t pitch = 0, size = 0;
	int alignment = 1;
	char line[LINE_BYTES];

	cu.cuDeviceGetAttribute(&alignment, 51, 0);
	snprintf(line, sizeof line, "cuMemAllocPitch of 3 rows of %zu bytes in elements of %u", width, element);
	conformance_say(line, cu.cuMemAllocPitch_v2(&ptr, &pitch, width, 3, element));
	cu.cuMemGetAddressRange_v2(&base, &size, ptr);
	conformance_tell("a row fits", pitch >= width);
	conformance_tell("fit for textures", pitch % (size_t)alignment == 0);
	conformance_tell("pitch", (long long)pitch);
	conformance_tell("three rows fit", size >= 2 * pitch + width);
	cu.cuMemFree_v2(ptr);
}

/* ---- pointers ---- */

static void try_attribute(const char *name, CUpointer_attribute attribute, CUdeviceptr ptr)
{
	uint64_t value = 0;
	char line[LINE_BYTES];

	snprintf(line, sizeof line, "cuPointerGetAttribute %s", name);
	if (!conformance_say(line, cu.cuPointerGetAttribute(&value, attribute, ptr)))
		conformance_tell(name, (long long)value);
	else
		conformance_tell(name, -1);
}

/* Attributes that say the same of every allocation.  */
static void try_attributes(CUdeviceptr ptr)
{
	try_attribute("MEMORY_TYPE", CU_POINTER_ATTRIBUTE_MEMORY_TYPE, ptr);
	try_attribute("IS_MANAGED", CU_POINTER_ATTRIBUTE_IS_MANAGED, ptr);
	try_attribute("DEVICE_ORDINAL", CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, ptr);
	try_attribute("IS_LEGACY_CUDA_IPC_CAPABLE", CU_POINTER_ATTRIBUTE_IS_LEGACY_CUDA_IPC_CAPABLE, ptr);
	try_attribute("RANGE_SIZE", CU_POINTER_ATTRIBUTE_RANGE_SIZE, ptr);
	try_attribute("MAPPED", CU_POINTER_ATTRIBUTE_MAPPED, ptr);
	try_attribute("ALLOWED_HANDLE_TYPES", CU_POINTER_ATTRIBUTE_ALLOWED_HANDLE_TYPES, ptr);
	try_attribute("ACCESS_FLAGS", CU_POINTER_ATTRIBUTE_ACCESS_FLAGS, ptr);
	try_attribute("MEMPOOL_HANDLE", CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, ptr);
	try_attribute("MAPPING_SIZE", CU_POINTER_ATTRIBUTE_MAPPING_SIZE, ptr);
	try_attribute("SYNC_MEMOPS", CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, ptr);
}

static void try_pointers(void)
{
	CUdeviceptr ptr = 0, answer = 0;
	CUcontext context = NULL, owner = NULL;
	uint64_t id = 0, other_id = 0;

	cu.cuCtxGetCurrent(&context);
	TRY(cuMemAlloc_v2, &ptr, 4 * MIB);
	try_attributes(ptr + 12345);
	TRY(cuPointerGetAttribute, &owner, CU_POINTER_ATTRIBUTE_CONTEXT, ptr);
	conformance_tell("it is the current one", owner == context);
	TRY(cuPointerGetAttribute, &answer, CU_POINTER_ATTRIBUTE_DEVICE_POINTER, ptr + 5);
	conformance_tell("it is the same", answer == ptr + 5);
	TRY(cuPointerGetAttribute, &answer, CU_POINTER_ATTRIBUTE_HOST_POINTER, ptr);
	TRY(cuPointerGetAttribute, &answer, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, ptr + 5);
	conformance_tell("it is the first byte", answer == ptr);
	TRY(cuPointerGetAttribute, &id, CU_POINTER_ATTRIBUTE_BUFFER_ID, ptr);
	cu.cuMemFree_v2(ptr);
	cu.cuMemAlloc_v2(&ptr, 4 * MIB);
	TRY(cuPointerGetAttribute, &other_id, CU_POINTER_ATTRIBUTE_BUFFER_ID, ptr);
	conformance_tell("the id was used before", id == other_id);
	TRY(cuPointerGetAttribute, &id, 0, ptr);
	cu.cuMemFree_v2(ptr);
}

/* Of a pointer that CUDA does not know, asking for several attributes at once says nothing; and of one that it knows,
 * that there is no host pointer.  */
static void try_several_attributes(void)
{
	CUpointer_attribute wanted[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
					CU_POINTER_ATTRIBUTE_HOST_POINTER};
	unsigned int type = 99;
	int ordinal = 99;
	void *host = wanted, *data[] = {&type, &ordinal, &host};
	CUdeviceptr ptr = 0;

	TRY(cuPointerGetAttributes, 3, wanted, data, (CUdeviceptr)(uintptr_t)wanted);
	conformance_tell("type", type);
	conformance_tell("card", ordinal);
	conformance_tell("host pointer is there", host != NULL);
	TRY(cuMemAlloc_v2, &ptr, MIB);
	TRY(cuPointerGetAttributes, 3, wanted, data, ptr);
	conformance_tell("type", type);
	conformance_tell("card", ordinal);
	conformance_tell("host pointer is there", host != NULL);
	cu.cuMemFree_v2(ptr);
}

static void try_managed(void)
{
	long long before = conformance_free_bytes();
	CUdeviceptr ptr = 0;

	TRY(cuMemAllocManaged, &ptr, 4 * MIB, CU_MEM_ATTACH_GLOBAL);
	conformance_tell("taken of the card before it is touched", before - conformance_free_bytes());
	try_attribute("MEMORY_TYPE", CU_POINTER_ATTRIBUTE_MEMORY_TYPE, ptr);
	try_attribute("IS_MANAGED", CU_POINTER_ATTRIBUTE_IS_MANAGED, ptr);
	try_attribute("RANGE_SIZE", CU_POINTER_ATTRIBUTE_RANGE_SIZE, ptr);
	TRY(cuMemFree_v2, ptr);
}

void conformance_device(void)
{
	size_t total = 0, of_context = 0, free_bytes = 0;

	if (!conformance_open_card())
		return;
	cu.cuDeviceTotalMem_v2(&total, 0);
	TRY(cuMemGetInfo_v2, &free_bytes, &of_context);
	conformance_tell("total is that of the card", of_context == total);
	conformance_tell("free is not more", free_bytes <= of_context);
	try_sizes();
	try_neighbours(1);
	try_neighbours(512 + 1);
	try_neighbours(MIB);
	try_neighbours(MIB + 1);
	try_neighbours(3 * MIB);
	try_pitch(1, 4);
	try_pitch(512, 4);
	try_pitch(513, 4);
	try_pitch(1000, 16);
	try_pitch(4096, 8);
	try_pointers();
	try_several_attributes();
	try_managed();
}
