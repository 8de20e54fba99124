/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays, which have handles instead of addresses, and memory that another process or another interface has.  */
#include "gpusim/conformance.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- arrays ---- */

static void try_flat_array(void)
{
	CUDA_ARRAY_DESCRIPTOR flat = {2048, 1024, 0x20, 1}, unknown = {64, 64, 0x77, 1}, told = {0};
	long long before = conformance_free_bytes(), during;
	CUarray array = NULL, none = NULL;

	TRY(cuArrayCreate_v2, &array, &flat);
	during = conformance_free_bytes();
	conformance_tell("it takes at least what was asked for", before - during >= (long long)(8 * MIB));
	conformance_tell_here("it takes", before - during);
	TRY(cuArrayGetDescriptor_v2, &told, array);
	conformance_tell("width", (long long)told.Width);
	conformance_tell("format", told.Format);
	TRY(cuArrayDestroy, array);
	conformance_tell("its memory comes back", conformance_free_bytes() == before);
	TRY(cuArrayCreate_v2, NULL, &flat);
	TRY(cuArrayCreate_v2, &none, NULL);
	TRY_REFUSED(cuArrayCreate_v2, &none, &unknown);
	TRY_REFUSED(cuArrayDestroy, none);
}

static void try_cube(void)
{
	CUDA_ARRAY3D_DESCRIPTOR cube = {64, 64, 64, 0x20, 4, 0}, told = {0}, huge = {16384, 16384, 1024, 0x20, 4, 0};
	CUarray array = NULL;

	TRY(cuArray3DCreate_v2, &array, &cube);
	TRY(cuArray3DGetDescriptor_v2, &told, array);
	conformance_tell("depth", (long long)told.Depth);
	TRY(cuArrayDestroy, array);
	TRY_REFUSED(cuArray3DCreate_v2, &array, &huge);
}

/* More levels than there are sizes are as many as there are; a cube has six faces in each.  */
static void try_mipmap(void)
{
	CUDA_ARRAY3D_DESCRIPTOR small = {4, 4, 0, 0x20, 1, 0}, told = {0};
	CUDA_ARRAY3D_DESCRIPTOR faces = {16, 16, 6, 0x20, 1, CUDA_ARRAY3D_CUBEMAP};
	CUmipmappedArray mipmap = NULL;
	CUarray level = NULL;

	TRY(cuMipmappedArrayCreate, &mipmap, &small, 100);
	TRY(cuMipmappedArrayGetLevel, &level, mipmap, 1);
	TRY(cuArray3DGetDescriptor_v2, &told, level);
	conformance_tell("width of the second level", (long long)told.Width);
	TRY(cuMipmappedArrayGetLevel, &level, mipmap, 2);
	TRY(cuMipmappedArrayGetLevel, &level, mipmap, 3);
	TRY(cuMipmappedArrayDestroy, mipmap);
	TRY(cuMipmappedArrayCreate, &mipmap, &faces, 2);
	TRY(cuMipmappedArrayDestroy, mipmap);
	TRY(cuMipmappedArrayCreate, NULL, &small, 1);
}

void conformance_arrays(void)
{
	if (!conformance_open_card())
		return;
	try_flat_array();
	try_cube();
	try_mipmap();
}

/* ---- other processes ---- */

/* A process that has 4 MiB, says how to reach them, and waits until it is no more needed.  */
static void have_memory(int to, int from)
{
	CUipcMemHandle handle;
	CUdeviceptr ptr = 0;
	char byte;

	memset(&handle, 0, sizeof handle);
	if (conformance_open_card() && !cu.cuMemAlloc_v2(&ptr, 4 * MIB))
		cu.cuIpcGetMemHandle(&handle, ptr);
	if (write(to, &handle, sizeof handle) == sizeof handle && read(from, &byte, 1) < 0)
		_exit(1);
	_exit(0);
}

static void try_opened(CUipcMemHandle handle)
{
	CUdeviceptr first = 0, second = 0, base = 0;
	size_t size = 0;
	long long before = conformance_free_bytes();

	TRY(cuIpcOpenMemHandle_v2, &first, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS);
	TRY(cuIpcOpenMemHandle_v2, &second, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS);
	conformance_tell("opened again it is the same", first == second);
	conformance_tell("it takes no memory", conformance_free_bytes() == before);
	TRY(cuMemGetAddressRange_v2, &base, &size, first);
	conformance_tell("size", (long long)size);
	TRY(cuIpcCloseMemHandle, first);
	TRY(cuMemGetAddressRange_v2, &base, &size, first);
	TRY(cuIpcCloseMemHandle, first);
	TRY(cuIpcCloseMemHandle, first);
	TRY(cuIpcOpenMemHandle_v2, NULL, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS);
}

static void try_own(void)
{
	CUipcMemHandle handle;
	CUdeviceptr ptr = 0, opened = 0;

	cu.cuMemAlloc_v2(&ptr, MIB);
	TRY(cuIpcGetMemHandle, &handle, ptr);
	TRY(cuIpcGetMemHandle, NULL, ptr);
	TRY_REFUSED(cuIpcOpenMemHandle_v2, &opened, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS);
	cu.cuMemFree_v2(ptr);
}

/* What memory another interface can offer depends on that; here are only the refusals.  */
static void try_external(void)
{
	CUDA_EXTERNAL_MEMORY_HANDLE_DESC description = {.type = CU_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD, .size = MIB};
	CUexternalMemory memory = NULL;

	description.handle.fd = -1;
	TRY_REFUSED(cuImportExternalMemory, &memory, &description);
	TRY(cuImportExternalMemory, NULL, &description);
	TRY_REFUSED(cuDestroyExternalMemory, NULL);
}

/* The other process begins before CUDA is used here: a child has no use of its parent's.  */
void conformance_shared(void)
{
	CUipcMemHandle handle;
	int up[2], down[2];

	if (pipe(up) || pipe(down))
		return;
	if (!fork()) {
		close(down[1]);
		have_memory(up[1], down[0]);
	}
	close(down[0]);
	close(up[1]);
	if (read(up[0], &handle, sizeof handle) != sizeof handle || !conformance_open_card())
		return;
	try_opened(handle);
	try_own();
	try_external();
	close(down[1]);
	wait(NULL);
}
