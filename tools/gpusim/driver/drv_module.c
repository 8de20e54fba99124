/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "gpusim/driver/drv_block.h"
#include "gpusim/driver/drv_card.h"
#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_function.h"
#include "gpusim/driver/drv_start.h"

static CUmodule get_module(CUmodule module)
{
	module = mv_handle_get(module, MV_HANDLE_MODULE);
	return module && !module->is_library ? module : NULL;
}

static CUmodule get_library(CUlibrary library)
{
	CUmodule module = mv_handle_get(library, MV_HANDLE_MODULE);

	return module && module->is_library ? module : NULL;
}

/* ---- life ---- */

/* A new module that its card was charged for, or NULL.  */
static CUmodule make(CUdevice card)
{
	uint64_t charge = mv_facts()->module_bytes;
	CUmodule module = NULL;

	mv_card_lock();
	if (mv_card_charge(card, charge)) {
		module = mv_handle_new(MV_HANDLE_MODULE);
		if (!module)
			mv_card_refund(card, charge);
	}
	mv_card_unlock();
	if (module) {
		module->card = card;
		module->charged_bytes = charge;
	}
	return module;
}

static CUresult load(CUmodule *loaded, const void *image, CUcontext context)
{
	CUmodule module;

	if (!loaded || !image)
		return CUDA_ERROR_INVALID_VALUE;
	module = make(context ? context->card : 0);
	if (!module)
		return CUDA_ERROR_OUT_OF_MEMORY;
	module->context = context;
	module->is_library = !context;
	module->kind = mv_image_kind_of(image);
	module->image = mv_image_copy(image);
	if (!module->image)
		module->kind = MV_IMAGE_OPAQUE;
	*loaded = module;
	return CUDA_SUCCESS;
}

static void unload(CUmodule module)
{
	for (CUfunction function = module->functions, next; function; function = next) {
		next = function->next;
		free(function->name);
		mv_handle_free(function);
	}
	for (struct mv_global *global = module->globals, *next; global; global = next) {
		next = global->next;
		mv_block_remove(mv_block_find(global->ptr));
		mv_card_give_pooled(module->card, global->ptr, global->size);
		free(global->name);
		free(global);
	}
	free(module->image);
	mv_card_refund(module->card, module->charged_bytes);
	mv_handle_free(module);
}

static CUresult load_file(CUmodule *loaded, const char *path, CUcontext context)
{
	char *bytes = mv_image_read(path);
	CUresult err;

	if (!bytes)
		return CUDA_ERROR_FILE_NOT_FOUND;
	err = load(loaded, bytes, context);
	free(bytes);
	return err;
}

static void unload_if_of(void *object, void *context)
{
	CUmodule module = object;

	if (module->context == context)
		unload(module);
}

void mv_function_unload_all_of(CUcontext context)
{
	mv_handle_each(MV_HANDLE_MODULE, unload_if_of, context);
}

CUresult cuModuleLoadData(CUmodule *module, const void *image)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	return err ? err : load(module, image, context);
}

CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned int count, CUjit_option *options,
			    void **values)
{
	(void)count;
	(void)options;
	(void)values;
	return cuModuleLoadData(module, image);
}

CUresult cuModuleLoadFatBinary(CUmodule *module, const void *image)
{
	return cuModuleLoadData(module, image);
}

CUresult cuModuleLoad(CUmodule *module, const char *path)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	return err ? err : load_file(module, path, context);
}

CUresult cuModuleUnload(CUmodule module)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	module = get_module(module);
	if (!module)
		return CUDA_ERROR_INVALID_HANDLE;
	mv_card_lock();
	unload(module);
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuModuleGetLoadingMode(CUmoduleLoadingMode *mode)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!mode)
		return CUDA_ERROR_INVALID_VALUE;
	*mode = CU_MODULE_LAZY_LOADING;
	return CUDA_SUCCESS;
}

CUresult cuLibraryLoadData(CUlibrary *library, const void *code, CUjit_option *jit_options, void **jit_values,
			   unsigned int jit_count, CUlibraryOption *options, void **values, unsigned int count)
{
	CUmodule loaded;
	CUresult err = mv_start_check();

	(void)jit_options;
	(void)jit_values;
	(void)jit_count;
	(void)options;
	(void)values;
	(void)count;
	if (err)
		return err;
	if (!library)
		return CUDA_ERROR_INVALID_VALUE;
	err = load(&loaded, code, NULL);
	if (!err)
		*library = (CUlibrary)loaded;
	return err;
}

CUresult cuLibraryLoadFromFile(CUlibrary *library, const char *path, CUjit_option *jit_options, void **jit_values,
			       unsigned int jit_count, CUlibraryOption *options, void **values, unsigned int count)
{
	char *bytes = mv_image_read(path);
	CUresult err;

	if (!bytes)
		return CUDA_ERROR_FILE_NOT_FOUND;
	err = cuLibraryLoadData(library, bytes, jit_options, jit_values, jit_count, options, values, count);
	free(bytes);
	return err;
}

CUresult cuLibraryUnload(CUlibrary library)
{
	CUmodule module = get_library(library);
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!module)
		return CUDA_ERROR_INVALID_HANDLE;
	mv_card_lock();
	unload(module);
	mv_card_unlock();
	return CUDA_SUCCESS;
}

/* ---- functions ---- */

static CUfunction make_function(CUmodule module, const char *name)
{
	CUfunction function;

	if (!mv_image_has_kernel(module->image, module->kind, name))
		return NULL;
	function = mv_handle_new(MV_HANDLE_FUNCTION);
	if (!function)
		return NULL;
	function->module = module;
	function->carveout = -1;
	function->name = strdup(name);
	function->next = module->functions;
	module->functions = function;
	return function;
}

static CUresult find_function(CUmodule module, const char *name, CUfunction *found)
{
	CUfunction function;

	mv_card_lock();
	for (function = module->functions; function && strcmp(function->name, name); function = function->next)
		;
	if (!function)
		function = make_function(module, name);
	mv_card_unlock();
	if (!function)
		return CUDA_ERROR_NOT_FOUND;
	*found = function;
	return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name)
{
	CUresult err = mv_start_check();

	if (err)
		return err;
	module = get_module(module);
	if (!module)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!function || !name)
		return CUDA_ERROR_INVALID_VALUE;
	return find_function(module, name, function);
}

CUresult cuLibraryGetKernel(CUkernel *kernel, CUlibrary library, const char *name)
{
	CUmodule module = get_library(library);
	CUfunction function;
	CUresult err = mv_start_check();

	if (err)
		return err;
	if (!module)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!kernel || !name)
		return CUDA_ERROR_INVALID_VALUE;
	err = find_function(module, name, &function);
	if (!err)
		*kernel = (CUkernel)function;
	return err;
}

/* Only those that were asked for by name are known.  */
CUresult cuLibraryGetKernelCount(unsigned int *count, CUlibrary library)
{
	CUmodule module = get_library(library);

	if (!module)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!count)
		return CUDA_ERROR_INVALID_VALUE;
	*count = 0;
	mv_card_lock();
	for (CUfunction function = module->functions; function; function = function->next)
		++*count;
	mv_card_unlock();
	return CUDA_SUCCESS;
}

CUresult cuLibraryEnumerateKernels(CUkernel *kernels, unsigned int count, CUlibrary library)
{
	CUmodule module = get_library(library);
	unsigned int n = 0;

	if (!module)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!kernels)
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	for (CUfunction function = module->functions; function && n < count; function = function->next)
		kernels[n++] = (CUkernel)function;
	mv_card_unlock();
	return CUDA_SUCCESS;
}

/* A library can stand for the module that it becomes in the current context.  */
CUresult cuLibraryGetModule(CUmodule *module, CUlibrary library)
{
	CUmodule found = get_library(library);

	if (!found)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!module)
		return CUDA_ERROR_INVALID_VALUE;
	*module = found;
	return CUDA_SUCCESS;
}

CUresult cuLibraryGetUnifiedFunction(void **function, CUlibrary library, const char *symbol)
{
	if (!get_library(library))
		return CUDA_ERROR_INVALID_HANDLE;
	return !function || !symbol ? CUDA_ERROR_INVALID_VALUE : CUDA_ERROR_NOT_FOUND;
}

/* ---- variables ---- */

static struct mv_global *make_global(CUmodule module, const char *name)
{
	struct mv_block block = { .kind = MV_BLOCK_GLOBAL, .card = module->card };
	struct mv_global *global;

	block.size = mv_image_variable_size(module->image, module->kind, name);
	global = block.size ? calloc(1, sizeof(*global)) : NULL;
	if (!global)
		return NULL;
	block.base = mv_card_take_pooled(module->card, block.size);
	if (!block.base || !mv_block_add(&block)) {
		free(global);
		return NULL;
	}
	*global = (struct mv_global){ strdup(name), block.base, block.size, module->globals };
	module->globals = global;
	return global;
}

static CUresult find_global(CUmodule module, const char *name, CUdeviceptr *ptr, size_t *size)
{
	struct mv_global *global;

	if (!module)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!name || (!ptr && !size))
		return CUDA_ERROR_INVALID_VALUE;
	mv_card_lock();
	for (global = module->globals; global && strcmp(global->name, name); global = global->next)
		;
	if (!global)
		global = make_global(module, name);
	mv_card_unlock();
	if (!global)
		return CUDA_ERROR_NOT_FOUND;
	if (ptr)
		*ptr = global->ptr;
	if (size)
		*size = global->size;
	return CUDA_SUCCESS;
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr *ptr, size_t *size, CUmodule module, const char *name)
{
	CUresult err = mv_start_check();

	return err ? err : find_global(get_module(module), name, ptr, size);
}

CUresult cuLibraryGetGlobal(CUdeviceptr *ptr, size_t *size, CUlibrary library, const char *name)
{
	CUresult err = mv_start_check();

	return err ? err : find_global(get_library(library), name, ptr, size);
}

CUresult cuLibraryGetManaged(CUdeviceptr *ptr, size_t *size, CUlibrary library, const char *name)
{
	return cuLibraryGetGlobal(ptr, size, library, name);
}
