/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays as the runtime describes them, and their element sizes, which copies need.  */
#ifndef GPUSIM_RUNTIME_RT_ARRAY_H
#define GPUSIM_RUNTIME_RT_ARRAY_H

#include "gpusim/api/rt_memory.h"

/* Bytes of an element of ARRAY; 0 if it is none.  After mv_rt_begin.  */
size_t mv_rt_array_element(cudaArray_const_t array);

#endif
