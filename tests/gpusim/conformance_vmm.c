/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual memory management: reserving, creating, mapping, and what is free at each step.  */
#include "gpusim/conformance.h"

static const CUmemAllocationProp on_card = {.type = CU_MEM_ALLOCATION_TYPE_PINNED, .location = {1, 0}};
static const CUmemAccessDesc for_card = {{CU_MEM_LOCATION_TYPE_DEVICE, 0}, CU_MEM_ACCESS_FLAGS_PROT_READWRITE};

static size_t unit; /* granularity */
static long long free_at_first;

static void tell_taken(void)
{
	conformance_tell("taken of the card", free_at_first - conformance_free_bytes());
}

/* ---- ranges ---- */

static void try_reserving(void)
{
	CUdeviceptr ptr = 0, other = 0;

	TRY(cuMemAddressReserve, &ptr, 4 * unit, 0, 0, 0);
	conformance_tell("address is a multiple of the granularity", ptr % unit == 0);
	tell_taken();
	TRY(cuMemAddressReserve, &other, 4 * unit, 64 * MIB, 0, 0);
	conformance_tell("address is a multiple of 64 MiB", other % (64 * MIB) == 0);
	TRY(cuMemAddressFree, other, 4 * unit);
	TRY(cuMemAddressReserve, &other, 4096, 0, 0, 0);
	TRY(cuMemAddressReserve, &other, 4095, 0, 0, 0);
	TRY(cuMemAddressReserve, &other, 0, 0, 0, 0);
	TRY(cuMemAddressReserve, &other, 4 * unit, 3, 0, 0);
	TRY(cuMemAddressReserve, &other, 4 * unit, 0, 1, 0);
	TRY(cuMemAddressReserve, &other, 4 * unit, 0, 0, 1);
	TRY(cuMemAddressReserve, NULL, 4 * unit, 0, 0, 0);
	TRY(cuMemAddressReserve, &other, (size_t)1 << 60, 0, 0, 0);
	TRY(cuMemAddressFree, ptr, 2 * unit);
	TRY(cuMemAddressFree, ptr + unit, unit);
	TRY(cuMemAddressFree, ptr, 4 * unit);
	TRY(cuMemAddressFree, ptr, 4 * unit);
}

static void try_reserved_pointer(void)
{
	CUdeviceptr ptr = 0;
	uint64_t value = 99;

	TRY(cuMemAddressReserve, &ptr, 4 * unit, 0, 0, 0);
	TRY(cuPointerGetAttribute, &value, CU_POINTER_ATTRIBUTE_MAPPED, ptr);
	conformance_tell("mapped", (unsigned char)value);
	TRY(cuPointerGetAttribute, &value, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, ptr + unit);
	conformance_tell("it begins where it was reserved", value == ptr);
	TRY(cuPointerGetAttribute, &value, CU_POINTER_ATTRIBUTE_RANGE_SIZE, ptr + unit);
	conformance_tell("it is as large as was reserved", value == 4 * unit);
	TRY(cuMemFree_v2, ptr);
	TRY(cuMemAddressFree, ptr, 4 * unit);
}

/* ---- memory ---- */

static void try_wrong_memory(void)
{
	CUmemAllocationProp without_type = on_card, on_no_card = on_card, near_the_thread = on_card;
	CUmemAllocationProp of_exported_host = on_card;
	CUmemGenericAllocationHandle handle = 0;
	size_t total = 0;

	without_type.type = CU_MEM_ALLOCATION_TYPE_INVALID;
	on_no_card.location.id = 99;
	near_the_thread.location = (CUmemLocation){CU_MEM_LOCATION_TYPE_HOST_NUMA_CURRENT, 0};
	of_exported_host.location = (CUmemLocation){CU_MEM_LOCATION_TYPE_HOST, 0};
	of_exported_host.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
	cu.cuDeviceTotalMem_v2(&total, 0);
	total -= total % unit;
	TRY(cuMemCreate, &handle, unit / 2, &on_card, 0);
	TRY(cuMemCreate, &handle, unit + 4096, &on_card, 0);
	TRY(cuMemCreate, &handle, 0, &on_card, 0);
	TRY(cuMemCreate, &handle, total + 512 * unit, &on_card, 0);
	TRY(cuMemCreate, &handle, unit, NULL, 0);
	TRY(cuMemCreate, &handle, unit, &on_card, 1);
	TRY(cuMemCreate, NULL, unit, &on_card, 0);
	TRY(cuMemCreate, &handle, unit, &without_type, 0);
	TRY(cuMemCreate, &handle, unit, &on_no_card, 0);
	TRY(cuMemCreate, &handle, unit, &near_the_thread, 0);
	TRY(cuMemCreate, &handle, unit, &of_exported_host, 0);
}

static void try_properties(void)
{
	CUmemAllocationProp found = {0};
	CUmemGenericAllocationHandle handle = 0;

	TRY(cuMemCreate, &handle, unit, &on_card, 0);
	tell_taken();
	TRY(cuMemGetAllocationPropertiesFromHandle, &found, handle);
	conformance_tell("type", found.type);
	conformance_tell("location, type", found.location.type);
	conformance_tell("location, number", found.location.id);
	TRY(cuMemRelease, handle);
	tell_taken();
}

/* ---- mappings ---- */

static void tell_access(CUdeviceptr ptr)
{
	const CUmemLocation card = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
	unsigned long long flags = 99;

	TRY(cuMemGetAccess, &flags, &card, ptr);
	conformance_tell("access", (long long)flags);
}

static void try_access(CUdeviceptr ptr)
{
	CUmemAccessDesc to_read = for_card, to_nothing = for_card, to_what = for_card, for_no_card = for_card;

	to_read.flags = CU_MEM_ACCESS_FLAGS_PROT_READ;
	to_nothing.flags = CU_MEM_ACCESS_FLAGS_PROT_NONE;
	to_what.flags = 99;
	for_no_card.location.id = 99;
	tell_access(ptr);
	TRY(cuMemSetAccess, ptr, 2 * unit, &for_card, 1);
	tell_access(ptr);
	TRY(cuMemSetAccess, ptr, 2 * unit, &to_read, 1);
	tell_access(ptr);
	TRY(cuMemSetAccess, ptr, 2 * unit, &to_nothing, 1);
	tell_access(ptr);
	TRY(cuMemSetAccess, ptr, 2 * unit, &to_what, 1);
	TRY_REFUSED(cuMemSetAccess, ptr, 2 * unit, &for_no_card, 1);
	TRY(cuMemSetAccess, ptr, 2 * unit, NULL, 1);
	TRY(cuMemSetAccess, ptr, 3 * unit, &for_card, 1);
	TRY(cuMemSetAccess, ptr + 2 * unit, unit, &for_card, 1);
	TRY(cuMemSetAccess, ptr, unit, &for_card, 1);
}

/* One piece of memory of two units at the beginning of a range of four.  */
static void try_mapping(void)
{
	CUmemGenericAllocationHandle handle = 0;
	CUdeviceptr ptr = 0;

	TRY(cuMemAddressReserve, &ptr, 4 * unit, 0, 0, 0);
	TRY(cuMemCreate, &handle, 2 * unit, &on_card, 0);
	tell_taken();
	TRY(cuMemMap, ptr, 2 * unit, 0, handle, 1);
	TRY(cuMemMap, ptr, 4 * unit, 0, handle, 0);
	TRY(cuMemMap, ptr + 4096, 2 * unit, 0, handle, 0);
	TRY(cuMemMap, ptr, unit / 2, 0, handle, 0);
	if (!TRY(cuMemMap, ptr, unit, unit, handle, 0))
		cu.cuMemUnmap(ptr, unit);
	TRY(cuMemMap, ptr, 2 * unit, 0, handle, 0);
	tell_taken();
	TRY(cuMemMap, ptr, 2 * unit, 0, handle, 0);
	TRY(cuMemMap, ptr + 3 * unit, 2 * unit, 0, handle, 0);
	try_access(ptr);
	TRY(cuMemUnmap, ptr, unit);
	TRY(cuMemUnmap, ptr + unit, unit);
	TRY(cuMemUnmap, ptr, 4 * unit);
	TRY(cuMemAddressFree, ptr, 4 * unit);
	TRY(cuMemUnmap, ptr, 2 * unit);
	tell_taken();
	TRY(cuMemUnmap, ptr, 2 * unit);
	TRY(cuMemSetAccess, ptr, 2 * unit, &for_card, 1);
	TRY(cuMemRelease, handle);
	tell_taken();
	TRY(cuMemAddressFree, ptr, 4 * unit);
}

/* Handles are counted; what is mapped outlives them.  */
static void try_references(void)
{
	CUmemGenericAllocationHandle handle = 0, again = 0, third = 0;
	CUdeviceptr ptr = 0;

	TRY(cuMemAddressReserve, &ptr, 4 * unit, 0, 0, 0);
	TRY(cuMemCreate, &handle, 2 * unit, &on_card, 0);
	TRY(cuMemRetainAllocationHandle, &again, (void *)(uintptr_t)ptr);
	TRY(cuMemMap, ptr, 2 * unit, 0, handle, 0);
	TRY(cuMemRelease, handle);
	tell_taken();
	TRY(cuMemRetainAllocationHandle, &again, (void *)(uintptr_t)(ptr + unit + 5));
	conformance_tell("it is the same", again == handle);
	TRY(cuMemUnmap, ptr, 2 * unit);
	tell_taken();
	TRY(cuMemMap, ptr + 2 * unit, 2 * unit, 0, again, 0);
	TRY(cuMemRetainAllocationHandle, &third, (void *)(uintptr_t)(ptr + 2 * unit));
	TRY(cuMemRelease, third);
	TRY(cuMemRelease, again);
	tell_taken();
	TRY(cuMemUnmap, ptr + 2 * unit, 2 * unit);
	tell_taken();
	TRY(cuMemAddressFree, ptr, 4 * unit);
}

/* Two pieces side by side, one piece at two places.  */
static void try_neighbours(void)
{
	CUmemGenericAllocationHandle handles[2] = {0};
	CUdeviceptr ptr = 0;

	TRY(cuMemAddressReserve, &ptr, 4 * unit, 0, 0, 0);
	for (int i = 0; i < 2; i++) {
		TRY(cuMemCreate, &handles[i], unit, &on_card, 0);
		TRY(cuMemMap, ptr + (size_t)i * unit, unit, 0, handles[i], 0);
	}
	TRY(cuMemMap, ptr + 3 * unit, unit, 0, handles[0], 0);
	tell_taken();
	TRY(cuMemSetAccess, ptr, 2 * unit, &for_card, 1);
	TRY(cuMemSetAccess, ptr, 4 * unit, &for_card, 1);
	TRY(cuMemUnmap, ptr, 2 * unit);
	TRY(cuMemUnmap, ptr + 3 * unit, unit);
	TRY(cuMemRelease, handles[0]);
	TRY(cuMemRelease, handles[1]);
	tell_taken();
	TRY(cuMemAddressFree, ptr, 4 * unit);
}

/* The range that a pointer is in is what was reserved; what is mapped there is smaller.  */
static void try_pointers(void)
{
	CUmemGenericAllocationHandle handle = 0;
	CUdeviceptr ptr = 0;
	size_t size = 0;
	uint64_t value = 99;

	TRY(cuMemAddressReserve, &ptr, 4 * unit, 0, 0, 0);
	TRY(cuMemCreate, &handle, unit, &on_card, 0);
	TRY(cuMemMap, ptr + unit, unit, 0, handle, 0);
	TRY(cuMemSetAccess, ptr + unit, unit, &for_card, 1);
	TRY(cuPointerGetAttribute, &value, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, ptr + unit + 5);
	conformance_tell("it begins where it was reserved", value == ptr);
	TRY(cuPointerGetAttribute, &value, CU_POINTER_ATTRIBUTE_RANGE_SIZE, ptr + unit + 5);
	conformance_tell("it is as large as was reserved", value == 4 * unit);
	TRY(cuPointerGetAttribute, &value, CU_POINTER_ATTRIBUTE_MAPPING_BASE_ADDR, ptr + unit + 5);
	conformance_tell("it begins where it is mapped", value == ptr + unit);
	TRY(cuPointerGetAttribute, &value, CU_POINTER_ATTRIBUTE_MAPPING_SIZE, ptr + unit + 5);
	conformance_tell("it is as large as what is mapped", value == unit);
	value = 99;
	TRY(cuPointerGetAttribute, &value, CU_POINTER_ATTRIBUTE_MAPPED, ptr + unit);
	conformance_tell("mapped", (unsigned char)value);
	TRY(cuMemGetAddressRange_v2, &ptr, &size, ptr + unit + 5);
	conformance_tell("size", (long long)(size / unit));
	TRY(cuMemFree_v2, ptr);
}

void conformance_vmm(void)
{
	CUdeviceptr ptr = 0;

	if (!conformance_open_card())
		return;
	cu.cuMemGetAllocationGranularity(&unit, &on_card, CU_MEM_ALLOC_GRANULARITY_MINIMUM);
	if (!unit)
		unit = 2 * MIB;
	cu.cuMemAlloc_v2(&ptr, MIB);
	free_at_first = conformance_free_bytes();
	try_reserving();
	try_reserved_pointer();
	try_wrong_memory();
	try_properties();
	try_mapping();
	try_references();
	try_neighbours();
	try_pointers();
}
