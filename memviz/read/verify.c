/* SPDX-License-Identifier: Apache-2.0 */
#include "read/verify.h"

#include <errno.h>
#include <stdbool.h>

#include "read/cursor.h"
#include "read/strings.h"
#include "read/table.h"

struct look {
	const struct mv_recording *recording;
	struct mv_verified *verified;
	struct mv_diag *diag;
	bool is_recovered; /* what is referred to may be lost, and the recording says so */
};

static int wrong(const struct look *look, const void *at, const char *text)
{
	return mv_diag_set(look->diag, -EINVAL, mv_recording_offset(look->recording, at), text);
}

/* True if ID is a string's; 0 stands for none.  */
static bool is_text(const struct look *look, uint32_t id)
{
	return !id || look->is_recovered || mv_recording_has_text(look->recording, id);
}

static int look_at_notes(const struct look *look)
{
	uint32_t i, count = mv_table_count(look->recording, MV_REGION_NOTES);

	for (i = 0; i < count; i++) {
		const struct mv_note *note = mv_table_note(look->recording, i);

		if (!is_text(look, note->key) || !is_text(look, note->value))
			return wrong(look, note, "a note of two strings was expected");
	}
	return 0;
}

static int look_at_modules(const struct look *look)
{
	uint32_t i, count = mv_table_count(look->recording, MV_REGION_MODULES);

	for (i = 0; i < count; i++)
		if (!is_text(look, mv_table_module(look->recording, i)->path))
			return wrong(look, mv_table_module(look->recording, i), "a loaded object with a path was expected");
	look->verified->modules = count;
	return 0;
}

static bool is_frame(const struct look *look, const struct mv_frame *frame)
{
	switch (frame->kind) {
	case MV_FRAME_NONE:
		return true;
	case MV_FRAME_NATIVE:
		return !frame->a || look->is_recovered || mv_table_module(look->recording, frame->a);
	case MV_FRAME_PYTHON:
		return is_text(look, frame->a) && is_text(look, (uint32_t)frame->b);
	case MV_FRAME_LABEL:
	case MV_FRAME_FORWARD:
		return is_text(look, frame->a);
	default:
		/* Of a newer minor version.  */
		return mv_recording_header(look->recording)->version_minor > MV_FORMAT_MINOR;
	}
}

static int look_at_frames(const struct look *look)
{
	uint32_t i, count = mv_table_count(look->recording, MV_REGION_FRAMES);

	for (i = 1; i < count; i++)
		if (!is_frame(look, mv_table_frame(look->recording, i)))
			return wrong(look, mv_table_frame(look->recording, i), "a frame of a known object or file was expected");
	look->verified->frames = count;
	return 0;
}

static bool is_name(const struct look *look, const struct mv_name *name, uint32_t frame_before)
{
	const struct mv_frame *frame = mv_table_frame(look->recording, name->frame);

	if (name->frame < frame_before || !is_text(look, name->function) || !is_text(look, name->file))
		return false;
	return look->is_recovered || (frame && frame->kind == MV_FRAME_NATIVE);
}

static int look_at_names(const struct look *look)
{
	uint32_t i, frame = 0, count = mv_table_count(look->recording, MV_REGION_NAMES);
	uint64_t used;
	const struct mv_name *names =
		(const struct mv_name *)mv_recording_region(look->recording, MV_REGION_NAMES, &used);

	for (i = 0; i < count; i++) {
		if (!is_name(look, &names[i], frame))
			return wrong(look, &names[i], "the name of a native frame was expected");
		frame = names[i].frame;
	}
	return 0;
}

static int look_at_stacks(const struct look *look)
{
	uint32_t i, count = mv_table_count(look->recording, MV_REGION_STACKS);
	uint32_t frames = mv_table_count(look->recording, MV_REGION_FRAMES);

	for (i = 1; i < count; i++) {
		const struct mv_stack *stack = mv_table_stack_node(look->recording, i);

		if (stack->parent >= i || (stack->frame >= frames && !look->is_recovered))
			return wrong(look, stack, "a stack of a known frame and earlier callers was expected");
	}
	look->verified->stacks = count;
	return 0;
}

static bool is_plausible(const struct look *look, const struct mv_event *event)
{
	uint32_t stacks = mv_table_count(look->recording, MV_REGION_STACKS);
	bool is_newer = mv_recording_header(look->recording)->version_minor > MV_FORMAT_MINOR;

	if (event->stack && event->stack >= stacks && !look->is_recovered)
		return false;
	return is_newer || (event->phase < MV_PHASE_KINDS && mv_table_has_role(event));
}

static int look_at_live(const struct look *look)
{
	uint32_t i, count = mv_table_count(look->recording, MV_REGION_LIVE);

	for (i = 0; i < count; i++) {
		const struct mv_event *live = mv_table_live(look->recording, i);

		if (!live)
			continue;
		if (!is_plausible(look, live) || live->ledger >= MV_LEDGER_KINDS)
			return wrong(look, live, "an allocation that is alive was expected");
		look->verified->alive++;
	}
	return 0;
}

static int look_at_events(const struct look *look)
{
	const struct mv_event *event;
	struct mv_cursor *cursor;
	int got, err = mv_cursor_open(look->recording, &cursor, look->diag);

	if (err)
		return err;
	while ((got = mv_cursor_next(cursor, &event, look->diag)) > 0) {
		look->verified->events++;
		if (is_plausible(look, event))
			continue;
		/* An event of a chunk has no place of its own in the file.  */
		got = mv_diag_set(look->diag, -EINVAL, mv_cursor_offset(cursor),
				  "events with known stacks, phases and roles were expected");
		break;
	}
	mv_cursor_close(cursor);
	return got;
}

int mv_verify(const struct mv_recording *recording, struct mv_verified *verified, struct mv_diag *diag)
{
	static int (*const looks[])(const struct look *) = {
		look_at_notes, look_at_modules, look_at_frames, look_at_names, look_at_stacks, look_at_live, look_at_events,
	};
	struct look look = {recording, verified, diag, *mv_table_note_value(recording, "recovered")};
	size_t i, chunks;
	uint64_t used;
	const uint8_t *text = mv_recording_region(recording, MV_REGION_TEXT, &used);

	*verified = (struct mv_verified){0};
	verified->strings_bytes = mv_recording_text_bytes(recording);
	if (verified->strings_bytes < used)
		return wrong(&look, text + verified->strings_bytes, "a string was expected");
	mv_recording_chunks(recording, &chunks);
	verified->chunks = chunks;
	for (i = 0; i < sizeof looks / sizeof *looks; i++) {
		int err = looks[i](&look);

		if (err)
			return err;
	}
	return 0;
}
