/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "gpusim/api/cuda_device.h"
#include "gpusim/driver/drv_attribute.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_visible.h"

enum {
	LUID_BYTES = 8,
	P2P_PERFORMANCE_RANK = 1,
	P2P_ACCESS_SUPPORTED = 2,
	P2P_NATIVE_ATOMIC_SUPPORTED = 3,
	P2P_ARRAY_ACCESS_SUPPORTED = 4,
	P2P_LAST = 5,
	AFFINITY_SM_COUNT = 0,
};

CUresult cuDeviceGetCount(int *count)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!count)
		return CUDA_ERROR_INVALID_VALUE;
	*count = mv_visible_count();
	return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
	CUresult err = mv_start_check_device(ordinal);

	if (err)
		return err;
	if (!device)
		return CUDA_ERROR_INVALID_VALUE;
	*device = ordinal;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!name || size <= 0)
		return CUDA_ERROR_INVALID_VALUE;
	snprintf(name, (size_t)size, "%s", mv_facts()->name);
	return CUDA_SUCCESS;
}

/* Says what it is and counts the cards; no real card has such a one.  */
CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!uuid)
		return CUDA_ERROR_INVALID_VALUE;
	mv_facts_uuid(mv_visible_number(device), (unsigned char *)uuid->bytes);
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice device)
{
	return cuDeviceGetUuid_v2(uuid, device);
}

/* LUIDs are a thing of another operating system.  */
CUresult cuDeviceGetLuid(char *luid, unsigned int *node_mask, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	(void)luid;
	(void)node_mask;
	return err ? err : CUDA_ERROR_NOT_SUPPORTED;
}

CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!bytes)
		return CUDA_ERROR_INVALID_VALUE;
	*bytes = mv_facts()->memory_bytes;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetTexture1DLinearMaxWidth(size_t *elements, CUarray_format format, unsigned channels, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!elements || !channels || format <= 0)
		return CUDA_ERROR_INVALID_VALUE;
	*elements = (size_t)mv_attribute(MV_ATTRIBUTE_TEXTURE_LINEAR_WIDTH, device);
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!value || attribute < 1 || attribute > MV_ATTRIBUTE_MAX)
		return CUDA_ERROR_INVALID_VALUE;
	*value = mv_attribute(attribute, device);
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetExecAffinitySupport(int *value, CUexecAffinityType type, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!value || type != AFFINITY_SM_COUNT)
		return CUDA_ERROR_INVALID_VALUE;
	*value = 0;
	return CUDA_SUCCESS;
}

CUresult cuDeviceComputeCapability(int *major, int *minor, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!major || !minor)
		return CUDA_ERROR_INVALID_VALUE;
	*major = mv_attribute(MV_ATTRIBUTE_CC_MAJOR, device);
	*minor = mv_attribute(MV_ATTRIBUTE_CC_MINOR, device);
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetProperties(CUdevprop *properties, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!properties)
		return CUDA_ERROR_INVALID_VALUE;
	*properties = (CUdevprop){
		.maxThreadsPerBlock = mv_attribute(MV_ATTRIBUTE_MAX_THREADS_PER_BLOCK, device),
		.sharedMemPerBlock = mv_attribute(MV_ATTRIBUTE_SHARED_PER_BLOCK, device),
		.totalConstantMemory = mv_attribute(MV_ATTRIBUTE_CONSTANT_BYTES, device),
		.SIMDWidth = mv_attribute(MV_ATTRIBUTE_WARP_SIZE, device),
		.memPitch = mv_attribute(MV_ATTRIBUTE_MAX_PITCH, device),
		.regsPerBlock = mv_attribute(MV_ATTRIBUTE_REGISTERS_PER_BLOCK, device),
		.clockRate = mv_attribute(MV_ATTRIBUTE_CLOCK_RATE, device),
		.textureAlign = mv_attribute(MV_ATTRIBUTE_TEXTURE_ALIGNMENT, device),
	};
	/* Dimensions of blocks are attributes 2 to 4, of grids 5 to 7.  */
	for (int i = 0; i < 3; i++) {
		properties->maxThreadsDim[i] = mv_attribute(2 + i, device);
		properties->maxGridSize[i] = mv_attribute(MV_ATTRIBUTE_MAX_GRID_X + i, device);
	}
	return CUDA_SUCCESS;
}

/* ---- the bus ---- */

CUresult cuDeviceGetPCIBusId(char *id, int size, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!id || size <= 0)
		return CUDA_ERROR_INVALID_VALUE;
	snprintf(id, (size_t)size, "0000:%02X:00.0", mv_facts_pci_bus(mv_visible_number(device)));
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetByPCIBusId(CUdevice *device, const char *id)
{
	CUresult err = mv_start_check();
	int number;

	if (err)
		return err;
	if (!device || !id)
		return CUDA_ERROR_INVALID_VALUE;
	number = mv_facts_find_pci(id);
	if (number == -2)
		return CUDA_ERROR_INVALID_VALUE;
	for (int i = 0; i < mv_visible_count(); i++) {
		if (number < 0 || mv_visible_number(i) != (unsigned int)number)
			continue;
		*device = i;
		return CUDA_SUCCESS;
	}
	return CUDA_ERROR_INVALID_DEVICE;
}

/* ---- peers: any card can reach any other ---- */

static CUresult check_both(CUdevice device, CUdevice peer)
{
	CUresult err = mv_start_check_device(device);

	return err ? err : mv_start_check_device(peer);
}

CUresult cuDeviceCanAccessPeer(int *can_access, CUdevice device, CUdevice peer)
{
	CUresult err = check_both(device, peer);

	if (err)
		return err;
	if (!can_access)
		return CUDA_ERROR_INVALID_VALUE;
	*can_access = device != peer;
	return CUDA_SUCCESS;
}

CUresult cuDeviceGetP2PAttribute(int *value, CUdevice_P2PAttribute attribute, CUdevice from, CUdevice to)
{
	CUresult err = check_both(from, to);

	if (err)
		return err;
	if (from == to)
		return CUDA_ERROR_INVALID_DEVICE;
	if (!value || attribute < P2P_PERFORMANCE_RANK || attribute > P2P_LAST)
		return CUDA_ERROR_INVALID_VALUE;
	*value = attribute == P2P_ACCESS_SUPPORTED || attribute == P2P_NATIVE_ATOMIC_SUPPORTED ||
		 attribute == P2P_ARRAY_ACCESS_SUPPORTED;
	return CUDA_SUCCESS;
}
