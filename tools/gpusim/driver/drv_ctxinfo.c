/* SPDX-License-Identifier: Apache-2.0 */
/* What a program asks of a context and sets in it.  */
#include "gpusim/api/cuda_device.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_pool.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_stream.h"

enum { LEAST_PRIORITY = 0, GREATEST_PRIORITY = -5 };

/* CONTEXT, or the current one when it is NULL, into *FOUND.  */
static CUresult choose(CUcontext context, CUcontext *found)
{
	CUresult err;

	if (!context)
		return mv_context_current(found);
	err = mv_start_check();
	if (err)
		return err;
	*found = mv_context_get(context);
	return *found ? CUDA_SUCCESS : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult cuCtxGetDevice_v2(CUdevice *device, CUcontext context)
{
	CUresult err = choose(context, &context);

	if (err)
		return err;
	if (!device)
		return CUDA_ERROR_INVALID_VALUE;
	*device = context->card;
	return CUDA_SUCCESS;
}

CUresult cuCtxGetDevice(CUdevice *device)
{
	return cuCtxGetDevice_v2(device, NULL);
}

CUresult cuCtxGetFlags(unsigned int *flags)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!flags)
		return CUDA_ERROR_INVALID_VALUE;
	*flags = context->flags;
	return CUDA_SUCCESS;
}

CUresult cuCtxSetFlags(unsigned int flags)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (flags & ~(unsigned int)CU_CTX_FLAGS_MASK)
		return CUDA_ERROR_INVALID_VALUE;
	context->flags = flags;
	return CUDA_SUCCESS;
}

CUresult cuCtxGetId(CUcontext context, unsigned long long *id)
{
	CUresult err = choose(context, &context);

	if (err)
		return err;
	if (!id)
		return CUDA_ERROR_INVALID_VALUE;
	*id = context->id;
	return CUDA_SUCCESS;
}

CUresult cuCtxGetApiVersion(CUcontext context, unsigned int *version)
{
	CUresult err = choose(context, &context);

	if (err)
		return err;
	if (!version)
		return CUDA_ERROR_INVALID_VALUE;
	*version = MV_CONTEXT_API_VERSION;
	return CUDA_SUCCESS;
}

/* Streams are done when they return, so that only pools have something to do here.  */
CUresult cuCtxSynchronize_v2(CUcontext context)
{
	CUresult err = choose(context, &context);

	if (!err)
		err = mv_stream_check_unsafe();
	if (!err)
		mv_pool_synchronize(context->card);
	return err;
}

CUresult cuCtxSynchronize(void)
{
	return cuCtxSynchronize_v2(NULL);
}

CUresult cuCtxGetLimit(size_t *value, CUlimit limit)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!value)
		return CUDA_ERROR_INVALID_VALUE;
	if (limit < 0 || limit >= MV_CONTEXT_LIMITS)
		return CUDA_ERROR_UNSUPPORTED_LIMIT;
	*value = context->limits[limit];
	return CUDA_SUCCESS;
}

CUresult cuCtxSetLimit(CUlimit limit, size_t value)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (limit < 0 || limit >= MV_CONTEXT_LIMITS)
		return CUDA_ERROR_UNSUPPORTED_LIMIT;
	context->limits[limit] = value;
	return CUDA_SUCCESS;
}

CUresult cuCtxGetCacheConfig(CUfunc_cache *config)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!config)
		return CUDA_ERROR_INVALID_VALUE;
	*config = context->cache_config;
	return CUDA_SUCCESS;
}

CUresult cuCtxSetCacheConfig(CUfunc_cache config)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	context->cache_config = config;
	return CUDA_SUCCESS;
}

CUresult cuCtxGetSharedMemConfig(CUsharedconfig *config)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (!config)
		return CUDA_ERROR_INVALID_VALUE;
	*config = context->shared_config;
	return CUDA_SUCCESS;
}

CUresult cuCtxSetSharedMemConfig(CUsharedconfig config)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	context->shared_config = config;
	return CUDA_SUCCESS;
}

CUresult cuCtxGetStreamPriorityRange(int *least, int *greatest)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	if (err)
		return err;
	if (least)
		*least = LEAST_PRIORITY;
	if (greatest)
		*greatest = GREATEST_PRIORITY;
	return CUDA_SUCCESS;
}

CUresult cuCtxResetPersistingL2Cache(void)
{
	CUcontext context;

	return mv_context_current(&context);
}

/* ---- peers ---- */

static CUresult check_peer(CUcontext *context, CUcontext *peer)
{
	CUresult err = mv_context_current(context);

	if (err)
		return err;
	*peer = mv_context_get(*peer);
	if (!*peer)
		return CUDA_ERROR_INVALID_CONTEXT;
	return (*peer)->card == (*context)->card ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS;
}

CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned int flags)
{
	CUcontext context;
	CUresult err = check_peer(&context, &peer);

	if (err)
		return err;
	if (flags)
		return CUDA_ERROR_INVALID_VALUE;
	if (context->peers & 1u << peer->card)
		return CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED;
	context->peers |= 1u << peer->card;
	return CUDA_SUCCESS;
}

CUresult cuCtxDisablePeerAccess(CUcontext peer)
{
	CUcontext context;
	CUresult err = check_peer(&context, &peer);

	if (err)
		return err;
	if (!(context->peers & 1u << peer->card))
		return CUDA_ERROR_PEER_ACCESS_NOT_ENABLED;
	context->peers &= ~(1u << peer->card);
	return CUDA_SUCCESS;
}
