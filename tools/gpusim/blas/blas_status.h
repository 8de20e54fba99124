/* SPDX-License-Identifier: Apache-2.0 */
/* What cuBLAS and cuBLASLt share: names, versions, and what a handle begins with.  */
#ifndef GPUSIM_BLAS_BLAS_STATUS_H
#define GPUSIM_BLAS_BLAS_STATUS_H

#include "gpusim/api/blas.h"

/* The newest release of the major version that the library is built for.  */
enum {
	MV_BLAS_MAJOR = MV_CUDART_MAJOR >= 13 ? 13 : 12,
	MV_BLAS_MINOR = MV_CUDART_MAJOR >= 13 ? 4 : 9,
	MV_BLAS_PATCH = MV_CUDART_MAJOR >= 13 ? 1 : 1,
	MV_BLAS_VERSION = MV_BLAS_MAJOR * 10000 + MV_BLAS_MINOR * 100 + MV_BLAS_PATCH,
	MV_BLAS_CUDART_VERSION = MV_CUDART_MAJOR >= 13 ? 13020 : 12090,
};

/* What handles of either begin with: cuBLASLt's documentation lets a cuBLAS handle stand in for one of its own.  */
#define MV_BLAS_HANDLE UINT64_C(0x6d765f626c617301)

const char *mv_blas_status_name(cublasStatus_t status);
const char *mv_blas_status_text(cublasStatus_t status);

/* Major, minor and patch version are properties 0, 1 and 2.  */
cublasStatus_t mv_blas_property(int type, int *value);

#endif
