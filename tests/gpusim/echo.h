/* SPDX-License-Identifier: Apache-2.0 */
/* echo.c, for echo_user.c.  */
#ifndef GPUSIM_ECHO_H
#define GPUSIM_ECHO_H

#include <stddef.h>

extern const void *echo_caller;	 /* where the last call of cuMemAlloc_v2 was to return to */
extern void (*echo_asks)(void); /* called by the next one, once */

int cuInit(unsigned flags);
int cuCtxGetDevice(int *device);
int cuMemAlloc_v2(unsigned long long *address, size_t size);
int cuMemAllocManaged(unsigned long long *address, size_t size, unsigned flags);

#endif
