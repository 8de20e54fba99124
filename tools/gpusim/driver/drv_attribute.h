/* SPDX-License-Identifier: Apache-2.0 */
/* What a simulated card says of itself.  */
#ifndef GPUSIM_DRIVER_DRV_ATTRIBUTE_H
#define GPUSIM_DRIVER_DRV_ATTRIBUTE_H

#include "gpusim/api/cuda_device.h"

/* Value of ATTRIBUTE, from 1 to MV_ATTRIBUTE_MAX, for a card that exists.  0 for what CUDA has and the simulation does
 * not say.  Cannot fail.  */
int mv_attribute(CUdevice_attribute attribute, CUdevice device);

/* Attributes that the simulation itself looks at.  */
enum {
	MV_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 1,
	MV_ATTRIBUTE_MAX_GRID_X = 5,
	MV_ATTRIBUTE_MAX_GRID_Y = 6,
	MV_ATTRIBUTE_SHARED_PER_BLOCK = 8,
	MV_ATTRIBUTE_CONSTANT_BYTES = 9,
	MV_ATTRIBUTE_WARP_SIZE = 10,
	MV_ATTRIBUTE_MAX_PITCH = 11,
	MV_ATTRIBUTE_REGISTERS_PER_BLOCK = 12,
	MV_ATTRIBUTE_CLOCK_RATE = 13,
	MV_ATTRIBUTE_TEXTURE_ALIGNMENT = 14,
	MV_ATTRIBUTE_SM_COUNT = 16,
	MV_ATTRIBUTE_PCI_BUS_ID = 33,
	MV_ATTRIBUTE_THREADS_PER_SM = 39,
	MV_ATTRIBUTE_TEXTURE_LINEAR_WIDTH = 69,
	MV_ATTRIBUTE_CC_MAJOR = 75,
	MV_ATTRIBUTE_CC_MINOR = 76,
	MV_ATTRIBUTE_SHARED_PER_SM = 81,
	MV_ATTRIBUTE_SHARED_OPTIN = 97,
	MV_ATTRIBUTE_BLOCKS_PER_SM = 106,
	MV_ATTRIBUTE_CLUSTER_LAUNCH = 120,
	MV_ATTRIBUTE_TENSOR_MAP = 127,
	MV_ATTRIBUTE_MAX = 200,		/* what a later CUDA may add is answered with 0 */
};

#endif
