/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's description of a copy, and the driver's.  */
#ifndef GPUSIM_RUNTIME_RT_COPY_PARAMS_H
#define GPUSIM_RUNTIME_RT_COPY_PARAMS_H

#include "gpusim/api/rt_copy.h"

/* Say in the driver's terms what COPY says in the runtime's.  cudaErrorInvalidValue, cudaErrorInvalidMemcpyDirection;
 * not noted as the last error.  After mv_rt_begin.  */
cudaError_t mv_rt_copy_params(const struct cudaMemcpy3DParms *copy, CUDA_MEMCPY3D *driver_copy);

#endif
