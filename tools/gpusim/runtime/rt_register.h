/* SPDX-License-Identifier: Apache-2.0 */
/* What programs made by nvcc register before main: device code, and the host addresses that stand for kernels and
 * variables in it.
 *
 * Threads: looking up takes no lock.  Memory: malloc, kept for the life of the process.  */
#ifndef GPUSIM_RUNTIME_RT_REGISTER_H
#define GPUSIM_RUNTIME_RT_REGISTER_H

#include "gpusim/api/rt_launch.h"

/* The driver's function for the kernel that HOST stands for; HOST may also be a kernel handle.  The device code is
 * loaded when its first kernel is asked for.  cudaErrorInvalidDeviceFunction.  After mv_rt_begin.  */
cudaError_t mv_rt_find_function(const void *host, CUfunction *function);

/* The host address that FUNCTION was found for; FUNCTION itself if it was not.  */
const void *mv_rt_find_host(CUfunction function);

#endif
