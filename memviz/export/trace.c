/* SPDX-License-Identifier: Apache-2.0 */
#include "export/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/column.h"
#include "read/table.h"

enum { FRAMES_MAX = MV_TABLE_STACK_FRAMES, SEEN_MIN = 256 };

/* Keys: no padding, for they are compared as bytes.  */
struct frame_key {
	uint64_t offset;
	uint32_t kind, function, file, module, line, spare;
};

struct stack_key {
	uint32_t parent, frame;
};

_Static_assert(sizeof(struct frame_key) == 32 && sizeof(struct stack_key) == 8, "no padding");

/* ---- frames as the recording has them ---- */

static struct mv_html_frame frame_as_recorded(const struct mv_recording *recording, uint32_t index)
{
	const struct mv_frame *frame = mv_table_frame(recording, index);
	struct mv_html_frame shown = {.kind = frame ? frame->kind : MV_FRAME_NONE};
	const struct mv_module *module;

	switch (shown.kind) {
	case MV_FRAME_NATIVE:
		module = mv_table_module(recording, frame->a);
		shown.module = module ? mv_recording_text(recording, module->path) : "";
		shown.offset = frame->b;
		break;
	case MV_FRAME_PYTHON:
		shown.file = mv_recording_text(recording, frame->a);
		shown.function = mv_recording_text(recording, (uint32_t)frame->b);
		shown.line = (uint32_t)(frame->b >> 32);
		break;
	case MV_FRAME_LABEL:
		shown.function = mv_recording_text(recording, frame->a);
		break;
	}
	return shown;
}

static size_t frames_as_recorded(void *context, uint32_t stack, struct mv_html_frame *frames, size_t room)
{
	const struct mv_recording *recording = context;
	uint32_t indexes[FRAMES_MAX];
	uint32_t count = mv_table_stack(recording, stack, indexes, room < FRAMES_MAX ? (uint32_t)room : FRAMES_MAX);
	uint32_t i;

	for (i = 0; i < count; i++)
		frames[i] = frame_as_recorded(recording, indexes[i]);
	return count;
}

/* ---- numbers ---- */

int mv_trace_string(struct mv_trace *trace, const char *text, uint32_t *id)
{
	return mv_keys_add(&trace->strings, text ? text : "", text ? strlen(text) : 0, id);
}

static int frame_of(struct mv_trace *trace, const struct mv_html_frame *frame, uint32_t *id)
{
	struct frame_key key = {.offset = frame->offset, .kind = frame->kind, .line = frame->line};

	if (mv_trace_string(trace, frame->function, &key.function) || mv_trace_string(trace, frame->file, &key.file) ||
	    mv_trace_string(trace, frame->module, &key.module))
		return -ENOMEM;
	return mv_keys_add(&trace->frames, &key, sizeof key, id);
}

/* From the outermost frame inwards, so that stacks share their callers.  */
static int add_stack(struct mv_trace *trace, uint32_t stack, uint32_t *id)
{
	struct mv_html_frame frames[FRAMES_MAX];
	size_t count = trace->source.frames_of(trace->source.context, stack, frames, FRAMES_MAX);
	struct stack_key key;

	*id = 0;
	while (count--) {
		key.parent = *id;
		if (frame_of(trace, &frames[count], &key.frame) || mv_keys_add(&trace->stacks, &key, sizeof key, id))
			return -ENOMEM;
	}
	return 0;
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

int mv_trace_open(struct mv_trace *trace, const struct mv_recording *recording, const struct mv_html_stacks *source)
{
	static const struct mv_html_frame no_frame;
	static const struct stack_key no_stack;
	uint32_t id;

	memset(trace, 0, sizeof *trace);
	trace->source = source->frames_of ? *source : (struct mv_html_stacks){frames_as_recorded, (void *)recording};
	if (!mv_trace_string(trace, NULL, &id) && !frame_of(trace, &no_frame, &id) &&
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
}

/* ---- streams ---- */

static void put_strings(const struct mv_keys *strings, struct mv_column *column)
{
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

static void put_frames(const struct mv_keys *frames, struct mv_column *column)
{
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
}

static void put_stacks(const struct mv_keys *stacks, struct mv_column *column)
{
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
}

static int write_stream(void (*put)(const struct mv_keys *, struct mv_column *), const struct mv_keys *keys, FILE *out,
			const char *prefix, const char *name)
{
	struct mv_column *column;
	int err = mv_column_open(&column, out, prefix, name);

	if (err)
		return err;
	put(keys, column);
	return mv_column_close(column);
}

int mv_trace_write(const struct mv_trace *trace, FILE *out, const char *prefix)
{
	int err = write_stream(put_strings, &trace->strings, out, prefix, "strings");

	if (!err)
		err = write_stream(put_frames, &trace->frames, out, prefix, "frames");
	if (!err)
		err = write_stream(put_stacks, &trace->stacks, out, prefix, "stacks");
	return err;
}
