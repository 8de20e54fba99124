/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/index.h"
#include "analyze/series.h"
#include "read/array.h"

/* ---- sums ---- */

static void add_bands(struct mv_report *report, const struct mv_series *series)
{
	int i;

	for (i = 0; i < MV_BAND_COUNT; i++) {
		report->bands[i] = (struct mv_report_band){.bytes = series->band_bytes[i], .blocks = series->band_blocks[i]};
		report->allocated_bytes += series->band_bytes[i];
	}
}

/* What the pool said it held when the last block before the moment was born.  */
static uint64_t reserved_last_said(const struct mv_report *report)
{
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(report->timeline, &count);
	uint64_t said = 0;

	for (i = 0; i < count && blocks[i].birth_ns <= report->time_ns; i++)
		if (blocks[i].ledger == MV_LEDGER_BLOCK && blocks[i].device == report->card->device && blocks[i].extra)
			said = blocks[i].extra;
	return said;
}

/* True if memory of the pool's was ever seen on the card: then none is none, and not unknown.  */
static bool knows_segments(const struct mv_report *report)
{
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(report->timeline, &count);

	for (i = 0; i < count; i++)
		if (blocks[i].is_pool && blocks[i].device == report->card->device)
			return true;
	return false;
}

static void find_reserved(struct mv_report *report, uint64_t pool_bytes)
{
	if (!report->card->has_pool)
		report->reserved_bytes = report->device_bytes;
	else
		report->reserved_bytes = pool_bytes || knows_segments(report) ? pool_bytes : reserved_last_said(report);
	if (!report->oom || !report->oom->reserved_bytes)
		return;
	report->reserved_bytes = report->oom->reserved_bytes;
	report->allocated_bytes = report->oom->allocated_bytes;
}

/* Count BLOCK under the label that it has, if it has one.  */
static void count_label(const struct mv_report *report, const struct mv_block *block, struct mv_report_sum labels[])
{
	enum mv_sublabel label = mv_sublabel_at(block, report->time_ns);

	if (!label)
		return;
	labels[label].bytes += block->size_bytes;
	labels[label].blocks++;
}

static void count_known(struct mv_report *report, const struct mv_block *block)
{
	struct mv_report_band *band = &report->bands[block->band];

	band->guessed_bytes += mv_reason_is_guess((enum mv_reason)block->reason) ? block->size_bytes : 0;
	count_label(report, block, band->labels);
}

/* ---- who asked ---- */

int mv_report_by_bytes(const void *a, const void *b)
{
	const struct mv_report_stack *one = a, *two = b;

	if (one->bytes != two->bytes)
		return one->bytes > two->bytes ? -1 : 1;
	return one->stack < two->stack ? -1 : one->stack > two->stack;
}

static int count_stack(struct mv_report *report, struct mv_index *stacks, size_t *room, const struct mv_block *block)
{
	uint32_t *at = mv_index_at(stacks, 0, block->stack, (uint32_t)report->stack_count);
	struct mv_report_stack *stack;

	if (!at)
		return -ENOMEM;
	if (*at == report->stack_count) {
		if (mv_array_grow(&report->stacks, room, report->stack_count, sizeof *stack))
			return -ENOMEM;
		report->stacks[report->stack_count++] = (struct mv_report_stack){.stack = block->stack};
	}
	stack = &report->stacks[*at];
	stack->bytes += block->size_bytes;
	stack->blocks++;
	stack->band_bytes[block->band] += block->size_bytes;
	count_label(report, block, stack->labels);
	return 0;
}

/* Keep the largest in order: a new one moves down past those that are smaller.  */
static void rank_block(struct mv_report *report, const struct mv_block *blocks, uint32_t index)
{
	size_t at = report->largest_count;

	if (at == MV_REPORT_LARGEST) {
		if (blocks[report->largest[--at]].size_bytes >= blocks[index].size_bytes)
			return;
	} else {
		report->largest_count++;
	}
	for (; at && blocks[report->largest[at - 1]].size_bytes < blocks[index].size_bytes; at--)
		report->largest[at] = report->largest[at - 1];
	report->largest[at] = index;
}

static int look_at_blocks(struct mv_report *report)
{
	struct mv_index stacks = {0};
	size_t i, count, room = 0;
	const struct mv_block *blocks = mv_timeline_blocks(report->timeline, &count);
	int err = 0;

	for (i = 0; i < count && blocks[i].birth_ns <= report->time_ns && !err; i++) {
		const struct mv_block *block = &blocks[i];

		if (block->device != report->card->device || !mv_block_is_alive_at(block, report->time_ns) ||
		    !mv_timeline_is_banded(report->timeline, block))
			continue;
		count_known(report, block);
		rank_block(report, blocks, (uint32_t)i);
		err = count_stack(report, &stacks, &room, block);
	}
	mv_index_release(&stacks);
	if (report->stack_count)
		qsort(report->stacks, report->stack_count, sizeof *report->stacks, mv_report_by_bytes);
	return err;
}

/* Whatever happens says how many steps were done before; the end of a step says it first.  */
static uint32_t steps_before(const struct mv_timeline *timeline, uint64_t time_ns)
{
	size_t i, count;
	const struct mv_block *blocks = mv_timeline_blocks(timeline, &count);
	const struct mv_span *spans;
	uint32_t step = 0;

	for (i = 0; i < count && blocks[i].birth_ns <= time_ns; i++)
		if (blocks[i].is_birth_known && blocks[i].step > step)
			step = blocks[i].step;
	spans = mv_timeline_spans(timeline, &count);
	for (i = 0; i < count && spans[i].begin_ns <= time_ns; i++)
		if (spans[i].phase == MV_PHASE_OPTIMIZER && spans[i].end_ns <= time_ns && spans[i].step + 1 > step)
			step = spans[i].step + 1;
	return step;
}

int mv_report_make(const struct mv_timeline *timeline, const struct mv_card *card, uint64_t time_ns,
		   const struct mv_oom *oom, struct mv_report *report)
{
	struct mv_series series = mv_series_of(timeline, card->device);
	int err;

	*report = (struct mv_report){.timeline = timeline, .card = card, .time_ns = oom ? oom->time_ns : time_ns, .oom = oom};
	mv_series_seek(&series, report->time_ns);
	report->step = steps_before(timeline, report->time_ns);
	report->device_bytes = series.device_bytes;
	add_bands(report, &series);
	find_reserved(report, series.pool_bytes);
	report->largest = calloc(MV_REPORT_LARGEST, sizeof *report->largest);
	err = report->largest ? look_at_blocks(report) : -ENOMEM;
	if (!err)
		err = mv_reconcile(timeline, card, report->time_ns, &report->equation);
	if (!err)
		err = mv_besides_find(timeline, card->device, report->time_ns, &report->besides);
	if (!err)
		err = mv_gaps_find(timeline, card->device, report->time_ns, &report->gaps);
	if (err)
		mv_report_release(report);
	return err;
}

void mv_report_release(struct mv_report *report)
{
	free(report->stacks);
	free(report->largest);
	memset(report, 0, sizeof *report);
}
