/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gpusim/dnn/dnn.h"

enum { FORMAT_NHWC = 1 };

/* By cudnnDataType_t, bytes.  */
static const unsigned char g_type_sizes[] = { 4, 8, 2, 1, 4, 4, 1, 4, 32, 2, 8, 1, 1, 1, 1, 1, 0, 0, 0, 4, 8, 16, 1, 1 };

size_t mv_dnn_type_size(int type)
{
	return type >= 0 && (size_t)type < sizeof(g_type_sizes) ? g_type_sizes[type] : 0;
}

static int is_shape(int count, const int *dims)
{
	if (count < 1 || count > CUDNN_DIM_MAX || !dims)
		return 0;
	for (int i = 0; i < count; i++) {
		if (dims[i] < 1)
			return 0;
	}
	return 1;
}

void mv_dnn_pack(cudnnTensorDescriptor_t tensor, int type, int count, const int *dims)
{
	int stride = 1;

	tensor->type = type;
	tensor->count = count;
	for (int i = count - 1; i >= 0; i--) {
		tensor->dims[i] = dims[i];
		tensor->strides[i] = stride;
		stride *= dims[i];
	}
}

/* ---- tensors ---- */

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *tensor)
{
	return mv_dnn_create(tensor, sizeof(**tensor), MV_DNN_TENSOR);
}

cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t tensor)
{
	return mv_dnn_destroy(tensor, MV_DNN_TENSOR);
}

cudnnStatus_t cudnnSetTensorNdDescriptor(cudnnTensorDescriptor_t tensor, int type, int count, const int *dims,
					 const int *strides)
{
	if (!mv_vendor_is(tensor, MV_DNN_TENSOR) || !is_shape(count, dims) || !strides)
		return CUDNN_STATUS_BAD_PARAM;
	mv_dnn_pack(tensor, type, count, dims);
	memcpy(tensor->strides, strides, (size_t)count * sizeof(*strides));
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetTensor4dDescriptorEx(cudnnTensorDescriptor_t tensor, int type, int n, int c, int h, int w, int n_step,
					   int c_step, int h_step, int w_step)
{
	return cudnnSetTensorNdDescriptor(tensor, type, 4, (int[]){ n, c, h, w },
					  (int[]){ n_step, c_step, h_step, w_step });
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t tensor, int format, int type, int n, int c, int h,
					 int w)
{
	if (format == FORMAT_NHWC)
		return cudnnSetTensor4dDescriptorEx(tensor, type, n, c, h, w, h * w * c, 1, w * c, c);
	return cudnnSetTensor4dDescriptorEx(tensor, type, n, c, h, w, c * h * w, h * w, w, 1);
}

/* ROOM is for how many dimensions there is room in DIMS and STRIDES; *COUNT tells how many there are.  */
cudnnStatus_t cudnnGetTensorNdDescriptor(cudnnTensorDescriptor_t tensor, int room, int *type, int *count, int *dims,
					 int *strides)
{
	if (!mv_vendor_is(tensor, MV_DNN_TENSOR) || room < 0)
		return CUDNN_STATUS_BAD_PARAM;
	if (type)
		*type = tensor->type;
	if (count)
		*count = tensor->count;
	for (int i = 0; i < room && i < tensor->count; i++) {
		if (dims)
			dims[i] = tensor->dims[i];
		if (strides)
			strides[i] = tensor->strides[i];
	}
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetTensorSizeInBytes(cudnnTensorDescriptor_t tensor, size_t *size)
{
	size_t last = 0;

	if (!mv_vendor_is(tensor, MV_DNN_TENSOR) || !size)
		return CUDNN_STATUS_BAD_PARAM;
	for (int i = 0; i < tensor->count; i++)
		last += (size_t)(tensor->dims[i] - 1) * (size_t)tensor->strides[i];
	*size = tensor->count ? (last + 1) * mv_dnn_type_size(tensor->type) : 0;
	return CUDNN_STATUS_SUCCESS;
}

/* Scale and mean of a normalization: one per channel, or, in mode 0, per activation.  */
cudnnStatus_t cudnnDeriveBNTensorDescriptor(cudnnTensorDescriptor_t derived, cudnnTensorDescriptor_t tensor, int mode)
{
	int dims[CUDNN_DIM_MAX];

	if (!mv_vendor_is(derived, MV_DNN_TENSOR) || !mv_vendor_is(tensor, MV_DNN_TENSOR) || tensor->count < 2)
		return CUDNN_STATUS_BAD_PARAM;
	for (int i = 0; i < tensor->count; i++)
		dims[i] = i == 1 || (i > 1 && mode == 0) ? tensor->dims[i] : 1;
	mv_dnn_pack(derived, tensor->type, tensor->count, dims);
	return CUDNN_STATUS_SUCCESS;
}

/* ---- filters ---- */

cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *filter)
{
	return mv_dnn_create(filter, sizeof(**filter), MV_DNN_FILTER);
}

cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t filter)
{
	return mv_dnn_destroy(filter, MV_DNN_FILTER);
}

cudnnStatus_t cudnnSetFilterNdDescriptor(cudnnFilterDescriptor_t filter, int type, int format, int count,
					 const int *dims)
{
	if (!mv_vendor_is(filter, MV_DNN_FILTER) || !is_shape(count, dims))
		return CUDNN_STATUS_BAD_PARAM;
	mv_dnn_pack(filter, type, count, dims);
	filter->format = format;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t filter, int type, int format, int k, int c, int h,
					 int w)
{
	return cudnnSetFilterNdDescriptor(filter, type, format, 4, (int[]){ k, c, h, w });
}

cudnnStatus_t cudnnGetFilterNdDescriptor(cudnnFilterDescriptor_t filter, int room, int *type, int *format, int *count,
					 int *dims)
{
	if (!mv_vendor_is(filter, MV_DNN_FILTER) || room < 0)
		return CUDNN_STATUS_BAD_PARAM;
	if (type)
		*type = filter->type;
	if (format)
		*format = filter->format;
	if (count)
		*count = filter->count;
	for (int i = 0; dims && i < room && i < filter->count; i++)
		dims[i] = filter->dims[i];
	return CUDNN_STATUS_SUCCESS;
}
