/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/api/strings.h"

enum { NOT_SUPPORTED = 10 };

const char *cusparseLtGetErrorName(int status)
{
	if (!status)
		return "CUSPARSE_STATUS_SUCCESS";
	return status == NOT_SUPPORTED ? "CUSPARSE_STATUS_NOT_SUPPORTED" : "CUSPARSE_STATUS_UNKNOWN";
}

const char *cusparseLtGetErrorString(int status)
{
	if (!status)
		return "success";
	return status == NOT_SUPPORTED ? "operation not supported" : "unknown error";
}
