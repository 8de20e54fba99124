/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the odd driver: the functions that have no code of their own, and what else the recorder asks a driver.  */
#ifndef GPUSIM_ODD_ANY_H
#define GPUSIM_ODD_ANY_H

#include <stddef.h>
#include <stdint.h>

/* What this thread is to be answered.  */
int odd_answer(void) __attribute__((visibility("hidden")));

#pragma GCC visibility push(default)
int cuCtxGetDevice(int *device);
int cuDriverGetVersion(int *version);
int cuDeviceTotalMem_v2(size_t *bytes, int device);
int cuDeviceGetName(char *name, int size, int device);
int cuDeviceGetUuid_v2(uint8_t uuid[16], int device);
int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *is_active);
#pragma GCC visibility pop

#endif
