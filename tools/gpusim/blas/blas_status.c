/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/blas/blas_status.h"

static const struct {
	cublasStatus_t status;
	const char *name, *text;
} g_statuses[] = {
	{ CUBLAS_STATUS_SUCCESS, "CUBLAS_STATUS_SUCCESS", "success" },
	{ CUBLAS_STATUS_NOT_INITIALIZED, "CUBLAS_STATUS_NOT_INITIALIZED", "the library was not initialized" },
	{ CUBLAS_STATUS_ALLOC_FAILED, "CUBLAS_STATUS_ALLOC_FAILED", "the resource allocation failed" },
	{ CUBLAS_STATUS_INVALID_VALUE, "CUBLAS_STATUS_INVALID_VALUE", "an invalid value was passed" },
	{ CUBLAS_STATUS_ARCH_MISMATCH, "CUBLAS_STATUS_ARCH_MISMATCH", "the device lacks a feature" },
	{ CUBLAS_STATUS_MAPPING_ERROR, "CUBLAS_STATUS_MAPPING_ERROR", "access to device memory failed" },
	{ CUBLAS_STATUS_EXECUTION_FAILED, "CUBLAS_STATUS_EXECUTION_FAILED", "the program failed to execute" },
	{ CUBLAS_STATUS_INTERNAL_ERROR, "CUBLAS_STATUS_INTERNAL_ERROR", "an internal operation failed" },
	{ CUBLAS_STATUS_NOT_SUPPORTED, "CUBLAS_STATUS_NOT_SUPPORTED", "the functionality is not supported" },
	{ CUBLAS_STATUS_LICENSE_ERROR, "CUBLAS_STATUS_LICENSE_ERROR", "the license can not be checked" },
};
enum { STATUSES = sizeof(g_statuses) / sizeof(*g_statuses) };

const char *mv_blas_status_name(cublasStatus_t status)
{
	for (int i = 0; i < STATUSES; i++) {
		if (g_statuses[i].status == status)
			return g_statuses[i].name;
	}
	return "unknown cuBLAS status";
}

const char *mv_blas_status_text(cublasStatus_t status)
{
	for (int i = 0; i < STATUSES; i++) {
		if (g_statuses[i].status == status)
			return g_statuses[i].text;
	}
	return "unknown cuBLAS status";
}

cublasStatus_t mv_blas_property(int type, int *value)
{
	static const int properties[] = { MV_BLAS_MAJOR, MV_BLAS_MINOR, MV_BLAS_PATCH };

	if (!value || type < 0 || type > 2)
		return CUBLAS_STATUS_INVALID_VALUE;
	*value = properties[type];
	return CUBLAS_STATUS_SUCCESS;
}
