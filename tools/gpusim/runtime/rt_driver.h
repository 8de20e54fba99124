/* SPDX-License-Identifier: Apache-2.0 */
/* How the runtime reaches the driver: as NVIDIA's does where that is documented.  It opens libcuda.so.1, finds
 * cuGetProcAddress_v2 in it, probes that with an empty name, asks it for itself, and then asks it for every function by
 * base name, version of the ABI, and, for those that take a stream or copy, once more for the per-thread form.  A
 * recorder preloaded in front of the driver therefore sees what it sees in real life.
 *
 * Threads: any.  */
#ifndef GPUSIM_RUNTIME_RT_DRIVER_H
#define GPUSIM_RUNTIME_RT_DRIVER_H

#include "gpusim/api/cuda_copy.h"
#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_graph.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/api/cuda_module.h"
#include "gpusim/api/cuda_pool.h"

struct mv_rt_driver {
#define MV_RT_ENTRY(base, elf, version, own_version) __typeof__(elf) *base;
#include "gpusim/runtime/rt_entries.def"
#undef MV_RT_ENTRY
};

/* The look-up function of the driver, for those who want more of it.  */
typedef __typeof__(cuGetProcAddress_v2) *mv_rt_resolver;

/* Fill LEGACY and OWN, whose functions take the default stream to be the legacy one and the thread's own, and
 * *RESOLVER.  A function that the driver is too old for answers 36, "call needs a newer driver".  Returns 0, or the
 * runtime's error: cudaErrorInsufficientDriver when there is no driver, or it is too old.  */
int mv_rt_driver_open(struct mv_rt_driver *legacy, struct mv_rt_driver *own, mv_rt_resolver *resolver);

#endif
