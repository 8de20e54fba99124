/* SPDX-License-Identifier: Apache-2.0 */
/* cuBLASLt: descriptions keep their attributes; for every product there is one algorithm, which needs no workspace and
 * does nothing.  */
#include <string.h>

#include "gpusim/api/blas.h"
#include "gpusim/blas/blas_status.h"
#include "gpusim/common/vendor.h"

/* Kinds of descriptions, which are their magic words.  */
#define MATMUL UINT64_C(0x6d765f626c617303)
#define LAYOUT UINT64_C(0x6d765f626c617304)
#define PREFERENCE UINT64_C(0x6d765f626c617305)
#define TRANSFORM UINT64_C(0x6d765f626c617306)

struct cublasLtContext {
	struct mv_vendor_object head;
};

struct mv_lt_desc {
	struct mv_vendor_object head;
	struct mv_vendor_value *values;
};

/* Attributes that a description has from the start, as cublasLt.h numbers them.  */
enum {
	LAYOUT_TYPE = 0, LAYOUT_ORDER = 1, LAYOUT_ROWS = 2, LAYOUT_COLS = 3, LAYOUT_LD = 4, LAYOUT_BATCH_COUNT = 5,
	MATMUL_COMPUTE_TYPE = 0, MATMUL_SCALE_TYPE = 1, MATMUL_POINTER_MODE = 2, MATMUL_TRANSA = 3, MATMUL_TRANSB = 4,
	MATMUL_TRANSC = 5, MATMUL_EPILOGUE = 7, EPILOGUE_DEFAULT = 1,
	TRANSFORM_SCALE_TYPE = 0,
	PREFERENCE_MAX_WORKSPACE = 1,
};

long mv_stub_launch(const void *handle)
{
	return mv_vendor_is(handle, MV_BLAS_HANDLE) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

/* ---- names, versions, handles ---- */

const char *cublasLtGetStatusName(cublasStatus_t status)
{
	return mv_blas_status_name(status);
}

const char *cublasLtGetStatusString(cublasStatus_t status)
{
	return mv_blas_status_text(status);
}

size_t cublasLtGetVersion(void)
{
	return MV_BLAS_VERSION;
}

size_t cublasLtGetCudartVersion(void)
{
	return MV_BLAS_CUDART_VERSION;
}

cublasStatus_t cublasLtGetProperty(int type, int *value)
{
	return mv_blas_property(type, value);
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle)
{
	if (!handle)
		return CUBLAS_STATUS_INVALID_VALUE;
	*handle = mv_vendor_new(sizeof(**handle), MV_BLAS_HANDLE);
	return *handle ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_ALLOC_FAILED;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle)
{
	return mv_vendor_free(handle, MV_BLAS_HANDLE) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

/* ---- descriptions ---- */

static cublasStatus_t create(struct mv_lt_desc **desc, uint64_t kind)
{
	if (!desc)
		return CUBLAS_STATUS_INVALID_VALUE;
	*desc = mv_vendor_new(sizeof(**desc), kind);
	return *desc ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_ALLOC_FAILED;
}

static cublasStatus_t destroy(struct mv_lt_desc *desc, uint64_t kind)
{
	if (!mv_vendor_is(desc, kind))
		return CUBLAS_STATUS_INVALID_VALUE;
	mv_vendor_clear(&desc->values);
	mv_vendor_free(desc, kind);
	return CUBLAS_STATUS_SUCCESS;
}

static cublasStatus_t set(struct mv_lt_desc *desc, uint64_t kind, int attribute, const void *value, size_t size)
{
	if (!mv_vendor_is(desc, kind) || !value || !size)
		return CUBLAS_STATUS_INVALID_VALUE;
	return mv_vendor_set(&desc->values, attribute, value, size) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_ALLOC_FAILED;
}

/* What was never set reads as zeros.  Asked with no room, it tells how much there is.  */
static cublasStatus_t get(struct mv_lt_desc *desc, uint64_t kind, int attribute, void *value, size_t size,
			  size_t *written)
{
	const struct mv_vendor_value *kept;

	if (!mv_vendor_is(desc, kind) || (!value && size) || (!size && !written))
		return CUBLAS_STATUS_INVALID_VALUE;
	kept = mv_vendor_get(desc->values, attribute);
	if (size && kept && kept->size > size)
		return CUBLAS_STATUS_INVALID_VALUE;
	if (size)
		memset(value, 0, size);
	if (size && kept)
		memcpy(value, kept->bytes, kept->size);
	if (written)
		*written = kept ? kept->size : size;
	return CUBLAS_STATUS_SUCCESS;
}

static void set_int(struct mv_lt_desc *desc, int attribute, int value)
{
	mv_vendor_set(&desc->values, attribute, &value, sizeof(value));
}

static void set_long(struct mv_lt_desc *desc, int attribute, uint64_t value)
{
	mv_vendor_set(&desc->values, attribute, &value, sizeof(value));
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *desc, int compute_type, int scale_type)
{
	cublasStatus_t status = create(desc, MATMUL);

	if (status)
		return status;
	set_int(*desc, MATMUL_COMPUTE_TYPE, compute_type);
	set_int(*desc, MATMUL_SCALE_TYPE, scale_type);
	set_int(*desc, MATMUL_POINTER_MODE, 0);
	set_int(*desc, MATMUL_TRANSA, 0);
	set_int(*desc, MATMUL_TRANSB, 0);
	set_int(*desc, MATMUL_TRANSC, 0);
	set_int(*desc, MATMUL_EPILOGUE, EPILOGUE_DEFAULT);
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc)
{
	return destroy(desc, MATMUL);
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, int attribute, const void *value, size_t size)
{
	return set(desc, MATMUL, attribute, value, size);
}

cublasStatus_t cublasLtMatmulDescGetAttribute(cublasLtMatmulDesc_t desc, int attribute, void *value, size_t size,
					      size_t *written)
{
	return get(desc, MATMUL, attribute, value, size, written);
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, int type, uint64_t rows, uint64_t columns,
					  int64_t lead)
{
	cublasStatus_t status = create(layout, LAYOUT);

	if (status)
		return status;
	set_int(*layout, LAYOUT_TYPE, type);
	set_int(*layout, LAYOUT_ORDER, 0);
	set_long(*layout, LAYOUT_ROWS, rows);
	set_long(*layout, LAYOUT_COLS, columns);
	set_long(*layout, LAYOUT_LD, (uint64_t)lead);
	set_int(*layout, LAYOUT_BATCH_COUNT, 1);
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout)
{
	return destroy(layout, LAYOUT);
}

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, int attribute, const void *value,
						size_t size)
{
	return set(layout, LAYOUT, attribute, value, size);
}

cublasStatus_t cublasLtMatrixLayoutGetAttribute(cublasLtMatrixLayout_t layout, int attribute, void *value, size_t size,
						size_t *written)
{
	return get(layout, LAYOUT, attribute, value, size, written);
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference)
{
	cublasStatus_t status = create(preference, PREFERENCE);

	if (!status)
		set_long(*preference, PREFERENCE_MAX_WORKSPACE, 0);
	return status;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference)
{
	return destroy(preference, PREFERENCE);
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference, int attribute,
						    const void *value, size_t size)
{
	return set(preference, PREFERENCE, attribute, value, size);
}

cublasStatus_t cublasLtMatmulPreferenceGetAttribute(cublasLtMatmulPreference_t preference, int attribute, void *value,
						    size_t size, size_t *written)
{
	return get(preference, PREFERENCE, attribute, value, size, written);
}

cublasStatus_t cublasLtMatrixTransformDescCreate(cublasLtMatrixTransformDesc_t *desc, int scale_type)
{
	cublasStatus_t status = create(desc, TRANSFORM);

	if (!status)
		set_int(*desc, TRANSFORM_SCALE_TYPE, scale_type);
	return status;
}

cublasStatus_t cublasLtMatrixTransformDescDestroy(cublasLtMatrixTransformDesc_t desc)
{
	return destroy(desc, TRANSFORM);
}

cublasStatus_t cublasLtMatrixTransformDescSetAttribute(cublasLtMatrixTransformDesc_t desc, int attribute,
						       const void *value, size_t size)
{
	return set(desc, TRANSFORM, attribute, value, size);
}

cublasStatus_t cublasLtMatrixTransformDescGetAttribute(cublasLtMatrixTransformDesc_t desc, int attribute, void *value,
						       size_t size, size_t *written)
{
	return get(desc, TRANSFORM, attribute, value, size, written);
}

/* ---- algorithms ---- */

static void describe(cublasLtMatmulHeuristicResult_t *result)
{
	memset(result, 0, sizeof(*result));
	result->state = CUBLAS_STATUS_SUCCESS;
	result->wavesCount = 1;
}

static cublasStatus_t check_operands(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
				     cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d)
{
	if (mv_stub_launch(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	if (!mv_vendor_is(desc, MATMUL) || !mv_vendor_is(a, LAYOUT) || !mv_vendor_is(b, LAYOUT) ||
	    !mv_vendor_is(c, LAYOUT) || !mv_vendor_is(d, LAYOUT))
		return CUBLAS_STATUS_INVALID_VALUE;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc,
					      cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
					      cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
					      cublasLtMatmulPreference_t preference, int wanted,
					      cublasLtMatmulHeuristicResult_t *results, int *found)
{
	cublasStatus_t status = check_operands(handle, desc, a, b, c, d);

	if (status)
		return status;
	if (!mv_vendor_is(preference, PREFERENCE) || wanted < 1 || !results || !found)
		return CUBLAS_STATUS_INVALID_VALUE;
	describe(results);
	*found = 1;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetIds(cublasLtHandle_t handle, int compute_type, int scale_type, int a_type,
					int b_type, int c_type, int d_type, int wanted, int *ids, int *found)
{
	(void)compute_type;
	(void)scale_type;
	(void)a_type;
	(void)b_type;
	(void)c_type;
	(void)d_type;
	if (mv_stub_launch(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	if (wanted < 1 || !ids || !found)
		return CUBLAS_STATUS_INVALID_VALUE;
	ids[0] = 0;
	*found = 1;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoInit(cublasLtHandle_t handle, int compute_type, int scale_type, int a_type, int b_type,
				      int c_type, int d_type, int id, cublasLtMatmulAlgo_t *algo)
{
	(void)compute_type;
	(void)scale_type;
	(void)a_type;
	(void)b_type;
	(void)c_type;
	(void)d_type;
	if (mv_stub_launch(handle))
		return CUBLAS_STATUS_NOT_INITIALIZED;
	if (id || !algo)
		return CUBLAS_STATUS_INVALID_VALUE;
	memset(algo, 0, sizeof(*algo));
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a,
				       cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
				       const cublasLtMatmulAlgo_t *algo, cublasLtMatmulHeuristicResult_t *result)
{
	cublasStatus_t status = check_operands(handle, desc, a, b, c, d);

	if (status)
		return status;
	if (!algo || !result)
		return CUBLAS_STATUS_INVALID_VALUE;
	describe(result);
	return CUBLAS_STATUS_SUCCESS;
}

/* The one algorithm has nothing to configure: what is set is accepted, what is asked for is zero.  */
cublasStatus_t cublasLtMatmulAlgoConfigSetAttribute(cublasLtMatmulAlgo_t *algo, int attribute, const void *value,
						    size_t size)
{
	(void)attribute;
	(void)size;
	return algo && value ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t *algo, int attribute, void *value,
						    size_t size, size_t *written)
{
	(void)attribute;
	if (!algo || (!value && size))
		return CUBLAS_STATUS_INVALID_VALUE;
	if (size)
		memset(value, 0, size);
	if (written)
		*written = size;
	return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoCapGetAttribute(const cublasLtMatmulAlgo_t *algo, int attribute, void *value,
						 size_t size, size_t *written)
{
	return cublasLtMatmulAlgoConfigGetAttribute(algo, attribute, value, size, written);
}
