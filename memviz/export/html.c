/* SPDX-License-Identifier: Apache-2.0 */
/* The page, from top to bottom: markup and style; for each recording its cards, spans and stacks, then its facts; the
 * script.  Facts come last because they hold counts that are known then.  */
#include "export/html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/column.h"
#include "export/meta.h"
#include "export/sums.h"
#include "page_files.h" /* made from memviz/web: page_head, page_tail */
#include "read/table.h"

enum { PREFIX_BYTES = 32 };

static int write_cards(const struct mv_html_recording *recording, struct mv_trace *trace, FILE *out, const char *prefix,
		       struct mv_lives_counts *counts)
{
	size_t count, i;
	const struct mv_card *cards = mv_timeline_cards(recording->timeline, &count);
	char name[2 * PREFIX_BYTES];
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		snprintf(name, sizeof name, "%sc%zu", prefix, i);
		err = mv_lives_write(recording->timeline, &cards[i], trace, out, name, &counts[i]);
		if (!err)
			err = mv_sums_write(recording->timeline, &cards[i], out, name, &counts[i]);
	}
	return err;
}

static int put_spans(const struct mv_timeline *timeline, struct mv_trace *trace, struct mv_column *column)
{
	size_t count, i;
	const struct mv_span *spans = mv_timeline_spans(timeline, &count);
	uint64_t last_ns = 0;
	uint32_t name;

	for (i = 0; i < count; last_ns = spans[i++].begin_ns)
		mv_column_put(column, spans[i].begin_ns - last_ns);
	for (i = 0; i < count; i++)
		mv_column_put(column, spans[i].end_ns == MV_TIME_NEVER ? 0 : 1 + spans[i].end_ns - spans[i].begin_ns);
	for (i = 0; i < count; i++)
		mv_column_put(column, spans[i].thread);
	for (i = 0; i < count; i++) {
		if (mv_trace_string(trace, mv_timeline_text(timeline, spans[i].name), &name))
			return -ENOMEM;
		mv_column_put(column, name);
	}
	for (i = 0; i < count; i++)
		mv_column_put(column, spans[i].step);
	for (i = 0; i < count; i++)
		mv_column_put(column, spans[i].phase);
	return 0;
}

static int put_threads(const struct mv_timeline *timeline, struct mv_trace *trace, struct mv_column *column)
{
	const struct mv_recording *recording = mv_timeline_recording(timeline);
	uint32_t count = mv_table_count(recording, MV_REGION_THREADS);
	uint32_t i, id;
	char name[17];

	for (i = 0; i < count; i++)
		mv_column_put(column, mv_table_thread(recording, i) ? mv_table_thread(recording, i)->tid : 0);
	for (i = 0; i < count; i++)
		mv_column_put(column, mv_table_thread(recording, i) ? mv_table_thread(recording, i)->is_autograd : 0);
	for (i = 0; i < count; i++) {
		mv_table_thread_name(recording, i, name);
		if (mv_trace_string(trace, name, &id))
			return -ENOMEM;
		mv_column_put(column, id);
	}
	return 0;
}

static int write_stream(int (*put)(const struct mv_timeline *, struct mv_trace *, struct mv_column *),
			const struct mv_timeline *timeline, struct mv_trace *trace, FILE *out, const char *prefix,
			const char *name)
{
	struct mv_column *column;
	int err = mv_column_open(&column, out, prefix, name);
	int close_err;

	if (err)
		return err;
	err = put(timeline, trace, column);
	close_err = mv_column_close(column);
	return err ? err : close_err;
}

/* So that the stacks of OOMs are there when the stacks are written.  */
static int add_oom_stacks(const struct mv_timeline *timeline, struct mv_trace *trace)
{
	size_t count, i;
	const struct mv_oom *ooms = mv_timeline_ooms(timeline, &count);
	uint32_t stack;

	for (i = 0; i < count; i++)
		if (mv_trace_stack(trace, ooms[i].stack, &stack))
			return -ENOMEM;
	return 0;
}

static int write_parts(const struct mv_html_recording *recording, struct mv_trace *trace, FILE *out, const char *prefix,
		       struct mv_lives_counts *counts)
{
	int err = write_cards(recording, trace, out, prefix, counts);

	if (!err)
		err = write_stream(put_spans, recording->timeline, trace, out, prefix, "spans");
	if (!err)
		err = write_stream(put_threads, recording->timeline, trace, out, prefix, "threads");
	if (!err)
		err = add_oom_stacks(recording->timeline, trace);
	if (!err)
		err = mv_trace_write(trace, out, prefix);
	if (!err)
		err = mv_meta_write_recording(out, prefix, recording, trace, counts);
	return err;
}

static int write_recording(const struct mv_html_recording *recording, size_t number, FILE *out)
{
	struct mv_lives_counts *counts;
	struct mv_trace trace;
	char prefix[PREFIX_BYTES];
	size_t cards;
	int err = mv_trace_open(&trace, recording->places);

	if (err)
		return err;
	mv_timeline_cards(recording->timeline, &cards);
	counts = calloc(cards + 1, sizeof *counts);
	snprintf(prefix, sizeof prefix, "r%zu", number);
	err = counts ? write_parts(recording, &trace, out, prefix, counts) : -ENOMEM;
	free(counts);
	mv_trace_close(&trace);
	return err;
}

int mv_html_write(const struct mv_html_recording *recordings, size_t count, FILE *out, struct mv_diag *diag)
{
	int err = 0;
	size_t i;

	fputs(page_head, out);
	mv_meta_write_page(out, count);
	for (i = 0; i < count && !err; i++)
		err = write_recording(&recordings[i], i, out);
	fputs(page_tail, out);
	if (!err && (fflush(out) || ferror(out)))
		err = -EIO;
	return err ? mv_diag_set(diag, err, 0, err == -EIO ? "the page could not be written" : "no memory for the page") : 0;
}
