/* SPDX-License-Identifier: Apache-2.0 */
/* Handles, versions, and descriptors of kinds that are not looked at.  */
#include <stdio.h>

#include "gpusim/dnn/dnn.h"

/* Programs refuse a cuDNN that is older than what they were built with, so this is newer than any of major version 9.  */
enum { MAJOR = 9, MINOR = 99, PATCH = 0, CUDART_VERSION = 12090, MAX_DEVICE_VERSION = 1210 };

struct cudnnContext {
	struct mv_vendor_object head;
	dnn_stream_t stream;
};

static const struct {
	cudnnStatus_t status;
	const char *name;
} g_statuses[] = {
	{ CUDNN_STATUS_SUCCESS, "CUDNN_STATUS_SUCCESS" },
	{ CUDNN_STATUS_NOT_INITIALIZED, "CUDNN_STATUS_NOT_INITIALIZED" },
	{ CUDNN_STATUS_BAD_PARAM, "CUDNN_STATUS_BAD_PARAM" },
	{ CUDNN_STATUS_NOT_SUPPORTED, "CUDNN_STATUS_NOT_SUPPORTED" },
	{ CUDNN_STATUS_INTERNAL_ERROR, "CUDNN_STATUS_INTERNAL_ERROR" },
	{ CUDNN_STATUS_ALLOC_FAILED, "CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED" },
	{ CUDNN_STATUS_EXECUTION_FAILED, "CUDNN_STATUS_EXECUTION_FAILED" },
};

/* ---- for the other parts, and the generated one ---- */

cudnnStatus_t mv_dnn_check(cudnnHandle_t handle)
{
	return mv_vendor_is(handle, MV_DNN_HANDLE) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

long mv_stub_launch(const void *handle)
{
	return mv_dnn_check((cudnnHandle_t)(uintptr_t)handle);
}

cudnnStatus_t mv_dnn_create(void *object, size_t size, uint64_t kind)
{
	void **made = object;

	if (!made)
		return CUDNN_STATUS_BAD_PARAM;
	*made = mv_vendor_new(size, kind);
	return *made ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_ALLOC_FAILED;
}

cudnnStatus_t mv_dnn_destroy(void *object, uint64_t kind)
{
	return !object || mv_vendor_free(object, kind) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_BAD_PARAM;
}

long mv_stub_create(void **object)
{
	return mv_dnn_create(object, sizeof(struct mv_vendor_object), MV_DNN_OTHER);
}

long mv_stub_destroy(void *object)
{
	return mv_dnn_destroy(object, MV_DNN_OTHER);
}

cudnnStatus_t mv_dnn_answer(cudnnHandle_t handle, size_t *size, size_t value)
{
	if (mv_dnn_check(handle) || !size)
		return CUDNN_STATUS_BAD_PARAM;
	*size = value;
	return CUDNN_STATUS_SUCCESS;
}

/* ---- the library ---- */

size_t cudnnGetVersion(void)
{
	return MAJOR * 10000 + MINOR * 100 + PATCH;
}

size_t cudnnGetCudartVersion(void)
{
	return CUDART_VERSION;
}

size_t cudnnGetMaxDeviceVersion(void)
{
	return MAX_DEVICE_VERSION;
}

cudnnStatus_t cudnnGetProperty(int type, int *value)
{
	static const int properties[] = { MAJOR, MINOR, PATCH };

	if (!value || type < 0 || type > 2)
		return CUDNN_STATUS_BAD_PARAM;
	*value = properties[type];
	return CUDNN_STATUS_SUCCESS;
}

const char *cudnnGetErrorString(cudnnStatus_t status)
{
	for (size_t i = 0; i < sizeof(g_statuses) / sizeof(*g_statuses); i++) {
		if (g_statuses[i].status == status)
			return g_statuses[i].name;
	}
	return "CUDNN_UNKNOWN_STATUS";
}

void cudnnGetLastErrorString(char *message, size_t size)
{
	if (message && size)
		*message = 0;
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle)
{
	return mv_dnn_create(handle, sizeof(**handle), MV_DNN_HANDLE);
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle)
{
	return mv_dnn_destroy(handle, MV_DNN_HANDLE);
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, dnn_stream_t stream)
{
	if (mv_dnn_check(handle))
		return CUDNN_STATUS_BAD_PARAM;
	handle->stream = stream;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, dnn_stream_t *stream)
{
	if (mv_dnn_check(handle) || !stream)
		return CUDNN_STATUS_BAD_PARAM;
	*stream = handle->stream;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnQueryRuntimeError(cudnnHandle_t handle, cudnnStatus_t *status, int mode, void *tag)
{
	(void)mode;
	(void)tag;
	if (mv_dnn_check(handle) || !status)
		return CUDNN_STATUS_BAD_PARAM;
	*status = CUDNN_STATUS_SUCCESS;
	return CUDNN_STATUS_SUCCESS;
}
