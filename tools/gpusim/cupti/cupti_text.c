/* SPDX-License-Identifier: Apache-2.0 */
#include "gpusim/api/strings.h"

enum { CUPTI_SUCCESS = 0, CUPTI_ERROR_INVALID_PARAMETER = 1, CUPTI_ERROR_NOT_SUPPORTED = 27 };

int cuptiGetResultString(int result, const char **text)
{
	if (!text)
		return CUPTI_ERROR_INVALID_PARAMETER;
	if (result == CUPTI_SUCCESS)
		*text = "CUPTI_SUCCESS";
	else if (result == CUPTI_ERROR_NOT_SUPPORTED)
		*text = "CUPTI_ERROR_NOT_SUPPORTED";
	else
		*text = "CUPTI_ERROR_UNKNOWN";
	return CUPTI_SUCCESS;
}

int cuptiGetErrorMessage(int result, const char **text)
{
	return cuptiGetResultString(result, text);
}

int cuptiGetCallbackName(int domain, uint32_t id, const char **name)
{
	(void)domain;
	(void)id;
	if (!name)
		return CUPTI_ERROR_INVALID_PARAMETER;
	*name = "unknown";
	return CUPTI_SUCCESS;
}

/* The interface's version, not the library's.  */
int cuptiGetVersion(uint32_t *version)
{
	if (!version)
		return CUPTI_ERROR_INVALID_PARAMETER;
	*version = MV_CUDART_MAJOR >= 13 ? 130200 : 24;
	return CUPTI_SUCCESS;
}
