/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime keeps for the process and for each thread: the driver, the thread's device and last error.
 *
 * The usual function is
 *
 *	cudaError_t err = mv_rt_begin();
 *
 *	return mv_rt_end(err ? err : mv_rt_driver()->cuSomething(...));
 *
 * Threads: any.  Fork: a child finds the driver refusing to work, as with the real one.  */
#ifndef GPUSIM_RUNTIME_RT_STATE_H
#define GPUSIM_RUNTIME_RT_STATE_H

#include "gpusim/api/rt_types.h"
#include "gpusim/runtime/rt_driver.h"

/* Start, once: 0, or the error that starting ended with.  */
cudaError_t mv_rt_start(void);

/* As mv_rt_start, and see to it that a context is current: the one that is, else the primary context of the thread's
 * device.  */
cudaError_t mv_rt_begin(void);

/* Note ERR as the thread's last error, unless it is 0, and return it.  */
cudaError_t mv_rt_end(int err);

/* The driver's functions as the calling thread wants them now.  Only after mv_rt_start succeeded.  */
const struct mv_rt_driver *mv_rt_driver(void);

/* From enter to leave the thread's default stream is its own: what the generated _ptsz and _ptds functions do.  And
 * whether that is so.  */
void mv_rt_enter_own(void);
void mv_rt_leave_own(void);
int mv_rt_wants_own(void);

/* Cards that there are, after mv_rt_start succeeded.  */
int mv_rt_device_count(void);

/* The calling thread's device.  */
int mv_rt_device(void);

/* Make DEVICE, which exists, the calling thread's, with its primary context current.  */
cudaError_t mv_rt_set_device(int device);

/* Primary context of DEVICE, retained by the runtime for good.  */
cudaError_t mv_rt_primary(int device, CUcontext *context);

/* The thread's device was reset: forget its primary context.  */
void mv_rt_forget_primary(void);

/* The driver's look-up function, after mv_rt_start succeeded.  */
mv_rt_resolver mv_rt_resolve(void);

#endif
