/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>

#include "analyze/author.h"
#include "cmd/naming.h"
#include "cmd/report_view.h"
#include "read/table.h"

enum { INDENT = 2, FRAMES = MV_TABLE_STACK_FRAMES, FINDING_BYTES = 320 };

/* jansson's setters take over what they are given, also NULL, which makes them fail: one check at the end does.  */
static json_t *integer(uint64_t value)
{
	return json_integer(value <= INT64_MAX ? (json_int_t)value : INT64_MAX);
}

/* A name out of a library on this machine need not be UTF-8.  */
static json_t *string_or_null(const char *text)
{
	json_t *string = *text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static json_t *frame_of(const struct mv_place *place)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "function", string_or_null(place->function), "file",
			 string_or_null(place->file), "line", place->line ? integer(place->line) : json_null(), "module",
			 string_or_null(place->module), "offset", *place->module ? integer(place->offset) : json_null(),
			 "start", place->start ? integer(place->start) : json_null(), "code", mv_author_code((enum mv_code)place->code));
}

static json_t *origin_of(const struct mv_report_view *view, uint32_t stack)
{
	const struct mv_place *places[FRAMES];
	size_t index, count = mv_places_stack(view->places, stack, places, FRAMES, &index);
	json_t *origin = index < count ? frame_of(places[index]) : json_null();

	if (index >= count)
		return origin;
	json_object_set_new(origin, "index", integer(index));
	json_object_set_new(origin, "is_backward", json_boolean(mv_places_is_backward(view->places, stack)));
	return origin;
}

static json_t *frames_of(const struct mv_report_view *view, uint32_t stack)
{
	const struct mv_place *places[FRAMES];
	size_t i, count = mv_places_stack(view->places, stack, places, FRAMES, NULL);
	json_t *frames = json_array();

	for (i = 0; i < count; i++)
		json_array_append_new(frames, frame_of(places[i]));
	return frames;
}

static json_t *labels_of(const struct mv_report_band *band)
{
	json_t *labels = json_array();
	int i;

	for (i = 1; i < MV_SUBLABEL_COUNT; i++)
		if (band->labels[i].bytes)
			json_array_append_new(labels, json_pack("{s:s, s:o, s:o}", "sublabel", mv_sublabel_name((enum mv_sublabel)i),
								"bytes", integer(band->labels[i].bytes), "blocks",
								integer(band->labels[i].blocks)));
	return labels;
}

static json_t *bands_of(const struct mv_report *report)
{
	json_t *bands = json_array();
	int i;

	for (i = 0; i < MV_BAND_COUNT; i++)
		json_array_append_new(bands, json_pack("{s:s, s:o, s:o, s:o, s:o}", "band", mv_band_name((enum mv_band)i), "bytes",
						       integer(report->bands[i].bytes), "blocks",
						       integer(report->bands[i].blocks), "guessed_bytes",
						       integer(report->bands[i].guessed_bytes), "sublabels",
						       labels_of(&report->bands[i])));
	return bands;
}

static json_t *oom_of(const struct mv_report_view *view)
{
	const struct mv_oom *oom = view->report->oom;

	if (!oom)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "requested_bytes",
			 integer(oom->requested_bytes), "allocated_bytes", integer(oom->allocated_bytes), "reserved_bytes",
			 integer(oom->reserved_bytes), "free_bytes", integer(oom->free_bytes), "total_bytes",
			 integer(oom->total_bytes), "ordinal", integer(oom->ordinal), "time_ns", integer(oom->time_ns),
			 "outcome", oom->outcome == MV_OOM_SURVIVED ? "survived" : "unknown", "api",
			 string_or_null(mv_timeline_api(view->report->timeline, oom->api)), "origin",
			 origin_of(view, oom->stack), "frames", frames_of(view, oom->stack));
}

static json_t *stack_of(const struct mv_report_view *view, const struct mv_report_stack *stack)
{
	json_t *bands = json_object();
	int i;

	for (i = 0; i < MV_BAND_COUNT; i++)
		if (stack->band_bytes[i])
			json_object_set_new(bands, mv_band_name((enum mv_band)i), integer(stack->band_bytes[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "bytes", integer(stack->bytes), "blocks", integer(stack->blocks),
			 "bands", bands, "origin", origin_of(view, stack->stack), "frames", frames_of(view, stack->stack));
}

static json_t *stacks_of(const struct mv_report_view *view)
{
	json_t *stacks = json_array();
	size_t i;

	for (i = 0; i < view->report->stack_count && i < view->top; i++)
		json_array_append_new(stacks, stack_of(view, &view->report->stacks[i]));
	return stacks;
}

static json_t *losses_of(const struct mv_timeline *timeline)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);
	json_t *losses = json_object();
	unsigned i;

	for (i = 0; i < MV_LOSS_COUNT; i++)
		json_object_set_new(losses, mv_loss_name(i), integer(header->losses[i]));
	return losses;
}

static json_t *gaps_of(const struct mv_gaps *gaps)
{
	if (!gaps->segments)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "free_bytes", integer(gaps->free_bytes), "largest_bytes",
			 integer(gaps->largest_bytes), "pieces", integer(gaps->pieces));
}

static json_t *block_of(const struct mv_report_view *view, const struct mv_block *block)
{
	return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:b, s:o}", "bytes", integer(block->size_bytes), "band",
			 mv_band_name((enum mv_band)block->band), "reason", mv_reason_text((enum mv_reason)block->reason),
			 "name", string_or_null(mv_timeline_text(view->report->timeline, block->name)), "birth_ns",
			 block->is_birth_known ? integer(block->birth_ns) : json_null(), "step", integer(block->step),
			 "phase", mv_phase_name((enum mv_phase)block->phase), "address",
			 integer(block->address), "origin", origin_of(view, block->stack), "frames",
			 frames_of(view, block->stack), "is_guess", mv_reason_is_guess((enum mv_reason)block->reason),
			 "sublabel", string_or_null(mv_sublabel_name(mv_sublabel_at(block, view->report->time_ns))));
}

static json_t *largest_of(const struct mv_report_view *view)
{
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(view->report->timeline, &count);
	json_t *largest = json_array();

	for (i = 0; i < view->report->largest_count && i < view->top; i++)
		json_array_append_new(largest, block_of(view, &blocks[view->report->largest[i]]));
	return largest;
}

static void add_run(json_t *root, const struct mv_report *report)
{
	const struct mv_timeline *timeline = report->timeline;
	const struct mv_file_header *header = mv_timeline_header(timeline);

	json_object_set_new(root, "missing_events", integer(mv_recording_missing(mv_timeline_recording(timeline))));
	json_object_set_new(root, "is_finished",
			    json_boolean(!mv_recording_is_unfinished(mv_timeline_recording(timeline))));
	json_object_set_new(root, "start",
			    string_or_null(mv_table_note_value(mv_timeline_recording(timeline), "start")));
	json_object_set_new(root, "step", integer(report->step));
	json_object_set_new(root, "begin_ns", integer(mv_timeline_begin(timeline)));
	json_object_set_new(root, "end_ns", integer(mv_timeline_end(timeline)));
	json_object_set_new(root, "device",
			    json_pack("{s:o, s:o}", "ordinal", integer(report->card->device), "name",
				      string_or_null(mv_timeline_text(timeline, report->card->name))));
	json_object_set_new(root, "program", json_string(mv_recording_program(mv_timeline_recording(timeline))));
	json_object_set_new(root, "pid", integer(header->pid));
	json_object_set_new(root, "rank", header->rank < 0 ? json_null() : json_integer(header->rank));
}

/* Of a part that nobody knows there is no number, and not 0.  */
static json_t *part_of(const struct mv_equation *equation, int part)
{
	enum mv_basis basis = equation->parts[part].basis;

	return json_pack("{s:s, s:o, s:s}", "part", mv_part_name((enum mv_part)part), "bytes",
			 basis == MV_BASIS_UNKNOWN ? json_null() : json_integer(equation->parts[part].bytes), "basis",
			 mv_basis_name(basis));
}

static json_t *reconciliation_of(const struct mv_report *report)
{
	const struct mv_equation *equation = &report->equation;
	bool is_said = equation->source != MV_SOURCE_NONE;
	json_t *parts = json_array();
	int i;

	for (i = 0; i < MV_PART_COUNT; i++)
		json_array_append_new(parts, part_of(equation, i));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "source", mv_source_name(equation->source), "said_ns",
			 is_said ? integer(equation->said_ns) : json_null(), "used_bytes", integer(equation->used_bytes),
			 "parts", parts, "kept_back_bytes", integer(equation->reserved_bytes), "managed_bytes",
			 integer(equation->managed_bytes), "changes", integer(equation->changes), "first_sample_is_lost",
			 equation->is_first_lost, "nvml",
			 string_or_null(mv_table_note_value(mv_timeline_recording(report->timeline), "nvml")));
}

static json_t *missing_of(const struct mv_report_view *view)
{
	struct mv_names *names = mv_places_names(view->places);
	size_t i, count = 0;
	const struct mv_names_object *objects = names ? mv_names_missing(names, &count) : NULL;
	char id[MV_NAMING_ID_BYTES];
	json_t *files = json_array();

	for (i = 0; i < count; i++)
		json_array_append_new(files, json_pack("{s:s, s:o, s:s}", "path", objects[i].path, "build_id",
						       string_or_null(mv_naming_build_id(&objects[i], id)), "state",
						       mv_naming_state(objects[i].state)));
	return files;
}

static json_t *limits_of(const struct mv_besides *besides)
{
	static const char *const names[MV_BESIDES_LIMITS] = {"stack", "printf", "malloc"};
	json_t *limits = json_object();
	int i;

	for (i = 0; i < MV_BESIDES_LIMITS; i++)
		if (besides->is_limit_set[i])
			json_object_set_new(limits, names[i], integer(besides->limits[i]));
	return limits;
}

static json_t *besides_of(const struct mv_besides *besides)
{
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = {
		{"contexts", besides->contexts},
		{"modules", besides->modules},
		{"pools", besides->pools},
		{"graphs", besides->graphs},
		{"nodes", besides->node_count},
		{"node_bytes", besides->node_bytes},
		{"arrays", besides->array_count},
		{"array_bytes", besides->array_bytes},
		{"imported", besides->imported_count},
		{"imported_bytes", besides->imported_bytes},
		{"imported_unsized", besides->unsized_count},
		{"multicast", besides->team_count},
		{"multicast_bytes", besides->team_bytes},
		{"exports", besides->exports},
	};
	json_t *root = json_object();
	size_t i;

	for (i = 0; i < sizeof counts / sizeof *counts; i++)
		json_object_set_new(root, counts[i].name, integer(counts[i].value));
	json_object_set_new(root, "is_checkpointed", json_boolean(besides->is_checkpointed));
	json_object_set_new(root, "limits", limits_of(besides));
	return root;
}

static json_t *finding_of(const struct mv_finding *finding)
{
	char bytes[FINDING_BYTES];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);

	if (!finding->label)
		return json_null();
	mv_finding_add(finding, &text);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s}", "sublabel", mv_sublabel_name(finding->label), "bytes",
			 integer(finding->bytes), "blocks", integer(finding->blocks), "place",
			 finding->place ? frame_of(finding->place) : json_null(), "caller",
			 finding->caller ? frame_of(finding->caller) : json_null(), "text", bytes);
}

/* What the recorder could see, in its own words; the rest of a training is guessed.  */
static json_t *coverage_of(const struct mv_recording *recording)
{
	static const char *const notes[] = {"owners", "saved", "backward", "ranges", "python", "lookup"};
	json_t *coverage = json_object();
	size_t i;

	for (i = 0; i < sizeof notes / sizeof *notes; i++)
		json_object_set_new(coverage, notes[i], string_or_null(mv_table_note_value(recording, notes[i])));
	return coverage;
}

static json_t *report_of(const struct mv_report_view *view)
{
	const struct mv_report *report = view->report;
	json_t *root = json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "memviz_report", 1, "at",
				 view->at, "time_ns", integer(report->time_ns), "capacity_bytes",
				 integer(report->card->capacity_bytes), "driver_used_bytes",
				 integer(report->equation.used_bytes), "reserved_bytes", integer(report->reserved_bytes),
				 "allocated_bytes", integer(report->allocated_bytes), "bands", bands_of(report), "oom",
				 oom_of(view), "top_stacks", stacks_of(view), "losses", losses_of(report->timeline));

	json_object_set_new(root, "device_bytes", integer(report->device_bytes));
	json_object_set_new(root, "driver_used_is_known", json_boolean(report->equation.source != MV_SOURCE_NONE));
	json_object_set_new(root, "gaps", gaps_of(&report->gaps));
	json_object_set_new(root, "largest_blocks", largest_of(view));
	add_run(root, report);
	json_object_set_new(root, "reconciliation", reconciliation_of(report));
	json_object_set_new(root, "besides", besides_of(&report->besides));
	json_object_set_new(root, "missing_files", missing_of(view));
	json_object_set_new(root, "finding", finding_of(view->finding));
	json_object_set_new(root, "coverage", coverage_of(mv_timeline_recording(report->timeline)));
	return root;
}

int mv_report_print_json(const struct mv_report_view *view, FILE *out)
{
	json_t *root = report_of(view);
	int err = root ? json_dumpf(root, out, JSON_INDENT(INDENT) | JSON_PRESERVE_ORDER) : -1;

	json_decref(root);
	fputc('\n', out);
	return err && !ferror(out) ? -ENOMEM : 0;
}
