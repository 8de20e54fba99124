/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "gpusim/driver/drv_context.h"
#include "gpusim/driver/drv_function.h"

/* The result of linking PTX is the PTX; of anything else, an opaque image.  */
struct CUlinkState_st {
	struct mv_handle head;
	char *text;		/* by malloc */
	size_t length;
};

static CUlinkState get_link(CUlinkState state)
{
	return mv_handle_get(state, MV_HANDLE_LINK);
}

CUresult cuLinkCreate_v2(unsigned int count, CUjit_option *options, void **values, CUlinkState *state)
{
	CUcontext context;
	CUresult err = mv_context_current(&context);

	(void)count;
	(void)options;
	(void)values;
	if (err)
		return err;
	if (!state)
		return CUDA_ERROR_INVALID_VALUE;
	*state = mv_handle_new(MV_HANDLE_LINK);
	return *state ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

static CUresult append(CUlinkState state, const char *text, size_t length)
{
	char *grown = realloc(state->text, state->length + length + 2);

	if (!grown)
		return CUDA_ERROR_OUT_OF_MEMORY;
	memcpy(grown + state->length, text, length);
	state->text = grown;
	state->length += length;
	grown[state->length++] = '\n';
	grown[state->length] = 0;
	return CUDA_SUCCESS;
}

CUresult cuLinkAddData_v2(CUlinkState state, CUjitInputType type, void *data, size_t size, const char *name,
			  unsigned int count, CUjit_option *options, void **values)
{
	(void)type;
	(void)name;
	(void)count;
	(void)options;
	(void)values;
	state = get_link(state);
	if (!state)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!data || !size)
		return CUDA_ERROR_INVALID_VALUE;
	if (mv_image_kind_of(data) == MV_IMAGE_PTX)
		return append(state, data, strnlen(data, size));
	return append(state, "linked", strlen("linked"));
}

CUresult cuLinkAddFile_v2(CUlinkState state, CUjitInputType type, const char *path, unsigned int count,
			  CUjit_option *options, void **values)
{
	char *bytes = mv_image_read(path);
	CUresult err;

	if (!bytes)
		return CUDA_ERROR_FILE_NOT_FOUND;
	err = cuLinkAddData_v2(state, type, bytes, strlen(bytes) + 1, path, count, options, values);
	free(bytes);
	return err;
}

CUresult cuLinkComplete(CUlinkState state, void **image, size_t *size)
{
	state = get_link(state);
	if (!state)
		return CUDA_ERROR_INVALID_HANDLE;
	if (!image || !state->text)
		return CUDA_ERROR_INVALID_VALUE;
	*image = state->text;
	if (size)
		*size = state->length + 1;
	return CUDA_SUCCESS;
}

CUresult cuLinkDestroy(CUlinkState state)
{
	state = get_link(state);
	if (!state)
		return CUDA_ERROR_INVALID_HANDLE;
	free(state->text);
	mv_handle_free(state);
	return CUDA_SUCCESS;
}
