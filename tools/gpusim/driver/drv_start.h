/* SPDX-License-Identifier: Apache-2.0 */
/* What every entry of the driver API checks first: that cuInit ran, in this process, and which context is current.
 *
 * Fork: a child of a process that had initialised is told CUDA_ERROR_NOT_INITIALIZED by every call, as by the real
 * driver; a child of one that had not may initialise.  The locks are held over fork(), so that a child never finds one
 * taken.
 *
 * cuInit answers CUDA_ERROR_NO_DEVICE where the simulation must not run (common/facts.h), and where the program may not
 * see any card (drv_visible.h).  Nothing happens at load time: a process that only has the library preloaded pays for mapping it.  */
#ifndef GPUSIM_DRIVER_DRV_START_H
#define GPUSIM_DRIVER_DRV_START_H

#include "gpusim/api/cuda_types.h"

/* CUDA_SUCCESS, or CUDA_ERROR_NOT_INITIALIZED.  */
CUresult mv_start_check(void);

/* As mv_start_check, and CUDA_ERROR_INVALID_DEVICE unless ORDINAL is a card's.  */
CUresult mv_start_check_device(CUdevice ordinal);

#endif
