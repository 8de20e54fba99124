/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that CUDA documents per compute capability are taken from the tables of its programming guide.  The rest (number
 * of multiprocessors, clocks, cache, bus) is that of one card of compute capability 8.0, whatever is simulated: nothing
 * here runs faster for it.  */
#include "gpusim/driver/drv_attribute.h"

#include <limits.h>
#include <stddef.h>

#include "gpusim/common/facts.h"
#include "gpusim/driver/drv_visible.h"

enum { KIB = 1024 };

/* By compute capability; a card takes the last row that is not above its own.  */
static const struct {
	int compute;
	int shared_per_sm, shared_optin;	/* KiB */
	int threads_per_sm, blocks_per_sm;
} g_computes[] = {
	{ 0, 64, 48, 2048, 32 },
	{ 70, 96, 96, 2048, 32 },
	{ 75, 64, 64, 1024, 16 },
	{ 80, 164, 163, 2048, 32 },
	{ 86, 100, 99, 1536, 16 },
	{ 87, 164, 163, 1536, 16 },
	{ 89, 100, 99, 1536, 24 },
	{ 90, 228, 227, 2048, 32 },
	{ 110, 228, 227, 1536, 24 },
	{ 120, 100, 99, 1536, 24 },
};

static const struct {
	short attribute;
	int value;
} g_values[] = {
	{ MV_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024 },
	{ 2, 1024 }, { 3, 1024 }, { 4, 64 },			/* block dimensions */
	{ MV_ATTRIBUTE_MAX_GRID_X, INT_MAX }, { MV_ATTRIBUTE_MAX_GRID_Y, 65535 }, { 7, 65535 },
	{ MV_ATTRIBUTE_SHARED_PER_BLOCK, 48 * KIB },
	{ MV_ATTRIBUTE_CONSTANT_BYTES, 64 * KIB },
	{ MV_ATTRIBUTE_WARP_SIZE, 32 },
	{ MV_ATTRIBUTE_MAX_PITCH, INT_MAX },
	{ MV_ATTRIBUTE_REGISTERS_PER_BLOCK, 65536 },
	{ MV_ATTRIBUTE_CLOCK_RATE, 1410000 },			/* kHz */
	{ MV_ATTRIBUTE_TEXTURE_ALIGNMENT, 512 },
	{ 15, 1 },						/* copies overlap kernels */
	{ MV_ATTRIBUTE_SM_COUNT, 108 },
	{ 19, 1 },						/* can map host memory */
	{ 21, 131072 }, { 22, 131072 }, { 23, 65536 },		/* textures: 1D, 2D */
	{ 24, 16384 }, { 25, 16384 }, { 26, 16384 },		/* 3D */
	{ 27, 32768 }, { 28, 32768 }, { 29, 2048 },		/* 2D layered */
	{ 30, 512 },						/* surface alignment */
	{ 31, 1 }, { 32, 1 },					/* concurrent kernels, ECC */
	{ 36, 1215000 }, { 37, 5120 }, { 38, 41943040 },	/* memory clock kHz, bus bits, L2 bytes */
	{ 40, 3 },						/* copy engines */
	{ 41, 1 },						/* unified addressing */
	{ 42, 32768 }, { 43, 2048 },				/* textures: 1D layered */
	{ 45, 32768 }, { 46, 32768 },				/* 2D gather */
	{ 51, 32 },						/* texture pitch alignment */
	{ 52, 32768 }, { 53, 32768 }, { 54, 2046 },		/* cube maps */
	{ 55, 32768 }, { 56, 131072 }, { 57, 65536 },		/* surfaces: 1D, 2D */
	{ 58, 16384 }, { 59, 16384 }, { 60, 16384 },		/* 3D */
	{ 61, 32768 }, { 62, 2048 }, { 63, 32768 }, { 64, 32768 }, { 65, 2048 },	/* layered */
	{ 66, 32768 }, { 67, 32768 }, { 68, 2046 },		/* cube maps */
	{ MV_ATTRIBUTE_TEXTURE_LINEAR_WIDTH, 268435456 },
	{ 70, 131072 }, { 71, 65000 }, { 72, 2097120 },		/* 2D linear textures */
	{ 73, 32768 }, { 74, 32768 }, { 77, 32768 },		/* mipmaps */
	{ 78, 1 }, { 79, 1 }, { 80, 1 },			/* priorities, L1 for global and local memory */
	{ 82, 65536 },						/* registers per multiprocessor */
	{ 83, 1 },						/* managed memory */
	{ 87, 2 },						/* single to double performance */
	{ 89, 1 }, { 90, 1 }, { 91, 1 },			/* concurrent managed access, preemption, host pointers */
	{ 92, 1 }, { 93, 1 }, { 94, 1 }, { 122, 1 }, { 123, 1 },	/* stream memory operations */
	{ 95, 1 },						/* cooperative launch */
	{ 99, 1 },						/* host registration */
	{ 102, 1 }, { 103, 1 },					/* virtual memory management; export as descriptor */
	{ 108, 31457280 }, { 109, 134217728 },			/* persisting L2, access policy window */
	{ 111, KIB },						/* reserved shared memory per block */
	{ 115, 1 }, { 119, 1 },					/* pools; export as descriptor */
	{ 125, 1 },						/* events for other processes */
	{ 126, 1 },						/* memory synchronization domains */
	{ 129, 1 },						/* unified function pointers */
	{ 131, -1 },						/* NUMA node of the card: none */
	{ 134, 0 },						/* nearest NUMA node of the host */
	{ 141, 1 }, { 145, 1 },					/* virtual memory management of host memory */
};

/* Attributes that follow from the settings.  -1: ATTRIBUTE is none of them.  */
static int from_settings(CUdevice_attribute attribute, CUdevice device)
{
	int compute = (int)mv_facts()->compute;
	size_t row = sizeof(g_computes) / sizeof(*g_computes) - 1;

	while (g_computes[row].compute > compute)
		row--;
	switch (attribute) {
	case MV_ATTRIBUTE_CC_MAJOR:
		return compute / 10;
	case MV_ATTRIBUTE_CC_MINOR:
		return compute % 10;
	case MV_ATTRIBUTE_PCI_BUS_ID:
		return (int)mv_facts_pci_bus(mv_visible_number(device));
	case MV_ATTRIBUTE_THREADS_PER_SM:
		return g_computes[row].threads_per_sm;
	case MV_ATTRIBUTE_BLOCKS_PER_SM:
		return g_computes[row].blocks_per_sm;
	case MV_ATTRIBUTE_SHARED_PER_SM:
		return g_computes[row].shared_per_sm * KIB;
	case MV_ATTRIBUTE_SHARED_OPTIN:
		return g_computes[row].shared_optin * KIB;
	case MV_ATTRIBUTE_CLUSTER_LAUNCH:
	case MV_ATTRIBUTE_TENSOR_MAP:
		return compute >= 90;
	}
	return -1;
}

int mv_attribute(CUdevice_attribute attribute, CUdevice device)
{
	int value = from_settings(attribute, device);

	if (value >= 0)
		return value;
	for (size_t i = 0; i < sizeof(g_values) / sizeof(*g_values); i++) {
		if (g_values[i].attribute == attribute)
			return g_values[i].value;
	}
	return 0;
}
