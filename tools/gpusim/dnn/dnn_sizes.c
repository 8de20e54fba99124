/* SPDX-License-Identifier: Apache-2.0 */
/* How much room normalization, dropout and CTC loss want beside their operands.  Apart from what dropout keeps, which
 * follows from its operand, these are guesses: nothing.  */
#include "gpusim/dnn/dnn.h"

/* Generators' states of a dropout, whatever the card.  */
enum { DROPOUT_STATES_BYTES = 1 << 20, BITS_PER_BYTE = 8 };

cudnnStatus_t cudnnGetBatchNormalizationForwardTrainingExWorkspaceSize(
	cudnnHandle_t handle, int mode, int ops, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t z,
	cudnnTensorDescriptor_t y, cudnnTensorDescriptor_t scale, cudnnAnyDescriptor_t activation, size_t *size)
{
	(void)mode;
	(void)ops;
	(void)x;
	(void)z;
	(void)y;
	(void)scale;
	(void)activation;
	return mv_dnn_answer(handle, size, 0);
}

cudnnStatus_t cudnnGetBatchNormalizationBackwardExWorkspaceSize(
	cudnnHandle_t handle, int mode, int ops, cudnnTensorDescriptor_t x, cudnnTensorDescriptor_t y,
	cudnnTensorDescriptor_t dy, cudnnTensorDescriptor_t dz, cudnnTensorDescriptor_t dx,
	cudnnTensorDescriptor_t scale, cudnnAnyDescriptor_t activation, size_t *size)
{
	(void)mode;
	(void)ops;
	(void)x;
	(void)y;
	(void)dy;
	(void)dz;
	(void)dx;
	(void)scale;
	(void)activation;
	return mv_dnn_answer(handle, size, 0);
}

cudnnStatus_t cudnnGetBatchNormalizationTrainingExReserveSpaceSize(cudnnHandle_t handle, int mode, int ops,
								   cudnnAnyDescriptor_t activation,
								   cudnnTensorDescriptor_t x, size_t *size)
{
	(void)mode;
	(void)ops;
	(void)activation;
	(void)x;
	return mv_dnn_answer(handle, size, 0);
}

cudnnStatus_t cudnnDropoutGetStatesSize(cudnnHandle_t handle, size_t *size)
{
	return mv_dnn_answer(handle, size, DROPOUT_STATES_BYTES);
}

/* One bit for each element: kept or dropped.  */
cudnnStatus_t cudnnDropoutGetReserveSpaceSize(cudnnTensorDescriptor_t x, size_t *size)
{
	size_t elements = 1;

	if (!mv_vendor_is(x, MV_DNN_TENSOR) || !size)
		return CUDNN_STATUS_BAD_PARAM;
	for (int i = 0; i < x->count; i++)
		elements *= (size_t)x->dims[i];
	*size = (elements + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetCTCLossWorkspaceSize(cudnnHandle_t handle, cudnnTensorDescriptor_t probabilities,
					   cudnnTensorDescriptor_t gradients, const int *labels,
					   const int *label_lengths, const int *input_lengths, int algo,
					   cudnnAnyDescriptor_t loss, size_t *size)
{
	(void)probabilities;
	(void)gradients;
	(void)labels;
	(void)label_lengths;
	(void)input_lengths;
	(void)algo;
	(void)loss;
	return mv_dnn_answer(handle, size, 0);
}

cudnnStatus_t cudnnGetCTCLossWorkspaceSize_v8(cudnnHandle_t handle, int algo, cudnnAnyDescriptor_t loss,
					      cudnnTensorDescriptor_t probabilities, cudnnTensorDescriptor_t gradients,
					      size_t *size)
{
	(void)algo;
	(void)loss;
	(void)probabilities;
	(void)gradients;
	return mv_dnn_answer(handle, size, 0);
}
