/* SPDX-License-Identifier: Apache-2.0 */
#include "export/packed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/image.h"
#include "read/array.h"
#include "read/table.h"
#include "read/widen.h"
#include "symbol/texts.h"

/* What is to be added.  */
struct draft {
	struct mv_name *names; /* FUNCTION and FILE are 1 + the number of a text */
	size_t count, room;
	struct mv_texts texts;
};

/* ---- collecting ---- */

static int number_of(struct draft *draft, const char *text, uint32_t *number)
{
	uint32_t found = text ? mv_texts_add(&draft->texts, text) : 0;

	*number = text ? found + 1 : 0;
	return text && found == MV_TEXTS_NONE ? -ENOMEM : 0;
}

static int add(struct draft *draft, uint32_t frame, uint64_t start, const struct mv_symbol *level)
{
	struct mv_name *name;

	if (mv_array_grow(&draft->names, &draft->room, draft->count, sizeof *draft->names))
		return -ENOMEM;
	name = &draft->names[draft->count++];
	*name = (struct mv_name){.frame = frame, .line = level->line, .start = start};
	if (number_of(draft, level->function, &name->function) || number_of(draft, level->file, &name->file))
		return -ENOMEM;
	return 0;
}

/* One record at least, if anything is known.  */
static int add_frame(struct draft *draft, uint32_t frame, const struct mv_symbols_answer *answer)
{
	static const struct mv_symbol nameless;
	uint32_t i;
	int err = 0;

	if (!answer->level_count)
		return add(draft, frame, answer->start, &nameless);
	for (i = 0; i < answer->level_count && !err; i++)
		err = add(draft, frame, answer->start, &answer->levels[i]);
	return err;
}

static int collect(struct draft *draft, const struct mv_recording *recording, struct mv_names *names, struct mv_packed *packed)
{
	uint32_t i, count = mv_table_count(recording, MV_REGION_FRAMES);
	struct mv_symbols_answer answer;
	int err = 0;

	for (i = 1; i < count && !err; i++) {
		const struct mv_frame *frame = mv_table_frame(recording, i);
		bool is_known = mv_names_find(names, i, &answer);

		packed->frames += frame && frame->kind == MV_FRAME_NATIVE;
		packed->named += answer.level_count > 0;
		if (is_known && !mv_names_are_packed(names))
			err = add_frame(draft, i, &answer);
	}
	return err;
}

/* ---- adding ---- */

/* The texts' ids, by number.  NULL: out of memory.  */
static uint32_t *add_texts(const struct draft *draft, struct mv_file_header *made)
{
	uint32_t *ids = malloc((draft->texts.count + 1) * sizeof *ids);
	size_t i;

	for (i = 0; ids && i < draft->texts.count; i++)
		ids[i] = mv_widen_add_text(made, draft->texts.strings[i]);
	return ids;
}

static int add_names(struct draft *draft, struct mv_file_header *made)
{
	struct mv_name *to = (struct mv_name *)((uint8_t *)made + made->regions[MV_REGION_NAMES].offset);
	uint32_t *ids = add_texts(draft, made);
	size_t i;

	if (!ids)
		return -ENOMEM;
	for (i = 0; i < draft->count; i++) {
		to[i] = draft->names[i];
		to[i].function = to[i].function ? ids[to[i].function - 1] : 0;
		to[i].file = to[i].file ? ids[to[i].file - 1] : 0;
	}
	made->used_bytes[MV_REGION_NAMES] = draft->count * sizeof *to;
	free(ids);
	return 0;
}

static int widen(struct draft *draft, const struct mv_copy *compact, struct mv_copy *copy)
{
	uint64_t more_bytes[MV_REGION_COUNT] = {0};
	struct mv_file_header *made;
	size_t i;
	int err;

	for (i = 0; i < draft->texts.count; i++)
		more_bytes[MV_REGION_TEXT] += mv_widen_text_bytes(strlen(draft->texts.strings[i]));
	more_bytes[MV_REGION_NAMES] = draft->count * sizeof *draft->names;
	err = mv_widen(compact->bytes, more_bytes, copy);
	if (err)
		return err;
	made = copy->bytes;
	err = add_names(draft, made);
	mv_image_seal_layout(made);
	mv_image_sum_regions(made);
	mv_image_seal_state(made);
	return err;
}

/* The state that the file is in, also if it was not finished: a copy says no more than the original.  */
static struct mv_copy_label label_of(const struct mv_recording *recording)
{
	const struct mv_file_header *header = mv_recording_header(recording);

	if (mv_recording_is_unfinished(recording))
		return (struct mv_copy_label){MV_FILE_RECORDING, MV_REASON_NONE, 0};
	return (struct mv_copy_label){(enum mv_file_state)header->state, (enum mv_snapshot_reason)header->reason, header->end_ns};
}

int mv_packed_make(const struct mv_recording *recording, struct mv_names *names, struct mv_copy *copy,
		   struct mv_packed *packed, struct mv_diag *diag)
{
	struct mv_copy_label label = label_of(recording);
	struct draft draft = {.names = NULL};
	struct mv_copy compact;
	int err = mv_copy_take(mv_recording_header(recording), &label, &compact, diag);

	*copy = (struct mv_copy){0};
	*packed = (struct mv_packed){0};
	if (err)
		return err;
	err = collect(&draft, recording, names, packed);
	if (!err && draft.count) {
		err = widen(&draft, &compact, copy);
	} else if (!err) {
		*copy = compact;
		compact = (struct mv_copy){0};
	}
	mv_copy_release(&compact);
	if (err)
		mv_copy_release(copy);
	free(draft.names);
	mv_texts_release(&draft.texts);
	return err ? mv_diag_set(diag, err, 0, "out of memory") : 0;
}
