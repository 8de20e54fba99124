/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/place.h"

#include "analyze/signature.h"
#include "base/text.h"

bool mv_place_is_noise(const struct mv_place *place)
{
	return place->code > MV_CODE_LIBRARY ||
	       (place->code == MV_CODE_LIBRARY && place->kind == MV_FRAME_NATIVE && !*place->function);
}

/* A function's name as one would say it: the last two parts of a C++ name, "DeviceCachingAllocator::malloc".  */
static void add_function(struct mv_text *text, const char *function)
{
	size_t length;
	const char *name = mv_signature_short(function, &length);

	mv_text_add_bytes(text, name, length);
}

uint64_t mv_place_offset(const struct mv_place *place)
{
	return place->start && !*place->function ? place->start : place->offset;
}

static void add_module(struct mv_text *text, const struct mv_place *place)
{
	mv_text_add(text, *place->module ? mv_text_base_name(place->module) : "?");
}

static void add_native(struct mv_text *text, const struct mv_place *place)
{
	if (*place->function) {
		add_function(text, place->function);
		mv_text_add(text, " (");
		add_module(text, place);
		mv_text_add(text, ")");
		return;
	}
	add_module(text, place);
	mv_text_add(text, "+");
	mv_text_add_hex(text, mv_place_offset(place));
}

void mv_place_write(const struct mv_place *place, char *bytes, size_t size)
{
	struct mv_text text = mv_text_in(bytes, size);

	if (place->kind == MV_FRAME_NATIVE && !*place->file) {
		add_native(&text, place);
		return;
	}
	if (!*place->file) {
		mv_text_add(&text, *place->function ? place->function : "?");
		return;
	}
	mv_text_add(&text, mv_text_base_name(place->file));
	if (place->line) {
		mv_text_add(&text, ":");
		mv_text_add_u64(&text, place->line);
	}
	if (*place->function) {
		mv_text_add(&text, " in ");
		if (place->kind == MV_FRAME_NATIVE)
			add_function(&text, place->function);
		else
			mv_text_add(&text, place->function);
	}
}
