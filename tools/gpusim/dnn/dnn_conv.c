/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions by descriptor.  Every search finds one algorithm, which needs no workspace: what the real ones want depends
 * on card and shape, and is not simulated.  */
#include <string.h>

#include "gpusim/dnn/dnn.h"

enum { SPATIAL_MAX = CUDNN_DIM_MAX - 2, FOUND_COUNT = 1, ALGO = 1, DETERMINISTIC = 1 };

struct mv_dnn_conv {
	struct mv_vendor_object head;
	int count;			/* of spatial dimensions; 0: not set */
	int groups;
	int pads[SPATIAL_MAX], strides[SPATIAL_MAX], dilations[SPATIAL_MAX];
};

/* ---- descriptors ---- */

cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *conv)
{
	cudnnStatus_t status = mv_dnn_create(conv, sizeof(**conv), MV_DNN_CONV);

	if (!status)
		(*conv)->groups = 1;
	return status;
}

cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t conv)
{
	return mv_dnn_destroy(conv, MV_DNN_CONV);
}

cudnnStatus_t cudnnSetConvolutionNdDescriptor(cudnnConvolutionDescriptor_t conv, int count, const int *pads,
					      const int *strides, const int *dilations, int mode, int type)
{
	(void)mode;
	(void)type;
	if (!mv_vendor_is(conv, MV_DNN_CONV) || count < 1 || count > SPATIAL_MAX || !pads || !strides || !dilations)
		return CUDNN_STATUS_BAD_PARAM;
	for (int i = 0; i < count; i++) {
		if (pads[i] < 0 || strides[i] < 1 || dilations[i] < 1)
			return CUDNN_STATUS_BAD_PARAM;
		conv->pads[i] = pads[i];
		conv->strides[i] = strides[i];
		conv->dilations[i] = dilations[i];
	}
	conv->count = count;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t conv, int pad_h, int pad_w, int stride_h,
					      int stride_w, int dilation_h, int dilation_w, int mode, int type)
{
	return cudnnSetConvolutionNdDescriptor(conv, 2, (int[]){ pad_h, pad_w }, (int[]){ stride_h, stride_w },
					       (int[]){ dilation_h, dilation_w }, mode, type);
}

cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t conv, int count)
{
	if (!mv_vendor_is(conv, MV_DNN_CONV) || count < 1)
		return CUDNN_STATUS_BAD_PARAM;
	conv->groups = count;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionGroupCount(cudnnConvolutionDescriptor_t conv, int *count)
{
	if (!mv_vendor_is(conv, MV_DNN_CONV) || !count)
		return CUDNN_STATUS_BAD_PARAM;
	*count = conv->groups;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionNdForwardOutputDim(cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t input,
						    cudnnFilterDescriptor_t filter, int count, int *dims)
{
	if (!mv_vendor_is(conv, MV_DNN_CONV) || !mv_vendor_is(input, MV_DNN_TENSOR) ||
	    !mv_vendor_is(filter, MV_DNN_FILTER) || !dims || count != input->count || count != filter->count ||
	    count != conv->count + 2)
		return CUDNN_STATUS_BAD_PARAM;
	dims[0] = input->dims[0];
	dims[1] = filter->dims[0];
	for (int i = 0; i < conv->count; i++) {
		int span = (filter->dims[i + 2] - 1) * conv->dilations[i] + 1;

		dims[i + 2] = 1 + (input->dims[i + 2] + 2 * conv->pads[i] - span) / conv->strides[i];
	}
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolution2dForwardOutputDim(cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t input,
						    cudnnFilterDescriptor_t filter, int *n, int *c, int *h, int *w)
{
	int dims[4];
	cudnnStatus_t status = cudnnGetConvolutionNdForwardOutputDim(conv, input, filter, 4, dims);

	if (status)
		return status;
	if (!n || !c || !h || !w)
		return CUDNN_STATUS_BAD_PARAM;
	*n = dims[0];
	*c = dims[1];
	*h = dims[2];
	*w = dims[3];
	return CUDNN_STATUS_SUCCESS;
}

/* ---- searches ---- */

static cudnnStatus_t search(cudnnHandle_t handle, int wanted, int *found, cudnnConvolutionAlgoPerf_t *results)
{
	if (mv_dnn_check(handle) || wanted < 1 || !found || !results)
		return CUDNN_STATUS_BAD_PARAM;
	memset(results, 0, sizeof(*results));
	results->algo = ALGO;
	results->determinism = DETERMINISTIC;
	*found = FOUND_COUNT;
	return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t count_algorithms(cudnnHandle_t handle, int *count)
{
	if (mv_dnn_check(handle) || !count)
		return CUDNN_STATUS_BAD_PARAM;
	*count = FOUND_COUNT;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithmMaxCount(cudnnHandle_t handle, int *count)
{
	return count_algorithms(handle, count);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithmMaxCount(cudnnHandle_t handle, int *count)
{
	return count_algorithms(handle, count);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithmMaxCount(cudnnHandle_t handle, int *count)
{
	return count_algorithms(handle, count);
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
						     cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t conv,
						     cudnnTensorDescriptor_t y, int wanted, int *found,
						     cudnnConvolutionAlgoPerf_t *results)
{
	(void)x;
	(void)w;
	(void)conv;
	(void)y;
	return search(handle, wanted, found, results);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t handle, cudnnFilterDescriptor_t w,
							  cudnnTensorDescriptor_t dy, cudnnConvolutionDescriptor_t conv,
							  cudnnTensorDescriptor_t dx, int wanted, int *found,
							  cudnnConvolutionAlgoPerf_t *results)
{
	(void)w;
	(void)dy;
	(void)conv;
	(void)dx;
	return search(handle, wanted, found, results);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
							    cudnnTensorDescriptor_t dy,
							    cudnnConvolutionDescriptor_t conv,
							    cudnnFilterDescriptor_t dw, int wanted, int *found,
							    cudnnConvolutionAlgoPerf_t *results)
{
	(void)x;
	(void)dy;
	(void)conv;
	(void)dw;
	return search(handle, wanted, found, results);
}

cudnnStatus_t cudnnFindConvolutionForwardAlgorithmEx(cudnnHandle_t handle, cudnnTensorDescriptor_t x_desc, const void *x,
						     cudnnFilterDescriptor_t w_desc, const void *w,
						     cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t y_desc,
						     void *y, int wanted, int *found,
						     cudnnConvolutionAlgoPerf_t *results, void *workspace,
						     size_t workspace_size)
{
	(void)x;
	(void)w;
	(void)y;
	(void)workspace;
	(void)workspace_size;
	return cudnnGetConvolutionForwardAlgorithm_v7(handle, x_desc, w_desc, conv, y_desc, wanted, found, results);
}

cudnnStatus_t cudnnFindConvolutionBackwardDataAlgorithmEx(cudnnHandle_t handle, cudnnFilterDescriptor_t w_desc,
							  const void *w, cudnnTensorDescriptor_t dy_desc, const void *dy,
							  cudnnConvolutionDescriptor_t conv,
							  cudnnTensorDescriptor_t dx_desc, void *dx, int wanted,
							  int *found, cudnnConvolutionAlgoPerf_t *results,
							  void *workspace, size_t workspace_size)
{
	(void)w;
	(void)dy;
	(void)dx;
	(void)workspace;
	(void)workspace_size;
	return cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, w_desc, dy_desc, conv, dx_desc, wanted, found,
							   results);
}

cudnnStatus_t cudnnFindConvolutionBackwardFilterAlgorithmEx(cudnnHandle_t handle, cudnnTensorDescriptor_t x_desc,
							    const void *x, cudnnTensorDescriptor_t dy_desc,
							    const void *dy, cudnnConvolutionDescriptor_t conv,
							    cudnnFilterDescriptor_t dw_desc, void *dw, int wanted,
							    int *found, cudnnConvolutionAlgoPerf_t *results,
							    void *workspace, size_t workspace_size)
{
	(void)x;
	(void)dy;
	(void)dw;
	(void)workspace;
	(void)workspace_size;
	return cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, x_desc, dy_desc, conv, dw_desc, wanted, found,
							     results);
}

/* ---- workspaces ---- */

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
						      cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t conv,
						      cudnnTensorDescriptor_t y, int algo, size_t *size)
{
	(void)x;
	(void)w;
	(void)conv;
	(void)y;
	(void)algo;
	return mv_dnn_answer(handle, size, 0);
}

cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t handle, cudnnFilterDescriptor_t w,
							   cudnnTensorDescriptor_t dy,
							   cudnnConvolutionDescriptor_t conv,
							   cudnnTensorDescriptor_t dx, int algo, size_t *size)
{
	(void)w;
	(void)dy;
	(void)conv;
	(void)dx;
	(void)algo;
	return mv_dnn_answer(handle, size, 0);
}

cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
							     cudnnTensorDescriptor_t dy,
							     cudnnConvolutionDescriptor_t conv,
							     cudnnFilterDescriptor_t dw, int algo, size_t *size)
{
	(void)x;
	(void)dy;
	(void)conv;
	(void)dw;
	(void)algo;
	return mv_dnn_answer(handle, size, 0);
}
