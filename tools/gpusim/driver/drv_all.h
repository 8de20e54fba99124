/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that the driver API declares here, for generated code.  */
#ifndef GPUSIM_DRIVER_DRV_ALL_H
#define GPUSIM_DRIVER_DRV_ALL_H

#include "gpusim/api/cuda_copy.h"
#include "gpusim/api/cuda_device.h"
#include "gpusim/api/cuda_graph.h"
#include "gpusim/api/cuda_memory.h"
#include "gpusim/api/cuda_module.h"
#include "gpusim/api/cuda_pool.h"
#include "gpusim/driver/drv_stream.h"

#endif
