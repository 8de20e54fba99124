/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that return text, of libraries that are otherwise generated: a program prints it, so it must be text.  And
 * one variable.  Enumerations are ints.  */
#ifndef GPUSIM_API_STRINGS_H
#define GPUSIM_API_STRINGS_H

#include <stdint.h>

#pragma GCC visibility push(default)

const char *cusparseGetErrorName(int status);
const char *cusparseGetErrorString(int status);
const char *cusparseLtGetErrorName(int status);
const char *cusparseLtGetErrorString(int status);
int cuptiGetResultString(int result, const char **text);
int cuptiGetErrorMessage(int result, const char **text);
int cuptiGetCallbackName(int domain, uint32_t id, const char **name);
int cuptiGetVersion(uint32_t *version);
extern int nvshmem_selected_device_transport;

#pragma GCC visibility pop

#endif
