/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/record.h"

#include "python/code.h"
#include "python/pytext.h"
#include "stack/merge.h"

/* Stands outside the frames of a stack that is deeper than the recorder follows.  */
static const char cut_label[] = "\xe2\x80\xa6" "cut"; /* an ellipsis before it */

/* What MV_FRAME_FORWARD says.  */
static const char forward_label[] = "backward of";

static uint32_t add_text(const struct mv_record *record, uintptr_t string)
{
	char *text = record->scratch->text;

	if (mv_py_word(string, MV_PYOBJECT_TYPE) != record->python->text_type)
		return record->tables->add_text("?", 1);
	return record->tables->add_text(
		text, mv_pytext_copy(&record->python->layout, string, text, MV_SCRATCH_TEXT_BYTES));
}

/* Lines are looked for in tables that are read from their beginnings.  */
static struct mv_pycode_names names_of(const struct mv_record *record, const struct mv_pyframe *frame)
{
	const struct mv_pylayout *layout = &record->python->layout;
	struct mv_pycode_names names;
	bool is_known = mv_pycode_find(frame->code, &names);

	if (is_known && names.lasti == frame->lasti)
		return names;
	names.lasti = frame->lasti;
	names.line = mv_pyframe_line(layout, frame);
	if (is_known) {
		mv_pycode_set_line(frame->code, names.lasti, names.line);
		return names;
	}
	names.file = add_text(record, mv_py_word(frame->code, layout->code_file));
	names.function = add_text(record, mv_py_word(frame->code, layout->code_name));
	mv_pycode_add(frame->code, names);
	return names;
}

static struct mv_frame describe_python(const struct mv_record *record, const struct mv_pyframe *frame)
{
	struct mv_pycode_names names = names_of(record, frame);

	return (struct mv_frame){
		.kind = MV_FRAME_PYTHON,
		.a = names.file,
		.b = names.function | (uint64_t)names.line << 32,
	};
}

static struct mv_frame describe(const struct mv_record *record, uint16_t merged)
{
	const struct mv_native_frame *native;

	if (merged == MV_MERGE_CUT)
		return (struct mv_frame){
			.kind = MV_FRAME_LABEL,
			.a = record->tables->add_text(cut_label, sizeof cut_label - 1),
		};
	if (merged & MV_MERGE_PYTHON)
		return describe_python(record, &record->scratch->python[merged & ~MV_MERGE_PYTHON]);
	native = &record->scratch->native[merged];
	return (struct mv_frame){.kind = MV_FRAME_NATIVE, .a = native->module, .b = native->ip - native->bias};
}

static uint32_t add_frame(const struct mv_record *record, const struct mv_frame *frame)
{
	struct mv_intern_records *records = &record->intern->frames;
	uint64_t a = (uint64_t)frame->kind << 32 | frame->a;
	struct mv_intern_record *slot = mv_intern_record(records, a, frame->b);
	uint32_t id;

	if (slot && slot->id)
		return slot->id;
	id = record->tables->add_frame(frame);
	if (slot && id)
		mv_intern_fill(records, slot, a, frame->b, id);
	return id;
}

static uint32_t add_node(const struct mv_record *record, const struct mv_stack *node)
{
	struct mv_intern_records *records = &record->intern->nodes;
	uint64_t a = (uint64_t)node->parent << 32 | node->frame;
	struct mv_intern_record *slot = mv_intern_record(records, a, 0);
	uint32_t id;

	if (slot && slot->id)
		return slot->id;
	id = record->tables->add_stack(node);
	if (slot && id)
		mv_intern_fill(records, slot, a, 0, id);
	return id;
}

/* The node that the outermost frame hangs on; 0 where there is no origin, or no room.  */
static uint32_t add_origin(const struct mv_record *record)
{
	struct mv_frame frame = {.kind = MV_FRAME_FORWARD};
	struct mv_stack node = {.parent = record->origin};

	if (!record->origin)
		return 0;
	frame.a = record->tables->add_text(forward_label, sizeof forward_label - 1);
	node.frame = add_frame(record, &frame);
	return node.frame ? add_node(record, &node) : 0;
}

uint32_t mv_record_stack(const struct mv_record *record)
{
	struct mv_stack node = {add_origin(record), 0};
	unsigned i;

	for (i = record->merged_count; i-- > 0;) {
		struct mv_frame frame = describe(record, record->scratch->merged[i]);

		node.frame = add_frame(record, &frame);
		if (!node.frame)
			return 0;
		node.parent = add_node(record, &node);
		if (!node.parent)
			return 0;
	}
	return node.parent;
}
