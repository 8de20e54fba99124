/* SPDX-License-Identifier: Apache-2.0 */
/* Recurrent networks: where each weight lies in the one space that holds them all.
 *
 * A network is a row of pseudo layers, two for each layer if it goes both ways.  The space holds, for each of them, the
 * matrices that take the input, one for each gate, then those that take the state, then that of the projection; after
 * all pseudo layers' matrices come all their biases, in the same order.  Programs are told where, and must not assume it.
 * What is kept from the forward for the backward pass is a guess: gates and states of every step.  */
#include "gpusim/dnn/dnn.h"

enum { CELL_RELU = 0, CELL_TANH = 1, CELL_LSTM = 2, CELL_GRU = 3 };
enum { BIAS_NONE = 0, BIAS_DOUBLE = 2 };
enum { DIRECTION_BOTH = 1, MODE_TRAINING = 1, KEPT_STATES = 2 };

struct mv_dnn_rnn {
	struct mv_vendor_object head;
	int cell, bias, is_both_ways, type;
	int64_t input_size, hidden_size, projection_size, layers;
};

struct mv_dnn_sequence {
	struct mv_vendor_object head;
	int type;
	int64_t max_length, batch, vector_size;
};

/* ---- descriptors ---- */

cudnnStatus_t cudnnCreateRNNDescriptor(cudnnRNNDescriptor_t *rnn)
{
	return mv_dnn_create(rnn, sizeof(**rnn), MV_DNN_RNN);
}

cudnnStatus_t cudnnDestroyRNNDescriptor(cudnnRNNDescriptor_t rnn)
{
	return mv_dnn_destroy(rnn, MV_DNN_RNN);
}

cudnnStatus_t cudnnSetRNNDescriptor_v8(cudnnRNNDescriptor_t rnn, int algo, int cell, int bias, int direction,
				       int input_mode, int type, int math_precision, int math_type, int32_t input_size,
				       int32_t hidden_size, int32_t projection_size, int32_t layers,
				       cudnnAnyDescriptor_t dropout, uint32_t flags)
{
	(void)algo;
	(void)input_mode;
	(void)math_precision;
	(void)math_type;
	(void)dropout;
	(void)flags;
	if (!mv_vendor_is(rnn, MV_DNN_RNN) || cell < CELL_RELU || cell > CELL_GRU || bias < BIAS_NONE ||
	    input_size < 1 || hidden_size < 1 || projection_size < 0 || projection_size > hidden_size || layers < 1)
		return CUDNN_STATUS_BAD_PARAM;
	rnn->cell = cell;
	rnn->bias = bias;
	rnn->is_both_ways = direction == DIRECTION_BOTH;
	rnn->type = type;
	rnn->input_size = input_size;
	rnn->hidden_size = hidden_size;
	rnn->projection_size = projection_size;
	rnn->layers = layers;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBuildRNNDynamic(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, int batch)
{
	if (mv_dnn_check(handle) || !mv_vendor_is(rnn, MV_DNN_RNN) || batch < 1)
		return CUDNN_STATUS_BAD_PARAM;
	return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnCreateRNNDataDescriptor(cudnnRNNDataDescriptor_t *sequence)
{
	return mv_dnn_create(sequence, sizeof(**sequence), MV_DNN_SEQUENCE);
}

cudnnStatus_t cudnnDestroyRNNDataDescriptor(cudnnRNNDataDescriptor_t sequence)
{
	return mv_dnn_destroy(sequence, MV_DNN_SEQUENCE);
}

cudnnStatus_t cudnnSetRNNDataDescriptor(cudnnRNNDataDescriptor_t sequence, int type, int layout, int max_length,
					int batch, int vector_size, const int *lengths, void *fill)
{
	(void)layout;
	(void)fill;
	if (!mv_vendor_is(sequence, MV_DNN_SEQUENCE) || max_length < 1 || batch < 1 || vector_size < 1 || !lengths)
		return CUDNN_STATUS_BAD_PARAM;
	sequence->type = type;
	sequence->max_length = max_length;
	sequence->batch = batch;
	sequence->vector_size = vector_size;
	return CUDNN_STATUS_SUCCESS;
}

/* ---- the layout of weights ---- */

static int gates(const struct mv_dnn_rnn *rnn)
{
	static const int by_cell[] = { [CELL_RELU] = 1, [CELL_TANH] = 1, [CELL_LSTM] = 4, [CELL_GRU] = 3 };

	return by_cell[rnn->cell];
}

static int ways(const struct mv_dnn_rnn *rnn)
{
	return rnn->is_both_ways ? 2 : 1;
}

/* Length of what one way of a layer hands on.  */
static int64_t output_size(const struct mv_dnn_rnn *rnn)
{
	return rnn->projection_size && rnn->projection_size < rnn->hidden_size ? rnn->projection_size : rnn->hidden_size;
}

static int has_projection(const struct mv_dnn_rnn *rnn)
{
	return output_size(rnn) < rnn->hidden_size;
}

static int matrices(const struct mv_dnn_rnn *rnn)
{
	return 2 * gates(rnn) + has_projection(rnn);
}

/* Rows and columns of matrix INDEX of a pseudo layer.  */
static void shape_of(const struct mv_dnn_rnn *rnn, int layer, int index, int64_t *rows, int64_t *columns)
{
	*rows = index < 2 * gates(rnn) ? rnn->hidden_size : output_size(rnn);
	if (index >= 2 * gates(rnn))
		*columns = rnn->hidden_size;
	else if (index >= gates(rnn))
		*columns = output_size(rnn);
	else
		*columns = layer < ways(rnn) ? rnn->input_size : output_size(rnn) * ways(rnn);
}

/* Elements in the matrices of a pseudo layer before INDEX.  */
static int64_t elements_before(const struct mv_dnn_rnn *rnn, int layer, int index)
{
	int64_t elements = 0;

	for (int i = 0; i < index; i++) {
		int64_t rows, columns;

		shape_of(rnn, layer, i, &rows, &columns);
		elements += rows * columns;
	}
	return elements;
}

static int64_t matrix_elements(const struct mv_dnn_rnn *rnn, int layers)
{
	int64_t elements = 0;

	for (int layer = 0; layer < layers; layer++)
		elements += elements_before(rnn, layer, matrices(rnn));
	return elements;
}

/* Biases of a pseudo layer: for the input, for the state, or both.  */
static int biases(const struct mv_dnn_rnn *rnn)
{
	if (rnn->bias == BIAS_NONE)
		return 0;
	return rnn->bias == BIAS_DOUBLE ? 2 * gates(rnn) : gates(rnn);
}

static int pseudo_layers(const struct mv_dnn_rnn *rnn)
{
	return (int)rnn->layers * ways(rnn);
}

cudnnStatus_t cudnnGetRNNWeightSpaceSize(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, size_t *size)
{
	int64_t elements;

	if (!mv_vendor_is(rnn, MV_DNN_RNN) || !rnn->layers)
		return CUDNN_STATUS_BAD_PARAM;
	elements = matrix_elements(rnn, pseudo_layers(rnn)) + pseudo_layers(rnn) * biases(rnn) * rnn->hidden_size;
	return mv_dnn_answer(handle, size, (size_t)elements * mv_dnn_type_size(rnn->type));
}

static void *address(const void *space, const struct mv_dnn_rnn *rnn, int64_t elements)
{
	return space ? (char *)(uintptr_t)space + (size_t)elements * mv_dnn_type_size(rnn->type) : NULL;
}

static void tell(cudnnTensorDescriptor_t tensor, int type, int64_t rows, int64_t columns)
{
	if (mv_vendor_is(tensor, MV_DNN_TENSOR))
		mv_dnn_pack(tensor, type, 3, (int[]){ 1, (int)rows, (int)columns });
}

/* What a network has no weight for is told as a tensor of no dimensions, at NULL.  */
cudnnStatus_t cudnnGetRNNWeightParams(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, int32_t layer, size_t space_size,
				      const void *space, int32_t matrix_index, cudnnTensorDescriptor_t matrix,
				      void **matrix_address, cudnnTensorDescriptor_t bias, void **bias_address)
{
	int64_t rows, columns, before;

	(void)space_size;
	if (mv_dnn_check(handle) || !mv_vendor_is(rnn, MV_DNN_RNN) || layer < 0 || layer >= pseudo_layers(rnn) ||
	    matrix_index < 0 || matrix_index >= 2 * gates(rnn) + 1)
		return CUDNN_STATUS_BAD_PARAM;
	if (matrix_address)
		*matrix_address = NULL;
	if (bias_address)
		*bias_address = NULL;
	if (matrix_index < matrices(rnn)) {
		shape_of(rnn, layer, matrix_index, &rows, &columns);
		tell(matrix, rnn->type, rows, columns);
		if (matrix_address)
			*matrix_address = address(space, rnn, matrix_elements(rnn, layer) +
								      elements_before(rnn, layer, matrix_index));
	}
	if (matrix_index < biases(rnn)) {
		before = matrix_elements(rnn, pseudo_layers(rnn)) +
			 (layer * biases(rnn) + matrix_index) * rnn->hidden_size;
		tell(bias, rnn->type, rnn->hidden_size, 1);
		if (bias_address)
			*bias_address = address(space, rnn, before);
	}
	return CUDNN_STATUS_SUCCESS;
}

/* ---- room for a pass ---- */

cudnnStatus_t cudnnGetRNNTempSpaceSizes(cudnnHandle_t handle, cudnnRNNDescriptor_t rnn, int mode,
					cudnnRNNDataDescriptor_t x, size_t *workspace, size_t *reserve)
{
	int64_t elements;

	if (!mv_vendor_is(rnn, MV_DNN_RNN) || !mv_vendor_is(x, MV_DNN_SEQUENCE))
		return CUDNN_STATUS_BAD_PARAM;
	elements = x->max_length * x->batch * rnn->hidden_size * pseudo_layers(rnn) * (gates(rnn) + KEPT_STATES);
	if (reserve)
		*reserve = mode == MODE_TRAINING ? (size_t)elements * mv_dnn_type_size(rnn->type) : 0;
	return workspace ? mv_dnn_answer(handle, workspace, 0) : mv_dnn_check(handle);
}
