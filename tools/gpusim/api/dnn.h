/* SPDX-License-Identifier: Apache-2.0 */
/* cuDNN 9: what the stand-in keeps state for.  Everything else that the library exports is generated, see names/kinds.
 * Names, values and layouts are those of cudnn_ops.h, cudnn_cnn.h, cudnn_adv.h and cudnn_graph.h; enumerations are
 * ints.  */
#ifndef GPUSIM_API_DNN_H
#define GPUSIM_API_DNN_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

typedef int cudnnStatus_t;
typedef struct cudnnContext *cudnnHandle_t;
typedef struct mv_dnn_tensor *cudnnTensorDescriptor_t;
typedef struct mv_dnn_tensor *cudnnFilterDescriptor_t;
typedef struct mv_dnn_conv *cudnnConvolutionDescriptor_t;
typedef struct mv_dnn_rnn *cudnnRNNDescriptor_t;
typedef struct mv_dnn_sequence *cudnnRNNDataDescriptor_t;
typedef void *cudnnAnyDescriptor_t;	/* of a kind that is not looked at */
typedef struct mv_dnn_backend *cudnnBackendDescriptor_t;
typedef struct CUstream_st *dnn_stream_t;

enum {
	CUDNN_STATUS_SUCCESS = 0,
	CUDNN_STATUS_NOT_INITIALIZED = 1001,
	CUDNN_STATUS_BAD_PARAM = 2000,
	CUDNN_STATUS_NOT_SUPPORTED = 3000,
	CUDNN_STATUS_INTERNAL_ERROR = 4000,
	CUDNN_STATUS_ALLOC_FAILED = 4003,
	CUDNN_STATUS_EXECUTION_FAILED = 5000,
	CUDNN_DIM_MAX = 8,
};

/* ---- the library ---- */

size_t cudnnGetVersion(void);
size_t cudnnGetCudartVersion(void);
size_t cudnnGetMaxDeviceVersion(void);
cudnnStatus_t cudnnGetProperty(int type, int *value);
const char *cudnnGetErrorString(cudnnStatus_t status);
void cudnnGetLastErrorString(char *message, size_t size);
cudnnStatus_t cudnnCreate(cudnnHandle_t *handle);
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle);
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, dnn_stream_t stream);
cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, dnn_stream_t *stream);
cudnnStatus_t cudnnQueryRuntimeError(cudnnHandle_t handle, cudnnStatus_t *status, int mode, void *tag);

/* ---- tensors and filters ---- */

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *tensor);
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t tensor);
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t tensor, int format, int type, int n, int c, int h,
					 int w);
cudnnStatus_t cudnnSetTensor4dDescriptorEx(cudnnTensorDescriptor_t tensor, int type, int n, int c, int h, int w, int n_step,
					   int c_step, int h_step, int w_step);
cudnnStatus_t cudnnSetTensorNdDescriptor(cudnnTensorDescriptor_t tensor, int type, int count, const int *dims,
					 const int *strides);
cudnnStatus_t cudnnGetTensorNdDescriptor(cudnnTensorDescriptor_t tensor, int room, int *type, int *count, int *dims,
					 int *strides);
cudnnStatus_t cudnnGetTensorSizeInBytes(cudnnTensorDescriptor_t tensor, size_t *size);
cudnnStatus_t cudnnDeriveBNTensorDescriptor(cudnnTensorDescriptor_t derived, cudnnTensorDescriptor_t tensor, int mode);
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *filter);
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t filter);
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t filter, int type, int format, int k, int c, int h,
					 int w);
cudnnStatus_t cudnnSetFilterNdDescriptor(cudnnFilterDescriptor_t filter, int type, int format, int count,
					 const int *dims);
cudnnStatus_t cudnnGetFilterNdDescriptor(cudnnFilterDescriptor_t filter, int room, int *type, int *format, int *count,
					 int *dims);

/* ---- convolution ---- */

/* What all three directions' searches answer.  */
typedef struct {
	int algo;
	cudnnStatus_t status;
	float time;
	size_t memory;
	int determinism;
	int mathType;
	int reserved[3];
} cudnnConvolutionAlgoPerf_t;

cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *conv);
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t conv);
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t conv, int pad_h, int pad_w, int stride_h,
					      int stride_w, int dilation_h, int dilation_w, int mode, int type);
cudnnStatus_t cudnnSetConvolutionNdDescriptor(cudnnConvolutionDescriptor_t conv, int count, const int *pads,
					      const int *strides, const int *dilations, int mode, int type);
cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t conv, int count);
cudnnStatus_t cudnnGetConvolutionGroupCount(cudnnConvolutionDescriptor_t conv, int *count);
cudnnStatus_t cudnnGetConvolutionNdForwardOutputDim(cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t input,
						    cudnnFilterDescriptor_t filter, int count, int *dims);
cudnnStatus_t cudnnGetConvolution2dForwardOutputDim(cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t input,
						    cudnnFilterDescriptor_t filter, int *n, int *c, int *h, int *w);
cudnnStatus_t cudnnGetConvolutionForwardAlgorithmMaxCount(cudnnHandle_t handle, int *count);
cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithmMaxCount(cudnnHandle_t handle, int *count);
cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithmMaxCount(cudnnHandle_t handle, int *count);
cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
						     cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t conv,
						     cudnnTensorDescriptor_t y, int wanted, int *found,
						     cudnnConvolutionAlgoPerf_t *results);
cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t handle, cudnnFilterDescriptor_t w,
							  cudnnTensorDescriptor_t dy, cudnnConvolutionDescriptor_t conv,
							  cudnnTensorDescriptor_t dx, int wanted, int *found,
							  cudnnConvolutionAlgoPerf_t *results);
cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
							    cudnnTensorDescriptor_t dy,
							    cudnnConvolutionDescriptor_t conv,
							    cudnnFilterDescriptor_t dw, int wanted, int *found,
							    cudnnConvolutionAlgoPerf_t *results);
cudnnStatus_t cudnnFindConvolutionForwardAlgorithmEx(cudnnHandle_t handle, cudnnTensorDescriptor_t x_desc, const void *x,
						     cudnnFilterDescriptor_t w_desc, const void *w,
						     cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t y_desc,
						     void *y, int wanted, int *found,
						     cudnnConvolutionAlgoPerf_t *results, void *workspace,
						     size_t workspace_size);
cudnnStatus_t cudnnFindConvolutionBackwardDataAlgorithmEx(cudnnHandle_t handle, cudnnFilterDescriptor_t w_desc,
							  const void *w, cudnnTensorDescriptor_t dy_desc, const void *dy,
							  cudnnConvolutionDescriptor_t conv,
							  cudnnTensorDescriptor_t dx_desc, void *dx, int wanted,
							  int *found, cudnnConvolutionAlgoPerf_t *results,
							  void *workspace, size_t workspace_size);
cudnnStatus_t cudnnFindConvolutionBackwardFilterAlgorithmEx(cudnnHandle_t handle, cudnnTensorDescriptor_t x_desc,
							    const void *x, cudnnTensorDescriptor_t dy_desc,
							    const void *dy, cudnnConvolutionDescriptor_t conv,
							    cudnnFilterDescriptor_t dw_desc, void *dw, int wanted,
							    int *found, cudnnConvolutionAlgoPerf_t *results,
							    void *workspace, size_t workspace_size);
cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
						      cudnnFilterDescriptor_t w, cudnnConvolutionDescriptor_t conv,
						      cudnnTensorDescriptor_t y, int algo, size_t *size);
cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t handle, cudnnFilterDescriptor_t w,
							   cudnnTensorDescriptor_t dy,
							   cudnnConvolutionDescriptor_t conv,
							   cudnnTensorDescriptor_t dx, int algo, size_t *size);
cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
							     cudnnTensorDescriptor_t dy,
							     cudnnConvolutionDescriptor_t conv,
							     cudnnFilterDescriptor_t dw, int algo, size_t *size);

/* ---- sizes of what normalization, dropout and CTC loss want ---- */

cudnnStatus_t cudnnGetBatchNormalizationForwardTrainingExWorkspaceSize(
	cudnnHandle_t handle, int mode, int ops, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t z,
	cudnnTensorDescriptor_t y, cudnnTensorDescriptor_t scale, cudnnAnyDescriptor_t activation, size_t *size);
cudnnStatus_t cudnnGetBatchNormalizationBackwardExWorkspaceSize(
	cudnnHandle_t handle, int mode, int ops, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t y,
	cudnnTensorDescriptor_t dy, cudnnTensorDescriptor_t dz, cudnnTensorDescriptor_t dx,
	cudnnTensorDescriptor_t scale, cudnnAnyDescriptor_t activation, size_t *size);
cudnnStatus_t cudnnGetBatchNormalizationTrainingExReserveSpaceSize(cudnnHandle_t handle, int mode, int ops,
								   cudnnAnyDescriptor_t activation,
								   cudnnTensorDescriptor_t x, size_t *size);
cudnnStatus_t cudnnDropoutGetStatesSize(cudnnHandle_t handle, size_t *size);
cudnnStatus_t cudnnDropoutGetReserveSpaceSize(cudnnTensorDescriptor_t x, size_t *size);
cudnnStatus_t cudnnGetCTCLossWorkspaceSize(cudnnHandle_t handle, cudnnTensorDescriptor_t probabilities,
					   cudnnTensorDescriptor_t gradients, const int *labels,
					   const int *label_lengths, const int *input_lengths, int algo,
					   cudnnAnyDescriptor_t loss, size_t *size);
cudnnStatus_t cudnnGetCTCLossWorkspaceSize_v8(cudnnHandle_t handle, int algo, cudnnAnyDescriptor_t loss,
					      cudnnTensorDescriptor_t probabilities, cudnnTensorDescriptor_t gradients,
					      size_t *size);

/* ---- recurrent networks ---- */

cudnnStatus_t cudnnCreateRNNDescriptor(cudnnRNNDescriptor_t *rnn);
cudnnStatus_t cudnnDestroyRNNDescriptor(cudnnRNNDescriptor_t rnn);
cudnnStatus_t cudnnSetRNNDescriptor_v8(cudnnRNNDescriptor_t rnn, int algo, int cell, int bias, int direction,
				       int input_mode, int type, int math_precision, int math_type, int32_t input_size,
				       int32_t hidden_size, int32_t projection_size, int32_t layers,
				       cudnnAnyDescriptor_t dropout, uint32_t flags);
cudnnStatus_t cudnnBuildRNNDynamic(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, int batch);
cudnnStatus_t cudnnCreateRNNDataDescriptor(cudnnRNNDataDescriptor_t *sequence);
cudnnStatus_t cudnnDestroyRNNDataDescriptor(cudnnRNNDataDescriptor_t sequence);
cudnnStatus_t cudnnSetRNNDataDescriptor(cudnnRNNDataDescriptor_t sequence, int type, int layout, int max_length,
					int batch, int vector_size, const int *lengths, void *fill);
cudnnStatus_t cudnnGetRNNWeightSpaceSize(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, size_t *size);
cudnnStatus_t cudnnGetRNNTempSpaceSizes(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, int mode,
					cudnnRNNDataDescriptor_t x, size_t *workspace, size_t *reserve);
cudnnStatus_t cudnnGetRNNWeightParams(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, int32_t layer, size_t space_size,
				      const void *space, int32_t matrix_index, cudnnTensorDescriptor_t matrix,
				      void **matrix_address, cudnnTensorDescriptor_t bias, void **bias_address);

/* ---- the backend: descriptors with attributes ---- */

cudnnStatus_t cudnnBackendCreateDescriptor(int type, cudnnBackendDescriptor_t *descriptor);
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor);
cudnnStatus_t cudnnBackendInitialize(cudnnBackendDescriptor_t descriptor);
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor);
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, int attribute, int type, int64_t count,
				       const void *elements);
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, int attribute, int type, int64_t room,
				       int64_t *count, void *elements);

#pragma GCC visibility pop

#endif
