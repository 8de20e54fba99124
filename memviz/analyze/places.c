/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/author.h"
#include "analyze/noise.h"
#include "base/text.h"
#include "read/table.h"

enum { STACK_FRAMES = MV_TABLE_STACK_FRAMES };

/* The functions that the one of a frame was inlined into; they stay where they are.  */
struct inlined {
	struct inlined *next;
	struct mv_place places[];
};

struct mv_places {
	const struct mv_recording *recording;
	enum mv_places_names names;
	struct mv_names *functions; /* NULL: no names are wanted */
	struct mv_place *frames;    /* by index; KIND is 0 where it was not looked at yet */
	struct inlined *inlined;    /* what frames lead to */
	bool *is_wanted;	    /* by index: in a stack where no frame says more than a library's */
	bool *is_named;		    /* by index: native frames whose symbols were looked up */
	uint32_t frame_count;
};

static const struct mv_place nowhere = {.function = "", .file = "", .module = ""};

int mv_places_open(const struct mv_recording *recording, enum mv_places_names names, const struct mv_symbols_sources *sources,
		   struct mv_places **places)
{
	struct mv_places *made = calloc(1, sizeof *made);
	bool are_wanted = names != MV_PLACES_NO_NAMES;

	*places = made;
	if (!made)
		return -ENOMEM;
	made->recording = recording;
	made->names = names;
	made->frame_count = mv_table_count(recording, MV_REGION_FRAMES);
	made->frames = calloc((size_t)made->frame_count + 1, sizeof *made->frames);
	made->is_wanted = calloc((size_t)made->frame_count + 1, sizeof *made->is_wanted);
	made->is_named = calloc((size_t)made->frame_count + 1, sizeof *made->is_named);
	if (made->frames && made->is_wanted && made->is_named &&
	    !(are_wanted && mv_names_open(recording, sources, &made->functions)))
		return 0;
	mv_places_close(made);
	*places = NULL;
	return -ENOMEM;
}

void mv_places_close(struct mv_places *places)
{
	struct inlined *next;

	if (!places)
		return;
	mv_names_close(places->functions);
	for (; places->inlined; places->inlined = next) {
		next = places->inlined->next;
		free(places->inlined);
	}
	free(places->frames);
	free(places->is_wanted);
	free(places->is_named);
	free(places);
}

/* ---- one frame ---- */

static struct mv_place python_place(const struct mv_recording *recording, const struct mv_frame *frame)
{
	struct mv_place place = {
		.function = mv_recording_text(recording, (uint32_t)frame->b),
		.file = mv_recording_text(recording, frame->a),
		.module = "",
		.line = (uint32_t)(frame->b >> 32),
		.kind = MV_FRAME_PYTHON,
	};

	place.code = (uint8_t)mv_noise_code(&place);
	return place;
}

/* What headers bring into functions of the user's own is not the user's own.  */
static enum mv_code code_of(const struct mv_place *place, bool is_inlined)
{
	enum mv_code code = mv_noise_code(place);

	if (!is_inlined || code != MV_CODE_OWN)
		return code;
	if (strstr(place->file, "/site-packages/") || strstr(place->file, "/dist-packages/"))
		return MV_CODE_LIBRARY;
	return mv_text_starts(place->file, "/usr/") ? MV_CODE_SYSTEM : code;
}

static void name(struct mv_place *place, const struct mv_symbol *symbol, bool is_inlined)
{
	place->function = symbol->function ? symbol->function : "";
	place->file = symbol->file ? symbol->file : "";
	place->line = symbol->line;
	place->code = (uint8_t)code_of(place, is_inlined);
}

/* What a frame is in, from the innermost function outwards.  Without memory the innermost does.  */
static void look_up(struct mv_places *places, uint32_t frame, struct mv_place *place)
{
	struct mv_place plain = *place;
	struct mv_symbols_answer answer;
	struct inlined *more = NULL;
	uint32_t i;

	if (!mv_names_find(places->functions, frame, &answer))
		return;
	plain.start = place->start = answer.start;
	if (answer.level_count > 1)
		more = malloc(sizeof *more + (answer.level_count - 1) * sizeof *more->places);
	if (answer.level_count)
		name(place, &answer.levels[0], answer.level_count > 1);
	for (i = 1; more && i < answer.level_count; i++) {
		more->places[i - 1] = plain;
		name(&more->places[i - 1], &answer.levels[i], i + 1 < answer.level_count);
		(i > 1 ? &more->places[i - 2] : place)->outer = &more->places[i - 1];
	}
	if (more) {
		more->next = places->inlined;
		places->inlined = more;
	}
}

static struct mv_place native_place(const struct mv_recording *recording, const struct mv_frame *frame)
{
	const struct mv_module *module = mv_table_module(recording, frame->a);
	struct mv_place place = nowhere;

	place.kind = MV_FRAME_NATIVE;
	place.offset = frame->b ? frame->b - 1 : 0;
	if (module)
		place.module = mv_recording_text(recording, module->path);
	place.code = (uint8_t)mv_noise_code(&place);
	return place;
}

static struct mv_place place_of(const struct mv_recording *recording, const struct mv_frame *frame)
{
	struct mv_place place = nowhere;

	switch (frame->kind) {
	case MV_FRAME_PYTHON:
		return python_place(recording, frame);
	case MV_FRAME_NATIVE:
		return native_place(recording, frame);
	default:
		place.kind = frame->kind == MV_FRAME_FORWARD ? MV_FRAME_FORWARD : MV_FRAME_LABEL;
		place.function = mv_recording_text(recording, frame->a);
		place.code = MV_CODE_LIBRARY;
		return place;
	}
}

/* What is known of a frame without opening anything.  */
static struct mv_place *look_at(struct mv_places *places, uint32_t frame)
{
	const struct mv_frame *record = mv_table_frame(places->recording, frame);

	if (!record || frame >= places->frame_count)
		return NULL;
	if (!places->frames[frame].kind)
		places->frames[frame] = place_of(places->recording, record);
	return &places->frames[frame];
}

static bool wants_name(const struct mv_places *places, uint32_t frame, const struct mv_place *place)
{
	if (place->kind != MV_FRAME_NATIVE || !*place->module || !places->functions)
		return false;
	return place->code == MV_CODE_OWN || places->is_wanted[frame] || places->names == MV_PLACES_ALL_NAMES;
}

const struct mv_place *mv_places_frame(struct mv_places *places, uint32_t frame)
{
	struct mv_place *place = look_at(places, frame);

	if (!place)
		return &nowhere;
	if (wants_name(places, frame, place) && !places->is_named[frame]) {
		look_up(places, frame, place);
		places->is_named[frame] = true;
	}
	return place;
}

struct mv_names *mv_places_names(const struct mv_places *places)
{
	return places->functions;
}

/* ---- stacks ---- */

/* The user's own function that a header's was inlined into, if PLACE is in one.  */
static const struct mv_place *own_part(const struct mv_place *place)
{
	const struct mv_place *outer = place;

	while (outer && outer->code != MV_CODE_OWN)
		outer = outer->outer;
	return outer ? outer : place;
}

/* The innermost of COUNT frames that is of KIND, and the user's own; COUNT if there is none.  A function that was
 * compiled into the user's object may turn out to be a library's when it has a name.  */
static uint32_t innermost_own(struct mv_places *places, const uint32_t *frames, uint32_t count, uint32_t kind)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		const struct mv_place *place = look_at(places, frames[i]);

		if (place && place->kind == kind && own_part(place)->code == MV_CODE_OWN &&
		    own_part(mv_places_frame(places, frames[i]))->code == MV_CODE_OWN)
			break;
	}
	return i;
}

static bool is_package(const struct mv_place *place)
{
	return place && place->kind == MV_FRAME_PYTHON && place->code == MV_CODE_LIBRARY;
}

/* The innermost frame of the package that the outermost frame of any package belongs to.  */
static uint32_t innermost_of_program(struct mv_places *places, const uint32_t *frames, uint32_t count)
{
	const struct mv_place *program = NULL;
	uint32_t i, best = count;

	for (i = count; i-- > 0;) {
		const struct mv_place *place = look_at(places, frames[i]);

		if (!is_package(place))
			continue;
		if (!program)
			program = place;
		if (mv_author_is_same(program, place))
			best = i;
	}
	return best;
}

/* The frame that counts where not all is native code of libraries; COUNT if it is.  */
static uint32_t closest(struct mv_places *places, const uint32_t *frames, uint32_t count)
{
	uint32_t best = innermost_own(places, frames, count, MV_FRAME_PYTHON);

	if (best == count)
		best = innermost_of_program(places, frames, count);
	return best < count ? best : innermost_own(places, frames, count, MV_FRAME_NATIVE);
}

/* The frames of STACK; where they are all of libraries, those are to be named.  */
static uint32_t read_stack(struct mv_places *places, uint32_t stack, uint32_t frames[STACK_FRAMES])
{
	uint32_t i, count = mv_table_stack(places->recording, stack, frames, STACK_FRAMES);

	if (closest(places, frames, count) == count)
		for (i = 0; i < count; i++)
			if (frames[i] < places->frame_count)
				places->is_wanted[frames[i]] = true;
	return count;
}

/* What backward runs: a node's apply, of PyTorch's ("AccumulateGrad") or of an extension's ("MyBackward").  */
static bool is_node(const struct mv_place *place)
{
	return strstr(place->function, "::apply(") &&
	       (mv_text_starts(place->function, "torch::autograd::") || strstr(place->function, "Backward"));
}

/* Where libraries ask for memory, what says most: in PyTorch the node of backward, or else the operator that was called
 * first; in any other library the innermost function that is not the allocator's.  */
static uint32_t operator_of(struct mv_places *places, const uint32_t *frames, uint32_t count)
{
	uint32_t i, called = count, first = count;

	for (i = 0; i < count; i++) {
		const struct mv_place *place = mv_places_frame(places, frames[i]);

		if (is_node(place))
			return i;
		if (mv_text_starts(place->function, "at::_ops::") && strstr(place->function, "::call("))
			called = i;
		if (first == count && !mv_place_is_noise(place))
			first = i;
	}
	if (called < count)
		return called;
	return first < count ? first : 0;
}

const struct mv_place *mv_places_origin(struct mv_places *places, uint32_t stack)
{
	uint32_t frames[STACK_FRAMES], count = read_stack(places, stack, frames);
	uint32_t best = closest(places, frames, count);

	if (!count)
		return NULL;
	return own_part(mv_places_frame(places, frames[best < count ? best : operator_of(places, frames, count)]));
}

size_t mv_places_stack(struct mv_places *places, uint32_t stack, const struct mv_place **frames, size_t room, size_t *origin)
{
	uint32_t indexes[STACK_FRAMES], i, count = read_stack(places, stack, indexes);
	const struct mv_place *place, *wanted = origin ? mv_places_origin(places, stack) : NULL;
	size_t n = 0;

	if (origin)
		*origin = room;
	for (i = 0; i < count; i++)
		for (place = mv_places_frame(places, indexes[i]); place && n < room; place = place->outer) {
			if (place == wanted && *origin == room)
				*origin = n;
			frames[n++] = place;
		}
	return n;
}

bool mv_places_is_backward(struct mv_places *places, uint32_t stack)
{
	const struct mv_place *frames[STACK_FRAMES];
	size_t origin, i, count = mv_places_stack(places, stack, frames, STACK_FRAMES, &origin);

	for (i = 0; i < count && i < origin; i++)
		if (frames[i]->kind == MV_FRAME_FORWARD)
			return true;
	return false;
}

size_t mv_places_own(struct mv_places *places, uint32_t stack, const struct mv_place **frames, size_t room)
{
	uint32_t indexes[STACK_FRAMES], i, count = mv_table_stack(places->recording, stack, indexes, STACK_FRAMES);
	size_t n = 0;

	for (i = 0; i < count && n < room; i++) {
		const struct mv_place *place = look_at(places, indexes[i]);

		if (place && place->kind == MV_FRAME_PYTHON && place->code == MV_CODE_OWN)
			frames[n++] = place;
	}
	return n;
}

const struct mv_place *mv_places_entry(struct mv_places *places, uint32_t stack)
{
	const struct mv_place *own[STACK_FRAMES];
	size_t count = mv_places_own(places, stack, own, STACK_FRAMES);

	while (count && mv_text_equal(own[count - 1]->function, "<module>"))
		count--;
	return count ? own[count - 1] : NULL;
}

bool mv_places_write_origin(struct mv_places *places, uint32_t stack, char *bytes, size_t size)
{
	const struct mv_place *origin = mv_places_origin(places, stack);
	struct mv_text text = mv_text_in(bytes, size);

	if (!origin)
		return false;
	if (mv_places_is_backward(places, stack))
		mv_text_add(&text, "backward of ");
	mv_place_write(origin, bytes + text.length, size - text.length);
	return true;
}
