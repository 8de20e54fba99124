/* SPDX-License-Identifier: Apache-2.0 */
#include "export/meta.h"

#include <errno.h>
#include <inttypes.h>

#include "analyze/finding.h"
#include "export/quote.h"
#include "read/table.h"

enum { NS_PER_MS = 1000000, FINDING_BYTES = 320 };

static void put_number(FILE *out, const char *key, uint64_t value)
{
	fprintf(out, "\"%s\":%" PRIu64 ",", key, value);
}

static void put_signed(FILE *out, const char *key, int64_t value)
{
	fprintf(out, "\"%s\":%" PRId64 ",", key, value);
}

static void put_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, "\"%s\":", key);
	mv_quote(out, text);
	putc(',', out);
}

/* Lists and objects end with a member that needs no comma behind it.  */
static void end(FILE *out, const char *closing)
{
	fprintf(out, "\"end\":0%s", closing);
}

void mv_meta_write_page(FILE *out, size_t count)
{
	int i;

	fputs("<script type=\"application/json\" id=\"meta\">{", out);
	put_text(out, "version", MV_VERSION);
	put_number(out, "recordings", count);
	fputs("\"bands\":[", out);
	for (i = 0; i < MV_BAND_COUNT; i++) {
		mv_quote(out, mv_band_name((enum mv_band)i));
		fputs(i + 1 < MV_BAND_COUNT ? "," : "],", out);
	}
	fputs("\"reasons\":[", out);
	for (i = 0; i < MV_REASON_COUNT; i++) {
		mv_quote(out, mv_reason_text((enum mv_reason)i));
		fputs(i + 1 < MV_REASON_COUNT ? "," : "],", out);
	}
	fputs("\"labels\":[", out);
	for (i = 0; i < MV_SUBLABEL_COUNT; i++) {
		mv_quote(out, mv_sublabel_text((enum mv_sublabel)i));
		fputs(i + 1 < MV_SUBLABEL_COUNT ? "," : "],", out);
	}
	fputs("\"guesses\":[", out);
	for (i = 0; i < MV_REASON_COUNT; i++)
		fprintf(out, "%d%s", mv_reason_is_guess((enum mv_reason)i), i + 1 < MV_REASON_COUNT ? "," : "],");
	end(out, "}</script>\n");
}

static void put_who(FILE *out, const struct mv_html_recording *recording)
{
	const struct mv_file_header *header = mv_timeline_header(recording->timeline);

	put_text(out, "label", recording->label);
	put_text(out, "program", mv_recording_program(mv_timeline_recording(recording->timeline)));
	put_number(out, "pid", header->pid);
	put_signed(out, "rank", header->rank);
	put_signed(out, "local_rank", header->local_rank);
	put_signed(out, "world_size", header->world_size);
	put_number(out, "start_realtime_ms", header->start_realtime_ns / NS_PER_MS);
}

static void put_state(FILE *out, const struct mv_timeline *timeline)
{
	const struct mv_file_header *header = mv_timeline_header(timeline);
	int i;

	put_number(out, "state",
		   mv_recording_is_unfinished(mv_timeline_recording(timeline)) ? MV_FILE_RECORDING : header->state);
	put_number(out, "reason", header->reason);
	put_number(out, "step", header->step);
	put_number(out, "begin_ns", mv_timeline_begin(timeline));
	put_number(out, "end_ns", mv_timeline_end(timeline));
	put_number(out, "events", mv_recording_events(mv_timeline_recording(timeline)));
	put_number(out, "evicted", header->events_evicted);
	put_number(out, "missing", mv_recording_missing(mv_timeline_recording(timeline)));
	put_number(out, "oom_count", header->oom_count);
	fputs("\"losses\":[", out);
	for (i = 0; i < MV_LOSS_COUNT; i++)
		fprintf(out, "%" PRIu64 "%s", header->losses[i], i + 1 < MV_LOSS_COUNT ? "," : "],");
}

static void put_notes(FILE *out, const struct mv_recording *recording)
{
	uint32_t count = mv_table_count(recording, MV_REGION_NOTES);
	uint32_t i;

	fputs("\"notes\":[", out);
	for (i = 0; i < count; i++) {
		const struct mv_note *note = mv_table_note(recording, i);

		fputs(i ? ",[" : "[", out);
		mv_quote(out, note ? mv_recording_text(recording, note->key) : "");
		putc(',', out);
		mv_quote(out, note ? mv_recording_text(recording, note->value) : "");
		putc(']', out);
	}
	fputs("],", out);
}

static int put_oom(FILE *out, const struct mv_timeline *timeline, const struct mv_oom *oom, struct mv_trace *trace)
{
	uint32_t stack;

	if (mv_trace_stack(trace, oom->stack, &stack))
		return -ENOMEM;
	putc('{', out);
	put_number(out, "time_ns", oom->time_ns);
	put_number(out, "requested_bytes", oom->requested_bytes);
	put_number(out, "allocated_bytes", oom->allocated_bytes);
	put_number(out, "reserved_bytes", oom->reserved_bytes);
	put_number(out, "free_bytes", oom->free_bytes);
	put_number(out, "total_bytes", oom->total_bytes);
	put_number(out, "ordinal", oom->ordinal);
	put_number(out, "stack", stack);
	put_number(out, "thread", oom->thread);
	put_number(out, "device", oom->device);
	put_number(out, "outcome", oom->outcome);
	put_text(out, "api", mv_timeline_api(timeline, oom->api));
	end(out, "}");
	return 0;
}

static int put_ooms(FILE *out, const struct mv_timeline *timeline, struct mv_trace *trace)
{
	size_t count, i;
	const struct mv_oom *ooms = mv_timeline_ooms(timeline, &count);

	fputs("\"ooms\":[", out);
	for (i = 0; i < count; i++) {
		if (put_oom(out, timeline, &ooms[i], trace))
			return -ENOMEM;
		fputs(i + 1 < count ? "," : "", out);
	}
	fputs("],", out);
	return 0;
}

/* The error that the page begins with: the last that the program did not survive, otherwise the last.  */
static const struct mv_oom *main_oom(const struct mv_timeline *timeline, const struct mv_card *card)
{
	size_t count;
	const struct mv_oom *ooms = mv_timeline_ooms(timeline, &count), *best = NULL;

	while (count--)
		if (ooms[count].device == card->device && (!best || best->outcome == MV_OOM_SURVIVED) &&
		    (!best || ooms[count].outcome != MV_OOM_SURVIVED))
			best = &ooms[count];
	return best;
}

/* What is most worth knowing of the moment that the page begins with.  */
static int put_finding(FILE *out, const struct mv_html_recording *recording, const struct mv_card *card)
{
	char bytes[FINDING_BYTES];
	struct mv_text text = mv_text_in(bytes, sizeof bytes);
	struct mv_finding finding;
	struct mv_report report;
	int err = mv_report_make(recording->timeline, card, card->peak_ns, main_oom(recording->timeline, card), &report);

	if (err)
		return err;
	err = mv_finding_make(&report, recording->places, &finding);
	mv_report_release(&report);
	if (err)
		return err;
	if (finding.label)
		mv_finding_add(&finding, &text);
	put_text(out, "finding", bytes);
	return 0;
}

static int put_card(FILE *out, const struct mv_html_recording *recording, const struct mv_card *card,
		    const struct mv_lives_counts *counts)
{
	const struct mv_timeline *timeline = recording->timeline;
	int err;

	putc('{', out);
	put_number(out, "device", card->device);
	put_text(out, "name", mv_timeline_text(timeline, card->name));
	put_number(out, "capacity_bytes", card->capacity_bytes);
	put_number(out, "has_pool", card->has_pool);
	put_number(out, "peak_bytes", card->peak_bytes);
	put_number(out, "peak_ns", card->peak_ns);
	put_number(out, "blocks", counts->blocks);
	put_number(out, "deaths", counts->deaths);
	put_number(out, "classes", counts->classes);
	put_number(out, "places", counts->places);
	put_number(out, "runs", counts->runs);
	put_number(out, "sums", counts->sums);
	put_text(out, "source", mv_source_name(counts->source));
	err = put_finding(out, recording, card);
	end(out, "}");
	return err;
}

static int put_cards(FILE *out, const struct mv_html_recording *recording, const struct mv_lives_counts *counts)
{
	size_t count, i;
	const struct mv_card *cards = mv_timeline_cards(recording->timeline, &count);
	int err = 0;

	fputs("\"cards\":[", out);
	for (i = 0; i < count && !err; i++) {
		err = put_card(out, recording, &cards[i], &counts[i]);
		fputs(i + 1 < count ? "," : "", out);
	}
	fputs("],", out);
	return err;
}

int mv_meta_write_recording(FILE *out, const char *prefix, const struct mv_html_recording *recording,
			    struct mv_trace *trace, const struct mv_lives_counts *counts)
{
	const struct mv_recording *source = mv_timeline_recording(recording->timeline);
	size_t span_count;

	mv_timeline_spans(recording->timeline, &span_count);
	fprintf(out, "<script type=\"application/json\" id=\"%s\">{", prefix);
	put_who(out, recording);
	put_state(out, recording->timeline);
	put_number(out, "strings", trace->strings.count);
	put_number(out, "frames", trace->frames.count);
	put_number(out, "stacks", trace->stacks.count);
	put_number(out, "spans", span_count);
	put_number(out, "threads", mv_table_count(source, MV_REGION_THREADS));
	put_notes(out, source);
	if (put_ooms(out, recording->timeline, trace) || put_cards(out, recording, counts))
		return -ENOMEM;
	end(out, "}</script>\n");
	return 0;
}
