/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for the driver that tells who called it, and calls the program in the middle of a call: echo_asks.  Built as
 * libcuda.so.1 in a folder of its own.  */
#include <stddef.h>

#include "gpusim/echo.h"

const void *echo_caller;
void (*echo_asks)(void);

int cuInit(unsigned flags)
{
	(void)flags;
	return 0;
}

int cuCtxGetDevice(int *device)
{
	*device = 0;
	return 0;
}

int cuMemAlloc_v2(unsigned long long *address, size_t size)
{
	static unsigned long long next = 1 << 20;
	void (*ask)(void) = echo_asks;

	echo_caller = __builtin_return_address(0);
	echo_asks = NULL;
	*address = next;
	next += size;
	if (ask)
		ask();
	return 0;
}

/* Reaches itself by its own exported name, as a driver may.  */
int cuMemAllocManaged(unsigned long long *address, size_t size, unsigned flags)
{
	(void)flags;
	return cuMemAlloc_v2(address, size);
}
