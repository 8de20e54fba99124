/* SPDX-License-Identifier: Apache-2.0 */
/* Modules and what is in them.  A library is a module that belongs to no context, a kernel is a function: the program
 * may use either handle for the other where CUDA lets it.
 *
 * What a module's code and variables take on a card is GPUSIM_MODULES (common/knob.h), whatever is in it: variables have
 * addresses, which are not charged.  Libraries are charged to the first card.
 *
 * Threads: a module's lists are guarded by mv_card_lock.  Memory: names and images by malloc, freed with the
 * module.  */
#ifndef GPUSIM_DRIVER_DRV_FUNCTION_H
#define GPUSIM_DRIVER_DRV_FUNCTION_H

#include <stdbool.h>

#include "gpusim/api/cuda_module.h"
#include "gpusim/driver/drv_handle.h"
#include "gpusim/driver/drv_image.h"

/* A variable of a module.  */
struct mv_global {
	char *name;
	CUdeviceptr ptr;
	size_t size;
	struct mv_global *next;
};

struct CUmod_st {
	struct mv_handle head;
	CUcontext context;		/* NULL: a library */
	CUdevice card;			/* where variables lie, and what is charged */
	uint64_t charged_bytes;
	bool is_library;
	enum mv_image_kind kind;
	void *image;			/* copy; NULL if opaque */
	CUfunction functions;		/* asked for so far */
	struct mv_global *globals;	/* asked for so far */
};

struct CUfunc_st {
	struct mv_handle head;
	CUmodule module;
	char *name;
	int max_dynamic_shared;		/* bytes; 0: as much as needs no opting in */
	int carveout;
	int settings[4];		/* attributes that are kept and not used, by MV_FUNCTION_FIRST_KEPT on */
	CUfunction next;		/* of the same module */
};

/* What a launch asks for.  */
struct mv_launch {
	CUfunction function;		/* or a kernel */
	unsigned int grid[3], block[3];	/* x, y, z */
	unsigned int shared_bytes;
	bool is_cooperative;
};

/* FUNCTION, which may be a kernel, if it is alive, else NULL.  */
CUfunction mv_function_get(CUfunction function);

/* The context goes: so do its modules.  Called with mv_card_lock held.  */
void mv_function_unload_all_of(CUcontext context);

/* Most dynamic shared memory that FUNCTION may be launched with as it is set up, in bytes.  */
int mv_function_shared_limit(CUfunction function);

/* CUDA_SUCCESS if LAUNCH could run: CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE,
 * CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE.  */
CUresult mv_function_check_launch(const struct mv_launch *launch);

/* Blocks of BLOCK_SIZE threads and SHARED_BYTES that fit a multiprocessor.  */
int mv_function_occupancy(int block_size, size_t shared_bytes);

#endif
