/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that the runtime API declares here, for generated code.  */
#ifndef GPUSIM_RUNTIME_RT_ALL_H
#define GPUSIM_RUNTIME_RT_ALL_H

#include "gpusim/api/rt_copy.h"
#include "gpusim/api/rt_device.h"
#include "gpusim/api/rt_graph.h"
#include "gpusim/api/rt_launch.h"
#include "gpusim/api/rt_memory.h"
#include "gpusim/api/rt_stream.h"
#include "gpusim/runtime/rt_state.h"

#endif
