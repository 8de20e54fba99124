/* SPDX-License-Identifier: Apache-2.0 */
/* What a report says of a moment, and the shape of its JSON.  */
#include "unit/harness.h"

#include <stdarg.h>

#include <jansson.h>

#include "analyze/report.h"
#include "analyze/summary.h"
#include "cmd/report_view.h"
#include "read/recording.h"
#include "support/scene.h"

enum { MIB = 1 << 20 };

static const struct training_plan oom_plan = {.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_FORWARD};

static struct mv_report report_at(const struct scene *scene, uint64_t time_ns, const struct mv_oom *oom)
{
	struct mv_report report;

	CU_ASSERT_EQUAL_FATAL(mv_report_make(scene->timeline, scene_card(scene), time_ns, oom, &report), 0);
	return report;
}

static const struct mv_oom *only_oom(const struct scene *scene)
{
	size_t count;
	const struct mv_oom *oom = mv_timeline_ooms(scene->timeline, &count);

	CU_ASSERT_EQUAL_FATAL(count, 1);
	return oom;
}

static void bands_stacks_and_blocks_add_up(void)
{
	uint64_t in_stacks = 0, in_bands = 0;
	struct mv_report report;
	struct scene scene;
	size_t i;

	scene_open(&scene, &(struct training_plan){.model = TRAINING_GPT, .layers = 12, .steps = 2});
	report = report_at(&scene, scene_card(&scene)->peak_ns, NULL);
	for (i = 0; i < report.stack_count; i++)
		in_stacks += report.stacks[i].bytes;
	for (i = 0; i < MV_BAND_COUNT; i++)
		in_bands += report.bands[i].bytes;
	CU_ASSERT_EQUAL(in_stacks, report.allocated_bytes);
	CU_ASSERT_EQUAL(in_bands, report.allocated_bytes);
	CU_ASSERT_EQUAL(report.allocated_bytes, scene_card(&scene)->peak_bytes);
	CU_ASSERT_EQUAL(report.reserved_bytes - report.allocated_bytes, report.gaps.free_bytes);
	mv_report_release(&report);
	scene_close(&scene);
}

static void the_driver_s_word_is_carried_on(void)
{
	struct mv_report report;
	struct scene scene;
	size_t count;
	const struct mv_card_memory *said;

	scene_open(&scene, &(struct training_plan){.model = TRAINING_MLP, .layers = 4, .steps = 2});
	report = report_at(&scene, mv_timeline_end(scene.timeline), NULL);
	said = mv_timeline_memory(scene.timeline, &count);
	CU_ASSERT_EQUAL_FATAL(count, 1);
	CU_ASSERT(report.equation.source == MV_SOURCE_DRIVER);
	/* What was in use when it was asked, and what has been reserved since.  */
	CU_ASSERT_EQUAL(report.equation.used_bytes, said->total_bytes - said->free_bytes + report.reserved_bytes);
	mv_report_release(&report);
	scene_close(&scene);
}

static void an_error_is_reported_as_the_pool_told_it(void)
{
	struct mv_report report;
	struct scene scene;
	const struct mv_oom *oom;

	scene_open(&scene, &oom_plan);
	oom = only_oom(&scene);
	report = report_at(&scene, 0, oom);
	CU_ASSERT_EQUAL(report.time_ns, oom->time_ns);
	CU_ASSERT_EQUAL(report.allocated_bytes, oom->allocated_bytes);
	CU_ASSERT_EQUAL(report.reserved_bytes, oom->reserved_bytes);
	CU_ASSERT_EQUAL(report.equation.used_bytes, oom->total_bytes - oom->free_bytes);
	CU_ASSERT_EQUAL(report.gaps.free_bytes, oom->reserved_bytes - oom->allocated_bytes);
	CU_ASSERT_EQUAL(report.step, 2);
	mv_report_release(&report);
	scene_close(&scene);
}

static void the_largest_blocks_come_first(void)
{
	struct mv_report report;
	struct scene scene;
	size_t i, count, alive = 0;
	const struct mv_block *blocks;

	scene_open(&scene, &oom_plan);
	report = report_at(&scene, 0, only_oom(&scene));
	blocks = mv_timeline_blocks(scene.timeline, &count);
	for (i = 1; i < report.largest_count; i++)
		CU_ASSERT(blocks[report.largest[i - 1]].size_bytes >= blocks[report.largest[i]].size_bytes);
	for (i = 1; i < report.stack_count; i++)
		CU_ASSERT(report.stacks[i - 1].bytes >= report.stacks[i].bytes);
	for (i = 0; i < report.stack_count; i++)
		alive += report.stacks[i].blocks;
	CU_ASSERT(alive > 10);
	CU_ASSERT_EQUAL(report.largest_count, alive < MV_REPORT_LARGEST ? alive : MV_REPORT_LARGEST);
	mv_report_release(&report);
	scene_close(&scene);
}

static void a_summary_has_a_line_for_each_question_of_a_person(void)
{
	struct mv_summary summary;
	struct scene scene;

	scene_open(&scene, &oom_plan);
	CU_ASSERT_EQUAL_FATAL(mv_summary_make(scene.timeline, only_oom(&scene), NULL, "train-1.oom1.memviz", &summary), 0);
	CU_ASSERT_STRING_EQUAL(summary.line[0], "out of memory: 840 MiB did not fit on cuda:0 (NVIDIA Test Card, 6 GiB) in step 3");
	CU_ASSERT(strstr(summary.line[1], "model.py:40 in block, from train.py:88 in main") != NULL);
	CU_ASSERT(strstr(summary.line[2], "optimizer 1.2 GiB, activation ") != NULL);
	CU_ASSERT(strstr(summary.line[3], "unused in the pool, in pieces of at most ") != NULL);
	CU_ASSERT_STRING_EQUAL(summary.line[4], "");
	CU_ASSERT(strstr(summary.line[5], "memviz html train-1.oom1.memviz -o ") != NULL);
	scene_close(&scene);
}

/* The logits of the step before are there until this one has made its own.  */
static void a_summary_says_what_need_not_have_been_there(void)
{
	struct mv_summary summary;
	struct scene scene;

	scene_open(&scene, &(struct training_plan){.model = TRAINING_GPT, .layers = 12, .steps = 2, .oom = TRAINING_OOM_BACKWARD,
						   .tells_saved = 1});
	CU_ASSERT_EQUAL_FATAL(mv_summary_make(scene.timeline, only_oom(&scene), NULL, "train-1.oom1.memviz", &summary), 0);
	CU_ASSERT_STRING_EQUAL(summary.line[4], "worth knowing  your code holds 394 MiB that backward does not need, made by "
						"train.py:88 in main, from train.py:112 in <module>");
	scene_close(&scene);
}

/* ---- JSON ---- */

static json_t *json_at(const struct scene *scene, const char *at, uint64_t time_ns, const struct mv_oom *oom)
{
	struct mv_report report = report_at(scene, time_ns, oom);
	struct mv_finding finding;
	struct mv_report_view view = {.report = &report, .at = at, .finding = &finding, .top = 10};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_t *json;

	CU_ASSERT_EQUAL_FATAL(mv_places_open(mv_timeline_recording(scene->timeline), MV_PLACES_NO_NAMES, NULL, &view.places), 0);
	CU_ASSERT_EQUAL_FATAL(mv_finding_make(&report, view.places, &finding), 0);
	CU_ASSERT_EQUAL(mv_report_print_json(&view, out), 0);
	fclose(out);
	json = json_loads(text, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	free(text);
	mv_places_close(view.places);
	mv_report_release(&report);
	return json;
}

/* In strict mode every member must be named here and have its type: the whole shape.  */
static void fits(json_t *json, const char *shape, ...)
{
	json_error_t error;
	va_list members_at;
	int err;

	va_start(members_at, shape);
	err = json_vunpack_ex(json, &error, JSON_STRICT, shape, members_at);
	va_end(members_at);
	if (err)
		fprintf(stderr, "%s\n", error.text);
	CU_ASSERT_EQUAL(err, 0);
}

static const char *const members[] = {
	"memviz_report",  "at",		  "time_ns",	  "capacity_bytes",	  "driver_used_bytes", "reserved_bytes",
	"allocated_bytes", "bands",	  "oom",	  "top_stacks",		  "losses",	       "device_bytes",
	"driver_used_is_known", "gaps",	  "largest_blocks", "missing_events", "is_finished", "start", "step",		  "begin_ns",	       "end_ns",
	"device",	  "program",	  "pid",	  "rank",	  "reconciliation", "besides",		  "missing_files", "finding", "coverage",
};

static void members_stand_in_their_order(void)
{
	struct scene scene;
	const char *key;
	json_t *json, *value;
	size_t i = 0;

	scene_open(&scene, &oom_plan);
	json = json_at(&scene, "oom", 0, only_oom(&scene));
	json_object_foreach(json, key, value) {
		CU_ASSERT_FATAL(i < sizeof members / sizeof *members);
		CU_ASSERT_STRING_EQUAL(key, members[i++]);
	}
	CU_ASSERT_EQUAL(i, sizeof members / sizeof *members);
	json_decref(json);
	scene_close(&scene);
}

static void every_member_has_its_type(void)
{
	struct scene scene;
	const char *text;
	json_int_t n;
	json_t *json, *o;
	int yes;

	scene_open(&scene, &oom_plan);
	json = json_at(&scene, "oom", 0, only_oom(&scene));
	fits(json_array_get(json_object_get(json, "bands"), 0), "{s:s, s:I, s:I, s:I, s:o}", "band", &text, "bytes", &n, "blocks", &n,
	     "guessed_bytes", &n, "sublabels", &o);
	fits(json_array_get(json_object_get(json, "top_stacks"), 0), "{s:I, s:I, s:o, s:o, s:o}", "bytes", &n, "blocks", &n,
	     "bands", &o, "origin", &o, "frames", &o);
	CU_ASSERT_EQUAL(json_unpack(json_array_get(o, 0), "{s:s, s:s, s:I, s:n, s:n, s:n, s:s !}", "function", &text, "file",
				    &text, "line", &n, "module", "offset", "start", "code", &text), 0);
	CU_ASSERT_EQUAL(json_unpack(json_array_get(json_object_get(json, "largest_blocks"), 0),
				    "{s:I, s:s, s:s, s:o, s:I, s:I, s:s, s:I, s:o, s:o, s:b, s:n !}", "bytes", &n, "band", &text, "reason",
				    &text, "name", &o, "birth_ns", &n, "step", &n, "phase", &text, "address", &n, "origin",
				    &o, "frames", &o, "is_guess", &yes, "sublabel"), 0);
	fits(json_object_get(json, "coverage"), "{s:o, s:o, s:o, s:o, s:s, s:o}", "owners", &o, "saved", &o, "backward", &o,
	     "ranges", &o, "python", &text, "lookup", &o);
	fits(json_object_get(json, "gaps"), "{s:I, s:I, s:I}", "free_bytes", &n, "largest_bytes", &n, "pieces", &n);
	fits(json_object_get(json, "device"), "{s:I, s:s}", "ordinal", &n, "name", &text);
	CU_ASSERT_EQUAL(json_unpack(json, "{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:s, s:I, s:n}",
				    "memviz_report", &yes, "at", &text, "time_ns", &n, "capacity_bytes", &n,
				    "driver_used_bytes", &n, "reserved_bytes", &n, "allocated_bytes", &n,
				    "driver_used_is_known", &yes, "step", &n, "begin_ns", &n, "end_ns", &n, "program", &text,
				    "pid", &n, "rank"), 0);
	json_decref(json);
	scene_close(&scene);
}

static void the_error_is_null_at_other_moments(void)
{
	json_int_t n, requested;
	const char *text;
	struct scene scene;
	json_t *json, *frames;

	scene_open(&scene, &oom_plan);
	json = json_at(&scene, "peak", scene_card(&scene)->peak_ns, NULL);
	CU_ASSERT(json_is_null(json_object_get(json, "oom")));
	json_decref(json);
	json = json_at(&scene, "oom", 0, only_oom(&scene));
	CU_ASSERT_EQUAL(json_unpack(json_object_get(json, "oom"), "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:n, s:o, s:o !}",
				    "requested_bytes", &requested, "allocated_bytes", &n, "reserved_bytes", &n, "free_bytes",
				    &n, "total_bytes", &n, "ordinal", &n, "time_ns", &n, "outcome", &text, "api", "origin",
				    &frames, "frames", &frames), 0);
	CU_ASSERT_EQUAL((uint64_t)requested, only_oom(&scene)->requested_bytes);
	CU_ASSERT_STRING_EQUAL(text, "unknown");
	json_decref(json);
	scene_close(&scene);
}

static const struct harness_test tests[] = {
	HARNESS_TEST(bands_stacks_and_blocks_add_up),
	HARNESS_TEST(the_driver_s_word_is_carried_on),
	HARNESS_TEST(an_error_is_reported_as_the_pool_told_it),
	HARNESS_TEST(the_largest_blocks_come_first),
	HARNESS_TEST(a_summary_has_a_line_for_each_question_of_a_person),
	HARNESS_TEST(a_summary_says_what_need_not_have_been_there),
	HARNESS_TEST(members_stand_in_their_order),
	HARNESS_TEST(every_member_has_its_type),
	HARNESS_TEST(the_error_is_null_at_other_moments),
};
HARNESS_MAIN("report", tests)
