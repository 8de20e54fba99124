/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/origin.h"

#include <string.h>

#include "analyze/signature.h"
#include "base/text.h"
#include "read/table.h"

static bool makes_parameters(const struct mv_recording *recording, const struct mv_frame *frame)
{
	const char *file = mv_recording_text(recording, frame->a), *function = mv_recording_text(recording, (uint32_t)frame->b);
	const char *modules = strstr(file, "/torch/nn/modules/");

	if (!modules)
		return false;
	function = mv_signature_method(function);
	return mv_text_equal(function, "__init__") ||
	       (mv_text_equal(mv_text_base_name(modules), "module.py") && mv_text_equal(function, "_apply"));
}

static bool look_at(const struct mv_recording *recording, uint32_t stack)
{
	uint32_t frames[MV_TABLE_STACK_FRAMES], i, count = mv_table_stack(recording, stack, frames, MV_TABLE_STACK_FRAMES);

	for (i = 0; i < count; i++) {
		const struct mv_frame *frame = mv_table_frame(recording, frames[i]);

		if (frame && frame->kind == MV_FRAME_PYTHON && makes_parameters(recording, frame))
			return true;
	}
	return false;
}

bool mv_origin_is_module(struct mv_origin *origin, uint32_t stack)
{
	uint32_t *known = stack ? mv_index_at(&origin->known, 0, stack, 0) : NULL;
	bool is_module;

	if (known && *known)
		return *known - 1;
	is_module = stack && look_at(origin->recording, stack);
	if (known)
		*known = 1 + is_module;
	return is_module;
}

void mv_origin_release(struct mv_origin *origin)
{
	mv_index_release(&origin->known);
}
