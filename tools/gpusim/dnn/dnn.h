/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the cuDNN stand-in know of each other's objects.  */
#ifndef GPUSIM_DNN_DNN_H
#define GPUSIM_DNN_DNN_H

#include "gpusim/api/dnn.h"
#include "gpusim/common/vendor.h"

/* Kinds of objects.  */
#define MV_DNN_HANDLE UINT64_C(0x6d765f646e6e0001)
#define MV_DNN_TENSOR UINT64_C(0x6d765f646e6e0002)
#define MV_DNN_FILTER UINT64_C(0x6d765f646e6e0003)
#define MV_DNN_CONV UINT64_C(0x6d765f646e6e0004)
#define MV_DNN_RNN UINT64_C(0x6d765f646e6e0005)
#define MV_DNN_SEQUENCE UINT64_C(0x6d765f646e6e0006)
#define MV_DNN_BACKEND UINT64_C(0x6d765f646e6e0007)
#define MV_DNN_OTHER UINT64_C(0x6d765f646e6e0008)

/* A tensor or a filter.  */
struct mv_dnn_tensor {
	struct mv_vendor_object head;
	int type;			/* of an element */
	int format;			/* of a filter */
	int count;			/* of dimensions; 0: not set */
	int dims[CUDNN_DIM_MAX];
	int strides[CUDNN_DIM_MAX];	/* elements; of a tensor */
};

/* CUDNN_STATUS_SUCCESS if HANDLE is one.  */
cudnnStatus_t mv_dnn_check(cudnnHandle_t handle);

/* Make an object of SIZE bytes and kind KIND into *OBJECT.  */
cudnnStatus_t mv_dnn_create(void *object, size_t size, uint64_t kind);

/* Free OBJECT, of kind KIND.  NULL is freed too.  */
cudnnStatus_t mv_dnn_destroy(void *object, uint64_t kind);

/* Bytes of an element of TYPE; 0 for types packed closer than a byte, or unknown.  */
size_t mv_dnn_type_size(int type);

/* Make TENSOR one with COUNT dimensions DIMS, packed, the last one's elements next to each other.  */
void mv_dnn_pack(cudnnTensorDescriptor_t tensor, int type, int count, const int *dims);

/* *SIZE becomes VALUE, once HANDLE is found to be one.  */
cudnnStatus_t mv_dnn_answer(cudnnHandle_t handle, size_t *size, size_t value);

#endif
