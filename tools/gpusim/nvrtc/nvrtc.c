/* SPDX-License-Identifier: Apache-2.0 */
/* NVRTC: every program compiles, to an image that the simulated driver takes to hold any kernel that is asked for.  The
 * lowered name of an expression is the expression.  */
#include "gpusim/api/nvrtc.h"

#include <string.h>

#include "gpusim/common/vendor.h"

#define PROGRAM_MAGIC UINT64_C(0x6d765f6e76727401)

enum { MAJOR = MV_CUDART_MAJOR, MINOR = MV_CUDART_MAJOR >= 13 ? 2 : 9 };

struct _nvrtcProgram {
	struct mv_vendor_object head;
	bool is_compiled;
	int expression_count;
	struct mv_vendor_value *expressions;	/* by number, in the order in which they were added */
};

static const char g_image[] = "gpusim: any kernel";
static const int g_archs[] = { 75, 80, 86, 87, 89, 90, 100, 103, 120, 121 };
enum { ARCHS = sizeof(g_archs) / sizeof(*g_archs) };

/* By nvrtcResult.  */
static const char *const g_messages[] = {
	"NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE", "NVRTC_ERROR_INVALID_INPUT",
	"NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION",
	"NVRTC_ERROR_BUILTIN_OPERATION_FAILURE", "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
	"NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION", "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID",
	"NVRTC_ERROR_INTERNAL_ERROR",
};

const char *nvrtcGetErrorString(nvrtcResult result)
{
	if (result < 0 || (size_t)result >= sizeof(g_messages) / sizeof(*g_messages))
		return "NVRTC_ERROR unknown";
	return g_messages[result];
}

nvrtcResult nvrtcVersion(int *major, int *minor)
{
	if (!major || !minor)
		return NVRTC_ERROR_INVALID_INPUT;
	*major = MAJOR;
	*minor = MINOR;
	return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetNumSupportedArchs(int *count)
{
	if (!count)
		return NVRTC_ERROR_INVALID_INPUT;
	*count = ARCHS;
	return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetSupportedArchs(int *archs)
{
	if (!archs)
		return NVRTC_ERROR_INVALID_INPUT;
	memcpy(archs, g_archs, sizeof(g_archs));
	return NVRTC_SUCCESS;
}

/* ---- programs ---- */

static bool is_program(nvrtcProgram program)
{
	return mv_vendor_is(program, PROGRAM_MAGIC);
}

nvrtcResult nvrtcCreateProgram(nvrtcProgram *program, const char *source, const char *name, int headers,
			       const char *const *header_sources, const char *const *header_names)
{
	(void)name;
	if (!program || !source || headers < 0 || (headers && (!header_sources || !header_names)))
		return NVRTC_ERROR_INVALID_INPUT;
	*program = mv_vendor_new(sizeof(**program), PROGRAM_MAGIC);
	return *program ? NVRTC_SUCCESS : NVRTC_ERROR_OUT_OF_MEMORY;
}

nvrtcResult nvrtcDestroyProgram(nvrtcProgram *program)
{
	if (!program || !is_program(*program))
		return NVRTC_ERROR_INVALID_PROGRAM;
	mv_vendor_clear(&(*program)->expressions);
	mv_vendor_free(*program, PROGRAM_MAGIC);
	*program = NULL;
	return NVRTC_SUCCESS;
}

nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count, const char *const *options)
{
	if (!is_program(program))
		return NVRTC_ERROR_INVALID_PROGRAM;
	if (count < 0 || (count && !options))
		return NVRTC_ERROR_INVALID_INPUT;
	program->is_compiled = true;
	return NVRTC_SUCCESS;
}

/* ---- what comes out ---- */

static nvrtcResult tell_size(nvrtcProgram program, size_t *size, size_t value)
{
	if (!is_program(program) || !program->is_compiled)
		return NVRTC_ERROR_INVALID_PROGRAM;
	if (!size)
		return NVRTC_ERROR_INVALID_INPUT;
	*size = value;
	return NVRTC_SUCCESS;
}

static nvrtcResult tell(nvrtcProgram program, char *to, const char *bytes, size_t size)
{
	if (!is_program(program) || !program->is_compiled)
		return NVRTC_ERROR_INVALID_PROGRAM;
	if (!to)
		return NVRTC_ERROR_INVALID_INPUT;
	memcpy(to, bytes, size);
	return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetPTXSize(nvrtcProgram program, size_t *size)
{
	return tell_size(program, size, sizeof(g_image));
}

nvrtcResult nvrtcGetPTX(nvrtcProgram program, char *ptx)
{
	return tell(program, ptx, g_image, sizeof(g_image));
}

nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t *size)
{
	return tell_size(program, size, sizeof(g_image));
}

nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char *cubin)
{
	return tell(program, cubin, g_image, sizeof(g_image));
}

nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t *size)
{
	return tell_size(program, size, 1);
}

nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char *log)
{
	return tell(program, log, "", 1);
}

/* ---- names ---- */

nvrtcResult nvrtcAddNameExpression(nvrtcProgram program, const char *const expression)
{
	if (!is_program(program))
		return NVRTC_ERROR_INVALID_PROGRAM;
	if (!expression)
		return NVRTC_ERROR_INVALID_INPUT;
	if (!mv_vendor_set(&program->expressions, program->expression_count, expression, strlen(expression) + 1))
		return NVRTC_ERROR_OUT_OF_MEMORY;
	program->expression_count++;
	return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetLoweredName(nvrtcProgram program, const char *const expression, const char **name)
{
	if (!is_program(program))
		return NVRTC_ERROR_INVALID_PROGRAM;
	if (!expression || !name)
		return NVRTC_ERROR_INVALID_INPUT;
	if (!program->is_compiled)
		return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
	for (int i = 0; i < program->expression_count; i++) {
		const struct mv_vendor_value *value = mv_vendor_get(program->expressions, i);

		if (strcmp(value->bytes, expression))
			continue;
		*name = value->bytes;
		return NVRTC_SUCCESS;
	}
	return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
}
