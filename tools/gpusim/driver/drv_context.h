/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts, and each thread's stack of them.
 *
 * A context owns what was made in it: memory that is not pooled, streams, events, modules.  When it is destroyed, or
 * its card's primary context is reset or released for the last time, all that goes with it.
 *
 * Threads: a stack is its thread's own; a context may be used from many.  Fields are atomic or written by the
 * application alone; destroying a context that another thread is using is the application's mistake, answered with
 * an error, not a crash.  */
#ifndef GPUSIM_DRIVER_DRV_CONTEXT_H
#define GPUSIM_DRIVER_DRV_CONTEXT_H

#include <stdbool.h>

#include "gpusim/api/cuda_types.h"
#include "gpusim/driver/drv_handle.h"

enum { MV_CONTEXT_LIMITS = 10, MV_CONTEXT_API_VERSION = 3020 };

struct CUctx_st {
	struct mv_handle head;
	CUdevice card;
	bool is_primary;
	uint32_t flags;
	uint32_t attach_count;		/* cuCtxAttach */
	uint64_t id;			/* never used twice */
	uint64_t charged_bytes;		/* what the card was charged for it, */
	bool is_launch_charged;		/* and for its first launch */
	uint32_t peers;			/* bit n: access to card n was enabled */
	int cache_config, shared_config;
	size_t limits[MV_CONTEXT_LIMITS];	/* bytes or counts, by CUlimit */
};

/* The calling thread's current context, into *CONTEXT.  CUDA_ERROR_NOT_INITIALIZED, CUDA_ERROR_INVALID_CONTEXT if there
 * is none, CUDA_ERROR_CONTEXT_IS_DESTROYED.  */
CUresult mv_context_current(CUcontext *context);

/* CONTEXT if it is alive, else NULL.  */
CUcontext mv_context_get(CUcontext context);

#endif
