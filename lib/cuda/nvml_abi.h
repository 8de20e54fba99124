/* SPDX-License-Identifier: Apache-2.0 */
/* What NVIDIA's management library declares, as far as a memory recorder needs it, for the recorder and for the simulated
 * GPU alike.  Names, values and layouts are those of nvml.h, 12.x; enumerations are ints.
 *
 * Units: sizes in bytes.  */
#ifndef CUDA_NVML_ABI_H
#define CUDA_NVML_ABI_H

typedef int nvmlReturn_t;
typedef struct nvmlDevice_st *nvmlDevice_t;

enum {
	NVML_SUCCESS = 0,
	NVML_ERROR_UNINITIALIZED = 1,
	NVML_ERROR_INVALID_ARGUMENT = 2,
	NVML_ERROR_NOT_SUPPORTED = 3,
	NVML_ERROR_NOT_FOUND = 6,
	NVML_ERROR_INSUFFICIENT_SIZE = 7,
	NVML_ERROR_DRIVER_NOT_LOADED = 9,
	NVML_ERROR_ARGUMENT_VERSION_MISMATCH = 25,
	NVML_ERROR_UNKNOWN = 999,
};

/* In the place of a number that the driver does not tell.  */
#define NVML_VALUE_NOT_AVAILABLE (~0ull)

/* USED includes what the driver and the firmware keep for themselves, */
typedef struct {
	unsigned long long total, free, used;
} nvmlMemory_t;

/* which is RESERVED here, and not part of USED.  VERSION: the size of the structure, and 2 shifted by 24.  */
typedef struct {
	unsigned int version;
	unsigned long long total, reserved, free, used;
} nvmlMemory_v2_t;

/* A process that uses a card.  The first edition's function, without a number in its name, fills the first.  */
typedef struct {
	unsigned int pid;
	unsigned long long usedGpuMemory;
} nvmlProcessInfo_v1_t;

typedef struct {
	unsigned int pid;
	unsigned long long usedGpuMemory;
	unsigned int gpuInstanceId, computeInstanceId;
} nvmlProcessInfo_t;

_Static_assert(sizeof(nvmlMemory_v2_t) == 40, "as in nvml.h");
_Static_assert(sizeof(nvmlProcessInfo_v1_t) == 16, "as in nvml.h");
_Static_assert(sizeof(nvmlProcessInfo_t) == 24, "as in nvml.h");

#endif
