/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/native_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "read/table.h"

struct mv_names {
	const struct mv_recording *recording;
	struct mv_symbols *symbols; /* NULL: the recording says */
	struct mv_symbol levels[MV_TABLE_NAMES]; /* of the frame that was asked for last, where the recording says */
	bool *was_missing;	    /* by module */
	uint32_t module_count;
	struct mv_names_object *objects; /* that were listed last */
};

int mv_names_open(const struct mv_recording *recording, const struct mv_symbols_sources *sources, struct mv_names **names)
{
	struct mv_names *made = calloc(1, sizeof *made);

	*names = made;
	if (!made)
		return -ENOMEM;
	made->recording = recording;
	made->module_count = mv_table_count(recording, MV_REGION_MODULES);
	made->was_missing = calloc((size_t)made->module_count + 1, sizeof *made->was_missing);
	made->objects = calloc((size_t)made->module_count + 1, sizeof *made->objects);
	if (!mv_names_are_packed(made))
		made->symbols = mv_symbols_open(sources);
	if (made->was_missing && made->objects && (made->symbols || mv_names_are_packed(made)))
		return 0;
	mv_names_close(made);
	*names = NULL;
	return -ENOMEM;
}

void mv_names_close(struct mv_names *names)
{
	if (!names)
		return;
	mv_symbols_close(names->symbols);
	free(names->was_missing);
	free(names->objects);
	free(names);
}

bool mv_names_are_packed(const struct mv_names *names)
{
	return mv_table_count(names->recording, MV_REGION_NAMES);
}

/* ---- one frame ---- */

static struct mv_symbols_object object_of(const struct mv_names *names, const struct mv_module *module)
{
	uint32_t room = sizeof module->build_id;

	return (struct mv_symbols_object){
		.path = mv_recording_text(names->recording, module->path),
		.build_id = module->build_id,
		.build_id_bytes = module->build_id_bytes < room ? module->build_id_bytes : room,
	};
}

static const char *text_or_null(const struct mv_names *names, uint32_t id)
{
	const char *text = mv_recording_text(names->recording, id);

	return *text ? text : NULL;
}

static bool find_packed(struct mv_names *names, uint32_t frame, struct mv_symbols_answer *answer)
{
	uint32_t i, count;
	const struct mv_name *name = mv_table_names(names->recording, frame, &count);

	if (!name)
		return false;
	answer->start = name->start;
	for (i = 0; i < count && (name[i].function || name[i].file); i++)
		names->levels[i] = (struct mv_symbol){text_or_null(names, name[i].function), text_or_null(names, name[i].file),
						      name[i].line};
	answer->level_count = i;
	answer->levels = names->levels;
	return true;
}

/* A file that is no file, as the kernel's own page of functions, is not missed.  */
static bool is_file(const char *path)
{
	return path[0] == '/';
}

/* A return address is behind its call, which may be the last instruction of a function.  */
static bool look_up(struct mv_names *names, const struct mv_frame *frame, struct mv_symbols_answer *answer)
{
	const struct mv_module *module = mv_table_module(names->recording, frame->a);
	struct mv_symbols_object object;

	if (!module || !frame->b)
		return false;
	object = object_of(names, module);
	if (!is_file(object.path))
		return false;
	if (mv_symbols_look(names->symbols, frame->a, &object) != MV_SYMBOLS_HERE)
		names->was_missing[frame->a] = true;
	return mv_symbols_find(names->symbols, frame->a, &object, frame->b - 1, answer);
}

bool mv_names_find(struct mv_names *names, uint32_t frame, struct mv_symbols_answer *answer)
{
	const struct mv_frame *record = mv_table_frame(names->recording, frame);

	memset(answer, 0, sizeof *answer);
	if (!record || record->kind != MV_FRAME_NATIVE)
		return false;
	return names->symbols ? look_up(names, record, answer) : find_packed(names, frame, answer);
}

/* ---- objects ---- */

/* Count the frames of each module.  Of a packed recording STATE says whether any of them has a name.  */
static void count_frames(struct mv_names *names)
{
	uint32_t i, known, count = mv_table_count(names->recording, MV_REGION_FRAMES);

	memset(names->objects, 0, (size_t)names->module_count * sizeof *names->objects);
	for (i = 0; i < names->module_count; i++)
		names->objects[i].state = MV_SYMBOLS_ABSENT;
	for (i = 1; i < count; i++) {
		const struct mv_frame *frame = mv_table_frame(names->recording, i);

		if (!frame || frame->kind != MV_FRAME_NATIVE || frame->a >= names->module_count)
			continue;
		names->objects[frame->a].frames++;
		if (!names->symbols && mv_table_names(names->recording, i, &known))
			names->objects[frame->a].state = MV_SYMBOLS_HERE;
	}
}

/* Keep the modules that are files and have frames; of them, if IS_MISSED, those that were missing.  */
static size_t keep(struct mv_names *names, bool is_missed)
{
	size_t kept = 0;
	uint32_t i;

	for (i = 0; i < names->module_count; i++) {
		const struct mv_module *module = mv_table_module(names->recording, i);
		struct mv_symbols_object object = object_of(names, module);
		struct mv_names_object use = names->objects[i];

		if (!use.frames || !is_file(object.path) || (is_missed && !names->was_missing[i]))
			continue;
		if (names->symbols)
			use.state = mv_symbols_look(names->symbols, i, &object);
		use.module = module;
		use.path = object.path;
		names->objects[kept++] = use;
	}
	return kept;
}

const struct mv_names_object *mv_names_objects(struct mv_names *names, size_t *count)
{
	count_frames(names);
	*count = keep(names, false);
	return names->objects;
}

const struct mv_names_object *mv_names_missing(struct mv_names *names, size_t *count)
{
	count_frames(names);
	*count = keep(names, true);
	return names->objects;
}
