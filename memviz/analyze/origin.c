/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/origin.h"

#include <string.h>

#include "analyze/signature.h"
#include "base/text.h"
#include "read/table.h"

enum { SEEN = 1, MODULE = 2, GATHERING = 4 };

static bool gathers(const struct mv_recording *recording, const struct mv_frame *frame)
{
	static const struct {
		const char *file, *method;
	} ways[] = {
		{"/torch/distributed/fsdp/_fully_shard/_fsdp_param.py", "alloc_storage"},
		{"/torch/distributed/fsdp/_flat_param.py", "_alloc_padded_unsharded_flat_param"},
	};
	const char *file = mv_recording_text(recording, frame->a), *function = mv_recording_text(recording, (uint32_t)frame->b);
	size_t i;

	for (i = 0; i < sizeof ways / sizeof *ways; i++)
		if (mv_text_ends(file, ways[i].file) && mv_text_equal(mv_signature_method(function), ways[i].method))
			return true;
	return false;
}

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

static uint32_t look_at(const struct mv_recording *recording, uint32_t stack)
{
	uint32_t kinds = SEEN, frames[MV_TABLE_STACK_FRAMES], i, count = mv_table_stack(recording, stack, frames, MV_TABLE_STACK_FRAMES);

	for (i = 0; i < count; i++) {
		const struct mv_frame *frame = mv_table_frame(recording, frames[i]);

		if (!frame || frame->kind != MV_FRAME_PYTHON)
			continue;
		kinds |= makes_parameters(recording, frame) ? MODULE : 0;
		kinds |= gathers(recording, frame) ? GATHERING : 0;
	}
	return kinds;
}

static uint32_t kinds_of(struct mv_origin *origin, uint32_t stack)
{
	uint32_t *known = stack ? mv_index_at(&origin->known, 0, stack, 0) : NULL, kinds;

	if (known && *known)
		return *known;
	kinds = stack ? look_at(origin->recording, stack) : 0;
	if (known)
		*known = kinds;
	return kinds;
}

bool mv_origin_is_module(struct mv_origin *origin, uint32_t stack)
{
	return kinds_of(origin, stack) & MODULE;
}

bool mv_origin_is_gathering(struct mv_origin *origin, uint32_t stack)
{
	return kinds_of(origin, stack) & GATHERING;
}

void mv_origin_release(struct mv_origin *origin)
{
	mv_index_release(&origin->known);
}
