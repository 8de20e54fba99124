/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of functions and kernels: plausible ones, since nobody compiles them here.  */
#include "gpusim/driver/drv_function.h"

#include "gpusim/driver/drv_attribute.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_start.h"

enum { REGISTERS = 32 };

CUfunction mv_function_get(CUfunction function)
{
	return mv_handle_get(function, MV_HANDLE_FUNCTION);
}

int mv_function_shared_limit(CUfunction function)
{
	return function->max_dynamic_shared ? function->max_dynamic_shared :
					      mv_attribute(MV_ATTRIBUTE_SHARED_PER_BLOCK, 0);
}

static CUresult check(CUfunction *function)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	*function = mv_function_get(*function);
	return *function ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
}

/* ---- attributes ---- */

/* Attributes that a program sets and nobody looks at, in the order of CUfunc_st.settings; NULL for others.  */
static int *kept(CUfunction function, CUfunction_attribute attribute)
{
	switch (attribute) {
	case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH:
		return &function->settings[0];
	case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT:
		return &function->settings[1];
	case CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH:
		return &function->settings[2];
	case CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED:
		return &function->settings[3];
	case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
		return &function->carveout;
	}
	return NULL;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction function)
{
	CUresult err = check(&function);

	if (err)
		return err;
	if (!value || attribute < 0 || attribute > CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE)
		return CUDA_ERROR_INVALID_VALUE;
	*value = 0;
	if (attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
		*value = mv_attribute(MV_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 0);
	else if (attribute == CU_FUNC_ATTRIBUTE_NUM_REGS)
		*value = REGISTERS;
	else if (attribute == CU_FUNC_ATTRIBUTE_PTX_VERSION || attribute == CU_FUNC_ATTRIBUTE_BINARY_VERSION)
		*value = (int)mv_facts()->compute;
	else if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
		*value = mv_function_shared_limit(function);
	else if (kept(function, attribute))
		*value = *kept(function, attribute);
	return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value)
{
	CUresult err = check(&function);

	if (err)
		return err;
	if (attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) {
		if (value < 0 || value > mv_attribute(MV_ATTRIBUTE_SHARED_OPTIN, 0))
			return CUDA_ERROR_INVALID_VALUE;
		function->max_dynamic_shared = value;
	} else if (kept(function, attribute)) {
		*kept(function, attribute) = value;
	} else if (attribute != CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE) {
		return CUDA_ERROR_INVALID_VALUE;
	}
	return CUDA_SUCCESS;
}

CUresult cuKernelGetAttribute(int *value, CUfunction_attribute attribute, CUkernel kernel, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	return err ? err : cuFuncGetAttribute(value, attribute, (CUfunction)kernel);
}

CUresult cuKernelSetAttribute(CUfunction_attribute attribute, int value, CUkernel kernel, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	return err ? err : cuFuncSetAttribute((CUfunction)kernel, attribute, value);
}

CUresult cuFuncSetCacheConfig(CUfunction function, CUfunc_cache config)
{
	(void)config;
	return check(&function);
}

CUresult cuKernelSetCacheConfig(CUkernel kernel, CUfunc_cache config, CUdevice device)
{
	CUresult err = mv_start_check_device(device);

	return err ? err : cuFuncSetCacheConfig((CUfunction)kernel, config);
}

CUresult cuFuncSetSharedMemConfig(CUfunction function, CUsharedconfig config)
{
	(void)config;
	return check(&function);
}

/* ---- where it belongs ---- */

CUresult cuFuncGetModule(CUmodule *module, CUfunction function)
{
	CUresult err = check(&function);

	if (err)
		return err;
	if (!module)
		return CUDA_ERROR_INVALID_VALUE;
	*module = function->module;
	return CUDA_SUCCESS;
}

CUresult cuKernelGetLibrary(CUlibrary *library, CUkernel kernel)
{
	CUmodule module;
	CUresult err = cuFuncGetModule(&module, (CUfunction)kernel);

	if (err)
		return err;
	if (!library || !module->is_library)
		return CUDA_ERROR_INVALID_VALUE;
	*library = (CUlibrary)module;
	return CUDA_SUCCESS;
}

CUresult cuKernelGetFunction(CUfunction *function, CUkernel kernel)
{
	CUfunction found = (CUfunction)kernel;
	CUresult err = check(&found);

	if (err)
		return err;
	if (!function)
		return CUDA_ERROR_INVALID_VALUE;
	*function = found;
	return CUDA_SUCCESS;
}

CUresult cuFuncGetName(const char **name, CUfunction function)
{
	CUresult err = check(&function);

	if (err)
		return err;
	if (!name)
		return CUDA_ERROR_INVALID_VALUE;
	*name = function->name;
	return CUDA_SUCCESS;
}

CUresult cuKernelGetName(const char **name, CUkernel kernel)
{
	return cuFuncGetName(name, (CUfunction)kernel);
}

CUresult cuFuncIsLoaded(CUfunctionLoadingState *state, CUfunction function)
{
	CUresult err = check(&function);

	if (err)
		return err;
	if (!state)
		return CUDA_ERROR_INVALID_VALUE;
	*state = CU_FUNCTION_LOADING_STATE_LOADED;
	return CUDA_SUCCESS;
}

CUresult cuFuncLoad(CUfunction function)
{
	return check(&function);
}
