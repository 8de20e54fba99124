/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays and mipmapped arrays: memory of a card with rows of a certain length.  How the real driver lays them out is
 * not documented; here rows are packed, and an array takes as much memory as its elements.  */
#ifndef GPUSIM_DRIVER_DRV_ARRAY_H
#define GPUSIM_DRIVER_DRV_ARRAY_H

#include "gpusim/api/cuda_copy.h"
#include "gpusim/driver/drv_handle.h"

enum { MV_ARRAY_LEVELS = 24 };

struct CUarray_st {
	struct mv_handle head;
	CUcontext context;
	CUDA_ARRAY3D_DESCRIPTOR description;
	CUdeviceptr ptr;
	size_t pitch;			/* bytes in a row */
	size_t rows, slices;		/* of a slice, and of all; at least 1 */
	CUmipmappedArray owner;		/* of a level; NULL for an array of its own */
};

/* ARRAY if it is alive, else NULL.  */
CUarray mv_array_get(CUarray array);

/* The context goes: so do its arrays.  Called with mv_card_lock held.  */
void mv_array_destroy_all_of(CUcontext context);

#endif
