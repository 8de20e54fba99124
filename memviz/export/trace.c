/* SPDX-License-Identifier: Apache-2.0 */
#include "export/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/author.h"
#include "export/column.h"
#include "export/page.h"
#include "read/table.h"

enum { FRAMES_MAX = MV_TABLE_STACK_FRAMES, SEEN_MIN = 256, AUTHOR_BYTES = 64 };

/* Keys: no padding, for they are compared as bytes.  */
struct frame_key {
	uint64_t offset;
	uint32_t kind, function, file, module, line, code, author, spare;
};

struct stack_key {
	uint32_t parent, frame;
};

_Static_assert(sizeof(struct frame_key) == 40 && sizeof(struct stack_key) == 8, "no padding");

/* ---- numbers ---- */

int mv_trace_string(struct mv_trace *trace, const char *text, uint32_t *id)
{
	return mv_keys_add(&trace->strings, text ? text : "", text ? strlen(text) : 0, id);
}

static enum mv_page_code code_of(const struct mv_place *place)
{
	if (mv_place_is_noise(place))
		return MV_PAGE_NOISE;
	return place->code == MV_CODE_OWN ? MV_PAGE_OWN : MV_PAGE_LIBRARY;
}

static int frame_of(struct mv_trace *trace, const struct mv_place *place, uint32_t *id)
{
	struct frame_key key = {.offset = mv_place_offset(place), .kind = place->kind, .line = place->line, .code = code_of(place)};
	char author[AUTHOR_BYTES];

	mv_author_write(place, author, sizeof author);
	if (mv_trace_string(trace, place->function, &key.function) || mv_trace_string(trace, place->file, &key.file) ||
	    mv_trace_string(trace, place->module, &key.module) || mv_trace_string(trace, author, &key.author))
		return -ENOMEM;
	return mv_keys_add(&trace->frames, &key, sizeof key, id);
}

static int note_origin(struct mv_trace *trace, uint32_t id, size_t origin)
{
	uint32_t room = trace->origins_room;

	while (room <= id)
		room = room ? room * 2 : SEEN_MIN;
	if (room > trace->origins_room) {
		uint32_t *grown = realloc(trace->origins, room * sizeof *grown);

		if (!grown)
			return -ENOMEM;
		memset(grown + trace->origins_room, 0, (room - trace->origins_room) * sizeof *grown);
		trace->origins = grown;
		trace->origins_room = room;
	}
	trace->origins[id] = 1 + (uint32_t)origin;
	return 0;
}

/* From the outermost frame inwards, so that stacks share their callers.  */
static int add_stack(struct mv_trace *trace, uint32_t stack, uint32_t *id)
{
	const struct mv_place *frames[FRAMES_MAX];
	size_t origin, i, count = mv_places_stack(trace->places, stack, frames, FRAMES_MAX, &origin);
	struct stack_key key;

	*id = 0;
	for (i = count; i-- > 0;) {
		key.parent = *id;
		if (frame_of(trace, frames[i], &key.frame) || mv_keys_add(&trace->stacks, &key, sizeof key, id))
			return -ENOMEM;
	}
	return origin < count ? note_origin(trace, *id, origin) : 0;
}

static int reserve_seen(struct mv_trace *trace)
{
	uint32_t room = trace->seen_room ? trace->seen_room * 2 : SEEN_MIN;
	uint32_t *grown;

	if (trace->seen.count < trace->seen_room)
		return 0;
	grown = realloc(trace->seen_page, room * sizeof *grown);
	if (!grown)
		return -ENOMEM;
	trace->seen_page = grown;
	trace->seen_room = room;
	return 0;
}

int mv_trace_stack(struct mv_trace *trace, uint32_t stack, uint32_t *id)
{
	uint32_t count = trace->seen.count;
	uint32_t number;

	*id = 0;
	if (!stack)
		return 0;
	if (reserve_seen(trace) || mv_keys_add(&trace->seen, &stack, sizeof stack, &number))
		return -ENOMEM;
	if (number == count && add_stack(trace, stack, &trace->seen_page[number]))
		return -ENOMEM;
	*id = trace->seen_page[number];
	return 0;
}

int mv_trace_open(struct mv_trace *trace, struct mv_places *places)
{
	static const struct mv_place no_place = {.function = "", .file = "", .module = ""};
	static const struct stack_key no_stack;
	uint32_t id;

	memset(trace, 0, sizeof *trace);
	trace->places = places;
	if (!mv_trace_string(trace, NULL, &id) && !frame_of(trace, &no_place, &id) &&
	    !mv_keys_add(&trace->stacks, &no_stack, sizeof no_stack, &id))
		return 0;
	mv_trace_close(trace);
	return -ENOMEM;
}

void mv_trace_close(struct mv_trace *trace)
{
	mv_keys_clear(&trace->strings);
	mv_keys_clear(&trace->frames);
	mv_keys_clear(&trace->stacks);
	mv_keys_clear(&trace->seen);
	free(trace->seen_page);
	free(trace->origins);
}

/* ---- streams ---- */

static void put_strings(const struct mv_trace *trace, struct mv_column *column)
{
	const struct mv_keys *strings = &trace->strings;
	uint32_t i;
	size_t length;

	for (i = 0; i < strings->count; i++) {
		mv_keys_at(strings, i, &length);
		mv_column_put(column, length);
	}
	for (i = 0; i < strings->count; i++) {
		const void *text = mv_keys_at(strings, i, &length);

		mv_column_put_bytes(column, text, length);
	}
}

static struct frame_key frame_key(const struct mv_keys *frames, uint32_t number)
{
	struct frame_key key;

	memcpy(&key, mv_keys_at(frames, number, NULL), sizeof key);
	return key;
}

static void put_frames(const struct mv_trace *trace, struct mv_column *column)
{
	const struct mv_keys *frames = &trace->frames;
	uint32_t i;

	for (i = 0; i < frames->count; i++)
		mv_column_put(column, frame_key(frames, i).kind);
	for (i = 0; i < frames->count; i++)
		mv_column_put(column, frame_key(frames, i).function);
	for (i = 0; i < frames->count; i++)
		mv_column_put(column, frame_key(frames, i).file);
	for (i = 0; i < frames->count; i++)
		mv_column_put(column, frame_key(frames, i).module);
	for (i = 0; i < frames->count; i++)
		mv_column_put(column, frame_key(frames, i).line);
	for (i = 0; i < frames->count; i++)
		mv_column_put(column, frame_key(frames, i).offset);
	for (i = 0; i < frames->count; i++)
		mv_column_put(column, frame_key(frames, i).code);
	for (i = 0; i < frames->count; i++)
		mv_column_put(column, frame_key(frames, i).author);
}

static void put_stacks(const struct mv_trace *trace, struct mv_column *column)
{
	const struct mv_keys *stacks = &trace->stacks;
	struct stack_key key;
	uint32_t i;

	for (i = 0; i < stacks->count; i++) {
		memcpy(&key, mv_keys_at(stacks, i, NULL), sizeof key);
		mv_column_put(column, key.parent ? i - key.parent : 0);
	}
	for (i = 0; i < stacks->count; i++) {
		memcpy(&key, mv_keys_at(stacks, i, NULL), sizeof key);
		mv_column_put(column, key.frame);
	}
	for (i = 0; i < stacks->count; i++)
		mv_column_put(column, i < trace->origins_room ? trace->origins[i] : 0);
}

static int write_stream(const struct mv_trace *trace, void (*put)(const struct mv_trace *, struct mv_column *), FILE *out,
			const char *prefix, const char *name)
{
	struct mv_column *column;
	int err = mv_column_open(&column, out, prefix, name);

	if (err)
		return err;
	put(trace, column);
	return mv_column_close(column);
}

int mv_trace_write(const struct mv_trace *trace, FILE *out, const char *prefix)
{
	int err = write_stream(trace, put_strings, out, prefix, "strings");

	if (!err)
		err = write_stream(trace, put_frames, out, prefix, "frames");
	if (!err)
		err = write_stream(trace, put_stacks, out, prefix, "stacks");
	return err;
}
