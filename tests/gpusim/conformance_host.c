/* SPDX-License-Identifier: Apache-2.0 */
/* Pinned and registered host memory.  */
#include "gpusim/conformance.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, LINE_BYTES = 128, READ_ONLY_SUPPORTED = 113 };

static void tell_pointer(void *host)
{
	CUdeviceptr device = 0;
	unsigned int type = 0;

	TRY(cuMemHostGetDevicePointer_v2, &device, host, 0);
	conformance_tell("the card sees it at the same address", device == (uintptr_t)host);
	TRY(cuPointerGetAttribute, &type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, (uintptr_t)host);
	conformance_tell("type", type);
}

static void try_flags(unsigned int flags)
{
	unsigned int found = 0;
	void *host = NULL;
	char line[LINE_BYTES];

	snprintf(line, sizeof line, "cuMemHostAlloc with flags %#x", flags);
	conformance_say(line, cu.cuMemHostAlloc(&host, MIB, flags));
	TRY(cuMemHostGetFlags, &found, host);
	conformance_tell("what was asked for is among the flags", (found & flags) == flags);
	conformance_tell("flags", found);
	TRY(cuMemFreeHost, host);
}

static void try_pinned(void)
{
	long long before = conformance_free_bytes();
	unsigned int flags = 0;
	char *host = NULL;

	TRY(cuMemAllocHost_v2, (void **)&host, 4 * MIB);
	conformance_tell("taken of the card", before - conformance_free_bytes());
	conformance_tell("address is a multiple of a page", (uintptr_t)host % PAGE == 0);
	tell_pointer(host);
	TRY(cuMemHostGetFlags, &flags, host);
	conformance_tell("flags", flags);
	if (host)
		memset(host, 1, 4 * MIB);
	TRY(cuMemHostGetFlags, &flags, host + 100);
	TRY(cuMemFree_v2, (uintptr_t)host);
	TRY(cuMemFreeHost, host + PAGE);
	TRY(cuMemHostUnregister, host);
	TRY(cuMemFreeHost, host);
	TRY(cuMemFreeHost, host);
	TRY(cuMemFreeHost, NULL);
}

static void try_write_combined(void)
{
	CUdeviceptr device = 0;
	void *host = NULL;

	TRY(cuMemHostAlloc, &host, MIB, CU_MEMHOSTALLOC_WRITECOMBINED);
	TRY(cuMemHostGetDevicePointer_v2, &device, host, 0);
	conformance_tell("the card sees it at the same address", device == (uintptr_t)host);
	TRY(cuMemFreeHost, host);
}

static void try_wrong_calls(void)
{
	CUdeviceptr device = 0;
	unsigned int flags = 0;
	char mine[16];
	void *host = NULL;

	TRY(cuMemHostAlloc, &host, 0, 0);
	TRY(cuMemAllocHost_v2, &host, 0);
	TRY(cuMemHostAlloc, NULL, MIB, 0);
	TRY(cuMemHostAlloc, &host, MIB, 0x80);
	TRY(cuMemHostGetFlags, &flags, mine);
	TRY(cuMemHostGetDevicePointer_v2, &device, mine, 0);
	TRY(cuMemFreeHost, mine);
	TRY(cuMemHostUnregister, mine);
	TRY(cuMemHostUnregister, NULL);
	TRY(cuMemHostRegister_v2, NULL, MIB, 0);
	TRY(cuMemHostAlloc, &host, MIB, 0);
	TRY(cuMemHostGetDevicePointer_v2, &device, host, 1);
	TRY(cuMemHostGetDevicePointer_v2, NULL, host, 0);
	TRY(cuMemFreeHost, host);
}

/* ---- the program's own memory ---- */

static void try_read_only(char *mine)
{
	int is_supported = 0;
	CUresult err;

	cu.cuDeviceGetAttribute(&is_supported, READ_ONLY_SUPPORTED, 0);
	err = cu.cuMemHostRegister_v2(mine, MIB, CU_MEMHOSTREGISTER_READ_ONLY);
	conformance_tell("cuMemHostRegister, read-only, is as the attribute says",
			 err == (is_supported ? CUDA_SUCCESS : CUDA_ERROR_NOT_SUPPORTED));
	if (!err)
		cu.cuMemHostUnregister(mine);
}

static void try_registered(void)
{
	char *mine = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int flags = 0;

	TRY(cuMemHostRegister_v2, mine, MIB, 0);
	tell_pointer(mine);
	TRY(cuMemHostGetFlags, &flags, mine);
	TRY(cuMemHostRegister_v2, mine, MIB, 0);
	TRY_REFUSED(cuMemHostRegister_v2, mine + MIB - PAGE, MIB, 0);
	TRY(cuMemHostUnregister, mine + PAGE);
	TRY(cuMemFreeHost, mine);
	TRY(cuMemHostUnregister, mine);
	TRY(cuMemHostUnregister, mine);
	TRY(cuMemHostRegister_v2, mine, 0, 0);
	TRY(cuMemHostRegister_v2, mine, MIB, 0x80);
	TRY(cuMemHostRegister_v2, mine, MIB, CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP);
	TRY(cuMemHostUnregister, mine);
	TRY(cuMemHostRegister_v2, mine + 100, 1000, 0);
	TRY(cuMemHostUnregister, mine + 100);
	try_read_only(mine);
	munmap(mine, 4 * MIB);
}

void conformance_host(void)
{
	if (!conformance_open_card())
		return;
	try_pinned();
	try_flags(0);
	try_flags(CU_MEMHOSTALLOC_PORTABLE);
	try_flags(CU_MEMHOSTALLOC_DEVICEMAP);
	try_flags(CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_WRITECOMBINED);
	try_write_combined();
	try_wrong_calls();
	try_registered();
}
