/* SPDX-License-Identifier: Apache-2.0 */
/* Copies and fills.
 *
 * When cards are not backed, what is copied from one is zeros and what is copied to one goes nowhere; copies between
 * host addresses are always real.  An end that is said to lie on a card must lie in memory that the simulation handed
 * out; a host end is trusted, as everywhere.
 *
 * Threads: any, without mv_card_lock.  */
#ifndef GPUSIM_DRIVER_DRV_COPY_H
#define GPUSIM_DRIVER_DRV_COPY_H

#include "gpusim/api/cuda_graph.h"

/* Do COPY now.  CUDA_ERROR_INVALID_VALUE if an end is not what it is said to be, or too short.  */
CUresult mv_copy_run(const CUDA_MEMCPY3D *copy);

/* Do FILL now.  CUDA_ERROR_INVALID_VALUE as above.  */
CUresult mv_copy_fill(const CUDA_MEMSET_NODE_PARAMS *fill);

#endif
