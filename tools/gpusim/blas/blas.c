/* SPDX-License-Identifier: Apache-2.0 */
/* cuBLAS: handles with their settings and workspace.  Products are launches, which do nothing.  */
#include "gpusim/api/blas.h"

#include <string.h>

#include "gpusim/api/rt_copy.h"
#include "gpusim/api/rt_device.h"
#include "gpusim/api/rt_memory.h"
#include "gpusim/blas/blas_status.h"
#include "gpusim/common/knob.h"
#include "gpusim/common/vendor.h"

/* cuBLAS documents a default workspace of 32 MiB for compute capability 9.0 and later, and of 4 MiB before.  */
enum { HOPPER = 9 };
#define WORKSPACE_HOPPER "32MiB"
#define WORKSPACE_OTHER "4MiB"

struct cublasContext {
	struct mv_vendor_object head;
	void *workspace;		/* the handle's own, NULL: none */
	blas_stream_t stream;
	int pointer_mode, atomics_mode, math_mode, sm_count_target, emulation_strategy;
};

long mv_stub_launch(const void *handle)
{
	return mv_vendor_is(handle, MV_BLAS_HANDLE) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

static cublasStatus_t check(cublasHandle_t handle)
{
	return (cublasStatus_t)mv_stub_launch(handle);
}

/* ---- names and versions ---- */

const char *cublasGetStatusName(cublasStatus_t status)
{
	return mv_blas_status_name(status);
}

const char *cublasGetStatusString(cublasStatus_t status)
{
	return mv_blas_status_text(status);
}

cublasStatus_t cublasGetProperty(int type, int *value)
{
	return mv_blas_property(type, value);
}

size_t cublasGetCudartVersion(void)
{
	return MV_BLAS_CUDART_VERSION;
}

cublasStatus_t cublasGetVersion_v2(cublasHandle_t handle, int *version)
{
	(void)handle;
	if (!version)
		return CUBLAS_STATUS_INVALID_VALUE;
	*version = MV_BLAS_VERSION;
	return CUBLAS_STATUS_SUCCESS;
}

/* ---- handles ---- */

static uint64_t workspace_bytes(void)
{
	struct mv_knob knob = { .name = "GPUSIM_WORKSPACE", .kind = MV_KNOB_BYTES, .high = UINT64_C(1) << 40 };
	uint64_t bytes;
	int device = 0, major = 0;

	cudaGetDevice(&device);
	cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
	knob.fallback = major >= HOPPER ? WORKSPACE_HOPPER : WORKSPACE_OTHER;
	mv_knob_read(&knob, 1, &bytes);
	return bytes;
}

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle)
{
	cublasHandle_t made;
	cudaError_t err;

	if (!handle)
		return CUBLAS_STATUS_INVALID_VALUE;
	made = mv_vendor_new(sizeof(*made), MV_BLAS_HANDLE);
	if (!made)
		return CUBLAS_STATUS_ALLOC_FAILED;
	err = cudaMalloc(&made->workspace, workspace_bytes());
	if (err) {
		mv_vendor_free(made, MV_BLAS_HANDLE);
		return err == cudaErrorMemoryAllocation ? CUBLAS_STATUS_ALLOC_FAILED : CUBLAS_STATUS_NOT_INITIALIZED;
	}
	*handle = made;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle)
{
	if (check(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	cudaFree(handle->workspace);
	mv_vendor_free(handle, MV_BLAS_HANDLE);
	return CUBLAS_STATUS_SUCCESS;
}

/* CUDA: setting the stream goes back to the handle's own workspace, which it always keeps.  */
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, blas_stream_t stream)
{
	if (check(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	handle->stream = stream;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetStream_v2(cublasHandle_t handle, blas_stream_t *stream)
{
	if (check(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	if (!stream)
		return CUBLAS_STATUS_INVALID_VALUE;
	*stream = handle->stream;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void *workspace, size_t size)
{
	if (check(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	return workspace || !size ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

/* ---- settings ---- */

static int *setting(cublasHandle_t handle, size_t offset)
{
	return (int *)(void *)((char *)handle + offset);
}

static cublasStatus_t get(cublasHandle_t handle, size_t offset, int *value)
{
	if (check(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	if (!value)
		return CUBLAS_STATUS_INVALID_VALUE;
	*value = *setting(handle, offset);
	return CUBLAS_STATUS_SUCCESS;
}

static cublasStatus_t set(cublasHandle_t handle, size_t offset, int value)
{
	if (check(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	if (value < 0)
		return CUBLAS_STATUS_INVALID_VALUE;
	*setting(handle, offset) = value;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetPointerMode_v2(cublasHandle_t handle, int mode)
{
	return set(handle, offsetof(struct cublasContext, pointer_mode), mode);
}

cublasStatus_t cublasGetPointerMode_v2(cublasHandle_t handle, int *mode)
{
	return get(handle, offsetof(struct cublasContext, pointer_mode), mode);
}

cublasStatus_t cublasSetAtomicsMode(cublasHandle_t handle, int mode)
{
	return set(handle, offsetof(struct cublasContext, atomics_mode), mode);
}

cublasStatus_t cublasGetAtomicsMode(cublasHandle_t handle, int *mode)
{
	return get(handle, offsetof(struct cublasContext, atomics_mode), mode);
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, int mode)
{
	return set(handle, offsetof(struct cublasContext, math_mode), mode);
}

cublasStatus_t cublasGetMathMode(cublasHandle_t handle, int *mode)
{
	return get(handle, offsetof(struct cublasContext, math_mode), mode);
}

cublasStatus_t cublasSetSmCountTarget(cublasHandle_t handle, int count)
{
	return set(handle, offsetof(struct cublasContext, sm_count_target), count);
}

cublasStatus_t cublasGetSmCountTarget(cublasHandle_t handle, int *count)
{
	return get(handle, offsetof(struct cublasContext, sm_count_target), count);
}

cublasStatus_t cublasSetEmulationStrategy(cublasHandle_t handle, int strategy)
{
	return set(handle, offsetof(struct cublasContext, emulation_strategy), strategy);
}

cublasStatus_t cublasGetEmulationStrategy(cublasHandle_t handle, int *strategy)
{
	return get(handle, offsetof(struct cublasContext, emulation_strategy), strategy);
}

cublasStatus_t cublasLoggerConfigure(int is_on, int to_stdout, int to_stderr, const char *path)
{
	(void)is_on;
	(void)to_stdout;
	(void)to_stderr;
	(void)path;
	return CUBLAS_STATUS_SUCCESS;
}

/* ---- results ---- */

long mv_stub_result(const void *handle, void *result, size_t size)
{
	cublasHandle_t checked = (cublasHandle_t)(uintptr_t)handle;

	if (check(checked))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	if (!result)
		return CUBLAS_STATUS_INVALID_VALUE;
	if (checked->pointer_mode == CUBLAS_POINTER_MODE_HOST)
		memset(result, 0, size);
	return CUBLAS_STATUS_SUCCESS;
}

/* ---- copies ---- */

/* ROWS elements out of each of COLUMNS columns, which begin LEAD elements after each other.  */
static cublasStatus_t copy(int rows, int columns, int element, const void *from, int from_lead, void *to, int to_lead)
{
	size_t size = (size_t)element;

	if (rows < 0 || columns < 0 || element <= 0 || from_lead <= 0 || to_lead <= 0)
		return CUBLAS_STATUS_INVALID_VALUE;
	if (cudaMemcpy2D(to, (size_t)to_lead * size, from, (size_t)from_lead * size, (size_t)rows * size,
			 (size_t)columns, cudaMemcpyDefault))
		return CUBLAS_STATUS_MAPPING_ERROR;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetVector(int n, int element, const void *from, int from_step, void *to, int to_step)
{
	return copy(1, n, element, from, from_step, to, to_step);
}

cublasStatus_t cublasGetVector(int n, int element, const void *from, int from_step, void *to, int to_step)
{
	return copy(1, n, element, from, from_step, to, to_step);
}

cublasStatus_t cublasSetMatrix(int rows, int columns, int element, const void *from, int from_lead, void *to,
			       int to_lead)
{
	return copy(rows, columns, element, from, from_lead, to, to_lead);
}

cublasStatus_t cublasGetMatrix(int rows, int columns, int element, const void *from, int from_lead, void *to,
			       int to_lead)
{
	return copy(rows, columns, element, from, from_lead, to, to_lead);
}
