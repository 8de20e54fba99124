/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/driver/drv_context.h"

#include "gpusim/api/cuda_device.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_graphmem.h"
#include "gpusim/driver/drv_function.h"
#include "gpusim/driver/drv_memory.h"
#include "gpusim/driver/drv_pool.h"
#include "gpusim/driver/drv_start.h"
#include "gpusim/driver/drv_stream.h"

enum { STACK_DEPTH = 64 };

/* A context is remembered with its id: its slot may have become another context's.  */
struct entry {
	CUcontext context;
	uint64_t id;
};

static __thread struct entry t_stack[STACK_DEPTH];
static __thread unsigned int t_depth;

static uint64_t g_last_id;	/* atomic */

/* What CUDA documents or, for the sizes, what a program usually reads.  By CUlimit.  */
static const size_t g_limits[MV_CONTEXT_LIMITS] = {
	[CU_LIMIT_STACK_SIZE] = 1024,
	[CU_LIMIT_PRINTF_FIFO_SIZE] = 1 << 20,
	[CU_LIMIT_MALLOC_HEAP_SIZE] = 8 << 20,
	[CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH] = 2,
	[CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT] = 2048,
	[CU_LIMIT_MAX_L2_FETCH_GRANULARITY] = 64,
};

CUcontext mv_context_get(CUcontext context)
{
	return mv_handle_get(context, MV_HANDLE_CONTEXT);
}

CUresult mv_context_current(CUcontext *context)
{
	CUresult err = mv_start_check();
	const struct entry *top;

	if (err)
		return err;
	if (!t_depth)
		return CUDA_ERROR_INVALID_CONTEXT;
	top = &t_stack[t_depth - 1];
	if (!mv_context_get(top->context) || top->context->id != top->id)
		return CUDA_ERROR_CONTEXT_IS_DESTROYED;
	*context = top->context;
	return CUDA_SUCCESS;
}

/* ---- life and death ---- */

/* Called with the lock held.  */
static CUresult make(CUcontext *made, CUdevice card, uint32_t flags, bool is_primary)
{
	uint64_t charge = mv_facts()->context_bytes;
	CUcontext context;

	if (!mv_card_charge(card, charge))
		return CUDA_ERROR_OUT_OF_MEMORY;
	context = mv_handle_new(MV_HANDLE_CONTEXT);
	if (!context) {
		mv_card_refund(card, charge);
		return CUDA_ERROR_OUT_OF_MEMORY;
	}
	context->card = card;
	context->flags = flags;
	context->is_primary = is_primary;
	context->charged_bytes = charge;
	context->id = __atomic_add_fetch(&g_last_id, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < MV_CONTEXT_LIMITS; i++)
		context->limits[i] = g_limits[i];
	*made = context;
	return CUDA_SUCCESS;
}

/* Called with the lock held.  */
static void destroy(CUcontext context)
{
	mv_stream_destroy_all_of(context);
	mv_function_unload_all_of(context);
	mv_memory_free_all_of(context);
	mv_card_refund(context->card, context->charged_bytes);
	mv_handle_free(context);
}

static CUresult push(CUcontext context)
{
	if (t_depth == STACK_DEPTH)
		return CUDA_ERROR_OUT_OF_MEMORY;
	t_stack[t_depth++] = (struct entry){ context, context->id };
	return CUDA_SUCCESS;
}

/* ---- primary contexts ---- */

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device)
{
	CUresult err = mv_start_check_device(device);
	struct mv_card *card;

	if (err)
		return err;
	if (!context)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	card = mv_card(device);
	if (!card->primary)
		err = make(&card->primary, device, card->primary_flags, true);
	if (!err) {
		card->primary_references++;
		*context = card->primary;
	}
	mv_card_unlock();
	return err;
}

static void drop_primary(struct mv_card *card)
{
	if (card->primary)
		destroy(card->primary);
	card->primary = NULL;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device)
{
	CUresult err = mv_start_check_device(device);
	struct mv_card *card;

	if (err)
		return err;
	mv_card_lock();
	card = mv_card(device);
	if (!card->primary_references)
		err = CUDA_ERROR_INVALID_CONTEXT;
	else if (!--card->primary_references)
		drop_primary(card);
	mv_card_unlock();
	return err;
}

/* References stay counted: resetting does not release.  The next one to retain makes a new context.  */
CUresult cuDevicePrimaryCtxReset_v2(CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	mv_card_lock();
	drop_primary(mv_card(device));
	mv_pool_reset(device);
	mv_graphmem_reset(device);
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned int flags)
{
	CUresult err = mv_start_check_device(device);
	struct mv_card *card;

	if (err)
		return err;
	if (flags & ~(unsigned int)CU_CTX_FLAGS_MASK)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	card = mv_card(device);
	card->primary_flags = flags;
	if (card->primary)
		card->primary->flags = flags;
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned int *flags, int *active)
{
	CUresult err = mv_start_check_device(device);

	if (err)
		return err;
	if (!flags || !active)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	*flags = mv_card(device)->primary_flags;
	*active = mv_card(device)->primary != NULL;
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device)
{
	return cuDevicePrimaryCtxRelease_v2(device);
}

CUresult cuDevicePrimaryCtxReset(CUdevice device)
{
	return cuDevicePrimaryCtxReset_v2(device);
}

CUresult cuDevicePrimaryCtxSetFlags(CUdevice device, unsigned int flags)
{
	return cuDevicePrimaryCtxSetFlags_v2(device, flags);
}

/* ---- contexts of the program's own ---- */

CUresult cuCtxCreate_v2(CUcontext *context, unsigned int flags, CUdevice device)
{
	CUresult err = mv_start_check_device(device);
	CUcontext made = NULL;

	if (err)
		return err;
	if (!context || (flags & ~(unsigned int)CU_CTX_FLAGS_MASK))
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	err = make(&made, device, flags, false);
	mv_card_unlock();
	if (!err)
		err = push(made);
	if (!err)
		*context = made;
	return err;
}

CUresult cuCtxCreate(CUcontext *context, unsigned int flags, CUdevice device)
{
	return cuCtxCreate_v2(context, flags, device);
}

CUresult cuCtxCreate_v3(CUcontext *context, CUexecAffinityParam *affinity, int affinities, unsigned int flags,
			CUdevice device)
{
	if (affinity || affinities)
		return CUDA_ERROR_NOT_SUPPORTED;
	return cuCtxCreate_v2(context, flags, device);
}

CUresult cuCtxCreate_v4(CUcontext *context, CUctxCreateParams *parameters, unsigned int flags, CUdevice device)
{
	if (parameters)
		return CUDA_ERROR_NOT_SUPPORTED;
	return cuCtxCreate_v2(context, flags, device);
}

CUresult cuCtxDestroy_v2(CUcontext context)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	context = mv_context_get(context);
	if (!context || context->is_primary)
		return CUDA_ERROR_INVALID_CONTEXT;
	if (t_depth && t_stack[t_depth - 1].context == context)
		t_depth--;
	mv_card_lock();
	destroy(context);
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuCtxDestroy(CUcontext context)
{
	return cuCtxDestroy_v2(context);
}

CUresult cuCtxAttach(CUcontext *context, unsigned int flags)
{
	CUresult err;

	if (!context || flags)
		return CUDA_ERROR_INVALID_VALUE;
	err = mv_context_current(context);
	if (!err)
		(*context)->attach_count++;
	return err;
}

CUresult cuCtxDetach(CUcontext context)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	context = mv_context_get(context);
	if (!context)
		return CUDA_ERROR_INVALID_CONTEXT;
	if (context->attach_count) {
		context->attach_count--;
		return CUDA_SUCCESS;
	}
	return cuCtxDestroy_v2(context);
}

/* ---- the thread's stack ---- */

CUresult cuCtxPushCurrent_v2(CUcontext context)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	context = mv_context_get(context);
	return context ? push(context) : CUDA_ERROR_INVALID_CONTEXT;
}

CUresult cuCtxPopCurrent_v2(CUcontext *context)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!t_depth)
		return CUDA_ERROR_INVALID_CONTEXT;
	t_depth--;
	if (context)
		*context = t_stack[t_depth].context;
	return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!context) {
		t_depth -= t_depth > 0;
		return CUDA_SUCCESS;
	}
	context = mv_context_get(context);
	if (!context)
		return CUDA_ERROR_INVALID_CONTEXT;
	t_depth -= t_depth > 0;
	return push(context);
}

CUresult cuCtxGetCurrent(CUcontext *context)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!context)
		return CUDA_ERROR_INVALID_VALUE;
	*context = NULL;
	if (mv_context_current(context) == CUDA_ERROR_CONTEXT_IS_DESTROYED)
		*context = t_stack[t_depth - 1].context;
	return CUDA_SUCCESS;
}

CUresult cuCtxPushCurrent(CUcontext context)
{
	return cuCtxPushCurrent_v2(context);
}

CUresult cuCtxPopCurrent(CUcontext *context)
{
	return cuCtxPopCurrent_v2(context);
}
